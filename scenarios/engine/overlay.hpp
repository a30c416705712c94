// Laying one part of a document over another: maps key by key, everything else as a whole. For
// variants and `like:`.
#pragma once

#include "scenarios/engine/document.hpp"

namespace kafkasim::scenarios {

// `base` with `over` laid over it. Every node keeps the place where it was written. Of two keys
// that say the same thing in different ways (values and count), the one in `over` takes the place
// of the one in `base`.
Node overlaid(const Node& base, const Node& over);

// The whole experiment with a variant laid over it: `expect` is the variant's alone, `variants` are
// gone.
Node with_variant(const Node& root, const Node& variant);

// A consumer with what it takes over by `like:`, itself or through others. `like` is gone from it.
struct Resolved {
  Node node;
  bool is_whole = true;  // no: something on the way is wrong, and reported
};
Resolved resolved_like(const Node& consumers, const Entry& consumer, Diagnostics& diagnostics);

}  // namespace kafkasim::scenarios

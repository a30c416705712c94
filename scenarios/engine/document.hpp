// A scenario file as text and places: maps, lists and scalars, each with its line and column. No
// types yet: the schema decides what a scalar means. Left out of YAML: anchors, aliases, tags,
// merge keys, several documents, tabs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/diagnostics.hpp"

namespace kafkasim::scenarios {

struct Entry;

struct Node {
  enum class Kind { scalar, list, map };
  Kind kind = Kind::scalar;
  Position position;
  std::string text;            // scalar: as written, without quotes
  bool nothing = false;        // scalar: no value was written ("key:")
  std::vector<Node> items;     // list
  std::vector<Entry> entries;  // map, in the order of the file

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  // The value of that key of a map; nullptr when it is not there or this is no map.
  const Node* find(std::string_view key) const;
  const Entry* find_entry(std::string_view key) const;
};

struct Entry {
  std::string key;
  Position position;  // of the key
  Node value;
};

// The text of a file; nothing, with a finding, when it cannot be read or is no scenario file by its
// size or kind.
std::optional<std::string> read_text(const std::string& path, Diagnostics& diagnostics);

// The one document in `text`; nothing, with at least one finding, when it is not YAML of the kind
// described above. Never throws.
std::optional<Node> parse_document(std::string_view text, Diagnostics& diagnostics);

// Checks on the bytes, before anything parses them: UTF-8, no control characters, no tab in an
// indentation, not empty. Answers whether the text may be parsed.
bool guard_text(std::string_view text, Diagnostics& diagnostics);

inline constexpr std::size_t most_bytes = 1024 * 1024;
inline constexpr std::size_t most_levels = 64;  // of nesting

}  // namespace kafkasim::scenarios

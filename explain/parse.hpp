// Reads one file of docs/explain: "## name", paragraphs, and lines such as "- See also: a, b".
#pragma once

#include <string_view>
#include <vector>

#include "explain/entry.hpp"

namespace kafkasim::explain {

// The entries in the order of the file. What stands before the first "## " is for readers of the
// file alone. Backquotes go: `all` becomes 'all', `linger.ms` linger.ms.
std::vector<Entry> parse(std::string_view text, Kind kind);

}  // namespace kafkasim::explain

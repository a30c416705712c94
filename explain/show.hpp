// Explanations as text for people: one thing, or the list of all.
#pragma once

#include <string>
#include <vector>

#include "explain/catalogue.hpp"

namespace kafkasim::explain {

struct ShowOptions {
  bool colour = false;
  std::size_t width = 96;  // columns
};

// All things of one name, each with its heading, facts, paragraphs, fields and lessons.
std::string explanation(const std::vector<Match>& matches, const ShowOptions& options);
// Every name there is, by kind, in columns.
std::string overview(const Catalogue& catalogue, const ShowOptions& options);

}  // namespace kafkasim::explain

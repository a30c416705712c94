// Which lessons show a thing: found by looking into the lessons that are built in, so that nobody
// has to keep lists.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "explain/catalogue.hpp"

namespace kafkasim::explain {

// Names of lessons: those that set the setting in the right place (or speak of it in their question
// or answer), name the error, expect the anomaly, or use the word of the language. First those that
// are about it, each part sorted.
std::vector<std::string> lessons_showing(const Match& match);

enum class Showing {
  not_at_all,
  by_the_way,
  on_purpose  // of a setting: the question or answer names it, or variants change it
};
// How does a scenario file of that text show it?
Showing showing(std::string_view scenario, const Entry& entry, std::string_view name);

}  // namespace kafkasim::explain

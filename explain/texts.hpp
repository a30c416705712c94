// The texts that are built into the program: one for each file of docs/explain and one for each
// lesson. The definitions are made when the program is built (cmake/embed_texts.cmake).
#pragma once

#include <span>
#include <string_view>

namespace kafkasim::explain {

struct Text {
  std::string_view name;  // the file's name without folder and ending
  std::string_view text;
};

// Each sorted by path.
std::span<const Text> explanation_texts();
std::span<const Text> lesson_texts();

}  // namespace kafkasim::explain

// What the commands know of the terminal.
#pragma once

#include <unistd.h>

#include <cstdlib>

namespace kafkasim::cli {

// Colours only on a terminal, and never with NO_COLOR.
inline bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace kafkasim::cli

// CHECKED(condition, "message {}", args...): an invariant that is always on. A broken one is a bug
// of the simulator; it ends the run with InvariantBroken, to which the runner adds seed, time and
// the last lines of the trace.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace kafkasim::sim {

class InvariantBroken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void invariant_broken(const char* file, int line, const char* condition,
                                   const std::string& message);

}  // namespace kafkasim::sim

#define CHECKED(condition, ...)                                         \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::kafkasim::sim::invariant_broken(__FILE__, __LINE__, #condition, \
                                        ::fmt::format("" __VA_ARGS__)); \
  } while (false)

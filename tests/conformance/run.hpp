// The program: reads a file of vectors, replays each case, prints the mismatches and the count.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace kafkasim::conformance {

inline constexpr int all_passed = 0;
inline constexpr int some_failed = 1;
inline constexpr int not_run = 2;  // wrong command line, unknown kind, unreadable or broken file

// How many cases of a file agree.
struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t left_aside = 0;  // listed exceptions: cases of which something was not compared
};

// The status with which the program ends. `arguments`: KIND and FILE. Mismatches and the last line
// "N passed, N failed" go to `out`, why nothing was run to `err`. `tally` may be null.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
        Tally* tally = nullptr);

}  // namespace kafkasim::conformance

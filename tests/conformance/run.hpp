// The program: reads a file of vectors, replays each case, prints the mismatches and the count.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace kafkasim::conformance {

inline constexpr int all_passed = 0;
inline constexpr int some_failed = 1;
inline constexpr int not_run = 2;  // wrong command line, unknown kind, unreadable or broken file

// The status with which the program ends. `arguments`: KIND and FILE. Mismatches and the last line
// "N passed, N failed" go to `out`, why nothing was run to `err`.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace kafkasim::conformance

// The commands of the program. One file each; every function here adds one to the command line and
// says what it does when it is chosen.
#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace kafkasim::cli {

// 0 as expected; 1 an expectation failed; 2 a file or the command line is invalid; 3 an invariant
// broke; 4 two runs of one seed differed; 5 something that should sometimes happen never did.
enum ExitCode {
  as_expected = 0,
  unexpected = 1,
  invalid = 2,
  broken_invariant = 3,
  not_deterministic = 4,
  never_happened = 5
};

// What the chosen command answered; stays `as_expected` when none ran.
struct Outcome {
  int exit_code = as_expected;
};

void add_check(CLI::App& app, Outcome& outcome);
void add_run(CLI::App& app, Outcome& outcome);
void add_test(CLI::App& app, Outcome& outcome);
void add_schema(CLI::App& app, Outcome& outcome);
void add_explain(CLI::App& app, Outcome& outcome);

}  // namespace kafkasim::cli

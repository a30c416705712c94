// The exit codes of `explain`.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::cli;

namespace {

int exit_code_of(const std::string& command_line) {
  CLI::App app("", "kafkasim");
  Outcome outcome;
  add_explain(app, outcome);
  app.parse(command_line);
  return outcome.exit_code;
}

}  // namespace

TEST_CASE("what is known is explained: a setting, an error by name, number or exception, a word") {
  CHECK(exit_code_of("explain linger.ms") == as_expected);
  CHECK(exit_code_of("explain NOT_ENOUGH_REPLICAS") == as_expected);
  CHECK(exit_code_of("explain 7") == as_expected);
  CHECK(exit_code_of("explain -1") == as_expected);
  CHECK(exit_code_of("explain NotEnoughReplicasException") == as_expected);
  CHECK(exit_code_of("explain lost cut acks") == as_expected);
}

TEST_CASE("explain without a name lists everything") {
  CHECK(exit_code_of("explain") == as_expected);
}

TEST_CASE("an unknown name answers 2, also among known ones") {
  CHECK(exit_code_of("explain lingr.ms") == invalid);
  CHECK(exit_code_of("explain 4711") == invalid);
  CHECK(exit_code_of("explain acks no-such-thing") == invalid);
}

// The exit codes of `check` and `schema`.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::cli;

namespace {

int exit_code_of(const std::string& command_line) {
  CLI::App app("", "kafkasim");
  Outcome outcome;
  add_check(app, outcome);
  add_schema(app, outcome);
  app.parse(command_line);
  return outcome.exit_code;
}

}  // namespace

TEST_CASE("checking a good file answers 0, and one bad file among good ones 2") {
  CHECK(exit_code_of("check scenarios/duplicate-after-lost-ack.yaml") == as_expected);
  CHECK(exit_code_of("check tests/scenarios/broken/tag.yaml") == invalid);
  CHECK(exit_code_of("check tests/scenarios/broken/tag.yaml scenarios/reordered-by-a-retry.yaml") ==
        invalid);
  CHECK(exit_code_of("check no-such-file.yaml") == invalid);
}

TEST_CASE("the schema is printed") { CHECK(exit_code_of("schema") == as_expected); }

TEST_CASE("check without a file is refused") {
  CHECK_THROWS_AS(exit_code_of("check"), CLI::ParseError);
}

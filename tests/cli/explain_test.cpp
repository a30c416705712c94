// The exit codes of `explain`.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "scenarios/engine/schema_keys.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::cli;
using kafkasim::scenarios::explanation_of_key;
using kafkasim::scenarios::KeyPlace;
using kafkasim::scenarios::places_of_key;

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

TEST_CASE("the keys of scenario files are explained from the table of the language") {
  CHECK(exit_code_of("explain commits fails-on instances on-revoked takes like until") ==
        as_expected);
  const std::vector<KeyPlace> places = places_of_key("start");
  std::vector<std::string> where;
  for (const KeyPlace& place : places) where.push_back(place.where);
  CHECK(where == std::vector<std::string>{"topics NAME", "producers NAME sends", "producers NAME",
                                          "consumers NAME"});
  CHECK(explanation_of_key("commits", 96)
            .starts_with(
                "commits: a key of scenario files, under consumers NAME\n\n  When it commits"));
  CHECK(explanation_of_key("comits", 96).empty());
  CHECK(exit_code_of("explain comits") == invalid);
}

TEST_CASE("explain without a name lists everything") {
  CHECK(exit_code_of("explain") == as_expected);
}

TEST_CASE("an unknown name answers 2, also among known ones") {
  CHECK(exit_code_of("explain lingr.ms") == invalid);
  CHECK(exit_code_of("explain 4711") == invalid);
  CHECK(exit_code_of("explain acks no-such-thing") == invalid);
}

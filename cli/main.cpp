// The program: finds the command, runs it, answers with its exit code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "scenarios/engine/diagnostics.hpp"

namespace {

// A first word that is no command is told of by its name.
bool is_unknown_command(const CLI::App& app, std::string_view word) {
  if (word.empty() || word.front() == '-') return false;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return false;
    known.push_back(command->get_name());
  }
  fmt::print(stderr, "kafkasim: there is no command {}{}\n", kafkasim::scenarios::in_quotes(word),
             kafkasim::scenarios::did_you_mean(word, known));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace kafkasim::cli;
  CLI::App app("A deterministic simulator of a Kafka cluster: scenarios in, explanations out",
               "kafkasim");
  app.require_subcommand(1);
  Outcome outcome;
  add_run(app, outcome);
  add_test(app, outcome);
  add_check(app, outcome);
  add_schema(app, outcome);
  add_explain(app, outcome);
  if (argc > 1 && is_unknown_command(app, argv[1])) return invalid;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? as_expected : invalid;
  }
  return outcome.exit_code;
}

// `kafkasim schema`: prints the JSON Schema of scenario files.
#include <CLI/CLI.hpp>
#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "scenarios/engine/schema_json.hpp"

namespace kafkasim::cli {

void add_schema(CLI::App& app, Outcome& outcome) {
  CLI::App* command =
      app.add_subcommand("schema", "prints the JSON schema of scenario files, for editors");
  command->callback([&outcome] {
    fmt::print("{}", scenarios::schema_as_json());
    outcome.exit_code = as_expected;
  });
}

}  // namespace kafkasim::cli

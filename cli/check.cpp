// `kafkasim check FILE...`: reads scenario files and says what is wrong with each. Runs nothing.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "scenarios/engine/load.hpp"

namespace kafkasim::cli {
namespace {

std::string summary(const scenarios::ScenarioFile& file) {
  const std::size_t variants = file.variants.size();
  if (variants == 0) return fmt::format("{}: ok\n", file.path);
  return fmt::format("{}: ok ({} {})\n", file.path, variants,
                     variants == 1 ? "variant" : "variants");
}

int check(const std::vector<std::string>& paths) {
  int exit_code = as_expected;
  for (const std::string& path : paths) {
    const scenarios::Loaded loaded = scenarios::load_scenario(path);
    fmt::print("{}", loaded.diagnostics.lines(path));
    if (loaded.file) {
      fmt::print("{}", summary(*loaded.file));
    } else {
      exit_code = invalid;
    }
  }
  return exit_code;
}

}  // namespace

void add_check(CLI::App& app, Outcome& outcome) {
  CLI::App* command = app.add_subcommand("check", "checks scenario files without running them");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *paths, "scenario files")->required();
  command->callback([&outcome, paths] { outcome.exit_code = check(*paths); });
}

}  // namespace kafkasim::cli

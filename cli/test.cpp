// `kafkasim test PATH...`: runs every scenario and every variant found in files and folders, twice,
// and says which ended as expected. For CI pipelines.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"

namespace kafkasim::cli {
namespace {

struct Tally {
  int passed = 0;
  int failed = 0;
  int exit_code = as_expected;

  void fail(int code) {
    ++failed;
    // A broken invariant and an unequal pair of runs tell more than a failed expectation.
    exit_code = std::max(exit_code, code);
  }
};

// Scenario files below the paths, folders in order of name; files that are named come as they are.
std::vector<std::string> scenario_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
      const std::string extension = entry.path().extension().string();
      if (entry.is_regular_file() && (extension == ".yaml" || extension == ".yml")) {
        found.push_back(entry.path().string());
      }
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

void test_one(const scenarios::Scenario& scenario, const std::string& file, Tally& tally) {
  scenarios::RunOptions options;
  options.file = file;
  const scenarios::RunResult first = scenarios::run(scenario, options);
  const scenarios::RunResult second = scenarios::run(scenario, options);
  scenarios::ReportOptions report;
  report.colour = wants_colour();
  fmt::print("{}\n", scenarios::summary_line(first.outcome, report));
  if (first.outcome.trace_hash != second.outcome.trace_hash) {
    fmt::print("  two runs of seed {} differed: traces {:016x} and {:016x}\n", first.outcome.seed,
               first.outcome.trace_hash, second.outcome.trace_hash);
    return tally.fail(not_deterministic);
  }
  const int code = scenarios::exit_code(first.outcome.verdict);
  if (code != as_expected) {
    fmt::print("  again: {}\n", scenarios::reproduce_line(first.outcome));
    return tally.fail(code);
  }
  ++tally.passed;
}

int test(const std::vector<std::string>& paths) {
  Tally tally;
  const std::vector<std::string> files = scenario_files(paths);
  if (files.empty()) fmt::print(stderr, "no scenario files (*.yaml) there\n");
  for (const std::string& path : files) {
    const scenarios::Loaded loaded = scenarios::load_scenario(path);
    fmt::print("{}", loaded.diagnostics.lines(path));
    if (!loaded.file) {
      tally.fail(invalid);
      continue;
    }
    test_one(loaded.file->scenario, path, tally);
    for (const scenarios::Scenario& variant : loaded.file->variants) test_one(variant, path, tally);
  }
  fmt::print("{} passed, {} failed\n", tally.passed, tally.failed);
  return files.empty() ? static_cast<int>(invalid) : tally.exit_code;
}

}  // namespace

void add_test(CLI::App& app, Outcome& outcome) {
  CLI::App* command =
      app.add_subcommand("test", "runs scenarios and their variants twice and tells which failed");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("PATH", *paths, "scenario files, or folders with them")->required();
  command->callback([&outcome, paths] { outcome.exit_code = test(*paths); });
}

}  // namespace kafkasim::cli

// `kafkasim run FILE...`: runs scenarios and prints what happened.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "scenarios/engine/json_report.hpp"
#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"

namespace kafkasim::cli {
namespace {

struct RunArguments {
  std::vector<std::string> files;
  std::optional<std::uint64_t> seed;
  std::string variant;
  bool all_variants = false;
  bool trace = false;
  bool metrics = false;
  bool describe = false;
  std::string json;
};

// The scenarios of one file that the arguments ask for; nothing when there is no such variant.
std::vector<const scenarios::Scenario*> chosen(const scenarios::ScenarioFile& file,
                                               const RunArguments& arguments) {
  std::vector<const scenarios::Scenario*> all;
  if (arguments.variant.empty()) all.push_back(&file.scenario);
  for (const scenarios::Scenario& variant : file.variants) {
    if (arguments.all_variants || variant.variant == arguments.variant) all.push_back(&variant);
  }
  return all;
}

void report_unknown_variant(const scenarios::ScenarioFile& file, const std::string& variant) {
  std::vector<std::string> known;
  for (const scenarios::Scenario& each : file.variants) known.push_back(each.variant);
  fmt::print(stderr, "{}: there is no variant {}{}\n", file.path, scenarios::in_quotes(variant),
             scenarios::did_you_mean(variant, known));
}

// Worse first: a broken invariant, a failed expectation, all well.
int worse(int a, int b) { return std::max(a, b); }

int run_one(const scenarios::Scenario& scenario, const scenarios::ScenarioFile& file,
            const RunArguments& arguments, nlohmann::ordered_json& json) {
  scenarios::RunOptions options;
  options.file = file.path;
  options.seed = arguments.seed;
  options.keep_trace = arguments.trace;
  const scenarios::RunResult result = scenarios::run(scenario, options);
  for (const std::string& line : result.trace) fmt::print("{}\n", line);
  scenarios::ReportOptions report;
  report.colour = wants_colour();
  report.metrics = arguments.metrics;
  fmt::print("{}", scenarios::text_report(result.outcome, report));
  if (arguments.describe) {
    for (const scenarios::GroupTables& tables : result.outcome.tables)
      fmt::print("\n{}", scenarios::describe_text(tables));
    fmt::print("\n{}", scenarios::describe_text(result.outcome.state.tables));
  }
  if (!arguments.json.empty()) json.push_back(scenarios::json_report(result.outcome));
  return scenarios::exit_code(result.outcome.verdict);
}

bool write_json(const std::string& path, const nlohmann::ordered_json& json) {
  const std::string text = scenarios::json_text(json);
  if (path == "-") {
    fmt::print("{}", text);
    return true;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "{}: cannot be written\n", path);
  return static_cast<bool>(file);
}

// Nothing runs before every file is known to be right.
int run(const RunArguments& arguments) {
  std::vector<scenarios::ScenarioFile> files;
  bool is_valid = true;
  for (const std::string& path : arguments.files) {
    scenarios::Loaded loaded = scenarios::load_scenario(path);
    fmt::print(stderr, "{}", loaded.diagnostics.lines(path));
    if (!loaded.file) {
      is_valid = false;
    } else if (!arguments.variant.empty() && chosen(*loaded.file, arguments).empty()) {
      report_unknown_variant(*loaded.file, arguments.variant);
      is_valid = false;
    } else {
      files.push_back(std::move(*loaded.file));
    }
  }
  if (!is_valid) return invalid;
  int exit_code = as_expected;
  bool is_first = true;
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const scenarios::ScenarioFile& file : files) {
    for (const scenarios::Scenario* scenario : chosen(file, arguments)) {
      if (!is_first) fmt::print("\n");
      is_first = false;
      exit_code = worse(exit_code, run_one(*scenario, file, arguments, json));
    }
  }
  if (!arguments.json.empty() && !write_json(arguments.json, json))
    return worse(exit_code, invalid);
  return exit_code;
}

}  // namespace

void add_run(CLI::App& app, Outcome& outcome) {
  CLI::App* command = app.add_subcommand("run", "runs scenarios and explains what happened");
  const auto arguments = std::make_shared<RunArguments>();
  command->add_option("FILE", arguments->files, "scenario files")->required();
  command->add_option("--seed", arguments->seed, "run with this seed instead of the file's own");
  CLI::Option* variant =
      command->add_option("--variant", arguments->variant, "run this variant of the scenario");
  command
      ->add_flag("--all-variants", arguments->all_variants,
                 "run the scenario and each of its variants")
      ->excludes(variant);
  command->add_flag("--trace", arguments->trace, "print every line of the trace first");
  command->add_flag("--metrics", arguments->metrics,
                    "print the metrics of each client last, by Kafka's names");
  command->add_flag("--describe", arguments->describe,
                    "print the consumer groups as kafka-consumer-groups --describe shows them, at "
                    "the time of each check and at the end");
  command->add_option("--json", arguments->json,
                      "write the outcomes as JSON, metrics included, to this file (- = "
                      "standard output)");
  command->callback([&outcome, arguments] { outcome.exit_code = run(*arguments); });
}

}  // namespace kafkasim::cli

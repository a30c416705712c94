// `kafkasim explain NAME...`: says what a setting, an error, an anomaly or a word of the scenario
// language means; without a name, what can be asked for.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "explain/catalogue.hpp"
#include "explain/show.hpp"
#include "scenarios/engine/diagnostics.hpp"
#include "scenarios/engine/report_text.hpp"
#include "scenarios/engine/schema_keys.hpp"

namespace kafkasim::cli {
namespace {

// Names that are like it: those that hold it, else the nearest.
std::string suggestions(const explain::Catalogue& catalogue, const std::string& name) {
  constexpr std::size_t enough = 3;
  constexpr std::size_t most = 12;
  if (name.size() >= enough) {
    std::string all;
    for (const std::string& each : catalogue.names_with(name, most))
      all += (all.empty() ? "" : ", ") + each;
    if (!all.empty()) return fmt::format("; there is {}", all);
  }
  std::vector<std::string> known = catalogue.all_names();
  for (std::string& key : scenarios::keys_of_files()) known.push_back(std::move(key));
  return scenarios::did_you_mean(name, known);
}

std::string overview_of_keys(std::size_t width) {
  std::string all;
  for (const std::string& key : scenarios::keys_of_files()) all += (all.empty() ? "" : ", ") + key;
  std::string out = "Keys of scenario files\n";
  for (const std::string& line : scenarios::wrapped(all, width - 2)) out += "  " + line + "\n";
  return out;
}

int explain_all(const std::vector<std::string>& names) {
  const explain::Catalogue catalogue;
  explain::ShowOptions options;
  options.colour = wants_colour();
  if (names.empty()) {
    fmt::print("{}\n{}\nkafkasim explain NAME tells what one of these is.\n",
               overview(catalogue, options), overview_of_keys(options.width));
    return as_expected;
  }
  int exit_code = as_expected;
  bool first = true;
  for (const std::string& name : names) {
    const std::vector<explain::Match> matches = catalogue.find(name);
    const std::string key = scenarios::explanation_of_key(name, options.width);
    if (matches.empty() && key.empty()) {
      fmt::print(stderr, "kafkasim: there is nothing to explain about {}{}\n",
                 scenarios::printable(scenarios::in_quotes(name)), suggestions(catalogue, name));
      exit_code = invalid;
      continue;
    }
    fmt::print("{}{}{}{}", first ? "" : "\n", explanation(matches, options),
               matches.empty() || key.empty() ? "" : "\n", key);
    first = false;
  }
  return exit_code;
}

}  // namespace

void add_explain(CLI::App& app, Outcome& outcome) {
  CLI::App* command = app.add_subcommand(
      "explain", "explains a setting, an error, an anomaly or an event; without a name lists them");
  const auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("NAME", *names,
                      "a setting (linger.ms), an error (NOT_ENOUGH_REPLICAS or 19), an anomaly "
                      "(lost), a word of scenario files (cut)");
  command->callback([&outcome, names] { outcome.exit_code = explain_all(*names); });
}

}  // namespace kafkasim::cli

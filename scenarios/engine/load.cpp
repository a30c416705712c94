// The steps of loading: text, document, shape, names; and once more for every variant.
#include "scenarios/engine/load.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "scenarios/engine/check_shape.hpp"
#include "scenarios/engine/document.hpp"
#include "scenarios/engine/overlay.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/schema.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

void read_head(Reading& reading) {
  const Node& root = reading.root();
  Scenario& scenario = reading.scenario;
  scenario.name = text_of(root, "scenario").value_or("");
  scenario.question = text_of(root, "question").value_or("");
  scenario.answer = text_of(root, "answer").value_or("");
  scenario.seed = parsed(root, "seed", parse_seed).value_or(1);
  scenario.until = parsed(root, "until", parse_duration);
  if (scenario.until == Duration::zero()) {
    reading.diagnostics().error(root.find("until")->position,
                                "'until' is 0, expected a time after the beginning");
  }
}

// Everything below the top of a document that is one experiment, whatever its shape.
Scenario read_experiment(const Node& root, Diagnostics& diagnostics) {
  Reading reading(root, diagnostics);
  read_head(reading);
  read_cluster(reading);
  read_topics(reading);
  read_topics_of_events(reading);
  read_producers(reading);
  read_consumers(reading);
  read_events(reading);
  read_expectations(reading);
  return std::move(reading.scenario);
}

// The name of an experiment stays, and variants have none of their own.
bool may_be_laid_over(const Entry& variant, Diagnostics& diagnostics) {
  if (!variant.value.is_map()) return false;  // reported by its shape
  for (const std::string_view key : {"scenario", "variants"}) {
    const Entry* entry = variant.value.find_entry(key);
    if (entry == nullptr) continue;
    diagnostics.error(entry->position,
                      fmt::format("'{}' cannot stand in a variant, expected what is changed", key));
    return false;
  }
  return true;
}

void read_variants(const Node& root, ScenarioFile& file, Diagnostics& diagnostics) {
  const Node* variants = root.find("variants");
  if (variants == nullptr || !variants->is_map()) return;
  for (const Entry& variant : variants->entries) {
    if (!schema::fits(*schema::scenario_type().fields.front().type, variant.key)) {
      diagnostics.error(
          variant.position,
          fmt::format("{} cannot be the name of a variant, expected letters, digits, '-', "
                      "'_' and '.', at most 100",
                      in_quotes(variant.key)));
    }
    Diagnostics own;
    if (may_be_laid_over(variant, own)) {
      const Node whole = with_variant(root, variant.value);
      check_shape(whole, schema::scenario_type(), own);
      Scenario scenario = read_experiment(whole, own);
      scenario.variant = variant.key;
      file.variants.push_back(std::move(scenario));
    }
    diagnostics.add_new(own, fmt::format(" (variant {})", in_quotes(variant.key)));
  }
}

void check_file_name(const Node& root, const std::string& path, Diagnostics& diagnostics) {
  const Node* name = root.find("scenario");
  const std::string stem = std::filesystem::path(path).stem().string();
  if (name == nullptr || !name->is_scalar() || stem.empty() || name->text == stem) return;
  if (!schema::fits(*schema::scenario_type().fields.front().type, name->text)) return;
  diagnostics.warning(
      name->position,
      fmt::format("the scenario is called {}, but its file {}", in_quotes(name->text),
                  in_quotes(std::filesystem::path(path).filename().string())));
}

}  // namespace

Loaded load_scenario_text(const std::string& path, std::string_view text) {
  Loaded loaded;
  const std::optional<Node> root = parse_document(text, loaded.diagnostics);
  if (!root) return loaded;
  check_shape(*root, schema::scenario_type(), loaded.diagnostics);
  if (!root->is_map()) return loaded;
  ScenarioFile file;
  file.path = path;
  file.scenario = read_experiment(*root, loaded.diagnostics);
  read_variants(*root, file, loaded.diagnostics);
  check_file_name(*root, path, loaded.diagnostics);
  if (!loaded.diagnostics.has_errors()) loaded.file = std::move(file);
  return loaded;
}

Loaded load_scenario(const std::string& path) {
  Loaded loaded;
  const std::optional<std::string> text = read_text(path, loaded.diagnostics);
  return text ? load_scenario_text(path, *text) : std::move(loaded);
}

}  // namespace kafkasim::scenarios

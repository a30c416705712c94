// Scenario files written as text, and what their runs come to.
#pragma once

#include <string>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/report.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios {

// The file without its first two keys, `scenario` and `question`. Fails the test if it has
// mistakes.
inline Scenario scenario(const std::string& text) {
  Loaded loaded =
      load_scenario_text("test.yaml", "scenario: test\nquestion: Does it hold?\n" + text);
  INFO(loaded.diagnostics.lines("test.yaml"));
  REQUIRE(loaded.file);
  return std::move(loaded.file->scenario);
}

inline RunResult play(const std::string& text) { return run(scenario(text), {}); }

// The run ends as its expectations say; `notes` is what else is told, one line a note.
inline void holds(const std::string& text, const std::string& notes = "") {
  const RunResult result = play(text);
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  std::string told;
  for (const std::string& note : result.outcome.notes) told += note + "\n";
  CHECK(told == notes);
}

// Blanks in a row as one: columns are as wide as their widest cell.
inline std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || out.empty() || out.back() != ' ') out += c;
  }
  return out;
}

inline void contains(const std::string& text, const std::string& part) {
  INFO(text);
  INFO(part);
  CHECK(text.find(part) != std::string::npos);
}

}  // namespace kafkasim::scenarios

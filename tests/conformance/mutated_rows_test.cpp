// Rows that nobody recorded: what a replay asks of our code may be changed in any way and must at
// worst be a finding; what was recorded of the outcome may not be changed without one. Left out:
// kinds whose cases take long.
#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/rng.hpp"
#include "tests/conformance/kinds.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

// What a kind records of the outcome: the field of a row, or that of each of its steps.
struct Outcome {
  std::string_view kind;
  const char* field;
  const char* list = nullptr;  // the steps; none: the field is the row's own
};

constexpr std::array outcomes = {
    Outcome{"assignor_range", "assignment"},
    Outcome{"builtin_partitioner", "partition", "steps"},
    Outcome{"group_consumer_traces", "group", "steps"},
    Outcome{"group_consumer_traces", "response", "steps"},
    Outcome{"leader_epoch_cache", "entries", "steps"},
    Outcome{"murmur2_partition", "murmur2"},
    Outcome{"murmur2_partition", "partition"},
    Outcome{"producer_state_manager", "verdict", "steps"},
    Outcome{"producer_state_manager", "producer", "steps"},
    Outcome{"producer_traces", "trace"},
    Outcome{"producer_traces", "final_logs"},
    Outcome{"producer_traces_random", "trace"},
    Outcome{"producer_traces_random", "final_logs"},
};

// A few cases of the sample: the smallest, which run in no time.
std::vector<json> rows_of(std::string_view kind, std::size_t count) {
  std::ifstream file("tests/vectors/" + std::string(kind) + ".jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
  std::vector<json> rows;
  for (const std::string& line : lines) {
    if (rows.size() < count) rows.push_back(json::parse(line));
  }
  return rows;
}

void collect(json& value, std::vector<json*>& leaves) {
  if (!value.is_structured()) {
    leaves.push_back(&value);
    return;
  }
  for (json& inner : value) collect(inner, leaves);
}

// Another value where one stands that is no object and no list.
void change_something(json& value, sim::Rng& rng) {
  std::vector<json*> leaves;
  collect(value, leaves);
  if (leaves.empty()) return;
  json& leaf = *leaves[rng.below(leaves.size())];
  if (leaf.is_number_integer() && rng.chance(2, 3)) {
    const auto number = leaf.get<std::int64_t>();
    const std::array<std::int64_t, 6> others = {number + 1, number - 1, -1,
                                                number + 7, 40,         2147483647};
    leaf = others[rng.below(others.size())];
  } else {
    const std::array<json, 6> others = {json(),     json("t-9"),    json(-5),
                                        json(true), json::object(), json("")};
    leaf = others[rng.below(others.size())];
  }
}

std::size_t mismatches(const Kind& kind, const json& row) {
  const std::vector<json> file = {row};
  return replay(kind, row, file).mismatches().size();
}

// Adds one to the first whole number in there, or changes the first text. False: there is none.
bool falsify(json& value) {
  std::vector<json*> leaves;
  collect(value, leaves);
  for (json* leaf : leaves) {
    if (leaf->is_number_integer()) {
      *leaf = leaf->get<std::int64_t>() + 1;
      return true;
    }
  }
  if (leaves.empty() || !leaves.front()->is_string()) return false;
  *leaves.front() = leaves.front()->get<std::string>() + "x";
  return true;
}

}  // namespace

TEST_CASE("A replay of a changed row ends, with findings at worst") {
  sim::Rng rng(11);
  for (const Outcome& outcome : outcomes) {
    const Kind& kind = *find_kind(outcome.kind);
    for (const json& row : rows_of(outcome.kind, 6)) {
      for (int change = 0; change < 12; ++change) {
        json changed = row;
        change_something(changed, rng);
        INFO(outcome.kind << " " << changed.dump());
        CHECK_NOTHROW(mismatches(kind, changed));
      }
    }
  }
}

TEST_CASE("A recorded outcome that is changed is found") {
  for (const Outcome& outcome : outcomes) {
    const Kind& kind = *find_kind(outcome.kind);
    int falsified = 0;
    for (const json& row : rows_of(outcome.kind, 8)) {
      REQUIRE(mismatches(kind, row) == 0);
      json changed = row;
      bool done = false;
      if (outcome.list == nullptr) {
        done = falsify(changed.at(outcome.field));
      } else {
        for (json& step : changed.at(outcome.list)) {
          done = done || (step.contains(outcome.field) && falsify(step.at(outcome.field)));
        }
      }
      if (!done) continue;
      ++falsified;
      INFO(outcome.kind << " " << outcome.field << " " << changed.dump());
      CHECK(mismatches(kind, changed) > 0);
    }
    CHECK(falsified > 0);
  }
}

}  // namespace kafkasim::conformance

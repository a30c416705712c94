// What Kafka's own consumers were told while members of their group started, closed, crashed and
// stopped polling: each of ours must be told the same, in the same order. How long a step took, and
// whether a member stood still meanwhile, the recording does not say: among such runs must be one
// that agrees.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/rng.hpp"
#include "tests/conformance/group_run.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Told = GroupRun::Told;

constexpr std::uint64_t runs_tried = 800;
constexpr std::uint64_t plain_runs = 8;  // without a member that stands still
constexpr std::size_t most_steps = 40;
constexpr std::uint64_t steps_cut_short = 5;  // one of the first
constexpr int most_partitions = 200;
constexpr std::int64_t longest_pause_s = 600;

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("cannot be replayed: " + why);
}

enum class What { starts, closes, crashes, stops_polling };

struct RebalanceStep {
  std::string text;
  std::string consumer;
  What what = What::starts;
  sim::Duration pause{};  // without polling
  std::vector<Told> told;
};

struct Rebalances {
  std::string assignor;
  bool is_static = false;
  int partitions = 1;
  sim::Duration max_poll = 4s;
  std::vector<RebalanceStep> steps;
};

// ---- reading a row ----

// The first whole number behind `before`.
std::int64_t number_behind(const std::string& text, const std::string& before) {
  const auto at = text.find(before);
  if (at == std::string::npos) refuse(fmt::format("step '{}'", text));
  std::int64_t number = 0;
  std::size_t digits = 0;
  for (std::size_t i = at + before.size(); i < text.size(); ++i, ++digits) {
    if (text[i] < '0' || text[i] > '9') break;
    number = number * 10 + (text[i] - '0');
    if (number > longest_pause_s) refuse(fmt::format("step '{}' takes too long", text));
  }
  if (digits == 0) refuse(fmt::format("step '{}'", text));
  return number;
}

RebalanceStep read_step(const std::string& text, Rebalances& row) {
  RebalanceStep step;
  step.text = text;
  const auto space = text.find(' ');
  if (space == std::string::npos) refuse(fmt::format("step '{}'", text));
  step.consumer = text.substr(0, space);
  const std::string rest = text.substr(space + 1);
  const auto is = [&rest](const char* word) { return rest.rfind(word, 0) == 0; };
  if (is("starts")) {
    step.what = What::starts;
  } else if (is("closes")) {
    step.what = What::closes;
  } else if (is("crashes")) {
    step.what = What::crashes;
  } else if (is("does not poll for ")) {
    step.what = What::stops_polling;
    step.pause = std::chrono::seconds(number_behind(rest, "does not poll for "));
    if (rest.find("max.poll.interval ") != std::string::npos)
      row.max_poll = std::chrono::seconds(number_behind(rest, "max.poll.interval "));
  } else {
    refuse(fmt::format("step '{}'", text));
  }
  return step;
}

Told read_told(const json& event, Rebalances& row) {
  Told told;
  told.consumer = event.at("consumer").get<std::string>();
  told.event = event.at("event").get<std::string>();
  for (const json& partition : event.at("partitions")) {
    const auto number = partition.get<std::int32_t>();
    if (number < 0 || number >= most_partitions) refuse("a partition's number");
    row.partitions = std::max(row.partitions, number + 1);
    told.partitions.push_back(number);
  }
  return told;
}

Rebalances read_rebalances(const json& recorded) {
  Rebalances row;
  row.assignor = recorded.at("assignor").get<std::string>();
  row.is_static = recorded.at("static_members").get<bool>();
  for (const json& event : recorded.at("events")) {
    if (event.contains("step")) {
      row.steps.push_back(read_step(event.at("step").get<std::string>(), row));
    } else {
      if (row.steps.empty()) refuse("something happens before the first step");
      row.steps.back().told.push_back(read_told(event, row));
    }
  }
  if (row.steps.empty() || row.steps.size() > most_steps) refuse("how many steps there are");
  return row;
}

// ---- one run ----

// What the recording does not tell: seed 0 is a quiet machine that leaves every step its time.
struct Chances {
  GroupSpeed speed;
  sim::Duration session = 2s;
  sim::Duration heartbeat = 500ms;
  std::vector<sim::Duration> steps;  // how long each lasts, besides a pause
  // One member that stands still: nothing of what it says arrives for longer than its session.
  std::size_t stands_still_in = most_steps;  // the number of a step
  std::string stands_still;
  int from_call = 1;  // of its listener in that step
  sim::Duration length{};
};

Chances chances_of(const Rebalances& row, std::uint64_t seed) {
  Chances chances;
  chances.speed.seed = seed;
  chances.steps.assign(row.steps.size(), 10s);
  if (seed == 0) return chances;
  sim::Rng rng = sim::Rng(seed).fork("rebalances");
  constexpr std::array<sim::Duration, 4> lowest = {100us, 300us, 1ms, 4ms};
  const sim::Duration low = lowest[rng.below(lowest.size())];
  chances.speed.clients = {low, low * rng.between(1, 4)};
  constexpr std::array<sim::Duration, 3> sessions = {2s, 3s, 6s};
  chances.session = sessions[rng.below(seed < plain_runs ? 3 : 2)];
  constexpr std::array<sim::Duration, 4> heartbeats = {200ms, 500ms, 1s, 1900ms};
  chances.heartbeat = heartbeats[rng.below(heartbeats.size())];
  for (sim::Duration& length : chances.steps) {
    if (rng.chance(1, 2)) length = chances.session + 500ms * rng.between(1, 16);
  }
  if (seed < plain_runs) return chances;
  // The next step comes in the middle of a rebalance.
  const std::uint64_t few = std::min<std::uint64_t>(row.steps.size(), steps_cut_short);
  const auto step = static_cast<std::size_t>(rng.below(few));
  chances.steps[step] = 100ms * rng.between(2, 40);
  if (rng.chance(1, 4)) return chances;
  chances.stands_still_in = step;
  const auto who = static_cast<std::size_t>(rng.below(step + 1));
  chances.stands_still = row.steps[who].consumer;
  chances.from_call = static_cast<int>(rng.between(1, 3));
  chances.length = chances.session + chances.session * rng.between(5, 95) / 100;
  return chances;
}

ConsumerSettings settings_of(const Rebalances& row, const Chances& chances,
                             const std::string& consumer) {
  const auto ms = [](sim::Duration duration) {
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(duration).count());
  };
  ConsumerSettings settings = {
      {"group.id", "g"},
      {"enable.auto.commit", "false"},
      {"partition.assignment.strategy", "org.apache.kafka.clients.consumer." + row.assignor},
      {"session.timeout.ms", ms(chances.session)},
      {"heartbeat.interval.ms", ms(chances.heartbeat)},
      {"max.poll.interval.ms", ms(row.max_poll)}};
  if (row.is_static) settings.emplace_back("group.instance.id", consumer);
  return settings;
}

// What was told in each step.
std::vector<std::vector<Told>> run_steps(const Rebalances& row, const Chances& chances) {
  GroupRun run(row.partitions, chances.speed);
  std::vector<std::vector<Told>> told;
  for (std::size_t i = 0; i < row.steps.size(); ++i) {
    const RebalanceStep& step = row.steps[i];
    if (i == chances.stands_still_in && step.consumer != chances.stands_still)
      run.stand_still(chances.stands_still, chances.from_call, chances.length);
    switch (step.what) {
      case What::starts:
        run.start(step.consumer, settings_of(row, chances, step.consumer));
        break;
      case What::closes:
        run.close(step.consumer);
        break;
      case What::crashes:
        run.crash(step.consumer);
        break;
      case What::stops_polling:
        run.stop_polling(step.consumer, step.pause);
        run.run_for(step.pause);
        break;
    }
    run.run_for(chances.steps[i]);
    told.push_back(run.take_told());
  }
  return told;
}

// ---- comparing ----

json of_consumer(const std::vector<Told>& told, const std::string& consumer) {
  json list = json::array();
  for (const Told& one : told) {
    if (one.consumer == consumer) list.push_back({{one.event, one.partitions}});
  }
  return list;
}

// Who had given up each partition when somebody got it, and who gave it up only afterwards: what
// the order among consumers must keep.
json handovers(const std::vector<Told>& told) {
  json list = json::array();
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i].event != "assigned") continue;
    for (std::size_t j = 0; j < told.size(); ++j) {
      if (told[j].event == "assigned" || told[j].consumer == told[i].consumer) continue;
      for (const std::int32_t partition : told[i].partitions) {
        const std::vector<std::int32_t>& given = told[j].partitions;
        if (std::find(given.begin(), given.end(), partition) == given.end()) continue;
        list.push_back(fmt::format("{} {} {} before {} has it", told[j].consumer,
                                   j < i ? "gives up" : "does not give up", partition,
                                   told[i].consumer));
      }
    }
  }
  std::sort(list.begin(), list.end());
  return list;
}

struct Difference {
  std::string field;
  json recorded;
  json ours;
};

std::vector<Difference> differences_of(const Rebalances& row,
                                       const std::vector<std::vector<Told>>& ours) {
  std::vector<Difference> found;
  for (std::size_t i = 0; i < row.steps.size(); ++i) {
    const RebalanceStep& step = row.steps[i];
    std::set<std::string> names;
    for (const Told& one : step.told) names.insert(one.consumer);
    for (const Told& one : ours[i]) names.insert(one.consumer);
    const auto compare = [&](const std::string& what, json recorded, json got) {
      if (recorded != got)
        found.push_back({step.text + ": " + what, std::move(recorded), std::move(got)});
    };
    for (const std::string& name : names)
      compare(name, of_consumer(step.told, name), of_consumer(ours[i], name));
    compare("order", handovers(step.told), handovers(ours[i]));
  }
  return found;
}

}  // namespace

void replay_rebalances(const json& recorded, Findings& findings) {
  const Rebalances row = read_rebalances(recorded);
  std::vector<Difference> fewest;
  for (std::uint64_t seed = 0; seed < runs_tried; ++seed) {
    const Chances chances = chances_of(row, seed);
    std::vector<Difference> found = differences_of(row, run_steps(row, chances));
    if (found.empty()) {
      if (seed == 0) return;
      findings.remark(fmt::format("reached with seed {}", seed));
      if (chances.stands_still_in < row.steps.size()) {
        findings.remark(
            fmt::format("from call {} of its listener in '{}' on {} stands still for {} ms, which "
                        "is longer than "
                        "its session",
                        chances.from_call, row.steps[chances.stands_still_in].text,
                        chances.stands_still, chances.length / 1ms));
      }
      return;
    }
    if (seed == 0 || found.size() < fewest.size()) fewest = std::move(found);
  }
  findings.remark(fmt::format("none of {} runs is the recorded one; the nearest:", runs_tried));
  for (const Difference& one : fewest) findings.expect(one.field, one.recorded, one.ours);
}

}  // namespace kafkasim::conformance

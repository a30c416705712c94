// A consumer of Kafka's own read some polls' worth of records and crashed without leaving its
// group; a second one went on. Where it went on, and what that makes of the records, depends on
// when the first one commits; the mode of a row says so in a word.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
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

constexpr std::uint64_t runs_tried = 24;
constexpr std::int64_t most_records = 10'000;
constexpr std::size_t most_polls = 100;
constexpr std::int64_t longest_session_ms = 600'000;
// A real machine's own share in a time that ours has not: threads, timers, garbage collection.
constexpr std::int64_t slack_ms = 150;

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("cannot be replayed: " + why);
}

// When an application commits what a poll returned.
enum class Habit { never, before_handling, after_handling, automatic };

Habit habit_of(const std::string& mode) {
  const auto has = [&mode](const char* word) { return mode.find(word) != std::string::npos; };
  if (has("auto")) return Habit::automatic;
  if (has("no_commit") || has("never") || has("none")) return Habit::never;
  if (has("before") || has("most_once")) return Habit::before_handling;
  if (has("after") || has("sync") || has("each") || has("batch") || has("least_once"))
    return Habit::after_handling;
  refuse(fmt::format("mode '{}'", mode));
}

struct Redelivery {
  Habit habit = Habit::never;
  ConsumerSettings settings;  // those that the row has
  std::vector<std::vector<std::int64_t>> polls;
  std::int64_t session_ms = 0;
};

std::int64_t whole_number(const json& row, const char* key, std::int64_t lowest,
                          std::int64_t highest) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number_integer()) refuse(fmt::format("no '{}'", key));
  const auto value = found->get<std::int64_t>();
  if (value < lowest || value > highest) refuse(fmt::format("'{}' is {}", key, value));
  return value;
}

Redelivery read_redelivery(const json& recorded) {
  Redelivery row;
  row.habit = habit_of(recorded.at("mode").get<std::string>());
  row.session_ms = whole_number(recorded, "session.timeout.ms", 1, longest_session_ms);
  whole_number(recorded, "max.poll.records", 1, most_records);
  for (const auto& item : recorded.items()) {
    if (item.key().find('.') == std::string::npos) continue;
    const json& value = item.value();
    row.settings.emplace_back(item.key(),
                              value.is_string() ? value.get<std::string>() : value.dump());
  }
  for (const json& poll : recorded.at("first_consumer_polls")) {
    std::vector<std::int64_t>& offsets = row.polls.emplace_back();
    for (const json& offset : poll) {
      offsets.push_back(offset.get<std::int64_t>());
      if (offsets.back() < 0 || offsets.back() >= most_records) refuse("an offset");
    }
    if (offsets.empty()) refuse("a poll without records");
  }
  if (row.polls.empty() || row.polls.size() > most_polls) refuse("how many polls there are");
  return row;
}

// What the recording does not tell.
struct Chances {
  GroupSpeed speed;
  sim::Duration heartbeat = 200ms;
  sim::Duration pause{};          // of the first consumer, after each poll
  bool commits_the_last = false;  // before it crashes
};

Chances chances_of(const Redelivery& row, std::uint64_t seed) {
  Chances chances;
  chances.speed.seed = seed;
  chances.commits_the_last = row.habit == Habit::before_handling;
  if (seed == 0) return chances;
  sim::Rng rng = sim::Rng(seed).fork("redelivery");
  constexpr std::array<sim::Duration, 4> lowest = {100us, 300us, 1ms, 4ms};
  const sim::Duration low = lowest[rng.below(lowest.size())];
  chances.speed.clients = {low, low * rng.between(1, 4)};
  chances.heartbeat =
      std::chrono::milliseconds(std::max<std::int64_t>(1, row.session_ms / rng.between(3, 10)));
  chances.pause = 10ms * rng.between(0, 20);
  if (row.habit == Habit::after_handling) chances.commits_the_last = rng.chance(1, 2);
  return chances;
}

struct Outcome {
  json row;
  std::int64_t after_ms = 0;
};

// Records of earlier polls that the second consumer never gets though nobody handled them: the last
// poll's, where the commit came first.
std::int64_t skipped(const Redelivery& row, std::int64_t next) {
  if (row.habit != Habit::before_handling) return 0;
  const std::vector<std::int64_t>& last = row.polls.back();
  return std::count_if(last.begin(), last.end(),
                       [next](std::int64_t offset) { return offset < next; });
}

Outcome run_redelivery(const Redelivery& row, const Chances& chances) {
  std::int64_t records = 0;
  for (const auto& poll : row.polls) records = std::max(records, poll.back() + 1);
  const std::size_t polls = row.polls.size();
  GroupRun run(1, chances.speed);
  run.append(static_cast<int>(records * 2));
  ConsumerSettings settings = row.settings;
  const auto heartbeat = chances.heartbeat / 1ms;
  settings.insert(settings.begin(),
                  {{"group.id", "g"},
                   {"auto.offset.reset", "earliest"},
                   {"heartbeat.interval.ms", std::to_string(heartbeat)},
                   {"enable.auto.commit", row.habit == Habit::automatic ? "true" : "false"}});
  const bool commits = row.habit == Habit::before_handling || row.habit == Habit::after_handling;
  run.start("first", settings, commits, chances.pause);
  const auto read = [&] {
    const GroupRun::Reading& reading = run.reading("first");
    return reading.polls.size() >= polls &&
           (!chances.commits_the_last || reading.committed_polls >= polls);
  };
  if (!run.run_until(read, 60s)) throw std::runtime_error("the first consumer reads too little");
  const json first = run.reading("first").polls;
  run.crash("first");
  const sim::Time crash = run.now();
  run.start("second", settings);
  if (!run.run_until([&] { return !run.reading("second").polls.empty(); },
                     std::chrono::milliseconds(row.session_ms) + 60s))
    throw std::runtime_error("the second consumer reads nothing");

  const GroupRun::Reading& second = run.reading("second");
  const std::int64_t next = second.polls.front().front();
  std::int64_t again = 0;
  for (const auto& poll : row.polls) {
    again += std::count_if(poll.begin(), poll.end(),
                           [next](std::int64_t offset) { return offset >= next; });
  }
  Outcome outcome;
  outcome.row = {{"first_consumer_polls", first},
                 {"committed_at_crash", second.found},
                 {"second_consumer_first_offset", next},
                 {"redelivered", again},
                 {"skipped", skipped(row, next)}};
  outcome.after_ms = (second.first - crash) / 1ms;
  return outcome;
}

}  // namespace

void replay_redelivery(const json& recorded, Findings& findings) {
  const Redelivery row = read_redelivery(recorded);
  json first;
  std::optional<std::uint64_t> reached;
  std::int64_t soonest = 0;
  std::int64_t latest = 0;
  for (std::uint64_t seed = 0; seed < runs_tried; ++seed) {
    const Outcome outcome = run_redelivery(row, chances_of(row, seed));
    if (seed == 0) first = outcome.row;
    soonest = seed == 0 ? outcome.after_ms : std::min(soonest, outcome.after_ms);
    latest = std::max(latest, outcome.after_ms);
    const bool agrees = std::all_of(
        outcome.row.items().begin(), outcome.row.items().end(),
        [&](const auto& item) { return recorded.value(item.key(), json()) == item.value(); });
    if (agrees && !reached) reached = seed;
  }
  if (!reached) {
    for (const auto& item : first.items())
      findings.expect(item.key(), recorded.value(item.key(), json()), item.value());
    return;
  }
  if (*reached > 0) findings.remark(fmt::format("reached with seed {}", *reached));
  const auto after = recorded.at("second_consumer_first_record_after_ms").get<std::int64_t>();
  if (after < soonest - slack_ms || after > latest + slack_ms) {
    findings.fail(fmt::format("second_consumer_first_record_after_ms: {} is not between {} and {}",
                              after, soonest - slack_ms, latest + slack_ms));
  }
}

}  // namespace kafkasim::conformance

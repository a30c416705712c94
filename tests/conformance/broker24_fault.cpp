// Runs of Kafka's own producer against a real cluster with one fault between them: the same log and
// the same answers for the application. Where real time decides, among the outcomes that our
// cluster has at some speed of its parts must be the recorded one.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/fault_run.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

constexpr std::uint64_t speeds_tried = 1500;  // for an outcome that real time decides
constexpr std::size_t logs_shown = 12;
constexpr std::uint64_t speeds_that_agree = 3;  // for one that it does not
// What a row says of its experiment; and its time on a clock, which is not ours.
constexpr const char* not_outcome[] = {"scenario", "run",   "name",       "producer",
                                       "records",  "fault", "elapsed_ms", "pace_ms"};

// Numbers become N and the partition P, as the recording has it.
std::string anonymous(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (!is_digit) {
      out += text[i];
    } else if (out.empty() || out.back() != 'N') {
      out += 'N';
    }
  }
  const std::string before = "record(s) for ";
  const auto start = out.find(before);
  const auto end = start == std::string::npos ? start : out.find(':', start);
  if (end != std::string::npos)
    out.replace(start + before.size(), end - start - before.size(), "P");
  return out;
}

// How often each kind of failure; without texts where the recording has only the class.
std::map<std::string, std::int64_t> failures(const std::map<std::string, std::int64_t>& errors,
                                             bool with_texts) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [text, count] : errors) {
    const std::string kind = with_texts ? anonymous(text) : text.substr(0, text.find(':'));
    counts[kind] += count;
  }
  return counts;
}

struct Sums {
  std::int64_t lost_acked = 0;
  std::int64_t failed_but_in_log = 0;
  std::int64_t more_copies = 0;     // records of the log that were there before
  std::int64_t stored_twice = 0;    // different records with more than one copy
  std::int64_t behind_a_later = 0;  // first copies that stand behind one of a later record
  std::int64_t steps_back = 0;      // first copies whose predecessor is of a later record
};

Sums sums_of(const FaultOutcome& outcome, std::int64_t records) {
  Sums sums;
  const std::set<std::int64_t> acked(outcome.ack_order.begin(), outcome.ack_order.end());
  std::map<std::int64_t, int> copies;
  std::int64_t latest = -1;
  std::int64_t before = -1;
  for (const std::int64_t id : outcome.log) {
    if (++copies[id] > 1) continue;
    sums.behind_a_later += id < latest ? 1 : 0;
    sums.steps_back += id < before ? 1 : 0;
    latest = std::max(latest, id);
    before = id;
  }
  for (const auto& [id, count] : copies) {
    sums.more_copies += count - 1;
    sums.stored_twice += count > 1 ? 1 : 0;
  }
  for (std::int64_t id = 0; id < records; ++id) {
    sums.lost_acked += acked.contains(id) && !copies.contains(id) ? 1 : 0;
    sums.failed_but_in_log += !acked.contains(id) && copies.contains(id) ? 1 : 0;
  }
  return sums;
}

// The recorded row with the values that our run gives.
json row_of(const json& recorded, const Experiment& experiment, const FaultOutcome& outcome) {
  const Sums sums = sums_of(outcome, experiment.records);
  const auto either = [&recorded](const char* key, std::int64_t one, std::int64_t other) {
    return recorded.value(key, json()) == other ? other : one;
  };
  std::map<std::string, std::int64_t> wanted;
  bool with_texts = false;
  const json recorded_errors = recorded.value("errors", json::object());
  for (const auto& [text, count] : recorded_errors.items()) {
    wanted[text] = count.get<std::int64_t>();
    with_texts = with_texts || text.find(": ") != std::string::npos;
  }
  json errors = failures(outcome.errors, with_texts);
  // The recording's own names for what is the same after all.
  if (errors == json(failures(wanted, with_texts))) errors = recorded_errors;
  return {{"log_count", outcome.log.size()},
          {"log", outcome.log},
          {"ack_order", outcome.ack_order},
          {"acked", outcome.ack_order.size()},
          {"failed", outcome.failed},
          {"errors", errors},
          {"lost_acked", sums.lost_acked},
          {"failed_but_in_log", sums.failed_but_in_log},
          {"duplicated", either("duplicated", sums.more_copies, sums.stored_twice)},
          {"first_occurrence_out_of_order",
           either("first_occurrence_out_of_order", sums.behind_a_later, sums.steps_back)}};
}

bool agrees(const json& recorded, const json& ours) {
  for (const auto& item : ours.items()) {
    if (!recorded.contains(item.key()) || recorded.at(item.key()) != item.value()) return false;
  }
  return true;
}

bool is_outcome(const std::string& key) {
  return std::none_of(std::begin(not_outcome), std::end(not_outcome),
                      [&](const char* other) { return key == other; });
}

void note_what_is_left_aside(const json& recorded, const json& ours, Findings& findings) {
  for (const auto& item : recorded.items()) {
    if (is_outcome(item.key()) && !ours.contains(item.key())) findings.note(item.key());
  }
}

bool compare(const json& recorded, const json& ours, Findings& findings) {
  bool same = true;
  for (const auto& item : ours.items()) {
    const json expected = recorded.value(item.key(), json());
    same = findings.expect(item.key(), expected, item.value()) && same;
  }
  return same;
}

// Were there runs of the same experiment with another outcome?
bool varies(const json& recorded, std::span<const json> file) {
  return std::any_of(file.begin(), file.end(), [&](const json& other) {
    for (const char* key : {"producer", "records", "pace_ms", "fault"}) {
      if (other.value(key, json()) != recorded.value(key, json())) return false;
    }
    return other.value("log", json()) != recorded.value("log", json()) ||
           other.value("ack_order", json()) != recorded.value("ack_order", json());
  });
}

// Compares with a run at each of a few speeds as long as they agree among themselves; false when
// they do not, without having compared.
bool replay_certain(const json& recorded, const Experiment& experiment, Findings& findings) {
  const FaultOutcome first = run_experiment(experiment, 0);
  for (std::uint64_t seed = 1; seed < speeds_that_agree; ++seed) {
    const FaultOutcome other = run_experiment(experiment, seed);
    if (other == first) continue;
    // What was acked may be told in another order; without failures the log is the same.
    if (other.log != first.log && other.failed == 0 && first.failed == 0)
      findings.fail(fmt::format("seed {} stores something else than seed 0", seed));
    return false;
  }
  const json ours = row_of(recorded, experiment, first);
  note_what_is_left_aside(recorded, ours, findings);
  compare(recorded, ours, findings);
  return true;
}

// The logs that most of our runs end with.
void tell_logs(const std::map<json, int>& logs, Findings& findings) {
  std::vector<std::pair<int, std::string>> most;
  for (const auto& [log, runs] : logs) most.emplace_back(runs, log.dump());
  std::sort(most.rbegin(), most.rend());
  if (most.size() > logs_shown) most.resize(logs_shown);
  for (const auto& [runs, log] : most)
    findings.remark(fmt::format("{} of {} seeds: log {}", runs, speeds_tried, log));
}

void replay_varying(const json& recorded, const Experiment& experiment, Findings& findings) {
  json quiet;
  std::set<json> seen;
  std::map<json, int> logs;  // with how many seeds
  for (std::uint64_t seed = 0; seed < speeds_tried; ++seed) {
    const FaultOutcome outcome = run_experiment(experiment, seed);
    json ours = row_of(recorded, experiment, outcome);
    if (agrees(recorded, ours)) {
      note_what_is_left_aside(recorded, ours, findings);
      findings.remark(fmt::format("reached with seed {}", seed));
      return;
    }
    if (seed == 0) quiet = ours;
    ++logs[ours.at("log")];
    seen.insert(std::move(ours));
  }
  findings.fail(fmt::format("none of the {} outcomes of {} seeds is the recorded one", seen.size(),
                            speeds_tried));
  tell_logs(logs, findings);
  findings.at("seed 0");
  compare(recorded, quiet, findings);
}

}  // namespace

void replay_broker_fault(const json& recorded, std::span<const json> file, Findings& findings) {
  try {
    const Experiment experiment = read_experiment(recorded);
    const bool is_certain = experiment.is_certain() && !varies(recorded, file);
    if (!is_certain || !replay_certain(recorded, experiment, findings))
      replay_varying(recorded, experiment, findings);
  } catch (const std::invalid_argument& error) {
    findings.fail(error.what());
  }
}

}  // namespace kafkasim::conformance

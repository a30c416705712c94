// Anomalies of handling: handled-twice, handled-out-of-order, phantom.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/engine/anomalies_find.hpp"

namespace kafkasim::scenarios {

namespace {

std::string committed_text(const Handling& handling) {
  const std::string partition = to_string(handling.partition);
  return handling.committed.is_set()
             ? fmt::format("the group's committed offset of {} was still {}", partition,
                           handling.committed.value())
             : fmt::format("the group had committed nothing of {}", partition);
}

// The reset that brought the second handler before the record, or null.
const Reset* reset_before(const Ledger& ledger, const Handling& first, const Handling& again) {
  const Reset* last = nullptr;
  for (const Reset& reset : ledger.resets()) {
    if (reset.time > again.time) break;
    if (reset.consumer == *again.who && reset.partition == again.partition &&
        reset.time >= first.time && reset.to <= again.offset) {
      last = &reset;
    }
  }
  return last;
}

// When that consumer got the record from poll() for the handling at `until`; null when the trace
// does not say.
const Step* poll_before(const RecordFate& fate, const std::string& who, sim::Time until) {
  const Step* last = nullptr;
  for (const Step& step : fate.life) {
    if (step.time > until) break;
    if (step.kind == StepKind::polled && *step.who == who) last = &step;
  }
  return last;
}

std::string twice_cause(const Truth& truth, const Handling& first, const Handling& again) {
  const RecordFate& fate = truth.fate(first.record);
  if (first.partition != again.partition || first.offset != again.offset) {
    return fmt::format("it was read at {} ({} {}) and again at {} ({} {})",
                       spot(first.partition, first.offset), *first.who, at(first.time),
                       spot(again.partition, again.offset), *again.who, at(again.time));
  }
  const std::string head = fmt::format("handled by {} {}", *first.who, at(first.time));
  const std::string tail =
      *first.who == *again.who
          ? fmt::format("when it read {} again {}", spot(again.partition, again.offset),
                        at(again.time))
          : fmt::format("when {} handled it again {}", *again.who, at(again.time));
  if (const Reset* reset = reset_before(truth.ledger(), first, again)) {
    return fmt::format(
        "{}; then {}'s position of {} went from {} to {} {}{}, and it was handled again {}", head,
        reset->consumer, to_string(reset->partition),
        reset->from.is_set() ? std::to_string(reset->from.value()) : "none", reset->to.value(),
        at(reset->time), reset->reason.empty() ? "" : " (" + reset->reason + ")", at(again.time));
  }
  const Step* polled = poll_before(fate, *again.who, again.time);
  if (*first.who != *again.who && polled != nullptr && polled->time < first.time) {
    return fmt::format("{}, but {} had got it from poll() {} already and handled it {}", head,
                       *again.who, at(polled->time), at(again.time));
  }
  if (!again.committed.is_set() || again.committed <= again.offset) {
    return fmt::format("{}, but {} {}", head, committed_text(again), tail);
  }
  return fmt::format("{}, and handled again by {} {}", head, *again.who, at(again.time));
}

// What it meant outside Kafka, and who handled it though the partition was another's already.
std::string besides(const std::vector<const Handling*>& times) {
  std::string out;
  const auto effects = std::count_if(times.begin(), times.end(),
                                     [](const Handling* handling) { return handling->has_effect; });
  if (effects <= 1) out += "; outside Kafka it happened once";
  for (const Handling* handling : times) {
    if (handling->owner == nullptr) continue;
    out += fmt::format("; when {} handled it, {} belonged to {}", *handling->who,
                       to_string(handling->partition), *handling->owner);
    break;
  }
  return out;
}

// What of a key a group has handled last, so that an earlier one is seen to come late.
struct KeyProgress {
  std::map<std::string, const Handling*> latest_sent;  // by producer
  std::map<TopicPartition, std::map<std::string, const Handling*>>
      furthest;  // by partition and producer
};

// A handled record that comes later than `now`'s, or null.
const Handling* overtaken_by(const Truth& truth, const KeyProgress& progress, const Handling& now) {
  const RecordFate& fate = truth.fate(now.record);
  const auto sent = progress.latest_sent.find(*fate.producer);
  if (sent != progress.latest_sent.end() &&
      truth.fate(sent->second->record).send_order > fate.send_order) {
    return sent->second;
  }
  const auto partition = progress.furthest.find(now.partition);
  if (partition == progress.furthest.end()) return nullptr;
  for (const auto& [producer, handling] : partition->second) {
    if (producer != *fate.producer && handling->offset > now.offset) return handling;
  }
  return nullptr;
}

void remember(const Truth& truth, KeyProgress& progress, const Handling& now) {
  const RecordFate& fate = truth.fate(now.record);
  const Handling*& sent = progress.latest_sent[*fate.producer];
  if (sent == nullptr || truth.fate(sent->record).send_order < fate.send_order) sent = &now;
  const Handling*& furthest = progress.furthest[now.partition][*fate.producer];
  if (furthest == nullptr || furthest->offset < now.offset) furthest = &now;
}

}  // namespace

HandledByGroup handled_by_group(const Ledger& ledger) {
  HandledByGroup out;
  for (const Handling& handling : ledger.handlings()) {
    if (!handling.group->empty()) out[*handling.group].push_back(&handling);
  }
  return out;
}

void find_handled_twice(const Truth& truth, std::vector<Finding>& out) {
  for (const auto& [group, handlings] : handled_by_group(truth.ledger())) {
    std::map<RecordIndex, std::vector<const Handling*>> by_record;
    for (const Handling* handling : handlings) by_record[handling->record].push_back(handling);
    for (const auto& [record, times] : by_record) {
      if (times.size() < 2) continue;
      Finding found = finding(Anomaly::handled_twice, truth.fate(record));
      found.whose = group;
      found.partition = times.front()->partition;
      found.cause = twice_cause(truth, *times[0], *times[1]);
      if (times.size() > 2) found.cause = fmt::format("{} times: {}", times.size(), found.cause);
      found.cause += besides(times);
      for (const Handling* handling : times) {
        found.times.push_back(handling->time);
        found.offsets.push_back(handling->offset);
      }
      out.push_back(std::move(found));
    }
  }
}

void find_handled_out_of_order(const Truth& truth, std::vector<Finding>& out) {
  for (const auto& [group, handlings] : handled_by_group(truth.ledger())) {
    std::map<std::pair<std::string, std::string>, KeyProgress> keys;  // by topic and key
    std::set<RecordIndex> seen;
    for (const Handling* handling : handlings) {
      const RecordFate& fate = truth.fate(handling->record);
      if (fate.key.is_null() || !seen.insert(handling->record).second) continue;
      KeyProgress& progress = keys[{fate.topic, std::string(fate.key.view())}];
      if (const Handling* later = overtaken_by(truth, progress, *handling)) {
        Finding found = finding(Anomaly::handled_out_of_order, fate);
        found.whose = group;
        found.partition = handling->partition;
        found.offsets = {handling->offset, later->offset};
        found.times = {later->time, handling->time};
        found.cause = fmt::format(
            "handled by {} {} from {}, after {} of the same key (handled by {} {} from {})",
            *handling->who, at(handling->time), spot(handling->partition, handling->offset),
            truth.fate(later->record).name, *later->who, at(later->time),
            spot(later->partition, later->offset));
        out.push_back(std::move(found));
      }
      remember(truth, progress, *handling);
    }
  }
}

void find_phantoms(const Truth& truth, std::vector<Finding>& out) {
  std::set<RecordIndex> seen;
  for (const Handling& handling : truth.ledger().handlings()) {
    const Whereabouts& where = truth.of(handling.record);
    if (where.in_log || where.cleaned || !seen.insert(handling.record).second) continue;
    const RecordFate& fate = truth.fate(handling.record);
    Finding found = finding(Anomaly::phantom, fate);
    found.whose = handling.group->empty() ? *handling.who : *handling.group;
    found.partition = handling.partition;
    found.offsets = {handling.offset};
    found.times = {handling.time};
    found.cause = fmt::format("handled by {} {} from {}", *handling.who, at(handling.time),
                              spot(handling.partition, handling.offset));
    if (const Step* truncated = fate.last(StepKind::truncated)) {
      found.times.push_back(truncated->time);
      found.cause +=
          fmt::format(", which {}'s truncation removed {}", *truncated->who, at(truncated->time));
    } else {
      found.cause += ", but the leader's log does not hold it at the end";
    }
    out.push_back(std::move(found));
  }
}

}  // namespace kafkasim::scenarios

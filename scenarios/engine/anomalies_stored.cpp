// Anomalies between a producer and the logs: lost, duplicated, reordered.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/anomalies_find.hpp"

namespace kafkasim::scenarios {

namespace {

// What a producer met between two moments, as the reason for sending again: "the leader answered
// NOT_ENOUGH_REPLICAS".
std::string reason_to_send_again(protocol::ErrorCode error) {
  using enum protocol::ErrorCode;
  if (error == network_exception) return "the connection broke before the answer arrived";
  if (error == request_timed_out) return "the answer did not arrive in time (REQUEST_TIMED_OUT)";
  if (error == none) return "the answer did not arrive";
  return fmt::format("the leader answered {}", protocol::name(error));
}

// The leader that took office after that moment, if it is another one than `before`; where nobody
// did, the last one: `before` had been replaced without knowing it.
std::string successor(const Truth& truth, const TopicPartition& partition, sim::Time after,
                      const std::string& before) {
  const auto notes = truth.ledger().partitions().find(partition);
  if (notes == truth.ledger().partitions().end()) return {};
  const Office* next = nullptr;
  for (const auto& [epoch, office] : notes->second.offices) {
    if (office.leader.empty() || office.leader == before) continue;
    next = &office;
    if (office.since > after) break;
  }
  if (next == nullptr) return {};
  return fmt::format("{}, leader since {} s{}", next->leader, seconds(next->since),
                     next->unclean ? " by an unclean election" : "");
}

// ", which broker-2 had copied too" or ", which no other replica had yet": who held it when it was
// acked.
std::string copies_then(const RecordFate& fate, sim::Time time) {
  std::string names;
  for (const Step& step : fate.life) {
    if (step.kind != StepKind::copied || step.time > time ||
        names.find(*step.who) != std::string::npos)
      continue;
    names += (names.empty() ? "" : " and ") + *step.who;
  }
  return names.empty() ? "no other replica had it yet" : names + " had copied it";
}

// False when it is there already.
bool add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return false;
  names.push_back(name);
  return true;
}

// What took it from every log.
void tell_gone(const Truth& truth, const RecordFate& fate, Finding& out) {
  std::vector<std::string> brokers;  // whose power loss took it
  const Step* unflushed = fate.last(StepKind::unflushed);
  for (const Step& step : fate.life) {
    if (step.kind == StepKind::unflushed) add_once(brokers, *step.who);
  }
  if (unflushed != nullptr) {
    out.times.push_back(unflushed->time);
    out.cause += fmt::format(
        ", and gone from every log: it was not flushed when {} lost power, the last time {}",
        fmt::join(brokers, ", "), at(unflushed->time));
  } else if (const Step* cut = fate.last(StepKind::cut)) {
    out.times.push_back(cut->time);
    out.cause += fmt::format(", and gone: {}'s recovery found it torn and cut it off {}", *cut->who,
                             at(cut->time));
  } else {
    out.cause += ", and gone from every log";
  }
  std::vector<std::string> told;
  for (const FaultNote& disk : truth.ledger().failed_disks()) {
    if (disk.time < out.times.front() || !add_once(told, disk.text)) continue;
    out.cause += fmt::format("; the disk of {} failed {}", disk.text, at(disk.time));
  }
}

void tell_lost(const Truth& truth, const RecordFate& fate, Finding& out) {
  const Step& acked = *fate.last(StepKind::acked);
  const Step* stored = fate.last(StepKind::appended);
  out.times.push_back(acked.time);
  const bool fire_and_forget = !acked.offset.is_set();
  if (stored == nullptr) {
    out.cause = fmt::format(
        "written to the connection {} with acks=0, so nobody answers; no leader ever stored it",
        at(acked.time));
    const FaultNote* fault = truth.ledger().fault_before(acked.time);
    if (fault != nullptr)
      out.cause += fmt::format(" (last fault before: {} {})", fault->text, at(fault->time));
    return;
  }
  const TopicPartition partition{fate.topic, stored->partition};
  out.offsets.push_back(stored->offset);
  out.cause = fire_and_forget
                  ? fmt::format("sent with acks=0, stored by {} at {} {}", *stored->who,
                                spot(partition, stored->offset), at(stored->time))
                  : fmt::format("acked by {} {} ({}; {})", *stored->who, at(acked.time),
                                spot(partition, stored->offset), copies_then(fate, acked.time));
  const std::string next = successor(truth, partition, stored->time, *stored->who);
  const Step* truncated = fate.last(StepKind::truncated);
  if (truncated != nullptr && truncated->time >= stored->time) {
    out.times.push_back(truncated->time);
    out.cause +=
        fmt::format(", removed by {}'s truncation {}", *truncated->who, at(truncated->time));
    if (!next.empty()) out.cause += fmt::format(" to follow {}", next);
    return;
  }
  const std::vector<const ReplicaState*> holders = truth.holders(fate);
  if (!holders.empty()) {
    const PartitionState* now = truth.state().find(partition);
    out.cause += fmt::format(", now only in the log of {}{}", holders.front()->broker,
                             holders.front()->alive ? "" : ", which is down");
    if (!next.empty()) {
      out.cause += fmt::format(", and not in that of {}", next);
    } else if (now != nullptr) {
      out.cause += fmt::format(", and not in that of the leader, {}", now->leader);
    }
    return;
  }
  tell_gone(truth, fate, out);
}

void tell_duplicated(const RecordFate& fate, const std::vector<Place>& places, Finding& out) {
  std::vector<std::string> spots;
  for (const Place& place : places) {
    out.offsets.push_back(place.offset);
    spots.push_back(place.partition == places.front().partition
                        ? std::to_string(place.offset.value())
                        : spot(place.partition, place.offset));
  }
  out.cause = fmt::format("stored at offsets {} of {}", fmt::join(spots, " and "),
                          to_string(places.front().partition));
  const Step* first = fate.step(StepKind::appended);
  const Step* second = fate.step(StepKind::appended, 1);
  if (first == nullptr || second == nullptr) return;
  out.times.insert(out.times.end(), {first->time, second->time});
  const Step* retry = nullptr;  // the last of these between the two
  const Step* failure = nullptr;
  const Step* resend = nullptr;
  for (const Step& step : fate.life) {
    if (step.time > second->time) break;
    if (step.kind == StepKind::retried && (step.time >= first->time || retry == nullptr))
      retry = &step;
    if (step.kind == StepKind::failed) failure = &step;
    if (step.kind == StepKind::sent && &step != fate.step(StepKind::sent)) resend = &step;
  }
  if (resend != nullptr) {
    out.cause += fmt::format(
        ": stored {}, yet the application heard {} and sent it again {}", at(first->time),
        failure == nullptr ? "nothing" : std::string(protocol::name(failure->error)),
        at(resend->time));
  } else if (retry != nullptr) {
    out.cause += fmt::format(": stored {}, but {}, so the producer sent it again {}",
                             at(first->time), reason_to_send_again(retry->error), at(retry->time));
  } else {
    out.cause += fmt::format(": stored {} and again {}", at(first->time), at(second->time));
  }
}

}  // namespace

void find_lost(const Truth& truth, std::vector<Finding>& out) {
  for (RecordIndex i = 0; i < truth.ledger().records().size(); ++i) {
    const RecordFate& fate = truth.fate(i);
    const Whereabouts& where = truth.of(i);
    if (where.in_log || where.cleaned || !fate.was(StepKind::acked)) continue;
    out.push_back(finding(Anomaly::lost, fate));
    tell_lost(truth, fate, out.back());
  }
}

void find_duplicated(const Truth& truth, std::vector<Finding>& out) {
  for (RecordIndex i = 0; i < truth.ledger().records().size(); ++i) {
    const std::vector<Place>& places = truth.of(i).visible;
    if (places.size() < 2) continue;
    out.push_back(finding(Anomaly::duplicated, truth.fate(i)));
    tell_duplicated(truth.fate(i), places, out.back());
  }
}

void find_reordered(const Truth& truth, std::vector<Finding>& out) {
  for (const auto& [partition, log] : truth.logs()) {
    std::map<std::string, Truth::Stored>
        latest;  // by producer: the last sent of what stands before
    for (const Truth::Stored& stored : log) {
      const Whereabouts& where = truth.of(stored.record);
      const auto first =
          std::find_if(where.visible.begin(), where.visible.end(),
                       [&id = partition](const Place& place) { return place.partition == id; });
      if (first->offset != stored.offset) continue;  // a duplicate: its first place counts
      const RecordFate& fate = truth.fate(stored.record);
      const auto [before, is_first] = latest.try_emplace(*fate.producer, stored);
      if (is_first) continue;
      const RecordFate& later = truth.fate(before->second.record);
      if (later.send_order < fate.send_order) {
        before->second = stored;
        continue;
      }
      Finding found = finding(Anomaly::reordered, fate);
      found.partition = partition;
      found.offsets = {stored.offset, before->second.offset};
      found.cause = fmt::format("stored at {}, behind {} at offset {}, which {} sent later",
                                spot(partition, stored.offset), later.name,
                                before->second.offset.value(), *fate.producer);
      const Step* again =
          fate.was(StepKind::retried) ? fate.step(StepKind::retried) : fate.step(StepKind::sent, 1);
      if (again != nullptr && again->kind == StepKind::retried) {
        found.times.push_back(again->time);
        found.cause += fmt::format(": its first try failed {} ({})", at(again->time),
                                   protocol::name(again->error));
      } else if (again != nullptr) {
        found.times.push_back(again->time);
        found.cause += fmt::format(": the application sent it again {}", at(again->time));
      }
      out.push_back(std::move(found));
    }
  }
}

}  // namespace kafkasim::scenarios

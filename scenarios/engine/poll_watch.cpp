// One offset for each consumer and partition, put aside whenever the position may move.
#include "scenarios/engine/poll_watch.hpp"

#include <algorithm>

#include "scenarios/engine/fault_event.hpp"
#include "sim/check.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

// Does a process end or start by it?
bool begins_anew(ActionKind action) {
  return action == ActionKind::crash || action == ActionKind::power_loss ||
         action == ActionKind::restart || action == ActionKind::start || action == ActionKind::stop;
}

template <class Map>
void erase_topic(Map& by_consumer, const std::string& topic) {
  for (auto& [name, offsets] : by_consumer)
    std::erase_if(offsets, [&](const auto& entry) { return entry.first.topic == topic; });
}

template <class Map>
auto& offsets_of(Map& by_consumer, std::string_view who) {
  auto found = by_consumer.find(who);
  if (found == by_consumer.end()) found = by_consumer.try_emplace(std::string(who)).first;
  return found->second;
}

}  // namespace

void PollWatch::observe(std::string_view who, const sim::TraceEvent& event) {
  if (const auto* each = event.as<events::Polled>()) {
    polled(who, *each);
  } else if (const auto* reset = event.as<events::PositionReset>()) {
    // Without a position before it is where a partition that just came begins.
    if (reset->from.is_set()) forget(who, reset->partition, false);
  } else if (const auto* revoked = event.as<events::PartitionsRevoked>()) {
    for (const TopicPartition& partition : revoked->partitions) forget(who, partition, true);
  } else if (const auto* joined = event.as<events::Joined>()) {
    const Offsets known = offsets_of(last_, who);
    for (const auto& [partition, offset] : known) {
      const bool is_kept = std::find(joined->assigned.begin(), joined->assigned.end(), partition) !=
                           joined->assigned.end();
      if (!is_kept) forget(who, partition, true);
    }
  } else if (const auto* deleted = event.as<events::TopicDeleted>()) {
    erase_topic(last_, deleted->topic);
    erase_topic(before_, deleted->topic);
  } else if (const auto* fault = event.as<FaultHappened>()) {
    if (!fault->action || !begins_anew(*fault->action)) return;
    for (const std::string& target : fault->targets) forget_all(target);
  }
}

void PollWatch::polled(std::string_view who, const events::Polled& event) {
  const auto [last, is_first] = offsets_of(last_, who).try_emplace(event.partition, event.offset);
  returned(who, event);
  if (is_first) return;
  CHECKED(event.offset > last->second,
          "{} polled offset {} of {} after offset {}, with neither a rebalance nor a seek between",
          who, event.offset.value(), to_string(event.partition), last->second.value());
  const std::vector<const RecordFate*> passed =
      passed_over(event.partition, last->second.next(), event.offset);
  CHECKED(passed.empty(),
          "{} polled offset {} of {} after offset {} and passed over the record {}, with neither a "
          "rebalance nor a seek between",
          who, event.offset.value(), to_string(event.partition), last->second.value(),
          passed.empty() ? "" : passed.front()->name);
  last->second = event.offset;
}

// A partition that the consumer had before: where it goes on, compared with where it stopped.
void PollWatch::returned(std::string_view who, const events::Polled& event) {
  const auto consumer = before_.find(who);
  if (consumer == before_.end()) return;
  const auto before = consumer->second.find(event.partition);
  if (before == consumer->second.end()) return;
  AcrossRebalances& across = across_[std::string(who)];
  if (event.offset <= before->second) {
    across.again.push_back(protocol::label(event.record));
    if (event.offset < before->second) return;  // more of it may come
  } else {
    for (const RecordFate* fate : passed_over(event.partition, before->second.next(), event.offset))
      across.skipped.push_back(fate->name);
  }
  consumer->second.erase(before);
}

void PollWatch::forget(std::string_view who, const TopicPartition& partition, bool is_rebalance) {
  Offsets& last = offsets_of(last_, who);
  Offsets& before = offsets_of(before_, who);
  const auto known = last.find(partition);
  if (!is_rebalance) {
    before.erase(partition);
  } else if (known != last.end()) {
    protocol::Offset& furthest = before.try_emplace(partition, known->second).first->second;
    furthest = std::max(furthest, known->second);
  }
  if (known != last.end()) last.erase(known);
}

void PollWatch::forget_all(std::string_view who) {
  offsets_of(last_, who).clear();
  offsets_of(before_, who).clear();
}

const PollWatch::AcrossRebalances& PollWatch::across_rebalances(const std::string& consumer) const {
  static const AcrossRebalances none;
  const auto found = across_.find(consumer);
  return found == across_.end() ? none : found->second;
}

std::vector<const RecordFate*> PollWatch::passed_over(const TopicPartition& partition,
                                                      protocol::Offset from,
                                                      protocol::Offset to) const {
  std::vector<const RecordFate*> out;
  const auto notes = ledger_.partitions().find(partition);
  if (notes == ledger_.partitions().end()) return out;
  const std::vector<protocol::RecordTag>& replicated = notes->second.replicated;
  for (protocol::Offset at = from; at < to; at = at.next()) {
    const auto index = static_cast<std::size_t>(at.value());
    if (index >= replicated.size()) break;
    const RecordFate* fate = ledger_.record(replicated[index]);
    if (fate == nullptr) continue;
    const bool was_removed = fate->was(StepKind::truncated) || fate->was(StepKind::unflushed) ||
                             fate->was(StepKind::cut) || fate->was(StepKind::deleted) ||
                             fate->was(StepKind::compacted);
    if (!was_removed) out.push_back(fate);
  }
  return out;
}

}  // namespace kafkasim::scenarios

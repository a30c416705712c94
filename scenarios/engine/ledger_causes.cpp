// What the ledger notes so that causes can be named.
#include <fmt/format.h>

#include <optional>

#include "consumer/failure.hpp"
#include "consumer/record_handling.hpp"
#include "protocol/cluster_messages.hpp"
#include "scenarios/engine/fault_event.hpp"
#include "scenarios/engine/ledger.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

constexpr std::string_view assigned_by = "assigned by ";

// Nothing when the action ends nobody's work.
std::optional<CauseKind> kind_of(ActionKind action) {
  switch (action) {
    case ActionKind::crash:
    case ActionKind::power_loss:
      return CauseKind::died;
    case ActionKind::stop:
      return CauseKind::stopped;
    case ActionKind::restart:
    case ActionKind::start:
      return CauseKind::started;
    case ActionKind::pause:
    case ActionKind::stall:
      return CauseKind::stalled;
    case ActionKind::reset_offsets:
      return CauseKind::offsets_reset;
    default:
      return std::nullopt;
  }
}

}  // namespace

void Ledger::note_cause(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  CauseNote note;
  note.time = time;
  note.who = who;
  if (const auto* revoked = event.as<events::PartitionsRevoked>()) {
    if (revoked->partitions.empty()) return;
    note.kind = revoked->lost ? CauseKind::lost : CauseKind::revoked;
    note.partitions = revoked->partitions;
  } else if (const auto* left = event.as<events::LeftGroup>()) {
    note.kind = CauseKind::left;
    note.group = left->group;
    note.text = left->reason;
  } else if (const auto* met = event.as<events::MetError>()) {
    if (met->error != protocol::ErrorCode::fenced_instance_id) return;
    note.kind = CauseKind::replaced;
  } else if (const auto* failed = event.as<events::CommitFailed>()) {
    note.kind = CauseKind::commit_failed;
    note.group = failed->group;
    note.text = failed->error == protocol::ErrorCode::none
                    ? failed->message
                    : std::string(protocol::name(failed->error));
    for (const auto& [partition, offset] : failed->offsets) note.partitions.push_back(partition);
    failed_commits_.push_back(
        {time, std::string(who), failed->group, failed->error, failed->offsets});
  } else if (const auto* changed = event.as<events::GroupStateChanged>()) {
    note.group = changed->group;
    note.text = changed->reason;
    note.kind = CauseKind::rebalance;
    if (note.text.starts_with(assigned_by)) {  // the end of a rebalance, not why it began
      note.kind = CauseKind::led;
      note.text.erase(0, assigned_by.size());
    }
  } else if (const auto* unhandled = event.as<events::HandlingFailed>()) {
    note.kind = CauseKind::unhandled;
    note.group = unhandled->group;
    note.partitions = {unhandled->partition};
    note.text = unhandled->then;
    if (unhandled->then == consumer::application_ends) {
      cause_notes_.push_back(note);
      note.kind = CauseKind::stopped;
      note.text = fmt::format("it could not handle {}", protocol::label(unhandled->record));
    }
  } else if (const auto* threw = event.as<consumer::PollThrew>()) {
    note.kind = CauseKind::stopped;
    note.text = fmt::format("poll() threw {}", threw->exception);
  } else if (const auto* fault = event.as<FaultHappened>()) {
    return note_fault_cause(time, *fault);
  } else {
    return;
  }
  cause_notes_.push_back(std::move(note));
}

void Ledger::note_fault_cause(sim::Time time, const FaultHappened& fault) {
  if (!fault.action) return;
  const std::optional<CauseKind> kind = kind_of(*fault.action);
  if (!kind) return;
  for (const std::string& target : fault.targets) {
    const bool is_group = kind == CauseKind::offsets_reset;
    cause_notes_.push_back(
        {time, *kind, is_group ? "" : target, is_group ? target : "", {}, fault.text});
  }
}

void Ledger::note_coordinator(sim::Time time, std::string_view who, const events::Elected& event) {
  if (event.partition.topic != protocol::offsets_topic) return;
  if (event.unclean) note_internal_cut(time, who, event.partition);
  if (!event.leader.is_set()) return;
  cause_notes_.push_back({time,
                          CauseKind::coordinator_moved,
                          std::string(who),
                          "",
                          {event.partition},
                          fmt::format("the log of offsets moved to broker-{} at {} s",
                                      event.leader.value(), seconds(time))});
}

// Unclean elections and power losses may take commits that were replicated.
void Ledger::note_internal_cut(sim::Time time, std::string_view who,
                               const TopicPartition& partition) {
  if (partition.topic != protocol::offsets_topic) return;
  cause_notes_.push_back({time,
                          CauseKind::offsets_log_cut,
                          std::string(who),
                          "",
                          {partition},
                          fmt::format("{} may have lost commits", to_string(partition))});
}

}  // namespace kafkasim::scenarios

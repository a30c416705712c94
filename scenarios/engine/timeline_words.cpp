// One function for each side of the cluster: producers, logs, the controller, groups, consumers,
// faults.
#include "scenarios/engine/timeline_words.hpp"

#include <fmt/format.h>

#include "consumer/failure.hpp"
#include "protocol/events.hpp"
#include "scenarios/engine/fault_event.hpp"
#include "scenarios/engine/ledger.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

std::string offset_text(protocol::Offset offset) {
  return offset.is_set() ? std::to_string(offset.value()) : "none";
}

std::string parenthesised(const std::string& text) { return text.empty() ? "" : " (" + text + ")"; }

std::string partitions_text(const std::vector<TopicPartition>& partitions) {
  std::string out;
  for (const TopicPartition& partition : partitions)
    out += (out.empty() ? "" : " ") + to_string(partition);
  return out.empty() ? "nothing" : out;
}

std::string broker_text(protocol::BrokerId id) { return fmt::format("broker-{}", id.value()); }

std::string ids_text(const std::vector<protocol::BrokerId>& brokers) {
  std::string ids;
  for (const protocol::BrokerId id : brokers)
    ids += fmt::format("{}{}", ids.empty() ? "" : " ", id.value());
  return ids;
}

Happening told(Weight weight, bool turn, std::string text) {
  Happening out;
  out.weight = weight;
  out.turn = turn;
  out.text = std::move(text);
  return out;
}

std::vector<std::string> names_of(const protocol::BatchRef& batch) {
  std::vector<std::string> names;
  if (!batch || batch->is_control()) return names;
  for (const protocol::Record& record : batch->records) names.push_back(protocol::label(record));
  return names;
}

std::string all_names(const protocol::BatchRef& batch) {
  const std::vector<std::string> names = names_of(batch);
  return some_names(names, names.size());
}

Happening of_batch(Kind kind, const TopicPartition& partition, protocol::Offset base,
                   const protocol::BatchRef& batch) {
  Happening out;
  out.kind = kind;
  out.place = to_string(partition);
  out.names = names_of(batch);
  out.count = out.names.size();
  out.first = base;
  if (base.is_set() && batch) out.last = base + batch->last_offset_delta;
  return out;
}

Happening of_record(Kind kind, const TopicPartition& partition, protocol::Offset offset,
                    const protocol::Record& record) {
  Happening out;
  out.kind = kind;
  out.place = to_string(partition);
  out.names = {protocol::label(record)};
  out.count = 1;
  out.first = out.last = offset;
  return out;
}

std::optional<Happening> of_producer(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::Sent>()) {
    Happening out;
    out.kind = Kind::sent;
    out.place = e->topic;
    out.names = {protocol::label(e->record)};
    out.count = 1;
    return out;
  }
  if (const auto* e = event.as<events::Acked>()) {
    return of_batch(Kind::acked, e->partition,
                    e->expects_offset ? e->base_offset : protocol::Offset(), e->batch);
  }
  if (const auto* e = event.as<events::Failed>()) {
    return told(Weight::trouble, true,
                fmt::format("send() of {} failed: {}{}{}", protocol::label(e->record),
                            protocol::name(e->error), parenthesised(e->message),
                            e->maybe_stored ? "; it may be in the log all the same" : ""));
  }
  if (const auto* e = event.as<events::Retried>()) {
    return told(
        Weight::trouble, false,
        fmt::format("will send {} to {} again (attempt {} ended with {})", all_names(e->batch),
                    to_string(e->partition), e->attempts, protocol::name(e->error)));
  }
  if (const auto* e = event.as<events::MetError>()) {
    return told(Weight::trouble, false,
                fmt::format("{} ended with {}", e->request, protocol::name(e->error)));
  }
  if (const auto* e = event.as<events::ProducerIdAssigned>()) {
    return told(Weight::routine, false,
                fmt::format("got producer id {}, epoch {}", e->producer_id.value(),
                            e->producer_epoch.value()));
  }
  return std::nullopt;
}

std::optional<Happening> of_log(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::Appended>()) {
    if (is_internal(e->partition.topic) || e->stored.batch->is_control()) return std::nullopt;
    return of_batch(Kind::appended, e->partition, e->stored.base_offset, e->stored.batch);
  }
  if (const auto* e = event.as<events::HighWatermarkMoved>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    Happening out;
    out.kind = Kind::replicated;
    out.place = to_string(e->partition);
    out.last = e->to;
    for (const protocol::StoredBatch& stored : e->records) {
      for (std::string& name : names_of(stored.batch)) out.names.push_back(std::move(name));
    }
    out.count = out.names.size();
    if (out.names.empty()) return std::nullopt;
    return out;
  }
  if (const auto* e = event.as<events::Deduplicated>()) {
    return told(
        Weight::notable, false,
        fmt::format("knew {} by its sequence: it is at offset {} of {} already, nothing is stored",
                    all_names(e->batch), offset_text(e->base_offset), to_string(e->partition)));
  }
  if (const auto* e = event.as<events::Throttled>()) {
    return told(Weight::notable, false,
                fmt::format("throttled {} for {} ms: more bytes than its quota allows",
                            e->client_id, e->milliseconds));
  }
  if (const auto* e = event.as<events::Truncated>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    std::vector<std::string> gone;
    for (const protocol::StoredBatch& stored : e->removed) {
      for (std::string& name : names_of(stored.batch)) gone.push_back(std::move(name));
    }
    if (gone.empty()) return std::nullopt;
    return told(
        Weight::trouble, true,
        fmt::format("truncated {} to offset {}: {} removed from its log", to_string(e->partition),
                    offset_text(e->to), some_names(gone, gone.size())));
  }
  return std::nullopt;
}

std::string broker_list(const std::vector<protocol::BrokerId>& brokers) {
  std::string ids;
  for (const protocol::BrokerId id : brokers)
    ids += fmt::format("{}{}", ids.empty() ? "" : " ", id.value());
  return "[" + ids + "]";
}

std::optional<Happening> of_administration(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::TopicDeleted>())
    return told(Weight::notable, true, fmt::format("deleted {}", e->topic));
  if (const auto* e = event.as<events::PartitionsAdded>()) {
    if (is_internal(e->topic)) return std::nullopt;
    return told(Weight::notable, true,
                fmt::format("{} has {} partitions now, {} before", e->topic, e->to, e->from));
  }
  if (const auto* e = event.as<events::ReassignmentChanged>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    if (e->adding.empty() && e->removing.empty()) {
      return told(Weight::notable, true,
                  fmt::format("replicas of {} are {} now, no reassignment is under way",
                              to_string(e->partition), broker_list(e->replicas)));
    }
    return told(Weight::notable, true,
                fmt::format("reassigns {}: adds {}, removes {}", to_string(e->partition),
                            broker_list(e->adding), broker_list(e->removing)));
  }
  if (const auto* e = event.as<events::ConfigChanged>()) {
    return told(Weight::notable, true,
                e->is_set ? fmt::format("{} of {} is {} now", e->setting, e->of, e->value)
                          : fmt::format("{} of {} is back to its default", e->setting, e->of));
  }
  if (const auto* e = event.as<events::LogStartRaised>()) {
    return told(Weight::notable, true,
                fmt::format("{} begins at offset {} now: what was before it is deleted",
                            to_string(e->partition), offset_text(e->to)));
  }
  if (const auto* e = event.as<events::AdminDone>())
    return told(Weight::notable, false, "done: " + e->request);
  if (const auto* e = event.as<events::AdminFailed>()) {
    return told(Weight::trouble, true,
                fmt::format("could not {}: {}{}", e->request, protocol::name(e->error),
                            parenthesised(e->message)));
  }
  return std::nullopt;
}

// Records that leave a log otherwise than by truncation, and what happens to disks.
std::vector<std::string> names_in(const std::vector<protocol::StoredBatch>& batches) {
  std::vector<std::string> names;
  for (const protocol::StoredBatch& stored : batches) {
    for (std::string& name : names_of(stored.batch)) names.push_back(std::move(name));
  }
  return names;
}

// The records that went; empty where that is nothing to tell of.
template <class Event>
std::string gone(const Event& e) {
  if (is_internal(e.partition.topic)) return "";
  const std::vector<std::string> names = names_in(e.removed);
  return some_names(names, names.size());
}

std::optional<Happening> of_disk(const sim::TraceEvent& event) {
  std::string names;
  if (const auto* e = event.as<events::UnflushedLost>()) {
    if (names = gone(*e); names.empty()) return std::nullopt;
    return told(
        Weight::trouble, true,
        fmt::format("lost {} of {}: not flushed to its disk", names, to_string(e->partition)));
  }
  if (const auto* e = event.as<events::RecoveryCut>()) {
    if (names = gone(*e); names.empty()) return std::nullopt;
    return told(Weight::trouble, true,
                fmt::format("found {} of {} torn in recovery and cut it off", names,
                            to_string(e->partition)));
  }
  if (const auto* e = event.as<events::RecordsDeleted>()) {
    if (names = gone(*e); names.empty()) return std::nullopt;
    return told(Weight::notable, true,
                fmt::format("deleted {} of {} ({}): its log starts at offset {} now", names,
                            to_string(e->partition), e->reason, offset_text(e->new_start)));
  }
  if (const auto* e = event.as<events::Compacted>()) {
    if (names = gone(*e); names.empty()) return std::nullopt;
    return told(Weight::notable, true,
                fmt::format("compacted {}: {} went", to_string(e->partition), names));
  }
  if (const auto* e = event.as<events::LogDirFailed>()) {
    return told(Weight::trouble, true,
                fmt::format("cannot use its log directory any more ({}) and halts", e->reason));
  }
  return std::nullopt;
}

std::optional<Happening> of_cluster(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::Elected>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    if (!e->leader.is_set()) {
      return told(Weight::trouble, true,
                  fmt::format("{} has no leader now (epoch {}): no in-sync replica is alive",
                              to_string(e->partition), e->leader_epoch.value()));
    }
    return told(e->unclean ? Weight::trouble : Weight::notable, true,
                fmt::format("elected {} leader of {}, epoch {}{}", broker_text(e->leader),
                            to_string(e->partition), e->leader_epoch.value(),
                            e->unclean ? " (unclean: it was not in sync)" : ""));
  }
  if (const auto* e = event.as<events::IsrChanged>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    return told(Weight::notable, true,
                fmt::format("in-sync replicas of {} are now [{}]", to_string(e->partition),
                            ids_text(e->isr)));
  }
  if (const auto* e = event.as<events::EligibleLeadersChanged>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    return told(Weight::notable, true,
                fmt::format("eligible leader replicas of {} are now [{}]", to_string(e->partition),
                            ids_text(e->elr)));
  }
  if (const auto* e = event.as<events::BecameLeader>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    return told(Weight::notable, false,
                fmt::format("leads {} (epoch {}, log end offset {})", to_string(e->partition),
                            e->leader_epoch.value(), offset_text(e->log_end_offset)));
  }
  if (const auto* e = event.as<events::BrokerFenced>()) {
    return told(Weight::notable, true, fmt::format("fenced {}", broker_text(e->broker)));
  }
  if (const auto* e = event.as<events::ControllerElected>()) {
    return told(Weight::notable, true,
                fmt::format("is the active controller now (epoch {})", e->epoch.value()));
  }
  if (const auto* e = event.as<events::ControllerResigned>()) {
    return told(Weight::notable, true,
                fmt::format("is no longer the active controller (epoch {})", e->epoch.value()));
  }
  if (const auto* e = event.as<events::BecameFollower>()) {
    if (is_internal(e->partition.topic)) return std::nullopt;
    const std::string leader =
        e->leader.is_set() ? broker_text(e->leader) + " leads" : "nobody leads";
    return told(Weight::notable, false,
                fmt::format("learns that {} {} in epoch {} and is a follower now", leader,
                            to_string(e->partition), e->leader_epoch.value()));
  }
  if (event.as<events::BrokerStarted>() != nullptr) {
    return told(Weight::notable, false, "takes part in the cluster (unfenced)");
  }
  if (auto administered = of_administration(event)) return administered;
  if (const auto* e = event.as<events::TopicCreated>()) {
    if (is_internal(e->topic)) return std::nullopt;
    return told(Weight::routine, false, fmt::format("created {}", e->topic));
  }
  return std::nullopt;
}

std::optional<Happening> of_group(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::GroupStateChanged>()) {
    const bool begins = e->state == "PreparingRebalance";
    std::string text = fmt::format("group {} is {}", e->group, e->state);
    if (e->generation >= 0 && !begins) text += fmt::format(", generation {}", e->generation);
    return told(Weight::notable, begins, text + parenthesised(e->reason));
  }
  if (const auto* e = event.as<events::OffsetCommitted>()) {
    Happening out;
    out.kind = Kind::committed;
    out.place = fmt::format("{} (group {})", to_string(e->partition), e->group);
    out.first = out.last = e->offset;
    return out;
  }
  if (const auto* e = event.as<events::Joined>()) {
    return told(Weight::notable, false,
                fmt::format("joined group {} ({} {}), owns {}", e->group,
                            e->by_epoch ? "member epoch" : "generation", e->generation,
                            partitions_text(e->assigned)));
  }
  if (const auto* e = event.as<events::MemberFenced>()) {
    return told(Weight::trouble, false,
                fmt::format("fenced from group {} in member epoch {}: {}", e->group,
                            e->member_epoch, protocol::name(e->error)));
  }
  if (const auto* e = event.as<events::PartitionsRevoked>()) {
    if (e->partitions.empty()) return std::nullopt;
    return told(
        e->lost ? Weight::trouble : Weight::notable, false,
        fmt::format("{} {}", e->lost ? "lost" : "gave back", partitions_text(e->partitions)));
  }
  if (const auto* e = event.as<events::LeftGroup>()) {
    return told(Weight::notable, false,
                fmt::format("left group {}{}", e->group, parenthesised(e->reason)));
  }
  if (const auto* e = event.as<events::CommitFailed>()) {
    return told(Weight::trouble, false,
                fmt::format("commit failed: {}{}",
                            e->error == protocol::ErrorCode::none ? "refused by the client itself"
                                                                  : protocol::name(e->error),
                            parenthesised(e->message)));
  }
  return std::nullopt;
}

std::optional<Happening> of_consumer(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::Polled>()) {
    return of_record(Kind::polled, e->partition, e->offset, e->record);
  }
  if (const auto* e = event.as<events::Handled>()) {
    return of_record(Kind::handled, e->partition, e->offset, e->record);
  }
  if (const auto* e = event.as<consumer::PollThrew>()) {
    return told(Weight::trouble, true,
                fmt::format("poll() threw {}{}; the application ends", e->exception,
                            e->message.empty() ? "" : ": " + e->message));
  }
  if (const auto* e = event.as<events::PositionReset>()) {
    return told(Weight::notable, false,
                fmt::format("position in {} goes from {} to {}{}", to_string(e->partition),
                            offset_text(e->from), offset_text(e->to), parenthesised(e->reason)));
  }
  return std::nullopt;
}

std::optional<Happening> of_fault(const sim::TraceEvent& event) {
  if (const auto* e = event.as<FaultHappened>()) {
    Happening out = told(e->is_fault ? Weight::fault : Weight::notable, true, e->text);
    out.who = e->event_number > 0 ? fmt::format("event {}", e->event_number) : "chaos";
    return out;
  }
  if (const auto* e = event.as<FaultEnded>()) {
    Happening out = told(Weight::fault, true, "over: " + e->text);
    out.who = e->event_number > 0 ? fmt::format("event {}", e->event_number) : "chaos";
    return out;
  }
  return std::nullopt;
}

std::string offsets_text(const Happening& h) {
  if (!h.first.is_set()) return "";
  if (h.first == h.last) return fmt::format("offset {}", h.first.value());
  return fmt::format("offsets {}-{}", h.first.value(), h.last.value());
}

}  // namespace

std::optional<Happening> happening(std::string_view who, const sim::TraceEvent& event) {
  for (const auto of : {of_producer, of_log, of_disk, of_cluster, of_group, of_application,
                        of_consumer, of_fault}) {
    if (std::optional<Happening> found = of(event)) {
      found->event = event.name();
      if (found->who.empty()) found->who = who;
      return found;
    }
  }
  return std::nullopt;
}

std::string some_names(const std::vector<std::string>& names, std::uint64_t count) {
  constexpr std::size_t limit = 8;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < limit; ++i) out += (i == 0 ? "" : " ") + names[i];
  if (count > limit) out += fmt::format(" and {} more", count - limit);
  return out;
}

std::string_view verb(Kind kind) {
  switch (kind) {
    case Kind::sent:
      return "sent";
    case Kind::appended:
      return "appended";
    case Kind::replicated:
      return "replicated";
    case Kind::acked:
      return "heard the ack for";
    case Kind::polled:
      return "polled";
    case Kind::handled:
      return "handled";
    case Kind::committed:
      return "committed";
    case Kind::other:
      return "";
  }
  return "";
}

std::string sentence(const Happening& h) {
  const std::string names = some_names(h.names, h.count);
  const std::string offsets = offsets_text(h);
  switch (h.kind) {
    case Kind::sent:
      return fmt::format("sent {} to {}", names, h.place);
    case Kind::appended:
      return fmt::format("appended {} to {} at {}", names, h.place, offsets);
    case Kind::replicated:
      return fmt::format("high watermark of {} is now {}: {} replicated", h.place,
                         offset_text(h.last), names);
    case Kind::acked:
      return offsets.empty()
                 ? fmt::format("wrote {} to the connection (acks=0: as good as acked)", names)
                 : fmt::format("heard the ack for {} ({} {})", names, h.place, offsets);
    case Kind::polled:
      return fmt::format("polled {} ({} {})", names, h.place, offsets);
    case Kind::handled:
      return fmt::format("handled {} ({} {})", names, h.place, offsets);
    case Kind::committed:
      return fmt::format("committed offset {} of {}", offset_text(h.last), h.place);
    case Kind::other:
      return h.text;
  }
  return h.text;
}

}  // namespace kafkasim::scenarios

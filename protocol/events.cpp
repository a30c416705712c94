// The one-line texts of the events, written for someone who reads the trace from top to bottom.
#include "protocol/events.hpp"

#include <fmt/format.h>

namespace kafkasim::protocol::events {

namespace {

std::string offset_text(Offset offset) {
  return offset.is_set() ? std::to_string(offset.value()) : "none";
}

std::string broker_text(BrokerId broker) {
  return broker.is_set() ? fmt::format("broker-{}", broker.value()) : "none";
}

std::string batch_text(const BatchRef& batch) { return batch ? labels(*batch) : ""; }

// "A B C", at most eight names of all batches together.
std::string batches_text(const std::vector<StoredBatch>& batches) {
  constexpr std::size_t limit = 8;
  std::string out;
  std::size_t shown = 0;
  std::size_t hidden = 0;
  for (const StoredBatch& stored : batches) {
    if (stored.batch->is_control()) {
      out += (out.empty() ? "" : " ") + labels(*stored.batch);
      continue;
    }
    for (const Record& record : stored.batch->records) {
      if (shown == limit) {
        ++hidden;
        continue;
      }
      out += (out.empty() ? "" : " ") + label(record);
      ++shown;
    }
  }
  if (hidden != 0) out += fmt::format(" and {} more", hidden);
  return out;
}

std::string partitions_text(const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return "nothing";
  std::string out;
  for (const TopicPartition& partition : partitions)
    out += (out.empty() ? "" : " ") + to_string(partition);
  return out;
}

std::string ids_text(const std::vector<BrokerId>& brokers) {
  std::string out;
  for (const BrokerId broker : brokers)
    out += fmt::format("{}{}", out.empty() ? "" : ",", broker.value());
  return out;
}

// "orders-0 offset 5: A B"
std::string stored_text(const TopicPartition& partition, Offset offset, const BatchRef& batch) {
  return fmt::format("{} offset {}: {}", to_string(partition), offset_text(offset),
                     batch_text(batch));
}

std::string record_at(const TopicPartition& partition, Offset offset, const Record& record) {
  return fmt::format("{} offset {}: {}", to_string(partition), offset_text(offset), label(record));
}

}  // namespace

// ---- producers ----

void Sent::describe(std::string& out) const { out += fmt::format("{}: {}", topic, label(record)); }

void Acked::describe(std::string& out) const {
  out += expects_offset ? stored_text(partition, base_offset, batch)
                        : fmt::format("{}: {} (written, no answer expected)", to_string(partition),
                                      batch_text(batch));
}

void Failed::describe(std::string& out) const {
  out += partition >= 0 ? to_string(TopicPartition{topic, partition}) : topic;
  out += fmt::format(": {} {}", label(record), protocol::name(error));
  if (!message.empty()) out += fmt::format(" ({})", message);
  if (maybe_stored) out += ", may be in the log";
}

void Retried::describe(std::string& out) const {
  out += fmt::format("{}: {} after {}, attempt {}", to_string(partition), batch_text(batch),
                     protocol::name(error), attempts);
}

void MetError::describe(std::string& out) const {
  out += fmt::format("{}: {}", request, protocol::name(error));
}

void ProducerIdAssigned::describe(std::string& out) const {
  out += fmt::format("id {} epoch {}", producer_id.value(), producer_epoch.value());
}

// ---- brokers ----

void Appended::describe(std::string& out) const {
  out += stored_text(partition, stored.base_offset, stored.batch);
}

void Copied::describe(std::string& out) const {
  out += stored_text(partition, stored.base_offset, stored.batch);
}

void Deduplicated::describe(std::string& out) const {
  out += stored_text(partition, base_offset, batch);
}

void Throttled::describe(std::string& out) const {
  out += fmt::format("{} for {} ms", client_id, milliseconds);
}

void HighWatermarkMoved::describe(std::string& out) const {
  out += fmt::format("{} high watermark {} to {}", to_string(partition), offset_text(from),
                     offset_text(to));
  const std::string crossed = batches_text(records);
  if (!crossed.empty()) out += ": " + crossed;
}

void Truncated::describe(std::string& out) const {
  out += fmt::format("{} to offset {}", to_string(partition), offset_text(to));
  const std::string lost = batches_text(removed);
  if (!lost.empty()) out += ", removed: " + lost;
}

void UnflushedLost::describe(std::string& out) const {
  out += fmt::format("{} ends at offset {}", to_string(partition), offset_text(to));
  const std::string lost = batches_text(removed);
  if (!lost.empty()) out += ", gone: " + lost;
}

void RecoveryCut::describe(std::string& out) const {
  out += fmt::format("{} ends at offset {}", to_string(partition), offset_text(to));
  const std::string lost = batches_text(removed);
  if (!lost.empty()) out += ", cut off: " + lost;
}

void RecordsDeleted::describe(std::string& out) const {
  out += fmt::format("{} starts at offset {} ({})", to_string(partition), offset_text(new_start),
                     reason);
  const std::string gone = batches_text(removed);
  if (!gone.empty()) out += ", deleted: " + gone;
}

void Compacted::describe(std::string& out) const {
  out += fmt::format("{} up to offset {}, {} bytes of {} left", to_string(partition),
                     offset_text(clean_until), bytes_after, bytes_before);
  const std::string gone = batches_text(removed);
  if (!gone.empty()) out += ", removed: " + gone;
}

void LogDirFailed::describe(std::string& out) const { out += reason; }

void BecameLeader::describe(std::string& out) const {
  out += fmt::format("{} epoch {} log end offset {}", to_string(partition), leader_epoch.value(),
                     offset_text(log_end_offset));
}

void BecameFollower::describe(std::string& out) const {
  out += fmt::format("{} epoch {} of {}", to_string(partition), leader_epoch.value(),
                     broker_text(leader));
}

void BrokerStarted::describe(std::string& out) const {
  out += fmt::format("broker epoch {}", broker_epoch.value());
}

// ---- the controller ----

void Elected::describe(std::string& out) const {
  out += fmt::format("{} leader {} epoch {}", to_string(partition), broker_text(leader),
                     leader_epoch.value());
  if (unclean) out += " (unclean)";
}

void IsrChanged::describe(std::string& out) const {
  out += fmt::format("{} isr {}", to_string(partition), ids_text(isr));
}

void EligibleLeadersChanged::describe(std::string& out) const {
  out += fmt::format("{} elr {}", to_string(partition), elr.empty() ? "none" : ids_text(elr));
}

void BrokerFenced::describe(std::string& out) const { out += broker_text(broker); }

void BrokerUnfenced::describe(std::string& out) const { out += broker_text(broker); }

void BrokerRegistered::describe(std::string& out) const {
  out += fmt::format("{} broker epoch {}", broker_text(broker), broker_epoch.value());
}

void TopicCreated::describe(std::string& out) const {
  out += fmt::format("{} with {} partition{}", topic, partitions, partitions == 1 ? "" : "s");
}

void ControllerElected::describe(std::string& out) const {
  out += fmt::format("epoch {}", epoch.value());
}

void ControllerResigned::describe(std::string& out) const {
  out += fmt::format("epoch {}", epoch.value());
}

void TopicDeleted::describe(std::string& out) const { out += topic; }

void PartitionsAdded::describe(std::string& out) const {
  out += fmt::format("{} from {} to {} partitions", topic, from, to);
}

void ReassignmentChanged::describe(std::string& out) const {
  out += fmt::format("{} replicas {}", to_string(partition), ids_text(replicas));
  if (!adding.empty()) out += fmt::format(" adding {}", ids_text(adding));
  if (!removing.empty()) out += fmt::format(" removing {}", ids_text(removing));
}

void ConfigChanged::describe(std::string& out) const {
  out += fmt::format("{} {}={}", of, setting, is_set ? value : "(default)");
}

// ---- administrators ----

void LogStartRaised::describe(std::string& out) const {
  out += fmt::format("{} log start from {} to {}", to_string(partition), offset_text(from),
                     offset_text(to));
}

void AdminDone::describe(std::string& out) const { out += request; }

void AdminFailed::describe(std::string& out) const {
  out += fmt::format("{}: {}", request, protocol::name(error));
  if (!message.empty()) out += fmt::format(" ({})", message);
}

// ---- groups ----

void GroupStateChanged::describe(std::string& out) const {
  out += fmt::format("{} {}", group, state);
  if (generation >= 0) out += fmt::format(" generation {}", generation);
  if (!reason.empty()) out += ": " + reason;
}

void OffsetCommitted::describe(std::string& out) const {
  out += fmt::format("{} {}={}", group, to_string(partition), offset_text(offset));
  if (!member_id.empty()) out += " by " + member_id;
}

// ---- consumers ----

void Joined::describe(std::string& out) const {
  out += fmt::format("{} {} {}: {}", group, by_epoch ? "member epoch" : "generation", generation,
                     partitions_text(assigned));
}

void MemberFenced::describe(std::string& out) const {
  out += fmt::format("{} member epoch {}: {}", group, member_epoch, protocol::name(error));
}

void PartitionsAssigned::describe(std::string& out) const { out += partitions_text(partitions); }

void PartitionsRevoked::describe(std::string& out) const {
  out += partitions_text(partitions);
  if (lost) out += " (lost)";
}

void LeftGroup::describe(std::string& out) const {
  out += group;
  if (!reason.empty()) out += ": " + reason;
}

void PositionReset::describe(std::string& out) const {
  out += fmt::format("{} from {} to {}", to_string(partition), offset_text(from), offset_text(to));
  if (!reason.empty()) out += ": " + reason;
}

void Polled::describe(std::string& out) const { out += record_at(partition, offset, record); }

void Handled::describe(std::string& out) const {
  out += record_at(partition, offset, record);
  if (!group.empty()) out += fmt::format(" (group {})", group);
  if (!has_effect) out += ", no new effect";
}

void HandlingFailed::describe(std::string& out) const {
  out += fmt::format("{}, attempt {}: {}", record_at(partition, offset, record), attempt, then);
}

void Parked::describe(std::string& out) const {
  out += fmt::format("{} in {}", record_at(partition, offset, record), topic);
}

void FetchingPaused::describe(std::string& out) const {
  out += fmt::format("{}, {} records queued", partitions_text(partitions), queued);
}

void FetchingResumed::describe(std::string& out) const {
  out += fmt::format("{}, {} records queued", partitions_text(partitions), queued);
}

void QueueDropped::describe(std::string& out) const {
  out += fmt::format("{} records of {}", records, partitions_text(partitions));
  if (!reason.empty()) out += fmt::format(" ({})", reason);
}

void CommitFailed::describe(std::string& out) const {
  out += group;
  // Without a code the client itself refused: it knows that it is no member any more.
  if (error != ErrorCode::none) out += fmt::format(" {}", protocol::name(error));
  for (const auto& [partition, offset] : offsets)
    out += fmt::format(", {} to {}", to_string(partition), offset.value());
  if (!message.empty()) out += fmt::format(" ({})", message);
}

}  // namespace kafkasim::protocol::events

// Reads the final logs and the history of high watermarks into one answer a record.
#include "scenarios/engine/anomalies_truth.hpp"

#include <algorithm>

namespace kafkasim::scenarios {

namespace {

// The record at that offset; null when there is none.
const protocol::Record* record_at(const ReplicaState& replica, protocol::Offset offset) {
  const auto stored = std::partition_point(
      replica.log.begin(), replica.log.end(),
      [&](const protocol::StoredBatch& s) { return s.last_offset() < offset; });
  if (stored == replica.log.end() || offset < replica.log_start) return nullptr;
  for (const protocol::Record& record : stored->batch->records) {
    if (stored->base_offset + record.offset_delta == offset) return &record;
  }
  return nullptr;
}

template <class Visit>
void each_record(const ReplicaState& replica, Visit visit) {
  for (const protocol::StoredBatch& stored : replica.log) {
    if (stored.batch->is_control()) continue;
    for (const protocol::Record& record : stored.batch->records) {
      visit(stored.base_offset + record.offset_delta, record);
    }
  }
}

}  // namespace

std::vector<const protocol::Record*> log_at_the_end(const PartitionState& partition) {
  std::vector<const protocol::Record*> out;
  const ReplicaState* replica = deciding_replica(partition);
  if (replica == nullptr) return out;
  each_record(*replica, [&](protocol::Offset offset, const protocol::Record& record) {
    if (offset >= replica->log_start && offset < replica->high_watermark) out.push_back(&record);
  });
  return out;
}

Truth::Truth(const Ledger& ledger, const FinalState& state) : ledger_(ledger), state_(state) {
  whereabouts_.resize(ledger.records().size());
  for (const PartitionState& partition : state.partitions) {
    const ReplicaState* replica = deciding_replica(partition);
    if (replica == nullptr) continue;
    read_history(partition, *replica);
    read_log(partition, *replica);
    if (!partition.leader.empty()) {
      mark_in_log(*replica);
    } else {
      for (const ReplicaState& any : partition.replicas) mark_in_log(any);
    }
  }
  for (RecordIndex i = 0; i < whereabouts_.size(); ++i) {
    if (!whereabouts_[i].in_log) whereabouts_[i].cleaned = is_cleaned(ledger.records()[i]);
  }
}

// What stood below the log start, as the high watermark last passed it.
void Truth::read_history(const PartitionState& partition, const ReplicaState& replica) {
  const auto notes = ledger_.partitions().find(partition.partition);
  if (notes == ledger_.partitions().end()) return;
  const std::vector<protocol::RecordTag>& replicated = notes->second.replicated;
  for (std::size_t i = 0; i < replicated.size(); ++i) {
    const protocol::Offset offset(static_cast<std::int64_t>(i));
    if (offset >= replica.log_start) break;
    const RecordFate* fate = ledger_.record(replicated[i]);
    if (fate == nullptr) continue;
    const auto index = static_cast<RecordIndex>(fate - ledger_.records().data());
    whereabouts_[index].visible.push_back({partition.partition, offset});
    logs_[partition.partition].push_back({offset, index});
  }
}

void Truth::read_log(const PartitionState& partition, const ReplicaState& replica) {
  each_record(replica, [&](protocol::Offset offset, const protocol::Record& record) {
    const RecordFate* fate = ledger_.record(record.tag);
    if (fate == nullptr || offset < replica.log_start || offset >= replica.high_watermark) return;
    const auto index = static_cast<RecordIndex>(fate - ledger_.records().data());
    whereabouts_[index].visible.push_back({partition.partition, offset});
    logs_[partition.partition].push_back({offset, index});
  });
}

void Truth::mark_in_log(const ReplicaState& replica) {
  each_record(replica, [&](protocol::Offset offset, const protocol::Record& record) {
    const RecordFate* fate = ledger_.record(record.tag);
    if (fate == nullptr || offset < replica.log_start) return;
    whereabouts_[static_cast<RecordIndex>(fate - ledger_.records().data())].in_log = true;
  });
}

bool Truth::is_cleaned(const RecordFate& fate) const {
  const bool topic_is_there =
      std::any_of(state_.partitions.begin(), state_.partitions.end(),
                  [&](const PartitionState& p) { return p.partition.topic == fate.topic; });
  if (!topic_is_there) return true;
  // Stored in a topic of the same name that was deleted since.
  const Step* stored = fate.last(StepKind::appended);
  const sim::Time* deleted = ledger_.deleted(fate.topic);
  if (deleted != nullptr && stored != nullptr && stored->time <= *deleted) return true;
  if (fate.was(StepKind::deleted) || fate.was(StepKind::compacted)) return true;
  // The log start of somebody who still has it, as far as is known, went past it.
  const std::vector<const std::string*> holders = fate.holders();
  for (const Step& step : fate.life) {
    if (step.kind != StepKind::appended && step.kind != StepKind::copied) continue;
    if (std::find(holders.begin(), holders.end(), step.who) == holders.end()) continue;
    const PartitionState* partition = state_.find({fate.topic, step.partition});
    if (partition == nullptr) continue;
    for (const ReplicaState& replica : partition->replicas) {
      if (replica.broker == *step.who && step.offset < replica.log_start) return true;
    }
  }
  return false;
}

std::vector<const ReplicaState*> Truth::holders(const RecordFate& fate) const {
  std::vector<const ReplicaState*> out;
  for (const Step& step : fate.life) {
    if (step.kind != StepKind::appended && step.kind != StepKind::copied) continue;
    const PartitionState* partition = state_.find({fate.topic, step.partition});
    if (partition == nullptr) continue;
    for (const ReplicaState& replica : partition->replicas) {
      if (replica.broker != *step.who || std::find(out.begin(), out.end(), &replica) != out.end())
        continue;
      const protocol::Record* record = record_at(replica, step.offset);
      if (record != nullptr && record->tag == fate.tag) out.push_back(&replica);
    }
  }
  return out;
}

}  // namespace kafkasim::scenarios

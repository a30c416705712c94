// What the ledger notes when records leave a log: by truncation, by a power loss, in recovery, or
// because the topic's owner wanted it.
#include <algorithm>

#include "scenarios/engine/ledger.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

bool Ledger::note_removal(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  Step step;
  step.time = time;
  step.who = intern(who);
  if (const auto* truncated = event.as<events::Truncated>()) {
    step.kind = StepKind::truncated;
    note_removed(truncated->partition, step, truncated->removed);
  } else if (const auto* unflushed = event.as<events::UnflushedLost>()) {
    step.kind = StepKind::unflushed;
    note_removed(unflushed->partition, step, unflushed->removed);
  } else if (const auto* cut = event.as<events::RecoveryCut>()) {
    step.kind = StepKind::cut;
    note_removed(cut->partition, step, cut->removed);
  } else if (const auto* deleted = event.as<events::RecordsDeleted>()) {
    step.kind = StepKind::deleted;
    note_removed(deleted->partition, step, deleted->removed);
  } else if (const auto* compacted = event.as<events::Compacted>()) {
    step.kind = StepKind::compacted;
    note_removed(compacted->partition, step, compacted->removed);
  } else if (event.as<events::LogDirFailed>() != nullptr) {
    failed_disks_.push_back({time, *step.who});
  } else {
    return false;
  }
  return true;
}

void Ledger::note_removed(const TopicPartition& partition, const Step& step,
                          const std::vector<protocol::StoredBatch>& removed) {
  if (is_internal(partition.topic)) {
    const bool by_power_loss = step.kind == StepKind::unflushed || step.kind == StepKind::cut;
    if (by_power_loss) note_internal_cut(step.time, *step.who, partition);
    return;
  }
  for (const protocol::StoredBatch& stored : removed) {
    add_batch(partition, stored.base_offset, stored.batch, step);
    if (step.kind != StepKind::truncated || stored.batch->is_control()) continue;
    std::vector<RecordIndex>& gone = truncated_[*step.who];
    for (const protocol::Record& record : stored.batch->records) {
      if (record.tag == 0) continue;
      const RecordIndex index = index_of(record, partition.topic);
      if (std::find(gone.begin(), gone.end(), index) == gone.end()) gone.push_back(index);
    }
  }
}

}  // namespace kafkasim::scenarios

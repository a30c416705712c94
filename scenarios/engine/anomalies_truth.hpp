// Where every record of the ledger stands at the end of a run: which logs hold it, at which
// offsets, and whether it was removed in the way that a topic's owner asked for (retention,
// compaction, deletion). Anomalies are decided from this.
#pragma once

#include <map>
#include <vector>

#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

struct Place {
  TopicPartition partition;
  protocol::Offset offset;
};

struct Whereabouts {
  std::vector<Place>
      visible;  // below the high watermark, what retention removed since included; ascending
  bool in_log = false;   // anywhere in the log that counts; without a leader, in any replica's
  bool cleaned = false;  // not in the log because retention, compaction or a deletion removed it
};

class Truth {
 public:
  // Both must outlive it.
  Truth(const Ledger& ledger, const FinalState& state);

  const Ledger& ledger() const { return ledger_; }
  const FinalState& state() const { return state_; }
  const RecordFate& fate(RecordIndex record) const { return ledger_.records()[record]; }
  const Whereabouts& of(RecordIndex record) const { return whereabouts_[record]; }
  // What stands or stood below the high watermark, in order of offsets.
  struct Stored {
    protocol::Offset offset;
    RecordIndex record = 0;
  };
  const std::map<TopicPartition, std::vector<Stored>>& logs() const { return logs_; }
  // The replicas whose log holds that record at the end, in the order in which they got it.
  std::vector<const ReplicaState*> holders(const RecordFate& fate) const;

 private:
  void read_history(const PartitionState& partition, const ReplicaState& replica);
  void read_log(const PartitionState& partition, const ReplicaState& replica);
  void mark_in_log(const ReplicaState& replica);
  bool is_cleaned(const RecordFate& fate) const;

  const Ledger& ledger_;
  const FinalState& state_;
  std::vector<Whereabouts> whereabouts_;  // by RecordIndex
  std::map<TopicPartition, std::vector<Stored>> logs_;
};

// The records between the log start and the high watermark of the replica that counts, in order of
// offsets; no markers. Empty without replicas.
std::vector<const protocol::Record*> log_at_the_end(const PartitionState& partition);

}  // namespace kafkasim::scenarios

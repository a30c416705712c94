// What a partition has replicated so far, whoever holds it: the content below the high watermark as
// the first leader to move it there had it. All replicas are compared with it. Batches are shared
// with the logs, so it costs a reference each.
#pragma once

#include <cstddef>
#include <vector>

#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

class ReplicatedLog {
 public:
  protocol::Offset start() const { return start_; }
  // The highest high watermark that any leader has reached.
  protocol::Offset end() const { return end_; }

  // Adds the batches that end at or before `to`; then the log ends there. Batches before the end
  // are passed over.
  void extend(const std::vector<protocol::StoredBatch>& batches, protocol::Offset to);
  // Takes back what is at `to` and after it.
  void cut(protocol::Offset to);
  // Forgets what lies before `start`: retention has deleted it.
  void forget_before(protocol::Offset start);

  // Where `batches`, the content of another log in [from, to), first differ from this one: `to` if
  // nowhere. Only batches that end at or before `to` are looked at, so the answer may be the end of
  // the last of these. `gaps`: records may be missing there, being compacted away. Requires: `to`
  // <= end().
  struct Agreement {
    protocol::Offset until;
    bool differs = false;
  };
  Agreement compare(const std::vector<protocol::StoredBatch>& batches, protocol::Offset from,
                    protocol::Offset to, bool gaps) const;

 private:
  // The first batch that ends after `offset`.
  std::size_t position(protocol::Offset offset) const;
  bool holds(const protocol::StoredBatch& stored, bool gaps) const;
  bool has_other_epoch_at(protocol::Offset offset, protocol::LeaderEpoch epoch) const;
  const protocol::Record* record_at(protocol::Offset offset) const;
  bool is_empty_between(protocol::Offset from, protocol::Offset to) const;

  std::vector<protocol::StoredBatch> batches_;
  std::size_t first_ = 0;  // those before it are forgotten
  protocol::Offset start_{0};
  protocol::Offset end_{0};
};

}  // namespace kafkasim::broker

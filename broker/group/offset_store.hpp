// The committed offsets of all groups of one coordinator. The last record in the log wins; nothing
// asks whether an offset grows or exists. What is wanted or in the log but not yet replicated is
// known, and kept apart from what is committed.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/group/group_records.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

struct StoredOffset {
  protocol::Offset offset;
  protocol::LeaderEpoch leader_epoch;
  std::string metadata;
  std::int64_t commit_timestamp_ms = -1;
  std::int64_t expire_timestamp_ms = -1;  // -1 = the broker's retention
  std::string member_id;
};

class OffsetStore {
 public:
  using Partitions = std::map<protocol::TopicPartition, StoredOffset>;

  // A record that shall be written is known at once; a null value is a tombstone.
  void want(const OffsetCommitKey& key, const OffsetCommitValue* value);
  // The oldest wanted record is in the log at that offset. Requires: offsets in order.
  void placed(protocol::Offset at);
  // The wanted records will never be in the log: as if nobody had wanted them.
  void undo_wanted();
  // A record read back. Requires: no other is wanted.
  void append(const OffsetCommitKey& key, const OffsetCommitValue* value, protocol::Offset at) {
    want(key, value);
    placed(at);
  }

  // What became replicated, in log order; tombstones without a value.
  struct Committed {
    OffsetCommitKey key;
    std::optional<StoredOffset> value;
  };
  std::vector<Committed> advance(protocol::Offset high_watermark);

  // The partitions of a group, replicated ones only, or with all that is wanted. Empty when there
  // are none.
  const Partitions& committed(const std::string& group_id) const {
    return of(committed_, group_id);
  }
  const Partitions& latest(const std::string& group_id) const { return of(latest_, group_id); }
  const std::map<std::string, Partitions>& all_latest() const { return latest_; }
  void clear();

 private:
  using Groups = std::map<std::string, Partitions>;

  static const Partitions& of(const Groups& groups, const std::string& group_id);
  static void apply(Groups& groups, const OffsetCommitKey& key,
                    const std::optional<StoredOffset>& value);

  std::deque<Committed> wanted_;
  struct Pending {
    protocol::Offset at;
    Committed change;
  };

  Groups committed_;
  Groups latest_;
  std::deque<Pending> pending_;
};

}  // namespace kafkasim::broker

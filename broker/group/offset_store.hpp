// The committed offsets of all groups of one coordinator. The last record in the log wins; nothing
// asks whether an offset grows or exists. What is in the log but not yet replicated is known, and
// kept apart from what is committed.
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
  std::string member_id;
};

class OffsetStore {
 public:
  using Partitions = std::map<protocol::TopicPartition, StoredOffset>;

  // A record of the log at that offset; a null value is a tombstone. Requires: offsets in order.
  void append(const OffsetCommitKey& key, const OffsetCommitValue* value, protocol::Offset at);

  // What became replicated, in log order; tombstones without a value.
  struct Committed {
    OffsetCommitKey key;
    std::optional<StoredOffset> value;
  };
  std::vector<Committed> advance(protocol::Offset high_watermark);

  // The partitions of a group, replicated ones only, or with all that is in the log. Empty when
  // there are none.
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

  struct Pending {
    protocol::Offset at;
    Committed change;
  };

  Groups committed_;
  Groups latest_;
  std::deque<Pending> pending_;
};

}  // namespace kafkasim::broker

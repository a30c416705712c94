// What the group coordinator of one broker tells the checker of invariants, and what is remembered
// for it: the generation and the members of each group as they were announced, so that a commit is
// judged by other means than the coordinator's own. Gone with the broker process.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "broker/group/classic_group.hpp"
#include "broker/invariants/consumer_group_check.hpp"
#include "protocol/events.hpp"
#include "protocol/group_messages.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

class InvariantChecker;
class ClassicGroups;
class ConsumerGroups;

// Everywhere: `shard` is the number of a partition of the offsets topic.
class GroupWatch {
 public:
  // Null: nobody checks anything.
  explicit GroupWatch(InvariantChecker* checker) : checker_(checker) {}

  // ---- groups ----
  // What is in the trace. Null: the group is gone meanwhile.
  void changed(std::int32_t shard, const protocol::events::GroupStateChanged& change,
               const ClassicGroup* group);
  // This commit will be written. Null: there is no such classic group.
  void commit_taken(std::int32_t shard, const protocol::OffsetCommitRequest& request,
                    const ClassicGroup* group) const;

  // ---- groups of the consumer protocol ----
  // A heartbeat of that member is about to be handled.
  void beats(std::int32_t shard, const std::string& group, const std::string& member);
  // Whatever could change has changed.
  void look(std::int32_t shard, const ConsumerGroups& groups);
  // What was decided last is taken back: it could not be appended.
  void taken_back(std::int32_t shard);

  // ---- records ----
  void appended(std::int32_t shard, const protocol::RecordBatch& batch, protocol::Offset base);
  void replicated(std::int32_t shard, protocol::Offset high_watermark);
  // Taking over: each record that is there, in order, then that it was all.
  void read_back(std::int32_t shard, const protocol::Record& record, protocol::Offset at);
  void loaded(std::int32_t shard, const protocol::TopicPartition& partition,
              const ClassicGroups& groups);
  void resigned(std::int32_t shard);

 private:
  struct Known {
    std::int32_t generation = -1;
    bool is_empty = true;
    std::set<std::string> members;
  };
  struct Record {
    protocol::Offset at;
    std::string key;
    bool tombstone = false;
  };
  struct Beat {
    std::string group;
    std::string member;
  };
  struct Shard {
    std::map<std::string, Known> groups;
    std::map<std::string, ConsumerGroupCheck> consumer_groups;
    std::uint64_t version = 0;                      // of all consumer groups, at the last look
    std::optional<Beat> beat;                       // since then
    bool several_beats = false;                     // since then
    std::deque<Record> in_log;                      // not replicated yet
    std::map<std::string, protocol::Offset> found;  // while taking over
  };

  void check_epoch(const ConsumerGroupCheck& known,
                   const protocol::OffsetCommitRequest& request) const;
  void check_current(const Shard& shard, const protocol::OffsetCommitRequest& request,
                     const ClassicGroup* group) const;
  void check_offset(const std::string& group, const protocol::OffsetCommitPartition& commit) const;

  InvariantChecker* const checker_;
  std::map<std::int32_t, Shard> shards_;
};

}  // namespace kafkasim::broker

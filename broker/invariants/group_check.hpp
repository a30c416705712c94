// The invariants of groups: what an assignment covers, who owns a partition, whose commits are
// taken, and that committed offsets stay. One for the cluster; each broker tells it of its groups
// through a GroupWatch. Looked at when something changed, never at every event: an assignment when
// a group becomes stable, a commit when it is taken.
//
// A group under a custom assignor may divide partitions as it likes; offsets that somebody made up
// (a tool, a seek) are announced. Left out: the newer consumer protocol (consumer_group_check.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/group/classic_group.hpp"
#include "broker/invariants/invariant.hpp"
#include "protocol/consumer_protocol.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

class GroupCheck {
 public:
  // ---- topics, as the controller decides them ----
  // `given`: it was there before any client was.
  void note_partition(const std::string& topic, const protocol::Uuid& id, std::int32_t partition,
                      bool given);
  void note_deleted(const std::string& topic);
  // Null when it is not known.
  const protocol::Uuid* topic_id(const std::string& topic) const;

  // ---- a classic group ----
  // It is Stable: its assignment is stored.
  void check_assignment(const ClassicGroup& group) const;
  // It is in CompletingRebalance: all members told what they own.
  void check_claims(const ClassicGroup& group) const;

  // ---- committed offsets ----
  // Somebody may commit up to there, whatever the log holds.
  void allow_offset(const protocol::TopicPartition& partition, protocol::Offset offset);
  // Commits of any offset are taken for meant, from now on: who commits makes offsets up.
  void allow_any_offset() { any_offset_ = true; }
  // May that offset be committed though the log ends before it?
  bool is_allowed(const protocol::TopicPartition& partition, protocol::Offset offset) const;

  // A commit (or a tombstone) is replicated at that offset of its partition of the offsets topic.
  void committed(std::int32_t offsets_partition, const std::string& key, protocol::Offset at,
                 bool tombstone);
  // A new coordinator has read the partition: where it found the last record of each key. `lossy`:
  // records of the partition may have gone.
  void check_loaded(std::int32_t offsets_partition,
                    const std::map<std::string, protocol::Offset>& found, bool lossy);

  // How often each was looked at, for tests.
  struct Counts {
    std::uint64_t assignments = 0;
    std::uint64_t commits = 0;
    std::uint64_t loads = 0;
  };
  mutable Counts counts;

 private:
  struct Topic {
    protocol::Uuid id;
    std::int32_t most = 0;   // partitions that it ever had
    std::int32_t given = 0;  // partitions that every client can know of
    bool again = false;      // it was deleted, or made anew under its name
  };
  struct Divided {
    const ClassicGroup* group;
    std::map<std::string, std::set<std::string>> reads;                 // member -> topics
    std::map<protocol::TopicPartition, std::string> owners;             // as assigned
    std::map<protocol::TopicPartition, std::set<std::string>> claimed;  // owned before
  };

  std::optional<Divided> divide(const ClassicGroup& group) const;
  void check_topic(const Divided& divided, const std::string& topic) const;

  std::map<std::string, Topic> topics_;
  std::map<protocol::TopicPartition, protocol::Offset> allowed_;
  bool any_offset_ = false;
  // The newest replicated record of each key, by partition of the offsets topic.
  std::map<std::int32_t, std::map<std::string, protocol::Offset>> replicated_;
};

// The members of a group and what each is assigned, one a line.
std::string describe(const ClassicGroup& group);

}  // namespace kafkasim::broker

// The records of the offsets topic that the group coordinator writes and, as a new leader, reads
// back: the metadata of a classic group, committed offsets, and the records of consumer groups
// (consumer_group_records.hpp). Values are typed; keys are texts, the same for the same thing, so
// that compaction can keep the newest. Left out: records of transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/group/consumer_group_records.hpp"
#include "protocol/bytes.hpp"
#include "protocol/ids.hpp"
#include "protocol/record_batch.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

struct GroupMetadataMember {
  std::string member_id;
  std::string group_instance_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = -1;
  std::int32_t session_timeout_ms = 0;
  protocol::Bytes subscription;  // the member's metadata for the chosen protocol
  protocol::Bytes assignment;
};

struct GroupMetadataValue final : protocol::InternalValue {
  std::string describe() const override;

  std::string group_id;  // of the key, for describe()
  std::string protocol_type;
  std::int32_t generation = 0;
  std::string protocol;  // empty = none
  std::string leader;    // empty = none
  std::int64_t current_state_timestamp_ms = -1;
  std::vector<GroupMetadataMember> members;
};

struct OffsetCommitValue final : protocol::InternalValue {
  std::string describe() const override;

  std::string group_id;                // of the key, for describe()
  protocol::TopicPartition partition;  // of the key, for describe()
  protocol::Offset offset;
  protocol::LeaderEpoch leader_epoch;
  std::string metadata;
  std::int64_t commit_timestamp_ms = -1;
  std::int64_t expire_timestamp_ms = -1;  // as the commit wanted; -1 = the broker's retention
  std::string member_id;                  // who committed; for the trace, Kafka does not store it
};

struct GroupMetadataKey {
  std::string group_id;
};
struct OffsetCommitKey {
  std::string group_id;
  protocol::TopicPartition partition;
};
using GroupRecordKey = std::variant<GroupMetadataKey, OffsetCommitKey, ConsumerRecordKey>;

// A record to write, or one read back. Without a value it is a tombstone.
struct GroupRecord {
  GroupRecordKey key;
  protocol::Ref<protocol::InternalValue> value;
};

GroupRecord consumer_record(ConsumerRecordKind kind, const std::string& group_id,
                            const std::string& member_id, ConsumerGroupValue::What what);
GroupRecord consumer_tombstone(ConsumerRecordKind kind, const std::string& group_id,
                               const std::string& member_id);
// Tombstones of all that is stored of a member of a consumer group.
void remove_records(std::vector<GroupRecord>& records, const std::string& group_id,
                    const std::string& member_id);

std::string key_text(const GroupRecordKey& key);
// None when the text is not a key of these records.
std::optional<GroupRecordKey> parse_key(std::string_view text);

// As it stands in the log, and back. None when the record is not one of these.
protocol::Record to_record(const GroupRecord& record, std::int64_t timestamp_ms);
std::optional<GroupRecord> from_record(const protocol::Record& record);

}  // namespace kafkasim::broker

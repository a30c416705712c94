// The records of consumer groups of the newer protocol in the offsets topic: the group's epoch and
// topics, and for each member what it said of itself, its target, and how far it has come. Together
// they are the whole state of the group.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "broker/group/consumer_group.hpp"
#include "protocol/record_batch.hpp"

namespace kafkasim::broker {

// In comments Kafka's names.
enum class ConsumerRecordKind {
  group_epoch,    // ConsumerGroupMetadata
  topics,         // ConsumerGroupPartitionMetadata
  member,         // ConsumerGroupMemberMetadata
  target_epoch,   // ConsumerGroupTargetAssignmentMetadata
  target,         // ConsumerGroupTargetAssignmentMember
  current_place,  // ConsumerGroupCurrentMemberAssignment
};

struct ConsumerRecordKey {
  ConsumerRecordKind kind = ConsumerRecordKind::group_epoch;
  std::string group_id;
  std::string member_id;  // empty where the record is about the group
};

struct ConsumerGroupValue final : protocol::InternalValue {
  // By kind: both epochs; topics; member; target; current_place.
  using What = std::variant<std::int32_t, GroupTopics, ConsumerMemberInfo, SharedTarget,
                            ConsumerMemberPlace>;

  ConsumerGroupValue(ConsumerRecordKey of, What value)
      : key(std::move(of)), what(std::move(value)) {}
  std::string describe() const override;

  ConsumerRecordKey key;  // for describe()
  What what;
};

// Where keys of these records begin.
inline constexpr std::string_view consumer_record_prefix = "consumer-";

std::string key_text(const ConsumerRecordKey& key);
std::optional<ConsumerRecordKey> parse_consumer_key(std::string_view text);
// Bytes on the wire, near enough.
std::size_t value_size(const ConsumerGroupValue& value);

}  // namespace kafkasim::broker

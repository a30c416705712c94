// Keys, text forms and sizes of the records of the offsets topic.
#include "broker/group/group_records.hpp"

#include <charconv>
#include <utility>

namespace kafkasim::broker {

namespace {

constexpr std::string_view group_prefix = "group/";
constexpr std::string_view offset_prefix = "offset/";

// Bytes on the wire, near enough: fixed fields, and the texts.
std::int32_t value_size(const protocol::InternalValue* value) {
  std::size_t size = 0;
  if (const auto* group = dynamic_cast<const GroupMetadataValue*>(value)) {
    size = 24 + group->protocol_type.size() + group->protocol.size() + group->leader.size();
    for (const GroupMetadataMember& member : group->members) {
      size += 24 + member.member_id.size() + member.group_instance_id.size() +
              member.client_id.size() + member.client_host.size() +
              member.subscription.view().size() + member.assignment.view().size();
    }
  } else if (const auto* offset = dynamic_cast<const OffsetCommitValue*>(value)) {
    size = 24 + offset->metadata.size();
  } else if (const auto* consumer = dynamic_cast<const ConsumerGroupValue*>(value)) {
    size = value_size(*consumer);
  } else {
    return -1;
  }
  return static_cast<std::int32_t>(size);
}

}  // namespace

std::string GroupMetadataValue::describe() const {
  std::string out = group_id + " generation " + std::to_string(generation) + " members";
  if (members.empty()) out += " none";
  for (const GroupMetadataMember& member : members) out += " " + member.member_id;
  return out;
}

std::string OffsetCommitValue::describe() const {
  return group_id + " " + protocol::to_string(partition) + " at " + std::to_string(offset.value());
}

GroupRecord consumer_record(ConsumerRecordKind kind, const std::string& group_id,
                            const std::string& member_id, ConsumerGroupValue::What what) {
  const ConsumerRecordKey key{kind, group_id, member_id};
  return {key,
          protocol::Ref<protocol::InternalValue>(new ConsumerGroupValue(key, std::move(what)))};
}

GroupRecord consumer_tombstone(ConsumerRecordKind kind, const std::string& group_id,
                               const std::string& member_id) {
  return {ConsumerRecordKey{kind, group_id, member_id}, {}};
}

void remove_records(std::vector<GroupRecord>& records, const std::string& group_id,
                    const std::string& member_id) {
  for (const ConsumerRecordKind kind : {ConsumerRecordKind::current_place,
                                        ConsumerRecordKind::target, ConsumerRecordKind::member}) {
    records.push_back(consumer_tombstone(kind, group_id, member_id));
  }
}

std::string key_text(const GroupRecordKey& key) {
  if (const auto* group = std::get_if<GroupMetadataKey>(&key))
    return std::string(group_prefix) + group->group_id;
  if (const auto* consumer = std::get_if<ConsumerRecordKey>(&key)) return key_text(*consumer);
  const auto& offset = std::get<OffsetCommitKey>(key);
  // A topic has no slash in its name; a group may.
  return std::string(offset_prefix) + offset.partition.topic + "/" +
         std::to_string(offset.partition.partition) + "/" + offset.group_id;
}

std::optional<GroupRecordKey> parse_key(std::string_view text) {
  if (text.starts_with(group_prefix)) {
    return GroupMetadataKey{std::string(text.substr(group_prefix.size()))};
  }
  if (text.starts_with(consumer_record_prefix)) return parse_consumer_key(text);
  if (!text.starts_with(offset_prefix)) return std::nullopt;
  text.remove_prefix(offset_prefix.size());
  const std::size_t topic_end = text.find('/');
  const std::size_t number_end = topic_end == text.npos ? text.npos : text.find('/', topic_end + 1);
  if (number_end == text.npos) return std::nullopt;
  OffsetCommitKey key;
  key.partition.topic = text.substr(0, topic_end);
  key.group_id = text.substr(number_end + 1);
  const char* const end = text.data() + number_end;
  const auto parsed = std::from_chars(text.data() + topic_end + 1, end, key.partition.partition);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return key;
}

protocol::Record to_record(const GroupRecord& record, std::int64_t timestamp_ms) {
  protocol::Record out;
  out.timestamp_ms = timestamp_ms;
  out.key = protocol::Bytes(key_text(record.key));
  out.internal = record.value;
  out.value_size = value_size(record.value.get());
  return out;
}

std::optional<GroupRecord> from_record(const protocol::Record& record) {
  std::optional<GroupRecordKey> key = parse_key(record.key.view());
  if (!key) return std::nullopt;
  return GroupRecord{std::move(*key), record.internal};
}

}  // namespace kafkasim::broker

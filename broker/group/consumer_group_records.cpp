// Keys, text forms and sizes of the records of consumer groups.
#include "broker/group/consumer_group_records.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace kafkasim::broker {

namespace {

constexpr std::array<std::pair<ConsumerRecordKind, std::string_view>, 6> kinds{{
    {ConsumerRecordKind::group_epoch, "epoch"},
    {ConsumerRecordKind::topics, "topics"},
    {ConsumerRecordKind::member, "member"},
    {ConsumerRecordKind::target_epoch, "target-epoch"},
    {ConsumerRecordKind::target, "target"},
    {ConsumerRecordKind::current_place, "current"},
}};

std::string_view name_of(ConsumerRecordKind kind) {
  for (const auto& [each, name] : kinds) {
    if (each == kind) return name;
  }
  return "";
}

std::size_t count_of(const TargetPartitions& partitions) {
  std::size_t count = 0;
  for (const auto& [topic, numbers] : partitions) count += numbers.size();
  return count;
}

constexpr std::size_t bytes_of_topic = 20;
constexpr std::size_t bytes_of_partition = 4;

std::size_t size_of(const TargetPartitions& partitions) {
  return partitions.size() * bytes_of_topic + count_of(partitions) * bytes_of_partition;
}

std::size_t size_of(const SharedTarget& target) { return size_of(*target); }

std::size_t size_of(std::int32_t) { return 4; }

std::size_t size_of(const GroupTopics& topics) {
  std::size_t size = 0;
  for (const auto& [name, topic] : topics) size += name.size() + bytes_of_topic;
  return size;
}

std::size_t size_of(const ConsumerMemberInfo& info) {
  std::size_t size = info.group_instance_id.size() + info.rack_id.size() + info.client_id.size() +
                     info.client_host.size() + info.server_assignor.size() + 16;
  for (const std::string& topic : info.topics) size += topic.size() + 1;
  return size;
}

std::size_t size_of(const ConsumerMemberPlace& place) {
  return 12 + size_of(place.assigned) + size_of(place.pending_revocation);
}

std::string text_of(std::int32_t epoch) { return std::to_string(epoch); }

std::string text_of(const GroupTopics& topics) {
  std::string out;
  for (const auto& [name, topic] : topics) {
    out += fmt::format("{}{} of {}", out.empty() ? "" : ", ", name, topic.partitions);
  }
  return out.empty() ? "none" : out;
}

std::string text_of(const ConsumerMemberInfo& info) {
  std::string out = "subscribes to";
  for (const std::string& topic : info.topics) out += " " + topic;
  return out;
}

std::string text_of(const SharedTarget& target) {
  return fmt::format("{} partitions", count_of(*target));
}

std::string text_of(const ConsumerMemberPlace& place) {
  return fmt::format("epoch {} {} with {} partitions, gives back {}", place.epoch,
                     to_string(place.state), count_of(place.assigned),
                     count_of(place.pending_revocation));
}

}  // namespace

std::string ConsumerGroupValue::describe() const {
  std::string out = fmt::format("{} {}", key.group_id, name_of(key.kind));
  if (!key.member_id.empty()) out += " " + key.member_id;
  return out + ": " + std::visit([](const auto& each) { return text_of(each); }, what);
}

// Both ids may have any letters, so the first one's length tells where the second one begins.
std::string key_text(const ConsumerRecordKey& key) {
  return fmt::format("{}{}/{}/{}/{}", consumer_record_prefix, name_of(key.kind),
                     key.group_id.size(), key.group_id, key.member_id);
}

std::optional<ConsumerRecordKey> parse_consumer_key(std::string_view text) {
  if (!text.starts_with(consumer_record_prefix)) return std::nullopt;
  text.remove_prefix(consumer_record_prefix.size());
  for (const auto& [kind, name] : kinds) {
    if (!text.starts_with(name) || text.substr(name.size(), 1) != "/") continue;
    std::string_view rest = text.substr(name.size() + 1);
    std::size_t length = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    if (parsed.ec != std::errc()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
    if (rest.size() < length + 2 || rest[0] != '/' || rest[length + 1] != '/') return std::nullopt;
    return ConsumerRecordKey{kind, std::string(rest.substr(1, length)),
                             std::string(rest.substr(length + 2))};
  }
  return std::nullopt;
}

std::size_t value_size(const ConsumerGroupValue& value) {
  return std::visit([](const auto& each) { return size_of(each); }, value.what);
}

}  // namespace kafkasim::broker

// Bytes of subscriptions and assignments: big-endian integers, 16-bit string lengths, 32-bit
// counts, -1 for null.
#include "protocol/consumer_protocol.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocol/java_hash.hpp"

namespace kafkasim::protocol {

namespace {

class Writer {
 public:
  template <class Integer>
  void integer(Integer value) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
      out_.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff));
    }
  }
  void count(std::size_t n) { integer(static_cast<std::int32_t>(n)); }
  void text(std::string_view value) {
    integer(static_cast<std::int16_t>(value.size()));
    out_ += value;
  }
  void bytes(const Bytes& value) {
    integer(static_cast<std::int32_t>(value.size()));
    out_ += value.view();
  }
  // Groups by topic.
  void partitions(const std::vector<TopicPartition>& list) {
    std::vector<std::pair<std::string_view, std::vector<std::int32_t>>> topics;
    for (const TopicPartition& partition : list) {
      auto at = std::find_if(topics.begin(), topics.end(),
                             [&](const auto& topic) { return topic.first == partition.topic; });
      if (at == topics.end()) at = topics.insert(topics.end(), {partition.topic, {}});
      at->second.push_back(partition.partition);
    }
    count(topics.size());
    for (const auto& [topic, numbers] : topics) {
      text(topic);
      count(numbers.size());
      for (const std::int32_t number : numbers) integer(number);
    }
  }
  Bytes take() const { return Bytes(out_); }

 private:
  std::string out_;
};

// After the first thing that does not fit, everything reads as empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  template <class Integer>
  Integer integer() {
    const std::string_view raw = take(sizeof(Integer));
    std::uint64_t value = 0;
    for (const char c : raw) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<Integer>(value);
  }
  // Number of entries that follow, each of at least `entry_size` bytes.
  std::size_t count(std::size_t entry_size) {
    const auto n = integer<std::int32_t>();
    if (n < 0 || static_cast<std::size_t>(n) > rest_.size() / entry_size) {
      ok_ = false;
      return 0;
    }
    return static_cast<std::size_t>(n);
  }
  std::optional<std::string> nullable_text() {
    const auto size = integer<std::int16_t>();
    if (size < 0) return std::nullopt;
    return std::string(take(static_cast<std::size_t>(size)));
  }
  std::string text() {
    std::optional<std::string> value = nullable_text();
    if (!value) ok_ = false;
    return value.value_or("");
  }
  Bytes bytes() {
    const auto size = integer<std::int32_t>();
    if (size < 0) return Bytes();
    return Bytes(take(static_cast<std::size_t>(size)));
  }
  std::vector<TopicPartition> partitions() {
    std::vector<TopicPartition> out;
    const std::size_t topics = count(2 + 4);
    for (std::size_t i = 0; i < topics; ++i) {
      const std::string topic = text();
      const std::size_t numbers = count(4);
      for (std::size_t j = 0; j < numbers; ++j) out.push_back({topic, integer<std::int32_t>()});
    }
    return out;
  }

 private:
  std::string_view take(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return "";
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

Bytes encode(const ConsumerSubscription& subscription, std::int16_t version) {
  Writer out;
  out.integer(version);
  out.count(subscription.topics.size());
  for (const std::string& topic : subscription.topics) out.text(topic);
  out.bytes(subscription.user_data);
  if (version >= 1) out.partitions(subscription.owned_partitions);
  if (version >= 2) out.integer(subscription.generation_id);
  if (version >= 3) {
    if (subscription.rack_id) {
      out.text(*subscription.rack_id);
    } else {
      out.integer(std::int16_t{-1});
    }
  }
  return out.take();
}

Bytes encode(const ConsumerAssignment& assignment, std::int16_t version) {
  Writer out;
  out.integer(version);
  out.partitions(assignment.partitions);
  out.bytes(assignment.user_data);
  return out.take();
}

std::optional<ConsumerSubscription> decode_subscription(const Bytes& bytes) {
  Reader in(bytes.view());
  const auto version = in.integer<std::int16_t>();
  if (version < 0) return std::nullopt;
  ConsumerSubscription subscription;
  const std::size_t topics = in.count(2);
  for (std::size_t i = 0; i < topics; ++i) subscription.topics.push_back(in.text());
  subscription.user_data = in.bytes();
  if (version >= 1) subscription.owned_partitions = in.partitions();
  if (version >= 2) subscription.generation_id = in.integer<std::int32_t>();
  if (version >= 3) subscription.rack_id = in.nullable_text();
  if (!in.ok()) return std::nullopt;
  return subscription;
}

std::optional<ConsumerAssignment> decode_assignment(const Bytes& bytes) {
  Reader in(bytes.view());
  const auto version = in.integer<std::int16_t>();
  if (version < 0) return std::nullopt;
  ConsumerAssignment assignment;
  assignment.partitions = in.partitions();
  assignment.user_data = in.bytes();
  if (!in.ok()) return std::nullopt;
  return assignment;
}

Bytes encode(const StickyUserData& data) {
  std::vector<std::string> topics;
  for (const TopicPartition& partition : data.partitions) topics.push_back(partition.topic);
  std::vector<TopicPartition> by_topic;
  for (const std::string& topic : in_java_map_order(topics)) {
    for (const TopicPartition& partition : data.partitions) {
      if (partition.topic == topic) by_topic.push_back(partition);
    }
  }
  Writer out;
  out.partitions(by_topic);
  if (data.generation) out.integer(*data.generation);
  return out.take();
}

std::optional<StickyUserData> decode_sticky_user_data(const Bytes& bytes) {
  Reader in(bytes.view());
  StickyUserData data;
  data.partitions = in.partitions();
  if (!in.ok()) return std::nullopt;
  const auto generation = in.integer<std::int32_t>();
  if (in.ok()) data.generation = generation;
  return data;
}

Bytes cooperative_sticky_user_data(std::int32_t generation) {
  Writer out;
  out.integer(generation);
  return out.take();
}

std::optional<std::int32_t> decode_cooperative_sticky_user_data(const Bytes& bytes) {
  Reader in(bytes.view());
  const auto generation = in.integer<std::int32_t>();
  if (!in.ok()) return std::nullopt;
  return generation;
}

ConsumerSubscription sorted(ConsumerSubscription subscription) {
  std::sort(subscription.topics.begin(), subscription.topics.end());
  std::sort(subscription.owned_partitions.begin(), subscription.owned_partitions.end());
  return subscription;
}

}  // namespace kafkasim::protocol

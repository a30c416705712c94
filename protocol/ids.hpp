// Strong types for the numbers that Kafka's protocol speaks of, so that an offset never meets an
// epoch.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace kafkasim::protocol {

// A number with a meaning. Rep is what stands on the wire; the default is Kafka's "not given".
template <class Tag, class Rep, Rep unset>
class Strong {
 public:
  using rep = Rep;

  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr bool is_set() const { return value_ != unset; }
  constexpr Strong next() const { return Strong(static_cast<Rep>(value_ + 1)); }
  friend constexpr auto operator<=>(Strong, Strong) = default;

 private:
  Rep value_ = unset;
};

using BrokerId = Strong<struct BrokerIdTag, std::int32_t, -1>;
using LeaderEpoch = Strong<struct LeaderEpochTag, std::int32_t, -1>;
using PartitionEpoch = Strong<struct PartitionEpochTag, std::int32_t, -1>;
using BrokerEpoch = Strong<struct BrokerEpochTag, std::int64_t, -1>;
using ProducerId = Strong<struct ProducerIdTag, std::int64_t, -1>;
using ProducerEpoch = Strong<struct ProducerEpochTag, std::int16_t, -1>;

// A position in a log. Offset plus count is an offset; offset minus offset is a count.
class Offset {
 public:
  constexpr Offset() = default;
  constexpr explicit Offset(std::int64_t value) : value_(value) {}

  constexpr std::int64_t value() const { return value_; }
  constexpr bool is_set() const { return value_ >= 0; }
  constexpr Offset next() const { return Offset(value_ + 1); }
  friend constexpr auto operator<=>(Offset, Offset) = default;
  friend constexpr Offset operator+(Offset a, std::int64_t n) { return Offset(a.value_ + n); }
  friend constexpr Offset operator-(Offset a, std::int64_t n) { return Offset(a.value_ - n); }
  friend constexpr std::int64_t operator-(Offset a, Offset b) { return a.value_ - b.value_; }

 private:
  std::int64_t value_ = -1;
};

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;

  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// "orders-0", as Kafka writes it.
std::string to_string(const TopicPartition& partition);

struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  constexpr bool is_zero() const { return high == 0 && low == 0; }
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace kafkasim::protocol

// Log-linear buckets: 64 for each power of two.
#include "producer/histogram.hpp"

#include <algorithm>
#include <bit>

#include "sim/check.hpp"

namespace kafkasim::producer {

namespace {

constexpr std::int64_t parts = 64;  // buckets of a power of two
constexpr std::int64_t exact = 2 * parts;
constexpr int exact_bits = 7;

}  // namespace

std::size_t Histogram::bucket_of(std::int64_t value) {
  if (value < exact) return static_cast<std::size_t>(value);
  const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
  const int shift = bits - exact_bits;
  const std::int64_t part = (value >> shift) - parts;
  return static_cast<std::size_t>(exact + (shift - 1) * parts + part);
}

std::int64_t Histogram::greatest_in(std::size_t bucket) {
  const auto number = static_cast<std::int64_t>(bucket);
  if (number < exact) return number;
  const std::int64_t shift = (number - exact) / parts + 1;
  const std::int64_t first = ((number - exact) % parts + parts) << shift;
  return first + ((std::int64_t{1} << shift) - 1);
}

void Histogram::add(std::int64_t value, std::int64_t times) {
  CHECKED(value >= 0 && times >= 1, "{} added {} times", value, times);
  const std::size_t bucket = bucket_of(value);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += times;
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = std::max(greatest_, value);
  count_ += times;
  sum_ += value * times;
}

std::int64_t Histogram::percentile(std::int64_t percent) const {
  const std::int64_t rank = (count_ * percent + 99) / 100;
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return std::min(greatest_in(bucket), greatest_);
  }
  return greatest_;
}

Spread Histogram::spread() const {
  if (count_ == 0) return {};
  return {count_, sum_, least_, greatest_, percentile(50), percentile(95), percentile(99)};
}

}  // namespace kafkasim::producer

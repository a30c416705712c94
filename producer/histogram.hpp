// Counts values in buckets, so that percentiles cost little memory however many values there are.
// Values below 128 are kept exactly; above, a bucket is at most 1/64 of its values wide. Count,
// sum, least and greatest are exact. Integers only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kafkasim::producer {

// What a histogram comes to. A percentile is the value below or at which that share of all lies
// (nearest rank); never too low, and too high by less than 1.6 %.
struct Spread {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t least = 0;
  std::int64_t greatest = 0;
  std::int64_t p50 = 0;
  std::int64_t p95 = 0;
  std::int64_t p99 = 0;
};

class Histogram {
 public:
  // Requires: value >= 0, times >= 1.
  void add(std::int64_t value, std::int64_t times = 1);
  // All 0 when nothing was added.
  Spread spread() const;

 private:
  static std::size_t bucket_of(std::int64_t value);
  // The greatest value that falls into the bucket.
  static std::int64_t greatest_in(std::size_t bucket);
  std::int64_t percentile(std::int64_t percent) const;

  std::vector<std::int64_t> buckets_;  // as many as the greatest value needs, at most 3,712
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t least_ = 0;
  std::int64_t greatest_ = 0;
};

}  // namespace kafkasim::producer

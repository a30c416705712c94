// A seeded generator of integers, the same on every compiler (xoshiro256**). Fork it by purpose, so
// that a new consumer of randomness does not move the others. No floating point.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/time.hpp"

namespace kafkasim::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  // A generator for that purpose: depends on the seed and the name only, not on what was drawn
  // before.
  Rng fork(std::string_view purpose) const;

  std::uint64_t next();
  // Uniform in [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high], both ends included. Requires: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high);
  Duration between(Duration low, Duration high);
  // True with probability numerator / denominator.
  bool chance(std::uint64_t numerator, std::uint64_t denominator);

 private:
  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_;
};

}  // namespace kafkasim::sim

// Exponential backoff with jitter, as Kafka's clients use it for retries, metadata and reconnects.
#pragma once

#include "sim/rng.hpp"
#include "sim/time.hpp"

namespace kafkasim::client {

class Backoff {
 public:
  // Doubles from `initial` up to `max`. Without a generator (null) there is no jitter; the
  // generator must outlive this.
  Backoff(sim::Duration initial, sim::Duration max, sim::Rng* jitter)
      : initial_(initial), max_(max), jitter_(jitter) {}

  // The pause after `attempts` earlier ones (0 = the first): initial * 2^attempts, at most max,
  // times a factor drawn from [0.8, 1.2), at most max. Constant and without jitter when initial >=
  // max.
  sim::Duration after(int attempts) const;

 private:
  sim::Duration initial_;
  sim::Duration max_;
  sim::Rng* jitter_;
};

}  // namespace kafkasim::client

// Timers of the heartbeat.
#include "consumer/heartbeat.hpp"

#include <algorithm>

namespace kafkasim::consumer {

void Heartbeat::reset_all(sim::Time now) {
  reset_session(now);
  polled(now);
  next_ = sim::later(now, interval_);
}

void Heartbeat::answered(sim::Time now) {
  failures_ = 0;
  reset_session(now);
}

void Heartbeat::failed(sim::Time now) { next_ = sim::later(now, backoff_.after(failures_++)); }

sim::Time Heartbeat::next_deadline() const { return std::min({next_, session_ends_, poll_ends_}); }

}  // namespace kafkasim::consumer

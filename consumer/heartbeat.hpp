// When a member says that it lives, when it takes its coordinator for lost, and when its
// application has not polled for too long. Timers only; what to do about them is the group
// member's.
#pragma once

#include <algorithm>

#include "client/backoff.hpp"
#include "sim/time.hpp"

namespace kafkasim::consumer {

class Heartbeat {
 public:
  // `backoff` spaces heartbeats after failures. The timers run from reset_all().
  Heartbeat(sim::Duration interval, sim::Duration session_timeout, sim::Duration max_poll_interval,
            client::Backoff backoff)
      : interval_(std::max(interval, sim::Duration(std::chrono::milliseconds(1)))),
        session_timeout_(session_timeout),
        max_poll_interval_(max_poll_interval),
        backoff_(backoff) {}

  // ---- what happened ----
  // A generation began: all three timers start anew.
  void reset_all(sim::Time now);
  void reset_session(sim::Time now) { session_ends_ = sim::later(now, session_timeout_); }
  void polled(sim::Time now) { poll_ends_ = sim::later(now, max_poll_interval_); }
  void sent(sim::Time now) { next_ = sim::later(now, interval_); }
  void answered(sim::Time now);
  void failed(sim::Time now);

  // ---- what is due ----
  bool is_due(sim::Time now) const { return now >= next_; }
  bool session_expired(sim::Time now) const { return now >= session_ends_; }
  bool poll_expired(sim::Time now) const { return now >= poll_ends_; }
  sim::Time next() const { return next_; }
  // When one of the three will be due.
  sim::Time next_deadline() const;

 private:
  sim::Duration interval_;
  sim::Duration session_timeout_;
  sim::Duration max_poll_interval_;
  client::Backoff backoff_;
  int failures_ = 0;
  sim::Time next_ = sim::never;
  sim::Time session_ends_ = sim::never;
  sim::Time poll_ends_ = sim::never;
};

}  // namespace kafkasim::consumer

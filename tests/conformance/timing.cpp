// One row a kind of step: what it may take, given what it took.
#include "tests/conformance/timing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

struct Range {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

constexpr std::int64_t scheduling = 25;   // of threads and timers of a real broker
constexpr std::int64_t long_poll = 500;   // a follower's, which begins anew for a fresh topic
constexpr std::int64_t isr_check = 1500;  // replica.lag.time.max.ms / 2
constexpr std::int64_t work = 100;        // disk and start-up of a real broker
constexpr int request_timed_out = 7;
constexpr int not_enough_replicas_after_append = 20;

bool is_fetch(const Timed& timed) { return timed.api == "Fetch"; }

// 2.4 answers a follower at once when it has a newer high watermark to tell; brokers without that
// short cut let it wait.
bool is_early_follower(const Timed& timed) {
  if (!is_fetch(timed) || timed.request->value("replicaId", -1) < 0) return false;
  for (const json& topic : timed.response->at("responses")) {
    for (const json& partition : topic.at("partitions")) {
      if (!partition.at("records_summary").empty() || partition.at("errorCode") != 0) return false;
    }
  }
  return true;
}

bool is_fetch_of_held_back(const Timed& timed) { return is_fetch(timed) && timed.isr_is_too_small; }

bool waits_for_replicas(const Timed& timed) {
  return timed.api == "Produce" && timed.request->at("acks") == -1;
}

bool times_out(const Timed& timed) {
  if (!waits_for_replicas(timed)) return false;
  for (const json& topic : timed.response->at("responses")) {
    for (const json& partition : topic.at("partitionResponses")) {
      const json& error = partition.at("errorCode");
      if (error == request_timed_out) return true;
      if (timed.isr_is_too_small && error == not_enough_replicas_after_append) return true;
    }
  }
  return false;
}

bool any(const Timed&) { return true; }

struct Row {
  std::string_view what;
  bool (*applies)(const Timed& timed);
  Range (*range)(const Timed& timed, std::int64_t recorded);
};

// The first row that applies.
constexpr std::array rows = {
    Row{"a follower's fetch that only brings a newer high watermark", is_early_follower,
        [](const Timed& timed, std::int64_t recorded) {
          const std::int64_t wait = timed.request->at("maxWaitMs");
          return Range{recorded - scheduling, std::max(recorded, wait) + scheduling};
        }},
    Row{"a fetch under a too small ISR: may find nothing new to read", is_fetch_of_held_back,
        [](const Timed& timed, std::int64_t recorded) {
          const std::int64_t wait = timed.request->at("maxWaitMs");
          return Range{recorded - scheduling, std::max(recorded, wait) + scheduling};
        }},
    Row{"a fetch: until there is enough, at most as long as it says", is_fetch,
        [](const Timed&, std::int64_t recorded) {
          return Range{recorded - scheduling, recorded + scheduling};
        }},
    Row{"acks=all that times out, with us if not in 2.4: as long as the request says", times_out,
        [](const Timed& timed, std::int64_t recorded) {
          const std::int64_t timeout = timed.request->at("timeoutMs");
          return Range{timeout - scheduling, std::max(timeout, recorded) + scheduling};
        }},
    Row{"acks=all: until the followers' next fetch, or until the ISR has shrunk",
        waits_for_replicas,
        [](const Timed&, std::int64_t recorded) {
          const bool shrunk = recorded > 2 * long_poll;
          return Range{shrunk ? recorded - isr_check : 0,
                       std::max(recorded, long_poll) + work + (shrunk ? isr_check : 0)};
        }},
    Row{"answered by the broker itself, or after a write to an internal topic", any,
        [](const Timed& timed, std::int64_t recorded) {
          const bool waited = timed.asynchronous || recorded > 2 * long_poll;
          return Range{waited ? recorded - long_poll - work : 0, recorded + long_poll + work};
        }},
};

}  // namespace

void check_elapsed(const Timed& timed, std::int64_t recorded, std::int64_t got,
                   Findings& findings) {
  for (const Row& row : rows) {
    if (!row.applies(timed)) continue;
    const Range range = row.range(timed, recorded);
    if (got < range.low || got > range.high) {
      findings.fail(fmt::format("elapsed_ms: expected {} ({} to {}: {}), got {}", recorded,
                                range.low, range.high, row.what, got));
    }
    return;
  }
}

}  // namespace kafkasim::conformance

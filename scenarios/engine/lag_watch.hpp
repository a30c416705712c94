// Watches how far groups are behind at all times of a run, for `always: { lag: ... }`: the same
// number that `lag` means at the end, kept up to date from the trace. What leaders report counts:
// high watermarks, log starts, committed offsets. Costs something only for groups that are watched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/outcome.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

class LagWatch {
 public:
  // `begin`: the state in which the scenario begins, from which the group's topics are taken too.
  LagWatch(const Expectations& expect, const FinalState& begin);

  // Is there anything to watch?
  bool is_idle() const { return watches_.empty(); }
  void observe(sim::Time time, const sim::TraceEvent& event);

  // One result for each range, in the order of groups, the sum first.
  std::vector<ExpectationResult> results() const;

 private:
  // What one range has seen.
  struct Watch {
    std::string key;  // "always lag billing"
    CountRange range;
    Position position;
    std::int64_t now = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;
    sim::Time most_since{};
    sim::Time least_since{};
    std::optional<std::pair<sim::Time, std::int64_t>> left;  // first out of the range
    void set(sim::Time time, std::int64_t lag);
  };
  struct Group {
    std::vector<std::string> topics;
    std::map<TopicPartition, protocol::Offset> committed;
    std::map<TopicPartition, std::int64_t> lags;
    std::int64_t lag = 0;
    std::optional<std::size_t> sum;                    // of watches_
    std::map<TopicPartition, std::size_t> partitions;  // likewise
  };
  struct Ends {
    protocol::Offset log_start{0};
    protocol::Offset high_watermark{0};
  };

  std::size_t add_watch(std::string key, const CountRange& range, Position position);
  void update(sim::Time time, Group& group, const TopicPartition& partition);
  void update_all(sim::Time time, const TopicPartition& partition);
  void forget(sim::Time time, const std::string& topic);

  std::vector<Watch> watches_;
  std::map<std::string, Group> groups_;
  std::map<TopicPartition, Ends> ends_;
};

}  // namespace kafkasim::scenarios

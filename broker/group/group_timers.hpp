// The timers of the groups of one coordinator: one for the join phase and one for the sync phase of
// a classic group, one for each member's session; of a member of a consumer group also one for its
// giving back of partitions. Setting one again moves it. Time comes from outside.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "sim/time.hpp"

namespace kafkasim::broker {

enum class GroupTimerKind { join, sync, session, consumer_session, consumer_rebalance };

struct GroupTimer {
  GroupTimerKind kind = GroupTimerKind::join;
  std::string group_id;
  std::string member_id;        // of a session, or a consumer's rebalance
  std::int32_t generation = 0;  // of a sync phase; of a consumer's rebalance the member's epoch
  bool initial = false;         // a join phase that may be extended, in steps of `delay` as long as
                                // `remaining` allows
  sim::Duration delay{0};
  sim::Duration remaining{0};
};

class GroupTimers {
 public:
  void schedule(sim::Time deadline, GroupTimer timer) {
    const Key key(timer.group_id, timer.kind, timer.member_id);
    cancel(timer.kind, timer.group_id, timer.member_id);
    const Place place(deadline, next_sequence_++);
    by_time_.emplace(place, std::move(timer));
    by_key_.emplace(key, place);
  }
  void cancel(GroupTimerKind kind, const std::string& group_id, const std::string& member_id = "") {
    const auto at = by_key_.find(Key(group_id, kind, member_id));
    if (at == by_key_.end()) return;
    by_time_.erase(at->second);
    by_key_.erase(at);
  }
  // From now on it comes before all others that are due at the same time.
  void put_first(GroupTimerKind kind, const std::string& group_id, const std::string& member_id) {
    const auto at = by_key_.find(Key(group_id, kind, member_id));
    if (at == by_key_.end()) return;
    auto node = by_time_.extract(at->second);
    at->second.second = --first_sequence_;
    node.key() = at->second;
    by_time_.insert(std::move(node));
  }
  void clear() {
    by_time_.clear();
    by_key_.clear();
  }
  // When the next one is due; sim::never when there is none.
  sim::Time next() const { return by_time_.empty() ? sim::never : by_time_.begin()->first.first; }
  // Takes the first one that is due at `now`: by deadline, among equals the one set first.
  std::optional<GroupTimer> take_due(sim::Time now) {
    if (next() > now) return std::nullopt;
    auto node = by_time_.extract(by_time_.begin());
    GroupTimer& timer = node.mapped();
    by_key_.erase(Key(timer.group_id, timer.kind, timer.member_id));
    return std::move(timer);
  }

 private:
  using Key = std::tuple<std::string, GroupTimerKind, std::string>;
  using Place = std::pair<sim::Time, std::int64_t>;

  std::map<Place, GroupTimer> by_time_;
  std::map<Key, Place> by_key_;
  std::int64_t next_sequence_ = 0;
  std::int64_t first_sequence_ = 0;
};

}  // namespace kafkasim::broker

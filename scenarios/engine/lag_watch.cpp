// The bookkeeping: one number for each partition of a watched group, and their sum.
#include "scenarios/engine/lag_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/events.hpp"
#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

std::string when(sim::Time time) { return fmt::format("at {} s", seconds(time)); }

}  // namespace

LagWatch::LagWatch(const Expectations& expect, const FinalState& begin) {
  for (const auto& [name, expected] : expect.always_lag) {
    Group& group = groups_[name];
    if (const GroupState* state = begin.group(name)) group.topics = state->topics;
    const std::string key = "always lag " + name;
    if (expected.value.sum) group.sum = add_watch(key, *expected.value.sum, expected.position);
    for (const auto& [partition, range] : expected.value.partitions) {
      group.partitions[partition] =
          add_watch(key + " " + to_string(partition), range, expected.position);
    }
  }
  if (is_idle()) return;
  for (const PartitionState& partition : begin.partitions) {
    const ReplicaState* replica = deciding_replica(partition);
    if (replica == nullptr) continue;
    ends_[partition.partition] = {replica->log_start, replica->high_watermark};
    update_all(begin.at, partition.partition);
  }
}

std::size_t LagWatch::add_watch(std::string key, const CountRange& range, Position position) {
  Watch watch;
  watch.key = std::move(key);
  watch.range = range;
  watch.position = position;
  watch.set(sim::zero, 0);
  watches_.push_back(std::move(watch));
  return watches_.size() - 1;
}

void LagWatch::Watch::set(sim::Time time, std::int64_t lag) {
  now = lag;
  if (lag > most) {
    most = lag;
    most_since = time;
  }
  if (lag < least) {
    least = lag;
    least_since = time;
  }
  if (!left && !range.contains(lag)) left = {time, lag};
}

void LagWatch::observe(sim::Time time, const sim::TraceEvent& event) {
  if (is_idle()) return;
  if (const auto* moved = event.as<events::HighWatermarkMoved>()) {
    if (is_internal(moved->partition.topic)) return;
    ends_[moved->partition].high_watermark = moved->to;
    update_all(time, moved->partition);
  } else if (const auto* committed = event.as<events::OffsetCommitted>()) {
    const auto group = groups_.find(committed->group);
    if (group == groups_.end()) return;
    group->second.committed[committed->partition] = committed->offset;
    update(time, group->second, committed->partition);
  } else if (const auto* raised = event.as<events::LogStartRaised>()) {
    ends_[raised->partition].log_start = raised->to;
    update_all(time, raised->partition);
  } else if (const auto* removed = event.as<events::RecordsDeleted>()) {
    // Followers do it too, later than their leader.
    if (is_internal(removed->partition.topic)) return;
    Ends& ends = ends_[removed->partition];
    ends.log_start = std::max(ends.log_start, removed->new_start);
    update_all(time, removed->partition);
  } else if (const auto* deleted = event.as<events::TopicDeleted>()) {
    forget(time, deleted->topic);
  }
}

void LagWatch::update_all(sim::Time time, const TopicPartition& partition) {
  for (auto& [name, group] : groups_) update(time, group, partition);
}

void LagWatch::update(sim::Time time, Group& group, const TopicPartition& partition) {
  const auto ends = ends_.find(partition);
  const auto committed = group.committed.find(partition);
  const bool has = committed != group.committed.end();
  const bool reads =
      std::find(group.topics.begin(), group.topics.end(), partition.topic) != group.topics.end();
  if (ends == ends_.end() || (!has && !reads)) return;
  const protocol::Offset from = has ? committed->second : ends->second.log_start;
  const std::int64_t lag = std::max<std::int64_t>(0, ends->second.high_watermark - from);
  std::int64_t& known = group.lags[partition];
  group.lag += lag - known;
  known = lag;
  if (group.sum) watches_[*group.sum].set(time, group.lag);
  const auto single = group.partitions.find(partition);
  if (single != group.partitions.end()) watches_[single->second].set(time, lag);
}

// A topic that is no more has nothing that somebody could be behind with.
void LagWatch::forget(sim::Time time, const std::string& topic) {
  std::erase_if(ends_, [&](const auto& entry) { return entry.first.topic == topic; });
  for (auto& [name, group] : groups_) {
    for (auto at = group.lags.begin(); at != group.lags.end();) {
      if (at->first.topic != topic) {
        ++at;
        continue;
      }
      group.lag -= at->second;
      const auto single = group.partitions.find(at->first);
      if (single != group.partitions.end()) watches_[single->second].set(time, 0);
      at = group.lags.erase(at);
    }
    std::erase_if(group.committed, [&](const auto& entry) { return entry.first.topic == topic; });
    if (group.sum) watches_[*group.sum].set(time, group.lag);
  }
}

std::vector<ExpectationResult> LagWatch::results() const {
  std::vector<ExpectationResult> out;
  for (const Watch& watch : watches_) {
    ExpectationResult& result = out.emplace_back();
    result.key = watch.key;
    result.met = !watch.left.has_value();
    result.expected = to_string(watch.range);
    result.position = watch.position;
    if (result.met) {
      result.got = watch.most == 0
                       ? "never more than 0"
                       : fmt::format("never more than {} ({})", watch.most, when(watch.most_since));
      continue;
    }
    const bool too_much = watch.most > watch.range.highest;
    const std::int64_t worst = too_much ? watch.most : watch.least;
    result.got = fmt::format("{} {}; at worst {} {}", watch.left->second, when(watch.left->first),
                             worst, when(too_much ? watch.most_since : watch.least_since));
  }
  return out;
}

}  // namespace kafkasim::scenarios

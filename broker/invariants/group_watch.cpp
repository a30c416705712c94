// Judging commits, and passing on what is stored.
#include "broker/invariants/group_watch.hpp"

#include <fmt/format.h>

#include "broker/group/classic_groups.hpp"
#include "broker/group/consumer_groups.hpp"
#include "broker/invariants/invariant_checker.hpp"

namespace kafkasim::broker {

using protocol::Offset;

namespace {

std::set<std::string> ids(const ClassicGroup& group) {
  std::set<std::string> out;
  for (const auto& [id, member] : group.members()) out.insert(out.end(), id);
  return out;
}

}  // namespace

void GroupWatch::changed(std::int32_t shard, const protocol::events::GroupStateChanged& change,
                         const ClassicGroup* group) {
  if (checker_ == nullptr) return;
  if (change.state == to_string(GroupState::dead)) {
    shards_[shard].groups.erase(change.group);
    return;
  }
  if (group == nullptr) return;
  Known& known = shards_[shard].groups[change.group];
  known.generation = change.generation;
  known.is_empty = change.state == to_string(GroupState::empty);
  known.members = ids(*group);
  if (change.state != to_string(group->state()) || change.generation != group->generation()) return;
  if (group->is(GroupState::stable)) checker_->groups().check_assignment(*group);
  if (group->is(GroupState::completing_rebalance)) checker_->groups().check_claims(*group);
}

void GroupWatch::commit_taken(std::int32_t shard, const protocol::OffsetCommitRequest& request,
                              const ClassicGroup* group) const {
  if (checker_ == nullptr) return;
  ++checker_->groups().counts.commits;
  const auto found = shards_.find(shard);
  static const Shard nothing;
  const Shard& known = found == shards_.end() ? nothing : found->second;
  const auto consumers = known.consumer_groups.find(request.group_id);
  if (consumers != known.consumer_groups.end()) {
    check_epoch(consumers->second, request);
  } else {
    check_current(known, request, group);
  }
  for (const protocol::OffsetCommitPartition& each : request.partitions)
    check_offset(request.group_id, each);
}

void GroupWatch::beats(std::int32_t shard, const std::string& group, const std::string& member) {
  if (checker_ == nullptr) return;
  Shard& known = shards_[shard];
  if (known.beat) known.several_beats = true;
  known.beat = Beat{group, member};
}

void GroupWatch::look(std::int32_t shard, const ConsumerGroups& groups) {
  if (checker_ == nullptr) return;
  Shard& known = shards_[shard];
  const std::optional<Beat> beat = std::exchange(known.beat, std::nullopt);
  const bool only_that = !std::exchange(known.several_beats, false);
  if (groups.version() == known.version) return;
  known.version = groups.version();
  std::erase_if(known.consumer_groups,
                [&](const auto& each) { return groups.find(each.first) == nullptr; });
  for (const auto& [id, group] : groups.groups()) {
    std::optional<std::string> only;
    if (beat && only_that && beat->group == id) only = beat->member;
    known.consumer_groups[id].look(group, only);
  }
}

void GroupWatch::taken_back(std::int32_t shard) {
  if (checker_ == nullptr) return;
  for (auto& [id, group] : shards_[shard].consumer_groups) group.forget();
}

void GroupWatch::check_epoch(const ConsumerGroupCheck& known,
                             const protocol::OffsetCommitRequest& request) const {
  const std::int32_t epoch = request.generation_id_or_member_epoch;
  const auto broken = [&](const std::string& why) {
    report_broken(Invariant::current_commits_only,
                  fmt::format("group {} takes a commit of member '{}' in epoch {}, but {}",
                              request.group_id, request.member_id, epoch, why),
                  "");
  };
  if (epoch < 0) {
    if (known.has_members()) broken("the group has members");
    return;
  }
  const std::optional<std::int32_t> current = known.epoch_of(request.member_id);
  if (!current) {
    broken("that is no member");
  } else if (*current != epoch) {
    broken(fmt::format("the member is in epoch {}", *current));
  }
}

void GroupWatch::check_current(const Shard& shard, const protocol::OffsetCommitRequest& request,
                               const ClassicGroup* group) const {
  const auto found = shard.groups.find(request.group_id);
  const std::int32_t generation = request.generation_id_or_member_epoch;
  const auto broken = [&](const std::string& why) {
    report_broken(Invariant::current_commits_only,
                  fmt::format("group {} takes a commit of member '{}' in generation {}, but {}",
                              request.group_id, request.member_id, generation, why),
                  group == nullptr ? "" : describe(*group));
  };
  if (generation < 0) {
    if (found != shard.groups.end() && !found->second.is_empty) broken("the group has members");
    return;
  }
  if (found == shard.groups.end()) {
    broken("never had a generation");
  } else if (generation != found->second.generation) {
    broken(fmt::format("is in generation {}", found->second.generation));
  } else if (!found->second.members.contains(request.member_id)) {
    // A static member came back under another id: that changes nothing that would be announced.
    const bool returned = group != nullptr && group->members().contains(request.member_id) &&
                          group->members().at(request.member_id).is_static();
    if (!returned) broken("that is no member");
  }
}

void GroupWatch::check_offset(const std::string& group,
                              const protocol::OffsetCommitPartition& commit) const {
  const std::optional<Offset> end = checker_->replicated_end(commit.partition);
  if (!end || commit.committed_offset <= *end) return;
  if (checker_->groups().is_allowed(commit.partition, commit.committed_offset)) return;
  report_broken(
      Invariant::committed_exists,
      fmt::format("group {} commits {} of {}, which is replicated up to {}", group,
                  commit.committed_offset.value(), to_string(commit.partition), end->value()),
      "");
}

void GroupWatch::appended(std::int32_t shard, const protocol::RecordBatch& batch, Offset base) {
  if (checker_ == nullptr) return;
  std::deque<Record>& in_log = shards_[shard].in_log;
  Offset at = base;
  for (const protocol::Record& record : batch.records) {
    in_log.push_back({at, std::string(record.key.view()), !record.internal});
    at = at.next();
  }
}

void GroupWatch::replicated(std::int32_t shard, Offset high_watermark) {
  if (checker_ == nullptr) return;
  std::deque<Record>& in_log = shards_[shard].in_log;
  while (!in_log.empty() && in_log.front().at < high_watermark) {
    const Record& record = in_log.front();
    checker_->groups().committed(shard, record.key, record.at, record.tombstone);
    in_log.pop_front();
  }
}

void GroupWatch::read_back(std::int32_t shard, const protocol::Record& record, Offset at) {
  if (checker_ == nullptr) return;
  shards_[shard].found[std::string(record.key.view())] = at;
}

void GroupWatch::loaded(std::int32_t shard, const protocol::TopicPartition& partition,
                        const ClassicGroups& groups) {
  if (checker_ == nullptr) return;
  Shard& known = shards_[shard];
  for (const auto& [id, group] : groups.groups())
    known.groups[id] = {group.generation(), group.members().empty(), ids(group)};
  checker_->groups().check_loaded(shard, known.found, !checker_->replicated_end(partition));
  known.found.clear();
}

void GroupWatch::resigned(std::int32_t shard) { shards_.erase(shard); }

}  // namespace kafkasim::broker

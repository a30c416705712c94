// What consumer groups have to do with stored state: records are written and applied, taken back
// when they cannot be appended, replayed by a new coordinator.
#include <utility>

#include "broker/group/consumer_groups.hpp"
#include "broker/group/consumer_groups_beat.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

void ConsumerGroups::store(std::vector<GroupRecord> records, FollowUp follow_up,
                           const std::string& reason) {
  Unwritten unwritten;
  for (const GroupRecord& record : records) {
    unwritten.undo.push_back(inverse(record));
    apply(record);
  }
  std::reverse(unwritten.undo.begin(), unwritten.undo.end());
  const auto* key = std::get_if<ConsumerRecordKey>(&records.back().key);
  CHECKED(key != nullptr, "a record of something else than a consumer group");
  const std::string group_id = key->group_id;
  unwritten.id = effects_.writes.add(std::move(records), std::move(follow_up));
  unwritten_.push_back(std::move(unwritten));
  report(group_id, reason);
}

void ConsumerGroups::appended(GroupWriteId id) {
  while (!unwritten_.empty() && unwritten_.front().id <= id) unwritten_.pop_front();
}

void ConsumerGroups::undo_unwritten() {
  while (!unwritten_.empty()) {
    const Unwritten last = std::move(unwritten_.back());
    unwritten_.pop_back();
    std::set<std::string> changed;
    for (const GroupRecord& record : last.undo) {
      apply(record);
      if (const auto* key = std::get_if<ConsumerRecordKey>(&record.key)) {
        changed.insert(key->group_id);
      }
    }
    for (const std::string& group_id : changed) report(group_id, "the change could not be stored");
  }
}

GroupRecord ConsumerGroups::inverse(const GroupRecord& record) const {
  if (const auto* classic = std::get_if<GroupMetadataKey>(&record.key)) {
    const ClassicGroup* group = classic_.find(classic->group_id);
    CHECKED(group != nullptr, "no classic group {} to bring back", classic->group_id);
    return {*classic, group->metadata_value({})};
  }
  const auto& key = std::get<ConsumerRecordKey>(record.key);
  const ConsumerGroup* group = find(key.group_id);
  if (group == nullptr) {
    return consumer_tombstone(ConsumerRecordKind::group_epoch, key.group_id, "");
  }
  const ConsumerMember* member = group->find(key.member_id);
  const auto value = [&](ConsumerGroupValue::What what) {
    return consumer_record(key.kind, key.group_id, key.member_id, std::move(what));
  };
  switch (key.kind) {
    case ConsumerRecordKind::group_epoch:
      return value(group->epoch());
    case ConsumerRecordKind::topics:
      return value(group->topics());
    case ConsumerRecordKind::target_epoch:
      return value(group->target_epoch());
    case ConsumerRecordKind::member:
      if (member != nullptr) return value(member->info);
      break;
    case ConsumerRecordKind::current_place:
      if (member != nullptr) return value(member->place);
      break;
    case ConsumerRecordKind::target:
      if (SharedTarget target = group->shared_target(key.member_id))
        return value(std::move(target));
      break;
  }
  return consumer_tombstone(key.kind, key.group_id, key.member_id);
}

void ConsumerGroups::apply(const GroupRecord& record) {
  ++version_;
  if (const auto* key = std::get_if<ConsumerRecordKey>(&record.key)) {
    apply_to_group(*key, dynamic_cast<const ConsumerGroupValue*>(record.value.get()));
  } else {
    const auto& classic = std::get<GroupMetadataKey>(record.key);
    classic_.replay(classic.group_id, dynamic_cast<const GroupMetadataValue*>(record.value.get()));
  }
}

void ConsumerGroups::apply_to_group(const ConsumerRecordKey& key, const ConsumerGroupValue* value) {
  if (value == nullptr && key.kind == ConsumerRecordKind::group_epoch) {
    groups_.erase(key.group_id);
    return;
  }
  auto at = groups_.find(key.group_id);
  if (at == groups_.end()) {
    if (value == nullptr) return;
    // A group that was only known for its offsets.
    if (classic_.find(key.group_id) != nullptr) classic_.replay(key.group_id, nullptr);
    at = groups_.emplace(key.group_id, ConsumerGroup(key.group_id)).first;
  }
  ConsumerGroup& group = at->second;
  group.set_version(version_);
  switch (key.kind) {
    case ConsumerRecordKind::group_epoch:
      return group.set_epoch(std::get<std::int32_t>(value->what));
    case ConsumerRecordKind::topics:
      return group.set_topics(value == nullptr ? GroupTopics()
                                               : std::get<GroupTopics>(value->what));
    case ConsumerRecordKind::target_epoch:
      return group.set_target_epoch(value == nullptr ? -1 : std::get<std::int32_t>(value->what));
    case ConsumerRecordKind::member:
      if (value == nullptr) return group.remove_member(key.member_id);
      return group.set_info(key.member_id, std::get<ConsumerMemberInfo>(value->what));
    case ConsumerRecordKind::target:
      if (value == nullptr) return group.remove_target(key.member_id);
      return group.set_target(key.member_id, std::get<SharedTarget>(value->what));
    case ConsumerRecordKind::current_place:
      if (value == nullptr) return group.release(key.member_id);
      return group.set_place(key.member_id, std::get<ConsumerMemberPlace>(value->what));
  }
}

bool ConsumerGroups::make_room_for_classic(const std::string& group_id) {
  const ConsumerGroup* group = find(group_id);
  if (group == nullptr) return true;
  if (!group->is_empty()) return false;
  store(tombstones(*group), NothingFollows{}, "a classic group takes its place");
  return true;
}

std::vector<GroupRecord> ConsumerGroups::tombstones(const ConsumerGroup& group) const {
  CHECKED(group.is_empty(), "group {} has members", group.id());
  return {consumer_tombstone(ConsumerRecordKind::target_epoch, group.id(), ""),
          consumer_tombstone(ConsumerRecordKind::topics, group.id(), ""),
          consumer_tombstone(ConsumerRecordKind::group_epoch, group.id(), "")};
}

void ConsumerGroups::remove_empty(const std::string& group_id, const std::string& reason) {
  store(tombstones(groups_.at(group_id)), NothingFollows{}, reason);
}

void ConsumerGroups::topics_changed(const std::set<std::string>& names) {
  for (auto& [id, group] : groups_) {
    for (const std::string& name : names) {
      if (group.subscribers().contains(name)) group.expect_new_topics();
    }
  }
}

GroupTopics ConsumerGroups::known_topics(const std::map<std::string, int>& subscribers) const {
  GroupTopics out;
  for (const auto& [name, count] : subscribers) {
    if (const std::optional<GroupTopic> topic = topic_(name)) out[name] = *topic;
  }
  return out;
}

void ConsumerGroups::replay(const GroupRecord& record) { apply(record); }

void ConsumerGroups::loaded() {
  for (const auto& [group_id, group] : groups_) {
    told_[group_id] = {group.state(), group.epoch()};
    for (const auto& [member_id, member] : group.members()) {
      start_session(group_id, member_id);
      if (member.place.state == ConsumerMemberState::unrevoked_partitions) {
        start_rebalance(group_id, member_id, member.place.epoch, member.info.rebalance_timeout_ms);
      }
    }
  }
}

void ConsumerGroups::resigned() {
  ++version_;
  groups_.clear();
  unwritten_.clear();
  told_.clear();
}

void ConsumerGroups::report(const std::string& group_id, const std::string& reason) {
  const ConsumerGroup* group = find(group_id);
  if (group == nullptr) {
    if (told_.erase(group_id) > 0) {
      effects_.state_changes.push_back({group_id, "Dead", -1, reason});
    }
    return;
  }
  const Told now{group->state(), group->epoch()};
  const auto [at, is_new] = told_.try_emplace(group_id, now);
  if (!is_new && at->second == now) return;
  at->second = now;
  effects_.state_changes.push_back(
      {group_id, std::string(to_string(now.state)), now.epoch, reason});
}

void ConsumerGroups::start_session(const std::string& group_id, const std::string& member_id) {
  effects_.timers.schedule(sim::later(effects_.now, effects_.settings.consumer_session_timeout),
                           {GroupTimerKind::consumer_session, group_id, member_id});
}

void ConsumerGroups::start_rebalance(const std::string& group_id, const std::string& member_id,
                                     std::int32_t epoch, std::int32_t timeout_ms) {
  effects_.timers.schedule(sim::later(effects_.now, std::chrono::milliseconds(timeout_ms)),
                           {GroupTimerKind::consumer_rebalance, group_id, member_id, epoch});
}

}  // namespace kafkasim::broker

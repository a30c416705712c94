// What the ledger notes of leaders, groups and consumers.
#include <algorithm>

#include "scenarios/engine/ledger.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

std::string broker_name(protocol::BrokerId id) {
  return id.is_set() ? "broker-" + std::to_string(id.value()) : std::string();
}

}  // namespace

bool Ledger::note_cluster(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  if (const auto* elected = event.as<events::Elected>()) {
    if (is_internal(elected->partition.topic)) {
      note_coordinator(time, who, *elected);
      return true;
    }
    PartitionNotes& notes = partitions_[elected->partition];
    // A leader may report its office before the controller's word comes; the word on how it came
    // about is the controller's all the same.
    Office& office =
        notes.offices.try_emplace(elected->leader_epoch, Office{{}, time, false}).first->second;
    office.leader = broker_name(elected->leader);
    office.unclean = elected->unclean;
  } else if (const auto* leads = event.as<events::BecameLeader>()) {
    if (is_internal(leads->partition.topic)) return true;
    partitions_[leads->partition].offices.try_emplace(leads->leader_epoch,
                                                      Office{std::string(who), time, false});
  } else if (const auto* changed = event.as<events::IsrChanged>()) {
    if (is_internal(changed->partition.topic)) return true;
    std::vector<int> ids;
    for (const protocol::BrokerId id : changed->isr) ids.push_back(id.value());
    std::sort(ids.begin(), ids.end());
    partitions_[changed->partition].isr = std::move(ids);
  } else if (const auto* deleted = event.as<events::TopicDeleted>()) {
    deleted_[deleted->topic] = time;
    std::erase_if(partitions_,
                  [&](const auto& entry) { return entry.first.topic == deleted->topic; });
  } else {
    return false;
  }
  return true;
}

const sim::Time* Ledger::deleted(const std::string& topic) const {
  const auto found = deleted_.find(topic);
  return found == deleted_.end() ? nullptr : &found->second;
}

bool Ledger::note_group(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  if (const auto* committed = event.as<events::OffsetCommitted>()) {
    std::vector<Commit>& commits = groups_[committed->group].commits[committed->partition];
    // A deposed coordinator may learn late that its last commits were replicated; its successor had
    // them from the beginning.
    if (!commits.empty() && committed->coordinator_epoch < commits.back().coordinator_epoch)
      return true;
    commits.push_back(
        {time, committed->offset, committed->member_id, committed->coordinator_epoch});
  } else if (const auto* joined = event.as<events::Joined>()) {
    note_joined(time, who, *joined);
  } else if (const auto* assigned = event.as<events::PartitionsAssigned>()) {
    note_assigned(who, *assigned);
  } else if (const auto* revoked = event.as<events::PartitionsRevoked>()) {
    note_revoked(who, *revoked);
  } else {
    const auto* changed = event.as<events::GroupStateChanged>();
    if (changed != nullptr && changed->state == "Stable")
      groups_[changed->group].stable_in.insert(changed->generation);
    return false;
  }
  return true;
}

void Ledger::note_joined(sim::Time time, std::string_view who, const events::Joined& event) {
  cause_notes_.push_back(
      {time, CauseKind::owns, std::string(who), event.group, event.assigned, event.member_id});
  std::vector<Generation>& generations = groups_[event.group].generations;
  // A slow member may hear of its generation after the next has begun. Numbers start again when a
  // group was deleted.
  const auto known =
      std::find_if(generations.rbegin(), generations.rend(),
                   [&](const Generation& g) { return g.number == event.generation; });
  const bool is_new = known == generations.rend() ||
                      (generations.back().number > event.generation && event.generation == 1 &&
                       known->members.contains(std::string(who)));
  if (is_new) generations.push_back({event.generation, time, event.by_epoch, {}});
  Generation& generation = is_new ? generations.back() : *known;
  std::vector<TopicPartition> owned = event.assigned;
  std::sort(owned.begin(), owned.end());
  generation.members[std::string(who)] = std::move(owned);
  group_of_[std::string(who)] = event.group;
  for (const TopicPartition& partition : event.assigned)
    groups_[event.group].owners[partition] = intern(who);
}

void Ledger::note_assigned(std::string_view who, const events::PartitionsAssigned& event) {
  const auto group = group_of_.find(who);
  if (group == group_of_.end()) return;
  for (const TopicPartition& partition : event.partitions)
    groups_[group->second].owners[partition] = intern(who);
}

void Ledger::note_revoked(std::string_view who, const events::PartitionsRevoked& event) {
  const auto group = group_of_.find(who);
  if (group == group_of_.end()) return;
  std::map<TopicPartition, const std::string*>& owners = groups_[group->second].owners;
  for (const TopicPartition& partition : event.partitions) {
    const auto owner = owners.find(partition);
    if (owner != owners.end() && *owner->second == who) owners.erase(owner);
  }
}

bool Ledger::note_consumer(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  if (const auto* handled = event.as<events::Handled>()) {
    note_handled(time, who, *handled);
  } else if (event.as<events::HandlingFailed>() != nullptr ||
             event.as<events::Parked>() != nullptr) {
    note_not_handled(time, who, event);
  } else if (const auto* polled = event.as<events::Polled>()) {
    if (polled->record.tag == 0) return true;
    add_step(index_of(polled->record, polled->partition.topic),
             {time, StepKind::polled, protocol::ErrorCode::none, polled->partition.partition,
              polled->offset, intern(who)});
  } else if (const auto* reset = event.as<events::PositionReset>()) {
    resets_.push_back(
        {time, std::string(who), reset->partition, reset->from, reset->to, reset->reason});
  } else {
    return false;
  }
  return true;
}

void Ledger::note_handled(sim::Time time, std::string_view who, const events::Handled& event) {
  if (event.record.tag == 0) return;
  const RecordIndex record = index_of(event.record, event.partition.topic);
  add_step(record, {time, StepKind::handled, protocol::ErrorCode::none, event.partition.partition,
                    event.offset, intern(who)});
  handlings_.push_back({time, record, intern(who), intern(event.group), event.partition,
                        event.offset, committed(event.group, event.partition), event.has_effect,
                        nullptr});
  const auto group = groups_.find(event.group);
  if (group == groups_.end()) return;
  const auto owner = group->second.owners.find(event.partition);
  const bool is_anothers = owner != group->second.owners.end() && *owner->second != who;
  if (is_anothers) handlings_.back().owner = owner->second;
}

void Ledger::note_not_handled(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  const auto note = [&](const auto& of, StepKind kind) {
    if (of.record.tag == 0) return;
    const RecordIndex record = index_of(of.record, of.partition.topic);
    add_step(record, {time, kind, protocol::ErrorCode::none, of.partition.partition, of.offset,
                      intern(who)});
    if (kind == StepKind::parked) groups_[of.group].parked.insert(record);
  };
  if (const auto* failed = event.as<events::HandlingFailed>()) note(*failed, StepKind::unhandled);
  if (const auto* parked = event.as<events::Parked>()) note(*parked, StepKind::parked);
}

}  // namespace kafkasim::scenarios

// Assignments compared with subscriptions, and committed offsets with what a coordinator reads
// back.
#include "broker/invariants/group_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace kafkasim::broker {

using protocol::Offset;
using protocol::TopicPartition;

namespace {

// Of Kafka's own assignors it is known how they divide.
bool is_known_assignor(const std::string& name) {
  static constexpr std::array known{"range", "roundrobin", "sticky", "cooperative-sticky"};
  return std::find(known.begin(), known.end(), name) != known.end();
}

std::string list(const std::vector<TopicPartition>& partitions) {
  constexpr std::size_t shown = 20;
  std::vector<std::string> names;
  for (const TopicPartition& each : partitions) {
    if (names.size() == shown) {
      names.push_back(fmt::format("and {} more", partitions.size() - shown));
      break;
    }
    names.push_back(to_string(each));
  }
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, " "));
}

}  // namespace

std::string describe(const ClassicGroup& group) {
  constexpr int shown = 20;
  std::string text = fmt::format("  group {}: {}, generation {}, protocol {}, leader {}",
                                 group.id(), to_string(group.state()), group.generation(),
                                 group.protocol_name(), group.leader());
  int lines = 0;
  for (const auto& [id, member] : group.members()) {
    if (++lines > shown) return text + fmt::format("\n  {} members in all", group.members().size());
    const auto subscription = protocol::decode_subscription(member.metadata(group.protocol_name()));
    const auto assignment = protocol::decode_assignment(member.assignment);
    text +=
        fmt::format("\n  {}: reads {}, owned {} in generation {}, is assigned {}", id,
                    subscription ? fmt::format("{}", fmt::join(subscription->topics, " ")) : "?",
                    subscription ? list(subscription->owned_partitions) : "?",
                    subscription ? subscription->generation_id : -1,
                    assignment ? list(assignment->partitions) : "?");
  }
  return text;
}

void GroupCheck::note_partition(const std::string& topic, const protocol::Uuid& id,
                                std::int32_t partition, bool given) {
  Topic& known = topics_[topic];
  if (known.most > 0 && known.id != id) {
    known.again = true;
    known.given = 0;
  }
  known.id = id;
  known.most = std::max(known.most, partition + 1);
  if (given && !known.again) known.given = std::max(known.given, partition + 1);
}

void GroupCheck::note_deleted(const std::string& topic) {
  Topic& known = topics_[topic];
  known.again = true;
  known.given = 0;
}

const protocol::Uuid* GroupCheck::topic_id(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second.id;
}

// None when somebody speaks another language than Kafka's consumers do.
std::optional<GroupCheck::Divided> GroupCheck::divide(const ClassicGroup& group) const {
  if (group.protocol_type() != protocol::consumer_protocol_type) return std::nullopt;
  if (!is_known_assignor(group.protocol_name())) return std::nullopt;
  Divided divided;
  divided.group = &group;
  for (const auto& [id, member] : group.members()) {
    const auto subscription = protocol::decode_subscription(member.metadata(group.protocol_name()));
    if (!subscription) return std::nullopt;
    divided.reads[id] = {subscription->topics.begin(), subscription->topics.end()};
    for (const TopicPartition& owned : subscription->owned_partitions)
      divided.claimed[owned].insert(id);
  }
  return divided;
}

void GroupCheck::check_assignment(const ClassicGroup& group) const {
  std::optional<Divided> divided = divide(group);
  if (!divided) return;
  std::set<std::string> topics;
  for (const auto& [id, member] : group.members()) {
    const std::set<std::string>& reads = divided->reads.at(id);
    topics.insert(reads.begin(), reads.end());
    // A member that the leader did not think of has nothing.
    if (member.assignment.size() == 0) continue;
    const auto assignment = protocol::decode_assignment(member.assignment);
    if (!assignment) return;
    for (const TopicPartition& partition : assignment->partitions) {
      const auto [owner, fresh] = divided->owners.emplace(partition, id);
      if (!fresh) {
        report_broken(
            Invariant::one_owner,
            fmt::format("{} is assigned to {} and to {}", to_string(partition), owner->second, id),
            describe(group));
      }
      if (!reads.contains(partition.topic)) {
        report_broken(Invariant::target_covers,
                      fmt::format("{} is assigned to {}, which does not read its topic",
                                  to_string(partition), id),
                      describe(group));
      }
    }
  }
  ++counts.assignments;
  for (const std::string& topic : topics) check_topic(*divided, topic);
}

// The leader divides the partitions that it knows of, which may be fewer than there are; but no
// gaps, none that never were, and all that were there before any client was. What its cooperative
// assignor withholds is still owned by the member that must give it up first.
void GroupCheck::check_topic(const Divided& divided, const std::string& topic) const {
  const auto found = topics_.find(topic);
  const std::int32_t most = found == topics_.end() ? 0 : found->second.most;
  const bool cooperative = divided.group->protocol_name() == "cooperative-sticky";
  const auto begin = divided.owners.lower_bound({topic, 0});
  // Of a topic that it does not read itself the leader may not have heard yet.
  const bool known = divided.reads.at(divided.group->leader()).contains(topic) ||
                     (begin != divided.owners.end() && begin->first.topic == topic);
  std::int32_t end = found == topics_.end() || !known ? 0 : found->second.given;
  for (auto at = begin; at != divided.owners.end() && at->first.topic == topic; ++at)
    end = std::max(end, at->first.partition + 1);
  const auto broken = [&](const std::string& what) {
    report_broken(Invariant::target_covers, what, describe(*divided.group));
  };
  if (end > most) broken(fmt::format("{}-{} is assigned and does not exist", topic, end - 1));
  auto at = begin;
  for (std::int32_t partition = 0; partition < end; ++partition) {
    if (at != divided.owners.end() && at->first == TopicPartition{topic, partition}) {
      ++at;
      continue;
    }
    const auto claimed = divided.claimed.find({topic, partition});
    if (cooperative && claimed != divided.claimed.end()) continue;
    broken(fmt::format("{}-{} is assigned to nobody", topic, partition));
  }
}

void GroupCheck::check_claims(const ClassicGroup& group) const {
  if (group.protocol_type() != protocol::consumer_protocol_type) return;
  std::map<std::pair<TopicPartition, std::int32_t>, std::string> claims;
  for (const auto& [id, member] : group.members()) {
    const auto subscription = protocol::decode_subscription(member.metadata(group.protocol_name()));
    if (!subscription || subscription->generation_id < 0) continue;
    for (const TopicPartition& owned : subscription->owned_partitions) {
      const auto [claim, fresh] = claims.emplace(std::pair(owned, subscription->generation_id), id);
      if (fresh) continue;
      report_broken(Invariant::one_owner,
                    fmt::format("{} and {} both owned {} in generation {}", claim->second, id,
                                to_string(owned), subscription->generation_id),
                    describe(group));
    }
  }
}

void GroupCheck::allow_offset(const TopicPartition& partition, Offset offset) {
  Offset& known = allowed_[partition];
  known = std::max(known, offset);
}

bool GroupCheck::is_allowed(const TopicPartition& partition, Offset offset) const {
  if (any_offset_) return true;
  const auto topic = topics_.find(partition.topic);
  // Who read the topic that had this name before remembers offsets of that one.
  if (topic == topics_.end() || topic->second.again) return true;
  const auto allowed = allowed_.find(partition);
  return allowed != allowed_.end() && offset <= allowed->second;
}

void GroupCheck::committed(std::int32_t offsets_partition, const std::string& key, Offset at,
                           bool tombstone) {
  std::map<std::string, Offset>& known = replicated_[offsets_partition];
  const auto found = known.find(key);
  if (found != known.end() && found->second >= at) return;
  if (tombstone) {
    known.erase(key);
  } else {
    known[key] = at;
  }
}

void GroupCheck::check_loaded(std::int32_t offsets_partition,
                              const std::map<std::string, Offset>& found, bool lossy) {
  ++counts.loads;
  std::map<std::string, Offset>& known = replicated_[offsets_partition];
  for (auto each = known.begin(); each != known.end();) {
    const auto there = found.find(each->first);
    if (there != found.end() && there->second >= each->second) {
      ++each;
    } else if (lossy) {
      each = known.erase(each);
    } else {
      report_broken(
          Invariant::commits_stay,
          fmt::format("{} was committed at {} of __consumer_offsets-{}; its new coordinator {}",
                      each->first, each->second.value(), offsets_partition,
                      there == found.end()
                          ? "finds none"
                          : fmt::format("goes back to the one at {}", there->second.value())),
          "");
    }
  }
}

}  // namespace kafkasim::broker

// The group of a sticky assignor as numbers, its racks, and which claims of its members count.
#include <algorithm>
#include <utility>

#include "consumer/assignor_sticky.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::consumer::sticky {

namespace {

std::size_t at(int number) { return static_cast<std::size_t>(number); }

template <class Range>
int index_of(const Range& sorted, const std::string& name) {
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), name);
  return found != sorted.end() && *found == name ? static_cast<int>(found - sorted.begin()) : -1;
}

// As Kafka compares: with the first subscription that is not empty, so that members without topics
// count as equal only until then.
bool all_read_the_same(const std::vector<Claims>& claims) {
  std::set<std::string> first;
  for (const Claims& each : claims) {
    const std::vector<std::string>& topics = each.member->subscription.topics;
    if (first.empty()) {
      first.insert(topics.begin(), topics.end());
    } else if (topics.size() != first.size() ||
               !std::all_of(topics.begin(), topics.end(),
                            [&](const std::string& topic) { return first.contains(topic); })) {
      return false;
    }
  }
  return true;
}

void number_topics(Group& group, const AssignorTopics& topics, const std::vector<Claims>& claims) {
  std::set<std::string> read;
  for (const Claims& each : claims) {
    read.insert(each.member->subscription.topics.begin(), each.member->subscription.topics.end());
  }
  for (const std::string& name : read) {
    const auto known = topics.find(name);
    if (known == topics.end() || known->second.empty()) continue;
    Topic topic;
    topic.name = name;
    topic.first = static_cast<int>(group.partitions.size());
    topic.count = static_cast<int>(known->second.size());
    for (int number = 0; number < topic.count; ++number) {
      group.partitions.push_back({static_cast<int>(group.topics.size()), number});
    }
    group.topics.push_back(std::move(topic));
  }
}

int number_of_topic(const Group& group, const std::string& name) {
  const auto found =
      std::lower_bound(group.topics.begin(), group.topics.end(), name,
                       [](const Topic& topic, const std::string& n) { return topic.name < n; });
  if (found == group.topics.end() || found->name != name) return -1;
  return static_cast<int>(found - group.topics.begin());
}

}  // namespace

bool Group::reads(int member, int topic) const {
  const std::vector<int>& list = topics_of[at(member)];
  return std::find(list.begin(), list.end(), topic) != list.end();
}

Group group_of(const AssignorTopics& topics, const std::vector<Claims>& claims) {
  Group group;
  std::vector<std::string> said;
  for (const Claims& each : claims) said.push_back(each.member->member_id);
  group.members = said;
  std::sort(group.members.begin(), group.members.end());
  for (const std::string& id : said) group.said_order.push_back(index_of(group.members, id));
  for (const std::string& id : protocol::in_java_map_order(said)) {
    group.map_order.push_back(index_of(group.members, id));
  }
  number_topics(group, topics, claims);
  group.topics_of.resize(group.members.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const int member = group.said_order[i];
    for (const std::string& name : claims[i].member->subscription.topics) {
      const int topic = number_of_topic(group, name);
      if (topic < 0) continue;
      group.topics_of[at(member)].push_back(topic);
      group.topics[at(topic)].subscribers.push_back(member);
    }
  }
  group.same_topics = all_read_the_same(claims);
  return group;
}

// ---- racks ----

bool Racks::mismatch(int member, int partition) const {
  if (!decide) return false;
  const std::string& rack = of_member[at(member)];
  return !rack.empty() && !of_partition[at(partition)].contains(rack);
}

int Racks::next_near(int partition, const std::vector<int>& members, int first) const {
  if (!decide) return -1;
  const std::set<std::string>& racks = of_partition[at(partition)];
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t index = (at(first) + i) % members.size();
    if (racks.contains(of_member[at(members[index])])) return static_cast<int>(index);
  }
  return -1;
}

Racks racks_of(const Group& group, const AssignorTopics& topics,
               const std::vector<Claims>& claims) {
  Racks racks;
  racks.of_member.resize(group.members.size());
  std::map<std::string, int> members_in;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const std::string rack = claims[i].member->subscription.rack_id.value_or("");
    if (rack.empty()) continue;
    racks.of_member[at(group.said_order[i])] = rack;
    ++members_in[rack];
  }
  std::set<std::string> all;
  for (const Partition& partition : group.partitions) {
    const std::vector<std::string>& replicas =
        topics.at(group.topics[at(partition.topic)].name)[at(partition.number)];
    const std::set<std::string>& here =
        racks.of_partition.emplace_back(replicas.begin(), replicas.end());
    all.insert(here.begin(), here.end());
    int near = 0;
    for (const std::string& rack : here) {
      const auto found = members_in.find(rack);
      if (found != members_in.end()) near += found->second;
    }
    racks.members_near.push_back(near);
  }
  const bool shared = std::any_of(members_in.begin(), members_in.end(),
                                  [&](const auto& entry) { return all.contains(entry.first); });
  const bool everywhere =
      std::all_of(racks.of_partition.begin(), racks.of_partition.end(),
                  [&](const std::set<std::string>& here) { return here == all; });
  racks.decide = shared && !everywhere;
  return racks;
}

// ---- claims ----

namespace {

// The numbers of the partitions that exist; an owner of what a new topic of the same name does not
// have any more forgets it.
std::vector<int> numbers(const Group& group, const std::vector<protocol::TopicPartition>& list) {
  std::vector<int> out;
  for (const protocol::TopicPartition& each : list) {
    const int topic = number_of_topic(group, each.topic);
    if (topic < 0 || each.partition < 0 || each.partition >= group.topics[at(topic)].count) {
      continue;
    }
    out.push_back(group.topics[at(topic)].first + each.partition);
  }
  return out;
}

void forget(std::vector<int>& list, int partition) {
  const auto found = std::find(list.begin(), list.end(), partition);
  if (found != list.end()) list.erase(found);
}

}  // namespace

Ownership ownership_of(const Group& group, const std::vector<Claims>& claims) {
  Ownership out;
  out.owned.resize(group.members.size());
  std::vector<int> owner(group.partitions.size(), nobody);
  // The generation of a claim that another one meets is that of the subscription, whatever the
  // assignor's own data says.
  std::vector<std::int32_t> subscribed_in(group.members.size(), no_generation);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    subscribed_in[at(group.said_order[i])] =
        std::max(no_generation, claims[i].member->subscription.generation_id);
  }
  std::int32_t newest = no_generation;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const int member = group.said_order[i];
    const std::int32_t generation = claims[i].generation.value_or(no_generation);
    newest = std::max(newest, generation);
    for (const int partition : numbers(group, claims[i].owned)) {
      const int other = owner[at(partition)];
      if (other == nobody) {
        out.owned[at(member)].push_back(partition);
      } else if (generation == subscribed_in[at(other)]) {
        out.claimed_twice.insert(partition);
        forget(out.owned[at(other)], partition);
      } else if (generation > subscribed_in[at(other)]) {
        out.owned[at(member)].push_back(partition);
        forget(out.owned[at(other)], partition);
      } else {
        continue;
      }
      owner[at(partition)] = member;
    }
  }
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const std::int32_t generation = claims[i].generation.value_or(no_generation);
    if (generation >= newest) continue;
    for (const int partition : numbers(group, claims[i].owned)) {
      const auto [at_partition, is_new] =
          out.earlier.try_emplace(partition, Earlier{group.said_order[i], generation});
      if (!is_new && generation > at_partition->second.generation) {
        at_partition->second = {group.said_order[i], generation};
      }
    }
  }
  return out;
}

}  // namespace kafkasim::consumer::sticky

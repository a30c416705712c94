// The range assignor: what one topic still has to give and to whom, the rack-aware rounds, the
// plain round.
#include <algorithm>
#include <set>
#include <utility>

#include "consumer/assignor.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::consumer {

namespace {

struct Subscriber {
  const AssignorMember* member = nullptr;
  std::string rack;  // empty = none
  int assigned = 0;
};

// One topic while it is divided.
struct TopicState {
  std::string topic;
  const TopicRacks* racks = nullptr;
  std::vector<Subscriber> subscribers;  // in member order
  std::vector<bool> taken;              // by partition
  int quota = 0;                        // partitions that each subscriber gets
  int extra_left = 0;                   // subscribers that may still get one more
  bool knows_racks = false;             // a subscriber has a rack
  bool rack_aware = false;

  int may_get(std::size_t subscriber) const {
    return std::max(0, quota + (extra_left > 0 ? 1 : 0) - subscribers[subscriber].assigned);
  }
  bool rack_matches(std::size_t subscriber, std::size_t partition) const {
    const std::string& rack = subscribers[subscriber].rack;
    if (rack.empty()) return true;
    const std::vector<std::string>& replicas = (*racks)[partition];
    return std::find(replicas.begin(), replicas.end(), rack) != replicas.end();
  }
  // Hands over as one step, as the quota allows one extra partition a step.
  void give(std::size_t subscriber, const std::vector<std::size_t>& partitions, Assignments& out) {
    Subscriber& to = subscribers[subscriber];
    std::vector<protocol::TopicPartition>& list = out[to.member->member_id];
    for (const std::size_t partition : partitions) {
      list.push_back({topic, static_cast<std::int32_t>(partition)});
      taken[partition] = true;
    }
    to.assigned += static_cast<int>(partitions.size());
    if (to.assigned > quota) --extra_left;
  }
};

// Racks decide only where some subscriber shares one with a replica and not every partition is in
// all of the racks.
bool racks_decide(const TopicState& state) {
  std::set<std::string> of_members;
  for (const Subscriber& subscriber : state.subscribers) {
    if (!subscriber.rack.empty()) of_members.insert(subscriber.rack);
  }
  std::set<std::string> of_partitions;
  for (const auto& racks : *state.racks) of_partitions.insert(racks.begin(), racks.end());
  const bool shared =
      std::any_of(of_members.begin(), of_members.end(),
                  [&](const std::string& rack) { return of_partitions.contains(rack); });
  if (!shared) return false;
  return std::any_of(state.racks->begin(), state.racks->end(),
                     [&](const std::vector<std::string>& racks) {
                       return std::set<std::string>(racks.begin(), racks.end()) != of_partitions;
                     });
}

TopicState start(const std::string& topic, const TopicRacks& racks,
                 const std::vector<const AssignorMember*>& members) {
  TopicState state;
  state.topic = topic;
  state.racks = &racks;
  state.taken.resize(racks.size());
  for (const AssignorMember* member : members) {
    const std::vector<std::string>& topics = member->subscription.topics;
    if (std::find(topics.begin(), topics.end(), topic) == topics.end()) continue;
    state.subscribers.push_back({member, member->subscription.rack_id.value_or(""), 0});
    state.knows_racks = state.knows_racks || !state.subscribers.back().rack.empty();
  }
  const int subscribers = static_cast<int>(state.subscribers.size());
  const int partitions = static_cast<int>(racks.size());
  state.quota = partitions / subscribers;
  state.extra_left = partitions % subscribers;
  state.rack_aware = racks_decide(state);
  return state;
}

void assign_one_topic(TopicState& state, bool match_racks, Assignments& out) {
  for (std::size_t subscriber = 0; subscriber < state.subscribers.size(); ++subscriber) {
    const auto limit = static_cast<std::size_t>(state.may_get(subscriber));
    std::vector<std::size_t> run;
    for (std::size_t partition = 0; partition < state.taken.size() && run.size() < limit;
         ++partition) {
      if (state.taken[partition] || (match_racks && !state.rack_matches(subscriber, partition)))
        continue;
      run.push_back(partition);
    }
    if (!run.empty()) state.give(subscriber, run, out);
  }
}

// Partition i of all these topics to one member, where racks allow, so that it can join what
// belongs together.
void assign_together(const std::vector<TopicState*>& states, Assignments& out) {
  const TopicState& first = *states.front();
  std::vector<std::size_t> open(first.subscribers.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (std::size_t partition = 0; partition < first.taken.size() && !open.empty(); ++partition) {
    const auto match = std::find_if(open.begin(), open.end(), [&](std::size_t subscriber) {
      return std::all_of(states.begin(), states.end(), [&](const TopicState* state) {
        return state->rack_matches(subscriber, partition) && state->may_get(subscriber) > 0;
      });
    });
    if (match == open.end()) continue;
    const std::size_t subscriber = *match;
    for (TopicState* state : states) state->give(subscriber, {partition}, out);
    if (std::none_of(states.begin(), states.end(),
                     [&](const TopicState* state) { return state->may_get(subscriber) > 0; })) {
      open.erase(match);
    }
  }
}

void assign_by_racks(std::vector<TopicState>& states, Assignments& out) {
  // Topics of the same subscribers and, if racks are known, the same number of partitions go
  // together.
  std::map<std::pair<std::vector<std::string>, std::size_t>, std::vector<TopicState*>> together;
  for (TopicState& state : states) {
    std::vector<std::string> who;
    for (const Subscriber& subscriber : state.subscribers)
      who.push_back(subscriber.member->member_id);
    together[{who, state.knows_racks ? state.racks->size() : 0}].push_back(&state);
  }
  for (auto& [key, group] : together) {
    if (group.size() > 1) {
      // Without racks there is nothing to match; the plain round serves these topics.
      if (key.second > 0) assign_together(group, out);
    } else if (group.front()->rack_aware) {
      assign_one_topic(*group.front(), true, out);
    }
  }
}

}  // namespace

Assignments assign_range(const AssignorTopics& topics, const std::vector<AssignorMember>& members) {
  Assignments out;
  std::vector<const AssignorMember*> in_order;
  std::vector<std::string> subscribed;
  for (const AssignorMember& member : members) {
    out[member.member_id];
    in_order.push_back(&member);
    subscribed.insert(subscribed.end(), member.subscription.topics.begin(),
                      member.subscription.topics.end());
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const AssignorMember* a, const AssignorMember* b) { return member_order(*a, *b); });
  // Kafka collects the names in one hash map and moves those that have partitions to another.
  std::vector<std::string> known;
  for (const std::string& topic : protocol::in_java_map_order(subscribed)) {
    const auto found = topics.find(topic);
    if (found != topics.end() && !found->second.empty()) known.push_back(topic);
  }
  std::vector<TopicState> states;
  for (const std::string& topic : protocol::in_java_map_order(known)) {
    states.push_back(start(topic, topics.at(topic), in_order));
  }
  const bool rack_aware = std::any_of(states.begin(), states.end(),
                                      [](const TopicState& state) { return state.rack_aware; });
  if (rack_aware) assign_by_racks(states, out);
  for (TopicState& state : states) assign_one_topic(state, false, out);
  if (rack_aware) {
    for (auto& [member, list] : out) std::sort(list.begin(), list.end());
  }
  return out;
}

}  // namespace kafkasim::consumer

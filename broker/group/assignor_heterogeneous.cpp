// The uniform assignor where members read different topics: topics with many partitions a member
// first, each partition to the least loaded, then topic by topic from the most to the least loaded.
#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "broker/group/assignor_loads.hpp"
#include "broker/group/assignor_parts.hpp"

namespace kafkasim::broker::assignor {

namespace {

constexpr int most_rounds = 16;
constexpr int nobody = -1;

std::size_t at(int number) { return static_cast<std::size_t>(number); }

struct Topic {
  protocol::Uuid id;
  std::vector<int> subscribers;
  std::vector<int> owners;  // by partition
};

class HeterogeneousDivision {
 public:
  HeterogeneousDivision(const ServerAssignorTopics& topics, const Members& members,
                        const MemberOrder& order)
      : members_(members), order_(order), sizes_(members.size()), loads_(sizes_) {
    std::map<protocol::Uuid, Topic> by_id;
    for (std::size_t i = 0; i < members.size(); ++i) {
      for (const protocol::Uuid& id : *member(static_cast<int>(i)).topics) {
        Topic& topic = by_id[id];
        topic.id = id;
        topic.subscribers.push_back(static_cast<int>(i));
        topic.owners.assign(at(topics.at(id)), nobody);
      }
    }
    for (std::size_t i = 0; i < members.size(); ++i) keep_own(static_cast<int>(i), by_id);
    for (auto& [id, topic] : by_id) topics_.push_back(std::move(topic));
    std::sort(topics_.begin(), topics_.end(), comes_first);
  }

  ServerAssignment run() {
    for (Topic& topic : topics_) hand_out(topic);
    std::erase_if(topics_in_play_,
                  [](const Topic* topic) { return topic->subscribers.size() < 2; });
    balance();
    std::vector<TargetPartitions> targets(members_.size());
    for (const Topic& topic : topics_) {
      for (std::size_t i = 0; i < topic.owners.size(); ++i) {
        targets[order_[at(topic.owners[i])]][topic.id].insert(static_cast<int>(i));
      }
    }
    ServerAssignment out;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const SharedTarget& before = members_[i].current;
      const bool is_same = before && *before == targets[i];
      out.targets.push_back(is_same ? before : share(std::move(targets[i])));
    }
    return out;
  }

 private:
  const ServerAssignorMember& member(int index) const { return members_[order_[at(index)]]; }

  // Partitions a subscriber, the most first; then few subscribers; then the id.
  static bool comes_first(const Topic& a, const Topic& b) {
    const auto share_a = static_cast<std::int64_t>(a.owners.size() * b.subscribers.size());
    const auto share_b = static_cast<std::int64_t>(b.owners.size() * a.subscribers.size());
    if (share_a != share_b) return share_a > share_b;
    if (a.subscribers.size() != b.subscribers.size()) {
      return a.subscribers.size() < b.subscribers.size();
    }
    return topic_less(a.id, b.id);
  }

  void keep_own(int index, std::map<protocol::Uuid, Topic>& by_id) {
    const std::vector<protocol::Uuid>& topics = *member(index).topics;
    for (const auto& [id, partitions] : current(member(index))) {
      if (std::find(topics.begin(), topics.end(), id) == topics.end()) continue;
      for (const int partition : partitions) by_id.at(id).owners.at(at(partition)) = index;
      sizes_[at(index)] += static_cast<int>(partitions.size());
    }
  }

  void hand_out(Topic& topic) {
    topics_in_play_.push_back(&topic);
    if (std::find(topic.owners.begin(), topic.owners.end(), nobody) == topic.owners.end()) return;
    loads_.start(topic.subscribers);
    for (std::size_t i = 0; i < topic.owners.size(); ++i) {
      if (topic.owners[i] == nobody) give(topic, static_cast<int>(i), loads_.next_least());
    }
  }

  void give(Topic& topic, int partition, int member) {
    int& owner = topic.owners[at(partition)];
    if (owner != nobody) --sizes_[at(owner)];
    owner = member;
    ++sizes_[at(member)];
  }

  // Round after round, until a whole round changed nothing.
  void balance() {
    const Topic* last_changed = nullptr;
    for (int round = 0; round < most_rounds; ++round) {
      for (Topic* topic : topics_in_play_) {
        if (topic == last_changed) return;
        const bool changed = balance(*topic);
        if (changed || last_changed == nullptr) last_changed = topic;
      }
    }
  }

  bool balance(Topic& topic) {
    if (loads_.start(topic.subscribers) <= 1) return false;
    // Partitions of each member, ascending; it gives the last first.
    std::map<int, std::vector<int>> to_give;
    for (std::size_t i = 0; i < topic.owners.size(); ++i) {
      to_give[topic.owners[i]].push_back(static_cast<int>(i));
    }
    bool changed = false;
    while (!loads_.is_balanced()) {
      int from = loads_.next_most();
      while (from != nobody && to_give[from].empty()) {
        loads_.exclude_most();
        from = loads_.next_most();
      }
      if (from == nobody) break;
      const int partition = to_give[from].back();
      to_give[from].pop_back();
      const int to = loads_.next_least();
      if (loads_.is_balanced()) break;
      give(topic, partition, to);
      changed = true;
    }
    return changed;
  }

  // Members are numbered by their place in Kafka's order.
  const Members& members_;
  const MemberOrder& order_;
  std::vector<Topic> topics_;           // in the order in which they are handed out
  std::vector<Topic*> topics_in_play_;  // those that more than one member reads
  std::vector<int> sizes_;              // partitions of each member
  Loads loads_;
};

}  // namespace

ServerAssignment divide_heterogeneous(const ServerAssignorTopics& topics, const Members& members,
                                      const MemberOrder& order) {
  return HeterogeneousDivision(topics, members, order).run();
}

}  // namespace kafkasim::broker::assignor

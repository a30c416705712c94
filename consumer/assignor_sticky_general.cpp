// The sticky assignors where members read different topics: everyone keeps what it may, the rest
// goes to whoever has the fewest, and then partitions move as long as that makes the shares more
// equal.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "consumer/assignor_sticky_moves.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer::sticky {

namespace {

std::size_t at(int number) { return static_cast<std::size_t>(number); }
int size_of(const std::vector<int>& list) { return static_cast<int>(list.size()); }

class GeneralDivision {
 public:
  GeneralDivision(const Group& group, const Racks& racks, const Ownership& ownership)
      : group_(group),
        racks_(racks),
        ownership_(ownership),
        given_(group.members.size()),
        owner_(group.partitions.size(), nobody),
        takes_part_(group.members.size(), true),
        moves_(group) {}

  Division run() {
    keep_own();
    std::vector<int> rest;
    for (const int partition : in_order()) {
      if (owner_[at(partition)] == nobody) rest.push_back(partition);
    }
    for (int member = 0; member < members(); ++member) by_load_.emplace(load(member), member);
    balance(rest);
    return {std::move(given_), std::nullopt};
  }

 private:
  int members() const { return static_cast<int>(group_.members.size()); }
  int load(int member) const { return size_of(given_[at(member)]); }
  const Topic& topic_of(int partition) const {
    return group_.topics[at(group_.topic_of(partition))];
  }

  // Topics with few subscribers first, then by name.
  std::vector<int> in_order() const {
    std::vector<const Topic*> topics;
    for (const Topic& topic : group_.topics) topics.push_back(&topic);
    std::stable_sort(topics.begin(), topics.end(), [](const Topic* a, const Topic* b) {
      return a->subscribers.size() < b->subscribers.size();
    });
    std::vector<int> out;
    for (const Topic* topic : topics) {
      for (int i = 0; i < topic->count; ++i) out.push_back(topic->first + i);
    }
    return out;
  }

  void keep_own() {
    for (int member = 0; member < members(); ++member) {
      for (const int partition : ownership_.owned[at(member)]) {
        if (!group_.reads(member, group_.topic_of(partition)) ||
            racks_.mismatch(member, partition)) {
          something_revoked_ = true;
          continue;
        }
        given_[at(member)].push_back(partition);
        owner_[at(partition)] = member;
      }
    }
  }

  // ---- handing out ----

  // To the one with the fewest that reads the topic and, if so wanted, has no far rack.
  bool give_to_least_loaded(int partition, bool near) {
    for (const auto& [count, member] : by_load_) {
      if (!group_.reads(member, group_.topic_of(partition))) continue;
      if (near && racks_.mismatch(member, partition)) continue;
      const int taker = member;
      by_load_.erase({count, taker});
      given_[at(taker)].push_back(partition);
      owner_[at(partition)] = taker;
      by_load_.emplace(load(taker), taker);
      return true;
    }
    return false;
  }

  void hand_out(const std::vector<int>& rest) {
    std::vector<int> left = rest;
    if (racks_.decide) {
      std::erase_if(left, [this](int partition) { return give_to_least_loaded(partition, true); });
    }
    for (const int partition : left) give_to_least_loaded(partition, false);
  }

  // ---- balancing ----

  bool can_move(int topic) const { return group_.topics[at(topic)].subscribers.size() >= 2; }

  int could_have(int member) const {
    int sum = 0;
    for (const int topic : group_.topics_of[at(member)]) sum += group_.topics[at(topic)].count;
    return sum;
  }

  bool can_take_part(int member) const {
    if (load(member) < could_have(member)) return true;
    const std::vector<int>& own = given_[at(member)];
    return std::any_of(own.begin(), own.end(),
                       [this](int partition) { return can_move(group_.topic_of(partition)); });
  }

  void balance(const std::vector<int>& rest) {
    const bool nobody_had_any = by_load_.rbegin()->first == 0;
    hand_out(rest);
    std::vector<int> movable = in_order();
    std::vector<int> new_movable = rest;
    const auto fixed = [this](int partition) { return !can_move(group_.topic_of(partition)); };
    std::erase_if(movable, fixed);
    std::erase_if(new_movable, fixed);
    for (int member = 0; member < members(); ++member) {
      if (can_take_part(member)) continue;
      takes_part_[at(member)] = false;
      by_load_.erase({load(member), member});
    }
    const std::vector<std::vector<int>> before = given_;
    // What is new moves first, unless something has to be revoked anyway.
    if (!something_revoked_) improve(new_movable);
    const bool moved = improve(movable);
    if (!nobody_had_any && moved && unfairness(given_) >= unfairness(before)) given_ = before;
  }

  // The sum of differences between all pairs that take part.
  std::int64_t unfairness(const std::vector<std::vector<int>>& given) const {
    std::int64_t sum = 0;
    for (std::size_t a = 0; a < given.size(); ++a) {
      for (std::size_t b = a + 1; b < given.size(); ++b) {
        if (!takes_part_[a] || !takes_part_[b]) continue;
        sum += std::abs(size_of(given[a]) - size_of(given[b]));
      }
    }
    return sum;
  }

  // Nobody could get a partition of one that has at least two more.
  bool is_balanced() const {
    if (by_load_.begin()->first >= by_load_.rbegin()->first - 1) return true;
    for (const auto& [count, member] : by_load_) {
      if (count == could_have(member)) continue;
      for (const int topic : group_.topics_of[at(member)]) {
        const Topic& of = group_.topics[at(topic)];
        for (int partition = of.first; partition < of.first + of.count; ++partition) {
          const int owner = owner_[at(partition)];
          if (owner != nobody && count + 1 < load(owner)) return false;
        }
      }
    }
    return true;
  }

  // Goes over the partitions until nothing more helps. Returns whether anything moved.
  bool improve(const std::vector<int>& partitions) {
    bool moved = false;
    // Each pass but the last makes shares more equal, but for moves that were exchanged for others.
    const std::size_t most_passes = group_.partitions.size() * group_.members.size() + 1;
    for (std::size_t pass = 0; pass < most_passes; ++pass) {
      bool moved_now = false;
      for (const int partition : partitions) {
        if (is_balanced()) break;
        moved_now = move_if_better(partition) || moved_now;
      }
      if (!moved_now) break;
      moved = true;
    }
    return moved;
  }

  bool move_if_better(int partition) {
    const int owner = owner_[at(partition)];
    const auto earlier = ownership_.earlier.find(partition);
    if (earlier != ownership_.earlier.end() && takes_part_[at(earlier->second.member)] &&
        load(owner) > load(earlier->second.member) + 1) {
      move(partition, earlier->second.member);
      return true;
    }
    // Kafka looks for a member in a near rack first, but then moves to the same one either way.
    const std::vector<int>& readers = topic_of(partition).subscribers;
    if (std::none_of(readers.begin(), readers.end(),
                     [&](int other) { return load(owner) > load(other) + 1; })) {
      return false;
    }
    for (const auto& [count, member] : by_load_) {
      if (!group_.reads(member, group_.topic_of(partition))) continue;
      const int taker = member;
      move(partition, taker);
      return true;
    }
    return false;
  }

  void move(int wanted, int to) {
    const int partition = moves_.instead_of(wanted, owner_[at(wanted)], to);
    const int from = owner_[at(partition)];
    by_load_.erase({load(from), from});
    by_load_.erase({load(to), to});
    moves_.moved(partition, from, to);
    std::vector<int>& source = given_[at(from)];
    source.erase(std::find(source.begin(), source.end(), partition));
    given_[at(to)].push_back(partition);
    owner_[at(partition)] = to;
    by_load_.emplace(load(to), to);
    by_load_.emplace(load(from), from);
  }

  const Group& group_;
  const Racks& racks_;
  const Ownership& ownership_;
  std::vector<std::vector<int>> given_;    // by member
  std::vector<int> owner_;                 // by partition
  std::vector<bool> takes_part_;           // by member: may give or get while balancing
  std::set<std::pair<int, int>> by_load_;  // number of partitions, member; those that take part
  bool something_revoked_ = false;
  Moves moves_;
};

}  // namespace

Division divide_generally(const Group& group, const Racks& racks, const Ownership& ownership) {
  return GeneralDivision(group, racks, ownership).run();
}

}  // namespace kafkasim::consumer::sticky

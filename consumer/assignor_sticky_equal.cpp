// The sticky assignors where all members read the same topics: what each may keep of its own, then
// the rest in turn, first to members that are near.
#include <algorithm>
#include <utility>

#include "consumer/assignor_sticky.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer::sticky {

namespace {

std::size_t at(int number) { return static_cast<std::size_t>(number); }
int size_of(const std::vector<int>& list) { return static_cast<int>(list.size()); }

class EqualDivision {
 public:
  EqualDivision(const Group& group, const Racks& racks, const Ownership& ownership)
      : group_(group),
        racks_(racks),
        ownership_(ownership),
        given_(group.members.size()),
        given_up_by_(group.partitions.size(), nobody) {
    const int partitions = static_cast<int>(group.partitions.size());
    const int members = static_cast<int>(group.members.size());
    low_ = partitions / members;
    high_ = low_ + (partitions % members > 0 ? 1 : 0);
    may_have_more_ = partitions % members;
  }

  Division run() {
    std::vector<bool> kept(group_.partitions.size());
    for (const int member : group_.map_order) keep_own(member);
    for (const std::vector<int>& list : given_) {
      for (const int partition : list) kept[at(partition)] = true;
    }
    std::vector<int> rest;
    for (int partition = 0; partition < static_cast<int>(kept.size()); ++partition) {
      if (!kept[at(partition)]) rest.push_back(partition);
    }
    std::sort(below_low_.begin(), below_low_.end());
    std::sort(at_low_.begin(), at_low_.end());
    // Partitions that few are near to come first.
    std::stable_sort(rest.begin(), rest.end(), [this](int a, int b) {
      return racks_.members_near[at(a)] < racks_.members_near[at(b)];
    });
    if (racks_.decide) rest = give_to_near(rest);
    give_in_turn(rest);
    return {std::move(given_), std::move(transferred_)};
  }

 private:
  // Those that the member owns and that are near to it, in the order in which it keeps them.
  std::vector<int> keepable(int member) {
    std::vector<int> own;
    for (const int partition : ownership_.owned[at(member)]) {
      if (racks_.mismatch(member, partition)) {
        given_up_by_[at(partition)] = member;
      } else if (!ownership_.claimed_twice.contains(partition)) {
        own.push_back(partition);
      }
    }
    std::sort(own.begin(), own.end(), [this](int a, int b) {
      const int number_a = group_.partitions[at(a)].number;
      const int number_b = group_.partitions[at(b)].number;
      return number_a != number_b ? number_a < number_b : a < b;
    });
    return own;
  }

  void keep_own(int member) {
    const std::vector<int> own = keepable(member);
    if (size_of(own) < low_) {
      keep(member, own, size_of(own));
      below_low_.push_back(member);
    } else if (size_of(own) >= high_ && have_more_ < may_have_more_) {
      one_more_is_full();
      keep(member, own, high_);
    } else {
      keep(member, own, low_);
      if (have_more_ < may_have_more_) at_low_.push_back(member);
    }
  }

  void keep(int member, const std::vector<int>& own, int count) {
    given_[at(member)].assign(own.begin(), own.begin() + count);
    for (int i = count; i < size_of(own); ++i) given_up_by_[at(own[at(i)])] = member;
  }

  // When as many as may have more do, nobody else is to be filled up.
  void one_more_is_full() {
    ++have_more_;
    if (have_more_ == may_have_more_) at_low_.clear();
  }

  // Answers what nobody near could take.
  std::vector<int> give_to_near(const std::vector<int>& rest) {
    std::vector<int> left;
    int next = 0;
    for (const int partition : rest) {
      const int index = racks_.next_near(partition, below_low_, next);
      if (index >= 0) {
        const int member = below_low_[at(index)];
        give(member, partition);
        next = index + 1;
        const int count = size_of(given_[at(member)]);
        if (count >= low_) {
          below_low_.erase(below_low_.begin() + index);
          next = index;
          if (count < high_ && have_more_ < may_have_more_) at_low_.push_back(member);
        }
        next = below_low_.empty() ? 0 : next % size_of(below_low_);
        continue;
      }
      const int full = racks_.next_near(partition, at_low_, 0);
      if (full < 0) {
        left.push_back(partition);
        continue;
      }
      give(at_low_[at(full)], partition);
      at_low_.erase(at_low_.begin() + full);
      one_more_is_full();
    }
    return left;
  }

  void give_in_turn(const std::vector<int>& rest) {
    int next = 0;
    for (const int partition : rest) {
      if (next >= size_of(below_low_)) next = 0;
      if (below_low_.empty()) {
        CHECKED(!at_low_.empty(), "partitions are left over: {} of {}", rest.size(),
                group_.partitions.size());
        give(at_low_.front(), partition);
        at_low_.erase(at_low_.begin());
        continue;
      }
      const int member = below_low_[at(next)];
      give(member, partition);
      if (size_of(given_[at(member)]) == low_) {
        below_low_.erase(below_low_.begin() + next);
        at_low_.push_back(member);
      } else {
        ++next;
      }
    }
    CHECKED(below_low_.empty(), "{} members got too little", below_low_.size());
  }

  void give(int member, int partition) {
    given_[at(member)].push_back(partition);
    const int before = given_up_by_[at(partition)];
    if ((before != nobody && before != member) || ownership_.claimed_twice.contains(partition)) {
      transferred_[partition] = member;
    }
  }

  const Group& group_;
  const Racks& racks_;
  const Ownership& ownership_;
  std::vector<std::vector<int>> given_;
  std::vector<int> given_up_by_;  // by partition: who owned it and could not keep it
  std::map<int, int> transferred_;
  std::vector<int> below_low_;  // members that have fewer than all must have
  std::vector<int> at_low_;     // members that have just that and may get one more
  int low_ = 0;                 // what everyone gets
  int high_ = 0;                // what some get
  int may_have_more_ = 0;       // how many get more than `low_`
  int have_more_ = 0;
};

}  // namespace

Division divide_equally(const Group& group, const Racks& racks, const Ownership& ownership) {
  return EqualDivision(group, racks, ownership).run();
}

}  // namespace kafkasim::consumer::sticky

// What members of a consumer group of the newer protocol have or shall have: partition numbers by
// topic. A large group makes a new target of thousands of partitions with every member that joins,
// and most members keep what they had. So a set of partitions is one sorted array, and a target is
// shared: the group's state, its records and the next assignment all refer to one that never
// changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "protocol/ids.hpp"

namespace kafkasim::broker {

// Distinct partition numbers, ascending.
class PartitionSet {
 public:
  using value_type = int;
  using const_iterator = std::vector<int>::const_iterator;

  PartitionSet() = default;
  PartitionSet(std::initializer_list<int> numbers) : PartitionSet(std::vector<int>(numbers)) {}
  template <class Iterator>
  PartitionSet(Iterator begin, Iterator end) : PartitionSet(std::vector<int>(begin, end)) {}
  // In any order.
  explicit PartitionSet(std::vector<int> numbers) : numbers_(std::move(numbers)) {
    if (!std::is_sorted(numbers_.begin(), numbers_.end()))
      std::sort(numbers_.begin(), numbers_.end());
    numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
  }

  // False: it was there. Cheap when it is the greatest.
  bool insert(int number) {
    const auto at = numbers_.empty() || numbers_.back() < number
                        ? numbers_.end()
                        : std::lower_bound(numbers_.begin(), numbers_.end(), number);
    if (at != numbers_.end() && *at == number) return false;
    numbers_.insert(at, number);
    return true;
  }
  void insert(const PartitionSet& others) {
    std::vector<int> both;
    both.reserve(size() + others.size());
    std::set_union(begin(), end(), others.begin(), others.end(), std::back_inserter(both));
    numbers_ = std::move(both);
  }

  bool contains(int number) const { return std::binary_search(begin(), end(), number); }
  // Exactly the numbers from `first`, so many.
  bool is_run(int first, int count) const {
    if (static_cast<int>(numbers_.size()) != count) return false;
    return count == 0 || (numbers_.front() == first && numbers_.back() == first + count - 1);
  }
  bool empty() const { return numbers_.empty(); }
  std::size_t size() const { return numbers_.size(); }
  // Requires: not empty.
  int greatest() const { return numbers_.back(); }
  const_iterator begin() const { return numbers_.begin(); }
  const_iterator end() const { return numbers_.end(); }

  friend bool operator==(const PartitionSet&, const PartitionSet&) = default;

 private:
  std::vector<int> numbers_;
};

// By topic; no topic without partitions.
using TargetPartitions = std::map<protocol::Uuid, PartitionSet>;

// Null = none yet.
using SharedTarget = std::shared_ptr<const TargetPartitions>;
inline SharedTarget share(TargetPartitions target) {
  return std::make_shared<const TargetPartitions>(std::move(target));
}

}  // namespace kafkasim::broker

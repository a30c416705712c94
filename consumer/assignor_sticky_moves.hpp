// Which partitions of a topic the general division has moved between which members, so that it does
// not move one there and another back. Where several could be taken back, the one that Java's hash
// set has first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "consumer/assignor_sticky.hpp"

namespace kafkasim::consumer::sticky {

// Distinct partitions, in the order of a hash set that never shrinks.
class PartitionHashSet {
 public:
  void insert(int partition, std::int32_t hash);
  void erase(int partition);
  bool empty() const { return entries_.empty(); }
  int first() const;  // requires: not empty

 private:
  struct Entry {
    int partition = 0;
    std::uint32_t spread_hash = 0;
  };
  std::vector<Entry> entries_;  // in the order of insertion
  std::size_t buckets_ = 16;
};

class Moves {
 public:
  explicit Moves(const Group& group);

  // What to move instead of `partition`: one of the same topic that came the other way, else
  // itself.
  int instead_of(int partition, int from, int to) const;
  void moved(int partition, int from, int to);

 private:
  using Way = std::pair<int, int>;  // from, to
  std::int32_t hash_of(int partition) const;

  const Group& group_;
  std::vector<std::int32_t> topic_hashes_;
  std::map<std::pair<int, Way>, PartitionHashSet> by_topic_and_way_;
  std::map<int, Way> way_of_;  // by partition: where it was first and where it is
};

}  // namespace kafkasim::consumer::sticky

// Members of one topic by how many partitions they have, while partitions go from the most to the
// least loaded. The least loaded are a range at the front that grows to the right and whose level
// rises by one each time all of it got one; the most loaded are a range at the back that grows to
// the left and sinks likewise.
#pragma once

#include <vector>

namespace kafkasim::broker::assignor {

class Loads {
 public:
  // `sizes`: the number of partitions of each member; the caller changes them, Loads looks at those
  // of members that it did not answer yet. It must outlive the object.
  explicit Loads(const std::vector<int>& sizes) : sizes_(sizes) {}

  // Starts over with these members (ascending). Returns the difference between the most and the
  // least loaded. Requires: not empty.
  int start(const std::vector<int>& members);
  // The member to give to, as if it got one.
  int next_least();
  // The member to take from, as if it gave one; -1: nobody is left.
  int next_most();
  // The one that next_most() answered last has nothing to give.
  void exclude_most();
  // The levels differ by at most one.
  bool is_balanced() const { return most_level_ - least_level_ <= 1; }

 private:
  int size_of(int index) const;

  const std::vector<int>& sizes_;
  std::vector<int> members_;  // by load when started
  int least_end_ = 0;
  int least_level_ = 0;
  int next_least_ = 0;
  int most_begin_ = 0;
  int most_end_ = 0;
  int most_level_ = 0;
  int next_most_ = 0;
};

}  // namespace kafkasim::broker::assignor

// The least and the most loaded members of a topic.
#include "broker/group/assignor_loads.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker::assignor {

namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

int Loads::size_of(int index) const { return sizes_[at(members_[at(index)])]; }

int Loads::start(const std::vector<int>& members) {
  CHECKED(!members.empty(), "no member to balance");
  members_ = members;
  std::stable_sort(members_.begin(), members_.end(),
                   [this](int a, int b) { return sizes_[at(a)] < sizes_[at(b)]; });
  const int count = static_cast<int>(members_.size());
  least_end_ = 0;
  least_level_ = size_of(0) - 1;
  next_least_ = 0;
  most_begin_ = count;
  most_end_ = count;
  most_level_ = size_of(count - 1) + 1;
  next_most_ = count - 1;
  return size_of(count - 1) - size_of(0);
}

int Loads::next_least() {
  if (next_least_ >= least_end_) {
    ++least_level_;
    const int count = static_cast<int>(members_.size());
    while (least_end_ < count && size_of(least_end_) == least_level_) ++least_end_;
    next_least_ = 0;
  }
  return members_[at(next_least_++)];
}

int Loads::next_most() {
  if (next_most_ < most_begin_) {
    // An empty range starts where its next member is.
    const bool all_excluded = most_end_ <= most_begin_ && most_begin_ > 0;
    most_level_ = all_excluded ? size_of(most_begin_ - 1) : most_level_ - 1;
    while (most_begin_ > 0 && size_of(most_begin_ - 1) == most_level_) --most_begin_;
    next_most_ = most_end_ - 1;
  }
  if (next_most_ < 0) return -1;
  return members_[at(next_most_--)];
}

void Loads::exclude_most() {
  std::swap(members_[at(next_most_ + 1)], members_[at(most_end_ - 1)]);
  --most_end_;
}

}  // namespace kafkasim::broker::assignor

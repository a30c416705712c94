// Integer arithmetic only: the factor is drawn in thousandths.
#include "client/backoff.hpp"

#include <algorithm>

namespace kafkasim::client {

sim::Duration Backoff::after(int attempts) const {
  if (initial_ >= max_) return initial_;
  sim::Duration term = std::max(initial_, sim::Duration(0));
  for (int i = 0; i < attempts && term < max_ && term.count() > 0; ++i)
    term += std::min(term, max_ - term);
  term = std::min(term, max_);
  if (jitter_ == nullptr) return term;
  const std::int64_t thousandths = jitter_->between(800, 1199);
  return std::min(term / 1000 * thousandths, max_);
}

}  // namespace kafkasim::client

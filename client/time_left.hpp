// The time from now until then, where "then" may be never.
#pragma once

#include <algorithm>

#include "sim/time.hpp"

namespace kafkasim::client {

// 0 when it has passed; the longest duration for `never`.
constexpr sim::Duration time_left(sim::Time now, sim::Time then) {
  if (then == sim::never) return sim::Duration::max();
  return std::max(then - now, sim::Duration(0));
}

}  // namespace kafkasim::client

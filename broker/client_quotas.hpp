// How many bytes a second each client may produce to this broker, and for how long it must be
// silent when it sent more. Each broker counts for itself. Left out: quotas of users, of consumers
// and of request time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/time.hpp"

namespace kafkasim::broker {

// Bytes a second by client id; the one of default_client_quota is for clients without their own.
using ClientQuotaLimits = std::map<std::string, std::int64_t, std::less<>>;
inline constexpr std::string_view default_client_quota = "<default>";

// What one client sent lately: a sum over windows of fixed length, of which a number counts.
// Windows without anything in them count as silence, so that a client may save up and burst.
class QuotaRate {
 public:
  // Counts `bytes` at `now_ms`, then says for how many milliseconds nothing may come until the
  // rate is back at `limit` bytes a second; 0 = it is within the limit. Requires: time does not go
  // back, limit > 0, windows > 0, window_ms > 0, all of them always the same.
  std::int64_t record(std::int64_t bytes, std::int64_t now_ms, std::int64_t limit, int windows,
                      std::int64_t window_ms);

 private:
  struct Window {
    std::int64_t start_ms = 0;
    std::int64_t last_ms = 0;  // when something was counted in it last
    std::int64_t bytes = 0;
  };

  Window& current(std::int64_t now_ms, int windows, std::int64_t window_ms);
  void forget_old(std::int64_t now_ms, int windows, std::int64_t window_ms);
  // Milliseconds over which the sum is a rate.
  std::int64_t elapsed_ms(std::int64_t now_ms, int windows, std::int64_t window_ms) const;

  std::vector<Window> windows_;  // a ring, at most one more than counts
  std::size_t current_ = 0;
};

class ClientQuotas {
 public:
  ClientQuotas(ClientQuotaLimits limits, int windows, std::int64_t window_seconds);

  // Has this client a limit?
  bool limits(std::string_view client_id) const { return limit_of(client_id) != no_limit; }
  // That client produced `bytes`; for how long it must be silent now, zero = not at all.
  // Requires: limits(client_id).
  sim::Duration record(std::string_view client_id, std::int64_t bytes, sim::Time now);

 private:
  static constexpr std::int64_t no_limit = 0;
  std::int64_t limit_of(std::string_view client_id) const;

  ClientQuotaLimits limits_;
  int windows_;
  std::int64_t window_ms_;
  std::map<std::string, QuotaRate, std::less<>> rates_;
};

}  // namespace kafkasim::broker

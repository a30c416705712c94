// Kafka's sampled rate and the pause that follows from it, in whole milliseconds.
#include "broker/client_quotas.hpp"

#include <algorithm>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

QuotaRate::Window& QuotaRate::current(std::int64_t now_ms, int windows, std::int64_t window_ms) {
  if (windows_.empty()) windows_.push_back({now_ms, now_ms, 0});
  if (now_ms - windows_[current_].start_ms < window_ms) return windows_[current_];
  // One more than counts, as the oldest may still overlap the time that counts.
  current_ = (current_ + 1) % (static_cast<std::size_t>(windows) + 1);
  if (current_ == windows_.size()) {
    windows_.push_back({now_ms, now_ms, 0});
  } else {
    windows_[current_] = {now_ms, now_ms, 0};
  }
  return windows_[current_];
}

void QuotaRate::forget_old(std::int64_t now_ms, int windows, std::int64_t window_ms) {
  for (Window& window : windows_) {
    if (now_ms - window.last_ms >= windows * window_ms) window = {now_ms, now_ms, 0};
  }
}

std::int64_t QuotaRate::elapsed_ms(std::int64_t now_ms, int windows, std::int64_t window_ms) const {
  const auto oldest =
      std::min_element(windows_.begin(), windows_.end(),
                       [](const Window& a, const Window& b) { return a.start_ms < b.start_ms; });
  const std::int64_t since = now_ms - oldest->start_ms;
  const std::int64_t missing = std::max<std::int64_t>(windows - 1 - since / window_ms, 0);
  return since + missing * window_ms;
}

std::int64_t QuotaRate::record(std::int64_t bytes, std::int64_t now_ms, std::int64_t limit,
                               int windows, std::int64_t window_ms) {
  CHECKED(limit > 0 && windows > 0 && window_ms > 0, "a quota of {} over {} windows of {} ms",
          limit, windows, window_ms);
  Window& now = current(now_ms, windows, window_ms);
  now.bytes += bytes;
  now.last_ms = now_ms;
  forget_old(now_ms, windows, window_ms);
  std::int64_t sum = 0;
  for (const Window& window : windows_) sum += window.bytes;
  const std::int64_t elapsed = elapsed_ms(now_ms, windows, window_ms);
  // The sum is within the limit over that much time; the rest of it must pass in silence.
  const std::int64_t needed_ms = (2 * 1000 * sum + limit) / (2 * limit);  // rounded half up
  if (1000 * sum <= limit * elapsed) return 0;
  return needed_ms - elapsed;
}

ClientQuotas::ClientQuotas(ClientQuotaLimits limits, int windows, std::int64_t window_seconds)
    : limits_(std::move(limits)), windows_(windows), window_ms_(window_seconds * 1000) {}

std::int64_t ClientQuotas::limit_of(std::string_view client_id) const {
  if (limits_.empty()) return no_limit;
  auto found = limits_.find(client_id);
  if (found == limits_.end()) found = limits_.find(default_client_quota);
  return found == limits_.end() ? no_limit : found->second;
}

sim::Duration ClientQuotas::record(std::string_view client_id, std::int64_t bytes, sim::Time now) {
  auto rate = rates_.find(client_id);
  if (rate == rates_.end()) rate = rates_.try_emplace(std::string(client_id)).first;
  const auto now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - sim::zero).count();
  return std::chrono::milliseconds(
      rate->second.record(bytes, now_ms, limit_of(client_id), windows_, window_ms_));
}

}  // namespace kafkasim::broker

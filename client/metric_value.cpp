// Integers only.
#include "client/metric_value.hpp"

#include <fmt/format.h>

namespace kafkasim::client {

MetricValue whole(std::int64_t number) { return number * 1000; }

MetricValue whole(std::optional<std::int64_t> number) {
  return number ? whole(*number) : std::nullopt;
}

MetricValue average(std::int64_t sum, std::int64_t count) {
  if (count == 0) return std::nullopt;
  return sum / count * 1000 + sum % count * 1000 / count;
}

std::string metric_text(const MetricValue& value) {
  if (!value) return "-";
  if (*value % 1000 == 0) return std::to_string(*value / 1000);
  std::string text = fmt::format("{}.{:03}", *value / 1000, *value % 1000);
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace kafkasim::client

// Tables of metrics.
#include "scenarios/engine/report_metrics.hpp"

#include <fmt/format.h>

#include "consumer/metrics_table.hpp"
#include "producer/metrics_table.hpp"
#include "scenarios/engine/diagnostics.hpp"

namespace kafkasim::scenarios {

namespace {

using producer::MetricDef;
using producer::MetricsSnapshot;
using producer::SpreadDef;

// With four digits at least, and no more decimals than they need: "3.204", "74.89", "60000".
std::string rounded(const client::MetricValue& value) {
  if (!value) return client::metric_text(value);
  constexpr std::int64_t unit = 1000;
  std::int64_t step = 1;
  if (*value >= 10 * unit) step = 10;
  if (*value >= 100 * unit) step = 100;
  if (*value >= 1000 * unit) step = 1000;
  return client::metric_text((*value + step / 2) / step * step);
}

std::string counts_table(const MetricsSnapshot& metrics, std::size_t width, const Paint& paint) {
  std::vector<std::vector<std::string>> rows = {{"metric", "value", "unit", "what it counts"}};
  for (const MetricDef& def : producer::metric_defs()) {
    rows.push_back({def.is_kafkas ? std::string(def.name) : fmt::format("({})", def.name),
                    client::metric_text(def.value(metrics)), std::string(def.unit),
                    std::string(def.label)});
  }
  return table(rows, {false, true, false, false}, width, paint);
}

std::string consumer_table(const consumer::MetricsSnapshot& metrics, std::size_t width,
                           const Paint& paint) {
  std::vector<std::vector<std::string>> rows = {{"metric", "value", "unit", "what it measures"}};
  for (const consumer::MetricDef& def : consumer::metric_defs()) {
    rows.push_back({std::string(def.name), rounded(def.value(metrics)), std::string(def.unit),
                    std::string(def.label)});
  }
  return table(rows, {false, true, false, false}, width, paint);
}

std::string spreads_table(const MetricsSnapshot& metrics, std::size_t width, const Paint& paint) {
  std::vector<std::string> head = {"metric"};
  head.insert(head.end(), std::begin(producer::spread_ends), std::end(producer::spread_ends));
  head.emplace_back("what it measures");
  std::vector<std::vector<std::string>> rows = {head};
  for (const SpreadDef& def : producer::spread_defs()) {
    std::vector<std::string> row = {def.is_kafkas ? fmt::format("{}-*", def.base)
                                                  : fmt::format("({}-*)", def.base)};
    for (const client::MetricValue& value : producer::spread_values(def, metrics))
      row.push_back(rounded(value));
    row.push_back(fmt::format("{}: {}", def.unit, def.label));
    rows.push_back(std::move(row));
  }
  return table(rows, {false, true, true, true, true, true, true, false}, width, paint);
}

// "  records that failed, by error: REQUEST_TIMED_OUT 2, NOT_ENOUGH_REPLICAS 1"
std::string errors_line(std::string_view what,
                        const std::map<protocol::ErrorCode, std::int64_t>& errors,
                        std::size_t width) {
  if (errors.empty()) return "";
  std::string text;
  for (const auto& [error, count] : errors)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", protocol::name(error), count);
  const std::string first = fmt::format("  {}: ", what);
  return hanging(first, columns(first), text, width);
}

}  // namespace

std::string metrics_report(const FinalState& state, std::size_t width, const Paint& paint) {
  std::string out;
  for (const ProducerState& producer : state.producers) {
    const MetricsSnapshot& metrics = producer.metrics;
    out += "\n" + paint.bold("Metrics of " + printable(producer.name)) +
           paint.dim(producer.alive ? "" : "  which does not run at the end") + "\n";
    out += counts_table(metrics, width, paint);
    out += errors_line("records that failed, by error", metrics.failed_records, width);
    out += errors_line("batches refused or unanswered, by error", metrics.refused_batches, width);
    out += "\n" + spreads_table(metrics, width, paint);
  }
  if (!out.empty()) {
    out += paint.dim(
        "  (name): not one of Kafka's metrics; of name-* Kafka has -avg and -max (of requests "
        "-avg)\n");
  }
  for (const ConsumerState& consumer : state.consumers) {
    out += "\n" + paint.bold("Metrics of " + printable(consumer.name)) +
           paint.dim(consumer.alive ? "" : "  which does not run at the end") + "\n";
    out += consumer_table(consumer.metrics, width, paint);
  }
  return out;
}

}  // namespace kafkasim::scenarios

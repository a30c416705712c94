// Reads `expect:`, checking every name in it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "consumer/metrics_table.hpp"
#include "producer/metrics_table.hpp"
#include "scenarios/engine/error_names.hpp"
#include "scenarios/engine/load_expect_groups.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

using NameCheck = bool (Reading::*)(const std::string&, Position);

class ExpectReader {
 public:
  ExpectReader(Reading& reading, const Node& expect) : reading_(reading), expect_(expect) {}

  void read_all() {
    Expectations& to = reading_.scenario.expect;
    to.acked = by_name("acked", &Reading::check_producer);
    read_failed(to);
    to.log = by_partition<Records>("log", [this](const Node& node) { return records(node); });
    to.handled = by_name("handled", &Reading::check_consumer_or_group);
    to.effects = by_name("effects", &Reading::check_consumer_or_group);
    to.polled_again = by_name("polled-again", &Reading::check_consumer_or_group);
    to.poll_skipped = by_name("poll-skipped", &Reading::check_consumer_or_group);
    read_committed(to);
    to.lag = read_lag(reading_, expect_);
    to.groups = read_groups(reading_, expect_);
    const Node* always = expect_.find("always");
    if (always != nullptr && always->is_map()) to.always_lag = read_lag(reading_, *always);
    to.truncated = by_name("truncated", &Reading::check_broker_name);
    read_errors(to);
    to.leaders = by_partition<std::vector<std::string>>(
        "leaders", [this](const Node& node) { return leaders(node); });
    to.isr = isr(expect_);
    read_assignments(to);
    read_anomalies(to);
    read_metrics(to);
    read_checks(to);
  }

 private:
  // The entries of a map below `expect:`, or of a check.
  static const std::vector<Entry>& entries_of(const Node& parent, std::string_view key) {
    static const std::vector<Entry> none;
    const Node* map = parent.find(key);
    return map == nullptr ? none : map->entries;
  }

  // A list of records that exist, a number or a range; nothing when it is none of these.
  std::optional<Records> records(const Node& node) {
    if (node.is_list()) {
      std::vector<std::string> names;
      for (const Node* item : scalars_of(&node)) {
        reading_.check_record(item->text, item->position);
        names.push_back(item->text);
      }
      return names;
    }
    if (const auto range = count_range(node)) return *range;
    return std::nullopt;
  }

  static std::optional<CountRange> count_range(const Node& node) {
    return node.is_scalar() ? parse_count_range(node.text) : std::nullopt;
  }

  ExpectedMap<std::string, Records> by_name(std::string_view key, NameCheck check) {
    ExpectedMap<std::string, Records> result;
    for (const Entry& entry : entries_of(expect_, key)) {
      (reading_.*check)(entry.key, entry.position);
      if (auto value = records(entry.value))
        result[entry.key] = {std::move(*value), entry.position};
    }
    return result;
  }

  template <typename Value, typename ReadValue>
  ExpectedMap<TopicPartition, Value> by_partition(std::string_view key, ReadValue read_value) {
    return by_partition_of<Value>(expect_, key, read_value);
  }

  template <typename Value, typename ReadValue>
  ExpectedMap<TopicPartition, Value> by_partition_of(const Node& parent, std::string_view key,
                                                     ReadValue read_value) {
    ExpectedMap<TopicPartition, Value> result;
    for (const Entry& entry : entries_of(parent, key)) {
      const auto partition = parse_partition(entry.key);
      if (!partition) continue;
      reading_.check_partition(*partition, entry.position);
      if (std::optional<Value> value = read_value(entry.value))
        result[*partition] = {std::move(*value), entry.position};
    }
    return result;
  }

  void read_failed(Expectations& to) {
    for (const Entry& entry : entries_of(expect_, "failed")) {
      reading_.check_producer(entry.key, entry.position);
      ExpectedFailures failures;
      if (entry.value.is_map()) {
        std::vector<std::string> names;
        for (const Entry& failure : entry.value.entries) {
          reading_.check_record(failure.key, failure.position);
          names.push_back(failure.key);
          if (const auto error = error_by_name(failure.value.text))
            failures.errors[failure.key] = *error;
        }
        failures.records = std::move(names);
      } else if (auto value = records(entry.value)) {
        failures.records = std::move(*value);
      } else {
        continue;
      }
      to.failed[entry.key] = {std::move(failures), entry.position};
    }
  }

  void read_committed(Expectations& to) {
    for (const Entry& entry : entries_of(expect_, "committed")) {
      reading_.check_group(entry.key, entry.position);
      std::map<TopicPartition, CountRange> offsets;
      for (const Entry& offset : entry.value.entries) {
        const auto partition = parse_partition(offset.key);
        if (!partition) continue;
        reading_.check_partition(*partition, offset.position);
        if (const auto range = count_range(offset.value)) offsets[*partition] = *range;
      }
      to.committed[entry.key] = {std::move(offsets), entry.position};
    }
  }

  void read_errors(Expectations& to) {
    for (const Entry& entry : entries_of(expect_, "errors")) {
      reading_.check_client(entry.key, entry.position);
      std::vector<protocol::ErrorCode> errors;
      for (const Node* item : scalars_of(&entry.value)) {
        const auto error = error_by_name(item->text);
        if (!error) continue;
        if (std::find(errors.begin(), errors.end(), *error) != errors.end()) {
          reading_.diagnostics().error(
              item->position, fmt::format("{} stands here twice, expected each error once, in "
                                          "order of first appearance",
                                          in_quotes(item->text)));
        }
        errors.push_back(*error);
      }
      to.errors[entry.key] = {std::move(errors), entry.position};
    }
  }

  std::optional<std::vector<std::string>> leaders(const Node& node) {
    if (!node.is_list()) return std::nullopt;
    std::vector<std::string> names;
    for (const Node* item : scalars_of(&node)) {
      reading_.check_broker_name(item->text, item->position);
      names.push_back(item->text);
    }
    return names;
  }

  ExpectedMap<TopicPartition, std::vector<int>> isr(const Node& parent) {
    return by_partition_of<std::vector<int>>(parent, "isr",
                                             [this](const Node& node) { return broker_ids(node); });
  }

  std::optional<std::vector<int>> broker_ids(const Node& node) {
    if (!node.is_list()) return std::nullopt;
    std::vector<int> ids;
    for (const Node* item : scalars_of(&node)) {
      const auto id = parse_numbered(item->text, "");
      if (!id || *id < 1) continue;
      reading_.check_broker(*id, item->position);
      if (std::find(ids.begin(), ids.end(), *id) != ids.end()) {
        reading_.diagnostics().error(item->position,
                                     fmt::format("broker {} stands here twice", *id));
      }
      ids.push_back(*id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  void read_assignments(Expectations& to) {
    for (const Entry& entry : entries_of(expect_, "assignments")) {
      reading_.check_group(entry.key, entry.position);
      std::vector<Assignment> stable;
      for (const Node& node : entry.value.items)
        stable.push_back(read_assignment(reading_, entry.key, node));
      to.assignments[entry.key] = {std::move(stable), entry.position};
    }
  }

  void read_anomalies(Expectations& to) {
    for (int i = 0; i <= static_cast<int>(last_anomaly); ++i) {
      const auto anomaly = static_cast<Anomaly>(i);
      const Entry* entry = expect_.find_entry(to_string(anomaly));
      if (entry == nullptr) continue;
      if (auto value = records(entry->value))
        to.anomalies[anomaly] = {std::move(*value), entry->position};
    }
  }

  void read_metrics(Expectations& to) {
    for (const Entry& client : entries_of(expect_, "metrics")) {
      const bool consumes = is_consumer(client.key);
      if (consumes) {
        reading_.check_consumer(client.key, client.position);
      } else {
        reading_.check_producer(client.key, client.position);
      }
      for (const Entry& metric : client.value.entries) {
        check_metric(metric, consumes);
        if (!metric.value.is_scalar()) continue;
        if (const auto range = parse_number_range(metric.value.text))
          to.metrics[client.key][metric.key] = {*range, metric.position};
      }
    }
  }

  bool is_consumer(const std::string& name) const {
    const std::vector<std::string>& known = reading_.names.consumers;
    return reading_.names.instances.contains(name) ||
           std::find(known.begin(), known.end(), name) != known.end();
  }

  void check_metric(const Entry& metric, bool consumes) {
    const std::vector<std::string> known =
        consumes ? consumer::metric_names() : producer::metric_names();
    if (std::find(known.begin(), known.end(), metric.key) != known.end()) return;
    const std::string near = did_you_mean(metric.key, known);
    reading_.diagnostics().error(
        metric.position,
        fmt::format("no metric of a {} is called {}{}", consumes ? "consumer" : "producer",
                    in_quotes(metric.key), near.empty() ? "; --metrics lists them" : near));
  }

  void read_checks(Expectations& to) {
    const Node* checks = expect_.find("checks");
    if (checks == nullptr) return;
    for (const Node& node : checks->items) {
      if (!node.is_map()) continue;
      Check check;
      check.position = node.position;
      check.at = parsed(node, "at", parse_duration).value_or(Duration::zero());
      check.isr = isr(node);
      check.high_watermark = by_partition_of<CountRange>(node, "high-watermark", count_range);
      check.lag = read_lag(reading_, node);
      check.groups = read_groups(reading_, node);
      check.assignments = read_owners(reading_, node);
      to.checks.push_back(std::move(check));
    }
  }

  Reading& reading_;
  const Node& expect_;
};

}  // namespace

void read_expectations(Reading& reading) {
  const Node* expect = reading.root().find("expect");
  if (expect != nullptr && expect->is_map()) ExpectReader(reading, *expect).read_all();
}

}  // namespace kafkasim::scenarios

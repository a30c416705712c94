// Reading settings.
#include "consumer/settings.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

#include "protocol/config_rules.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer {

namespace {

std::string text_or_empty(const protocol::ConfigValues& config, std::string_view name) {
  return config.is_null(name) ? std::string() : config.text(name);
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

OffsetReset read_reset(const std::string& text) {
  constexpr std::string_view prefix = "by_duration:";
  OffsetReset reset;
  if (same_ignoring_case(text, "latest")) {
    reset.kind = OffsetReset::Kind::latest;
  } else if (same_ignoring_case(text, "earliest")) {
    reset.kind = OffsetReset::Kind::earliest;
  } else if (same_ignoring_case(std::string_view(text).substr(0, prefix.size()), prefix)) {
    const auto back = parse_iso_duration(std::string_view(text).substr(prefix.size()));
    CHECKED(back.has_value(), "auto.offset.reset is {}", text);
    reset.kind = OffsetReset::Kind::by_duration;
    reset.back = *back;
  }
  return reset;
}

void read_group(const protocol::ConfigValues& config, Settings& settings) {
  settings.group_id = text_or_empty(config, "group.id");
  settings.group_instance_id = text_or_empty(config, "group.instance.id");
  settings.uses_consumer_protocol =
      settings.has_group() && same_ignoring_case(config.text("group.protocol"), "consumer");
  settings.remote_assignor = text_or_empty(config, "group.remote.assignor");
  settings.leave_group_on_close = config.flag("internal.leave.group.on.close");
  settings.session_timeout = config.duration_ms("session.timeout.ms");
  settings.heartbeat_interval = config.duration_ms("heartbeat.interval.ms");
  settings.max_poll_interval = config.duration_ms("max.poll.interval.ms");
  settings.auto_commit = settings.has_group() && config.flag("enable.auto.commit");
  settings.auto_commit_interval = config.duration_ms("auto.commit.interval.ms");
  for (const std::string_view name : protocol::assignor_names(config)) {
    if (const Assignor* assignor = find_assignor(name)) settings.assignors.push_back(assignor);
  }
  settings.rebalance_protocol = rebalance_protocol_of(settings.assignors);
}

void read_network(const protocol::ConfigValues& config, Settings& settings) {
  settings.request_timeout = config.duration_ms("request.timeout.ms");
  settings.default_api_timeout = config.duration_ms("default.api.timeout.ms");
  settings.retry_backoff = config.duration_ms("retry.backoff.ms");
  settings.retry_backoff_max = config.duration_ms("retry.backoff.max.ms");
  settings.reconnect_backoff = config.duration_ms("reconnect.backoff.ms");
  settings.reconnect_backoff_max = config.duration_ms("reconnect.backoff.max.ms");
  settings.setup_timeout = config.duration_ms("socket.connection.setup.timeout.ms");
  settings.setup_timeout_max = config.duration_ms("socket.connection.setup.timeout.max.ms");
  settings.metadata_max_age = config.duration_ms("metadata.max.age.ms");
  settings.allow_auto_create_topics = config.flag("allow.auto.create.topics");
  settings.rebootstraps =
      same_ignoring_case(config.text("metadata.recovery.strategy"), "rebootstrap");
}

// Parts of an ISO duration: the unit's letter and its length; days before the T, the others after
// it.
std::optional<sim::Duration> unit_length(char unit, bool after_t) {
  switch (unit) {
    case 'D':
      return after_t ? std::nullopt : std::optional<sim::Duration>(std::chrono::hours(24));
    case 'H':
      return after_t ? std::optional<sim::Duration>(std::chrono::hours(1)) : std::nullopt;
    case 'M':
      return after_t ? std::optional<sim::Duration>(std::chrono::minutes(1)) : std::nullopt;
    case 'S':
      return after_t ? std::optional<sim::Duration>(std::chrono::seconds(1)) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<sim::Duration> parse_iso_duration(std::string_view text) {
  if (text.size() < 3 || (text[0] != 'P' && text[0] != 'p')) return std::nullopt;
  constexpr std::int64_t too_many = 1'000'000'000;
  sim::Duration total{};
  bool after_t = false;
  bool any = false;
  std::size_t i = 1;
  while (i < text.size()) {
    const char c = static_cast<char>(std::toupper(static_cast<unsigned char>(text[i])));
    if (c == 'T' && !after_t) {
      after_t = true;
      ++i;
      continue;
    }
    std::int64_t whole = 0;
    std::int64_t thousandths = 0;
    std::size_t digits = 0;
    for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])); ++i, ++digits) {
      whole = whole * 10 + (text[i] - '0');
      if (whole > too_many) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    if (i < text.size() && text[i] == '.') {
      std::int64_t scale = 100;
      for (++i; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
           ++i, scale /= 10) {
        thousandths += (text[i] - '0') * scale;
      }
    }
    if (i >= text.size()) return std::nullopt;
    const char unit = static_cast<char>(std::toupper(static_cast<unsigned char>(text[i++])));
    const std::optional<sim::Duration> length = unit_length(unit, after_t);
    if (!length || (thousandths != 0 && unit != 'S')) return std::nullopt;
    if (whole > sim::Duration::max() / 2 / *length) return std::nullopt;
    total += whole * *length + std::chrono::milliseconds(thousandths);
    any = true;
  }
  if (!any) return std::nullopt;
  return total;
}

std::int32_t to_ms(sim::Duration duration) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(duration).count();
  constexpr auto most = static_cast<std::int64_t>(std::numeric_limits<std::int32_t>::max());
  return static_cast<std::int32_t>(std::min<std::int64_t>(ms, most));
}

RebalanceProtocol rebalance_protocol_of(const std::vector<const Assignor*>& assignors) {
  const bool all_cooperative =
      !assignors.empty() &&
      std::all_of(assignors.begin(), assignors.end(), [](const Assignor* assignor) {
        return assignor->highest_protocol == RebalanceProtocol::cooperative;
      });
  return all_cooperative ? RebalanceProtocol::cooperative : RebalanceProtocol::eager;
}

Settings read_settings(const protocol::ConfigValues& config, const std::string& name) {
  if (config.of_librdkafka()) return read_librdkafka_settings(config, name);
  Settings settings;
  settings.client_id = text_or_empty(config, "client.id");
  if (settings.client_id.empty()) settings.client_id = name;
  settings.client_rack = text_or_empty(config, "client.rack");
  read_group(config, settings);
  read_network(config, settings);
  settings.reset = read_reset(config.text("auto.offset.reset"));
  settings.isolation = same_ignoring_case(config.text("isolation.level"), "read_committed")
                           ? protocol::IsolationLevel::read_committed
                           : protocol::IsolationLevel::read_uncommitted;
  settings.max_poll_records = config.int_value("max.poll.records");
  settings.fetch_max_wait_ms = config.int_value("fetch.max.wait.ms");
  settings.fetch_min_bytes = config.int_value("fetch.min.bytes");
  settings.fetch_max_bytes = config.int_value("fetch.max.bytes");
  settings.max_partition_fetch_bytes = config.int_value("max.partition.fetch.bytes");
  return settings;
}

}  // namespace kafkasim::consumer

// A consumer's settings as numbers and durations. Reads what the simulator acts on; the rules
// between settings were applied before (protocol/config_rules.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/assignor.hpp"
#include "protocol/config_def.hpp"
#include "protocol/data_messages.hpp"
#include "sim/time.hpp"

namespace kafkasim::consumer {

// auto.offset.reset, or what seek_to_beginning() and its sister ask for.
struct OffsetReset {
  enum class Kind { none, latest, earliest, by_duration };
  Kind kind = Kind::none;
  sim::Duration back{};  // by_duration: how far back from now

  friend bool operator==(const OffsetReset&, const OffsetReset&) = default;
};

struct Settings {
  std::string client_id;
  std::string client_rack;        // empty = none
  std::string group_id;           // empty = no group
  std::string group_instance_id;  // empty = a dynamic member
  bool leave_group_on_close = true;
  bool uses_consumer_protocol = false;  // group.protocol=consumer
  std::string remote_assignor;          // of that protocol; empty = the broker's choice
  // Those of partition.assignment.strategy that exist here, in order of preference.
  std::vector<const Assignor*> assignors;
  RebalanceProtocol rebalance_protocol = RebalanceProtocol::eager;

  sim::Duration session_timeout{};
  sim::Duration heartbeat_interval{};
  sim::Duration max_poll_interval{};
  sim::Duration request_timeout{};
  sim::Duration default_api_timeout{};
  sim::Duration retry_backoff{};
  sim::Duration retry_backoff_max{};
  sim::Duration reconnect_backoff{};
  sim::Duration reconnect_backoff_max{};
  sim::Duration setup_timeout{};
  sim::Duration setup_timeout_max{};
  sim::Duration metadata_max_age{};
  bool allow_auto_create_topics = true;
  bool rebootstraps = true;

  bool auto_commit = false;
  sim::Duration auto_commit_interval{};
  // librdkafka: auto-commit commits what was stored, when the interval is over, whatever the
  // application does meanwhile. Java's consumer looks at the interval inside poll(), and commits
  // positions.
  bool commits_stored = false;
  // librdkafka: a message is stored as it is handed to the application; otherwise the application
  // stores it.
  bool stores_automatically = false;
  OffsetReset reset;

  protocol::IsolationLevel isolation = protocol::IsolationLevel::read_uncommitted;
  int max_poll_records = 500;
  std::int32_t fetch_max_wait_ms = 500;
  std::int32_t fetch_min_bytes = 1;
  std::int32_t fetch_max_bytes = 52428800;
  std::int32_t max_partition_fetch_bytes = 1048576;
  sim::Duration fetch_error_backoff{};  // librdkafka: a partition rests after a fetch that failed

  bool has_group() const { return !group_id.empty(); }
  bool is_static() const { return !group_instance_id.empty(); }
  // The rebalance timeout of the group protocol is the longest pause between two polls.
  sim::Duration rebalance_timeout() const { return max_poll_interval; }
};

// `name` is the client id when none is given. Requires: resolved settings of a consumer, Java's or
// librdkafka's.
Settings read_settings(const protocol::ConfigValues& config, const std::string& name);
// The part of it for settings of librdkafka (settings_librdkafka.cpp).
Settings read_librdkafka_settings(const protocol::ConfigValues& config, const std::string& name);
// What several assignors can all do decides.
RebalanceProtocol rebalance_protocol_of(const std::vector<const Assignor*>& assignors);

// A duration as ISO 8601 writes it, "P1DT2H3M4.5S" (days to seconds); none when it is not of that
// form.
std::optional<sim::Duration> parse_iso_duration(std::string_view text);

// Milliseconds for the wire, rounded down, at most what 32 bits hold.
std::int32_t to_ms(sim::Duration duration);

}  // namespace kafkasim::consumer

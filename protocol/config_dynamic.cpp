// The lists, and what they mean for a broker's settings.
#include "protocol/config_dynamic.hpp"

#include <algorithm>
#include <array>

namespace kafkasim::protocol {
namespace {

// The broker's defaults for settings of topics, the cleaner, thread pools, producer state,
// connection limits; then what only single brokers have.
constexpr std::array<std::string_view, 52> cluster_wide = {
    "background.threads",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "log.cleaner.backoff.ms",
    "log.cleaner.dedupe.buffer.size",
    "log.cleaner.delete.retention.ms",
    "log.cleaner.io.buffer.load.factor",
    "log.cleaner.io.buffer.size",
    "log.cleaner.io.max.bytes.per.second",
    "log.cleaner.max.compaction.lag.ms",
    "log.cleaner.min.cleanable.ratio",
    "log.cleaner.min.compaction.lag.ms",
    "log.cleaner.threads",
    "log.cleanup.policy",
    "log.flush.interval.messages",
    "log.flush.interval.ms",
    "log.index.interval.bytes",
    "log.index.size.max.bytes",
    "log.local.retention.bytes",
    "log.local.retention.ms",
    "log.message.timestamp.after.max.ms",
    "log.message.timestamp.before.max.ms",
    "log.message.timestamp.type",
    "log.preallocate",
    "log.retention.bytes",
    "log.retention.ms",
    "log.roll.jitter.ms",
    "log.roll.ms",
    "log.segment.bytes",
    "log.segment.delete.delay.ms",
    "max.connection.creation.rate",
    "max.connections",
    "max.connections.per.ip",
    "max.connections.per.ip.overrides",
    "message.max.bytes",
    "metric.reporters",
    "min.insync.replicas",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.fetchers",
    "producer.id.expiration.ms",
    "remote.fetch.max.wait.ms",
    "remote.list.offsets.request.timeout.ms",
    "remote.log.index.file.cache.total.size.bytes",
    "remote.log.manager.copy.max.bytes.per.second",
    "remote.log.manager.copier.thread.pool.size",
    "remote.log.manager.fetch.max.bytes.per.second",
    "transaction.partition.verification.enable",
    "unclean.leader.election.enable",
};
constexpr std::array<std::string_view, 4> per_broker = {
    "advertised.listeners",
    "listener.security.protocol.map",
    "listeners",
    "principal.builder.class",
};

template <class Names>
bool holds(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// As the JVM prints a set.
template <class Refuses>
std::string refusal(const std::map<std::string, std::string>& settings, std::string_view text,
                    Refuses refuses) {
  std::string names;
  for (const auto& [name, value] : settings) {
    if (refuses(name)) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "" : std::string(text) + ": Set(" + names + ")";
}

void overlay(ConfigValues& values, const std::map<std::string, std::string>& settings) {
  for (const auto& [name, text] : settings) {
    if (!is_dynamic_broker_config(name)) continue;
    // An unknown name or a bad value changes nothing, as in Kafka, which says so in its log.
    [[maybe_unused]] const std::string ignored = values.set(name, text);
  }
}

}  // namespace

bool is_dynamic_broker_config(std::string_view name) {
  return holds(cluster_wide, name) || holds(per_broker, name);
}

bool is_per_broker_config(std::string_view name) { return holds(per_broker, name); }

ConfigValues effective_broker_config(const ConfigValues& at_start,
                                     const std::map<std::string, std::string>& of_all,
                                     const std::map<std::string, std::string>& own) {
  ConfigValues values = at_start;
  overlay(values, of_all);
  overlay(values, own);
  return values;
}

std::string dynamic_broker_config_error(const std::map<std::string, std::string>& settings,
                                        bool for_one_broker) {
  // A name that Kafka does not know may belong to a plugin and passes.
  const auto known = [](const std::string& name) {
    return find_config(broker_config_defs(), name) != nullptr;
  };
  std::string error = refusal(
      settings, "Cannot update these configs dynamically",
      [&](const std::string& name) { return known(name) && !is_dynamic_broker_config(name); });
  if (!error.empty()) return error;
  ConfigValues checked(broker_config_defs());
  for (const auto& [name, text] : settings) {
    if (!known(name)) continue;
    if (error = checked.set(name, text); !error.empty()) return error;
  }
  if (for_one_broker) return {};
  return refusal(
      settings, "Cannot update these configs at default cluster level, broker id must be specified",
      [](const std::string& name) { return is_per_broker_config(name); });
}

}  // namespace kafkasim::protocol

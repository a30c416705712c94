// The settings and the places of replicas.
#include "tests/conformance/recorded_cluster.hpp"

#include <fmt/format.h>

#include <utility>

#include "protocol/cluster_messages.hpp"
#include "sim/check.hpp"

namespace kafkasim::conformance {
namespace {

using protocol::BrokerId;

constexpr std::pair<const char*, const char*> settings[] = {
    {"replica.lag.time.max.ms", "3000"},         {"group.initial.rebalance.delay.ms", "0"},
    {"group.min.session.timeout.ms", "500"},     {"offsets.topic.num.partitions", "3"},
    {"offsets.topic.replication.factor", "3"},   {"auto.create.topics.enable", "false"},
    {"unclean.leader.election.enable", "false"}, {"auto.leader.rebalance.enable", "false"},
    {"broker.session.timeout.ms", "3000"},       {"broker.heartbeat.interval.ms", "500"},
};

void configure(protocol::ConfigValues& config) {
  for (const auto& [name, value] : settings) {
    const std::string refusal = config.set(name, value);
    CHECKED(refusal.empty(), "{}", refusal);
  }
}

}  // namespace

std::string recorded_broker_name(int id) { return fmt::format("broker-{}", id); }

broker::ClusterSpec recorded_cluster() {
  broker::ClusterSpec spec;
  for (int id = 0; id < recorded_brokers; ++id) {
    broker::BrokerSpec& broker = spec.brokers.emplace_back();
    broker.id = BrokerId(id);
    broker.name = recorded_broker_name(id);
    configure(broker.config);
  }
  configure(spec.controller_config);
  return spec;
}

protocol::CreatableTopic recorded_offsets_topic() {
  protocol::CreatableTopic topic;
  topic.name = protocol::offsets_topic;
  topic.assignments = {{BrokerId(2), BrokerId(0), BrokerId(1)},
                       {BrokerId(0), BrokerId(1), BrokerId(2)},
                       {BrokerId(1), BrokerId(2), BrokerId(0)}};
  topic.configs = {{"cleanup.policy", "compact"}};
  return topic;
}

}  // namespace kafkasim::conformance

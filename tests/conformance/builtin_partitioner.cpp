// The sticky partitioner, given the random numbers that Kafka's was given.
#include "producer/builtin_partitioner.hpp"

#include <fmt/format.h>

#include <set>

#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

client::Metadata metadata_of(int partitions, const std::set<int>& without_leader) {
  client::Metadata metadata(
      client::Metadata::Config{},
      client::Backoff(std::chrono::milliseconds(100), std::chrono::seconds(1), nullptr));
  metadata.set_topics({"t"});
  protocol::MetadataResponse response;
  response.brokers.push_back(protocol::NodeEndpoint{protocol::BrokerId(1), "broker-1", ""});
  protocol::MetadataTopic topic;
  topic.name = "t";
  for (int i = 0; i < partitions; ++i) {
    protocol::MetadataPartition partition;
    partition.partition = i;
    if (!without_leader.contains(i)) partition.leader_id = protocol::BrokerId(1);
    partition.leader_epoch = protocol::LeaderEpoch(0);
    topic.partitions.push_back(partition);
  }
  response.topics.push_back(topic);
  metadata.update(response, metadata.next_request(sim::zero), sim::zero);
  return metadata;
}

}  // namespace

void replay_builtin_partitioner(const json& recorded, Findings& findings) {
  const client::Metadata metadata =
      metadata_of(recorded.at("partitions"), recorded.at("without_leader").get<std::set<int>>());
  std::int32_t drawn = 0;
  producer::BuiltInPartitioner partitioner("t", recorded.at("sticky_batch_size"),
                                           [&drawn] { return drawn; });
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    if (step.at("op") == "append") {
      drawn = step.at("random");
      findings.expect("partition", step.at("partition"), partitioner.current(metadata));
      drawn = step.at("random_for_switch");
      partitioner.appended(step.at("bytes"), step.at("enable_switch"), metadata);
    } else if (step.value("disabled", false)) {
      partitioner.forget_load();
    } else if (step.at("op") == "update_load") {
      partitioner.update_load(step.at("queue_sizes"), step.at("partition_ids"));
    } else {
      findings.fail("an operation that the replay does not know");
    }
  }
}

}  // namespace kafkasim::conformance

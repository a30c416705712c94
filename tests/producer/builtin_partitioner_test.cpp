// The sticky partitioner, given the random numbers that Kafka's was given.
#include "producer/builtin_partitioner.hpp"

#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/catch.hpp"

using namespace kafkasim;
using Json = nlohmann::json;
using producer::BuiltInPartitioner;

namespace {

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

void replay(const Json& script) {
  const client::Metadata metadata =
      metadata_of(script.at("partitions"), script.at("without_leader").get<std::set<int>>());
  std::int32_t drawn = 0;
  BuiltInPartitioner partitioner("t", script.at("sticky_batch_size"), [&drawn] { return drawn; });
  for (const Json& step : script.at("steps")) {
    if (step.at("op") == "append") {
      drawn = step.at("random");
      CHECK(partitioner.current(metadata) == step.at("partition").get<std::int32_t>());
      drawn = step.at("random_for_switch");
      partitioner.appended(step.at("bytes"), step.at("enable_switch"), metadata);
    } else if (step.value("disabled", false)) {
      partitioner.forget_load();
    } else {
      partitioner.update_load(step.at("queue_sizes"), step.at("partition_ids"));
    }
  }
}

}  // namespace

TEST_CASE("records without a key go where Kafka's sticky partitioner sends them") {
  std::ifstream in("tests/vectors/builtin_partitioner.jsonl");
  REQUIRE(in);
  std::string line;
  int cases = 0;
  while (std::getline(in, line)) {
    const Json script = Json::parse(line);
    INFO("case " << script.at("case"));
    replay(script);
    ++cases;
  }
  CHECK(cases == 80);
}

TEST_CASE(
    "the partition changes after batch.size bytes, or twice that when a batch is still open") {
  const client::Metadata metadata = metadata_of(4, {});
  std::deque<std::int32_t> draws{2, 3, 1};
  BuiltInPartitioner partitioner("t", 100, [&draws] {
    const std::int32_t next = draws.front();
    draws.pop_front();
    return next;
  });
  CHECK(partitioner.current(metadata) == 2);
  CHECK_FALSE(partitioner.appended(99, true, metadata));
  CHECK(partitioner.appended(1, true, metadata));
  CHECK(partitioner.current(metadata) == 3);
  CHECK_FALSE(partitioner.appended(199, false, metadata));
  CHECK(partitioner.appended(1, false, metadata));
  CHECK(partitioner.current(metadata) == 1);
}

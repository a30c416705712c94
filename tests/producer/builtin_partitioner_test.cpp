// When the sticky partitioner changes its partition. Recorded runs of Kafka's are replayed in
// tests/conformance.
#include "producer/builtin_partitioner.hpp"

#include <deque>
#include <set>

#include "tests/support/catch.hpp"

using namespace kafkasim;
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

}  // namespace

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

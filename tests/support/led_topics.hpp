// What a client knows of topics that broker 1 leads: metadata for tests that need no cluster.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "client/metadata.hpp"

namespace kafkasim::client {

// Each of `topics` has that many partitions; those of `without_leader` have none.
inline Metadata led_topics(const std::vector<std::string>& topics, int partitions,
                           const std::set<int>& without_leader = {}) {
  Metadata metadata(Metadata::Config{},
                    Backoff(std::chrono::milliseconds(100), std::chrono::seconds(1), nullptr));
  metadata.set_topics({topics.begin(), topics.end()});
  protocol::MetadataResponse response;
  response.brokers.push_back(protocol::NodeEndpoint{protocol::BrokerId(1), "broker-1", ""});
  for (const std::string& name : topics) {
    protocol::MetadataTopic topic;
    topic.name = name;
    for (int i = 0; i < partitions; ++i) {
      protocol::MetadataPartition partition;
      partition.partition = i;
      if (!without_leader.contains(i)) partition.leader_id = protocol::BrokerId(1);
      partition.leader_epoch = protocol::LeaderEpoch(0);
      topic.partitions.push_back(partition);
    }
    response.topics.push_back(topic);
  }
  metadata.update(response, metadata.next_request(sim::zero), sim::zero);
  return metadata;
}

}  // namespace kafkasim::client

// Copies partitions from one other broker: one request at a time, for all of them together. Cuts
// the own log where the leader's took another way. Left out: more than one fetcher for a source
// (num.replica.fetchers), throttling.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "broker/context.hpp"
#include "protocol/data_messages.hpp"
#include "protocol/message.hpp"
#include "sim/channel.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

class Partition;
class ReplicaManager;

class ReplicaFetcher {
 public:
  // Requires: context and replicas outlive the process.
  ReplicaFetcher(const Context& context, ReplicaManager& replicas, sim::HostId source);

  // Begins to copy in that leader epoch; does nothing when it does so already.
  void add(const protocol::TopicPartition& partition, protocol::LeaderEpoch leader_epoch);
  void remove(const protocol::TopicPartition& partition);
  bool copies(const protocol::TopicPartition& partition) const {
    return states_.contains(partition);
  }

  // Fetches for ever.
  sim::Task<> run();

 private:
  // Kafka's settings replica.fetch.* and replica.socket.timeout.ms.
  struct Settings {
    explicit Settings(const protocol::ConfigValues& config);
    std::int32_t max_wait_ms;
    std::int32_t min_bytes;
    std::int32_t max_bytes;
    std::int32_t partition_max_bytes;
    sim::Duration backoff;
    sim::Duration timeout;
  };
  struct State {
    protocol::LeaderEpoch leader_epoch;
    protocol::Offset fetch_offset;
    protocol::LeaderEpoch last_fetched_epoch;
    // No epoch in the log: it is cut to the high watermark before the first fetch.
    bool trusts_high_watermark_only = false;
    sim::Time delayed_until = sim::zero - std::chrono::hours(1000);
    std::uint64_t turn = 0;  // place in the request
  };
  using Asked = std::vector<protocol::FetchPartition>;

  // One request, and all that follows from its answer.
  sim::Task<> fetch_once(protocol::FetchRequest request);
  sim::Task<> put_off_all();
  sim::Task<> find_new_positions(Asked lost);

  State fresh_state(const Partition& partition, protocol::LeaderEpoch leader_epoch);
  void cut_to_high_watermarks();
  protocol::FetchRequest next_request();
  // The answer; none when the source was silent or the connection broke.
  sim::Task<std::optional<protocol::ResponseBody>> call(protocol::RequestBody body);
  // Returns the partitions whose position the source does not have.
  Asked take(const Asked& asked, const protocol::FetchResponse& response);
  void take_data(const protocol::FetchPartition& asked,
                 const protocol::FetchPartitionResponse& response);
  void take_divergence(const protocol::FetchPartition& asked,
                       const protocol::EpochEndOffset& leader_end);
  sim::Task<> find_new_position(protocol::FetchPartition asked);
  sim::Task<std::optional<protocol::ListOffsetsPartitionResponse>> ask_offset(
      protocol::FetchPartition asked, std::int64_t timestamp);
  // The state that this request was made from; null when it is over.
  State* current(const protocol::FetchPartition& asked);
  void move_to(const protocol::FetchPartition& asked, protocol::Offset offset);
  void delay(State& state);
  void delay_all();
  void fail(const protocol::TopicPartition& partition);

  const Context& context_;
  ReplicaManager& replicas_;
  sim::Channel channel_;
  Settings settings_;
  std::map<protocol::TopicPartition, State> states_;
  std::uint64_t last_turn_ = 0;
  std::int32_t last_correlation_id_ = 0;
  sim::Signal changed_;
};

}  // namespace kafkasim::broker

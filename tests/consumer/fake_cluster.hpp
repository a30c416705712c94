// Brokers of a few lines, for tests of the consumer: logs in memory, one group, no replication.
// What a test wants them to answer differently it says with `script`.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/message.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"

namespace kafkasim::consumer_test {

struct FakeLog {
  protocol::BrokerId leader{1};
  protocol::LeaderEpoch epoch{0};
  protocol::BrokerId near;  // a follower that serves too; its leader sends readers there
  protocol::Offset start{0};
  protocol::Offset end{0};
  std::optional<protocol::Offset> stable;  // last stable offset where it is not the end
  std::vector<protocol::StoredBatch> batches;
  std::vector<protocol::AbortedTransaction> aborted;
};

// The coordinator's side of one group, as simple as it can be.
struct FakeGroup {
  struct Member {
    protocol::JoinGroupRequest request;
    bool has_joined = false;
    protocol::Bytes assignment;
  };
  std::map<std::string, Member> members;
  std::set<std::string> pending;  // were given an id
  std::string state = "Empty";
  std::int32_t generation = 0;
  std::string leader;
  sim::Time join_ends;
  std::map<protocol::TopicPartition, protocol::OffsetCommitPartition> offsets;
  int ids = 0;
};

class FakeCluster {
 public:
  // Brokers 1..count, on hosts broker-1.. . Broker 1 coordinates until `coordinator` is set.
  FakeCluster(sim::World& world, int count);

  // Answers instead of the broker when it returns something.
  using Script =
      std::function<std::optional<protocol::ResponseBody>(int broker, const protocol::Request&)>;
  Script script;
  int coordinator = 1;
  sim::Duration join_delay{};  // of every rebalance
  std::vector<std::string> racks;  // of the brokers in their order; missing: none

  std::vector<std::string> hosts() const;
  void add_topic(const std::string& topic, int partitions);
  FakeLog& log(const std::string& topic, int partition);
  // One batch with a record for each value; wakes waiting fetches.
  void append(const std::string& topic, int partition, const std::vector<std::string>& values);
  void append(const std::string& topic, int partition, protocol::RecordBatch batch,
              std::size_t records);
  // A new leader with the next epoch.
  void elect(const std::string& topic, int partition, int broker);
  FakeGroup& group() { return group_; }
  // The requests that came, "Fetch to 1", oldest first.
  const std::vector<std::string>& requests() const { return requests_; }
  std::size_t count(const std::string& request) const;
  void forget_requests() { requests_.clear(); }

 private:
  sim::Task<> run(int broker);
  sim::Task<> serve(int broker, sim::Socket socket);
  sim::Task<protocol::ResponseBody> answer(int broker, protocol::Request request);
  protocol::ResponseBody answer_now(int broker, const protocol::Request& request);

  protocol::MetadataResponse metadata(const protocol::MetadataRequest& request) const;
  protocol::FindCoordinatorResponse find(const protocol::FindCoordinatorRequest& request) const;
  sim::Task<protocol::FetchResponse> fetch(int broker, protocol::FetchRequest request);
  protocol::FetchPartitionResponse read(int broker, const protocol::FetchPartition& part,
                                        protocol::IsolationLevel isolation, std::int32_t& bytes);
  protocol::ListOffsetsResponse list(int broker, const protocol::ListOffsetsRequest& request);
  protocol::OffsetForLeaderEpochResponse ends(int broker,
                                              const protocol::OffsetForLeaderEpochRequest& request);
  sim::Task<protocol::JoinGroupResponse> join(protocol::JoinGroupRequest request,
                                              std::string client_id);
  void complete_join();
  protocol::JoinGroupResponse joined(const std::string& member) const;
  sim::Task<protocol::SyncGroupResponse> sync(protocol::SyncGroupRequest request);
  protocol::ErrorCode check(const std::string& member, std::int32_t generation) const;
  protocol::HeartbeatResponse heartbeat(const protocol::HeartbeatRequest& request) const;
  protocol::LeaveGroupResponse leave(const protocol::LeaveGroupRequest& request);
  protocol::OffsetCommitResponse commit(const protocol::OffsetCommitRequest& request);
  protocol::OffsetFetchResponse committed(const protocol::OffsetFetchRequest& request) const;
  void begin_rebalance();

  sim::World& world_;
  std::vector<sim::Host*> brokers_;
  std::deque<sim::Mailbox<sim::SocketEvent>> acceptors_;
  std::map<protocol::TopicPartition, FakeLog> logs_;
  FakeGroup group_;
  sim::Signal data_;
  sim::Signal group_changed_;
  std::vector<std::string> requests_;
};

}  // namespace kafkasim::consumer_test

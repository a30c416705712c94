// What a client knows about the cluster: brokers, the partitions of the topics it cares for, their
// leaders and epochs; and when it should ask again. Asking itself is the network client's.
// Authorization errors are kept as topic errors.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/backoff.hpp"
#include "client/node.hpp"
#include "protocol/metadata_messages.hpp"
#include "protocol/shared_list.hpp"
#include "sim/time.hpp"

namespace kafkasim::client {

struct PartitionInfo {
  protocol::BrokerId leader;           // not set = none known
  protocol::LeaderEpoch leader_epoch;  // not set = unknown
  std::vector<protocol::BrokerId> replicas;
  std::vector<protocol::BrokerId> isr;
};

struct TopicInfo {
  protocol::Uuid id;
  bool is_internal = false;
  protocol::SharedList<PartitionInfo> partitions;  // by number; numbers run from 0
  protocol::SharedList<std::int32_t> listed;       // the numbers in the order of the answer
};

class Metadata {
 public:
  struct Config {
    std::vector<std::string> bootstrap_hosts;
    sim::Duration max_age = std::chrono::minutes(5);
    // A topic is forgotten when add_topic() was not called for that long. Not given: topics are set
    // with set_topics().
    std::optional<sim::Duration> max_idle = std::nullopt;
    bool allow_auto_topic_creation = true;
  };

  // `refresh_backoff` spaces failed and fruitless updates (retry.backoff.ms).
  Metadata(Config config, Backoff refresh_backoff);

  // ---- topics of interest ----
  // The producer's way: remembers the topic until it has been idle; a new one is asked for at once,
  // alone.
  void add_topic(const std::string& topic, sim::Time now);
  // The consumer's way: exactly these, or (all_topics) everything. New ones are asked for at once.
  void set_topics(std::set<std::string> topics);
  void set_all_topics();
  bool cares_for(const std::string& topic) const { return all_topics_ || topics_.contains(topic); }

  // ---- what is known ----
  // Sorted by id; the bootstrap servers until the first answer.
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node* node(NodeId id) const;
  bool has_only_bootstrap_nodes() const { return only_bootstrap_; }
  const std::map<std::string, TopicInfo>& topics() const { return known_; }
  const TopicInfo* topic(const std::string& name) const;  // null = unknown
  const PartitionInfo* partition(const protocol::TopicPartition& partition) const;
  protocol::BrokerId leader(const protocol::TopicPartition& partition) const;
  // The node of the leader; null when there is no leader or its broker is unknown.
  const Node* leader_node(const protocol::TopicPartition& partition) const;
  protocol::LeaderEpoch leader_epoch(const protocol::TopicPartition& partition) const;
  // The error of the last answer about that topic that no retry cures (invalid name, not
  // authorized).
  protocol::ErrorCode topic_error(const std::string& topic) const;
  // The partitions that the node leads, by topic and as the answer listed them: the order in which
  // a drain goes round.
  const std::vector<protocol::TopicPartition>& led_by(NodeId node) const;
  protocol::BrokerId controller() const { return controller_; }

  // ---- when to ask ----
  // Wants an update as soon as the backoff allows. `fresh_reason` false: for a reason that may well
  // bring the same answer again, so that fruitless updates go on slowing down. Returns the version
  // to wait past.
  int request_update(bool fresh_reason = true);
  // The same on behalf of a send that waits for that topic: one that was never answered is asked
  // for at once.
  int request_update_for(const std::string& topic);
  bool update_requested() const { return need_full_update_ || need_partial_update_; }
  // Counts answers. Changes with each.
  int update_version() const { return update_version_; }
  // How long until an update is due (0 = now).
  sim::Duration time_to_next_update(sim::Time now);

  // ---- asking, for the network client ----
  struct Ask {
    protocol::MetadataRequest request;
    int request_version = 0;
    bool is_partial = false;
  };
  Ask next_request(sim::Time now) const;
  // An answer to an Ask. One without brokers counts as a failure.
  void update(const protocol::MetadataResponse& response, const Ask& ask, sim::Time now);
  void failed_update(sim::Time now);
  // Forgets the brokers and starts again from the bootstrap servers.
  void rebootstrap();

  // Adopts leaders named in a data response where their epoch is newer than what is known. True if
  // any was.
  bool update_leadership(const protocol::TopicPartition& partition, protocol::BrokerId leader,
                         protocol::LeaderEpoch epoch,
                         const std::vector<protocol::NodeEndpoint>& endpoints);
  // Notes an epoch seen elsewhere (a fetched record, an offset answer); newer: asks for an update.
  // True if newer.
  bool update_last_seen_epoch(const protocol::TopicPartition& partition,
                              protocol::LeaderEpoch epoch);

 private:
  void ask_for_new_topics();
  bool retain_topic(const std::string& topic, sim::Time now);
  TopicInfo merge_topic(const protocol::MetadataTopic& topic);
  void keep_newest(TopicInfo& info, const protocol::MetadataTopic& topic, bool recreated);
  // Not set: none was seen.
  protocol::LeaderEpoch last_seen(const protocol::TopicPartition& partition) const;
  void set_last_seen(const protocol::TopicPartition& partition, protocol::LeaderEpoch epoch);
  void take_brokers(const std::vector<protocol::NodeEndpoint>& brokers);
  void index_leaders() const;
  sim::Duration backoff_for(int attempts, int& drawn_for, sim::Duration& drawn);

  Config config_;
  Backoff backoff_;

  bool all_topics_ = false;
  std::map<std::string, sim::Time> topics_;  // name -> when it is forgotten
  std::set<std::string> new_topics_;         // not answered yet

  std::vector<Node> nodes_;
  bool only_bootstrap_ = true;
  std::map<std::string, TopicInfo> known_;
  std::map<std::string, protocol::ErrorCode> topic_errors_;
  std::map<std::string, protocol::SharedList<protocol::LeaderEpoch>> last_seen_epochs_;
  // Made when somebody asks.
  mutable std::map<NodeId, std::vector<protocol::TopicPartition>> led_;
  mutable bool is_indexed_ = false;
  protocol::BrokerId controller_;

  bool need_full_update_ = false;
  bool need_partial_update_ = false;
  int update_version_ = 0;
  int request_version_ = 0;
  // Times of the last answer or failure, and of the last full answer; far in the past at the start.
  sim::Time last_refresh_;
  sim::Time last_success_;
  int attempts_ = 0;    // failures in a row
  int equivalent_ = 0;  // answers in a row that said nothing new
  // The pause drawn for a number of attempts stays the same until that number changes.
  int drawn_for_attempts_ = -1;
  sim::Duration drawn_attempts_{};
  int drawn_for_equivalent_ = -1;
  sim::Duration drawn_equivalent_{};
};

}  // namespace kafkasim::client

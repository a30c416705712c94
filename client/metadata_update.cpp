// What a metadata answer changes: newer leader epochs win, older ones are ignored unless the topic
// was created anew.
#include <algorithm>

#include "client/metadata.hpp"

namespace kafkasim::client {

namespace {

bool is_lasting(protocol::ErrorCode error) {
  return error == protocol::ErrorCode::invalid_topic_exception ||
         error == protocol::ErrorCode::topic_authorization_failed;
}

}  // namespace

void Metadata::update(const protocol::MetadataResponse& response, const Ask& ask, sim::Time now) {
  if (response.brokers.empty()) {
    failed_update(now);
    return;
  }
  need_partial_update_ = ask.request_version < request_version_;
  last_refresh_ = now;
  attempts_ = 0;
  ++update_version_;
  if (!ask.is_partial) {
    need_full_update_ = false;
    last_success_ = now;
  }
  // Stays counted unless something new turns up below.
  ++equivalent_;
  drawn_for_equivalent_ = -1;

  take_brokers(response.brokers);
  controller_ = response.controller_id;
  std::map<std::string, TopicInfo> known;
  if (ask.is_partial) {
    // The topics that were not asked for stay as they are.
    for (const auto& [name, info] : known_) {
      if (retain_topic(name, now)) known.emplace(name, info);
    }
  } else {
    topic_errors_.clear();
  }
  for (const protocol::MetadataTopic& topic : response.topics) {
    if (!retain_topic(topic.name, now)) continue;
    if (topic.error == protocol::ErrorCode::none) {
      topic_errors_.erase(topic.name);
      known.insert_or_assign(topic.name, merge_topic(topic));
    } else {
      known.erase(topic.name);
      if (protocol::is_invalid_metadata(topic.error)) request_update(false);
      if (is_lasting(topic.error)) topic_errors_[topic.name] = topic.error;
    }
  }
  known_ = std::move(known);
  std::erase_if(last_seen_epochs_,
                [&](const auto& entry) { return !retain_topic(entry.first.topic, now); });
  for (const protocol::MetadataTopic& topic : response.topics) new_topics_.erase(topic.name);
  index_leaders();
}

TopicInfo Metadata::merge_topic(const protocol::MetadataTopic& topic) {
  const TopicInfo* old = this->topic(topic.name);
  // A topic that was gone for a while has lost its id here.
  const bool recreated = !topic.topic_id.is_zero() && (old == nullptr || old->id != topic.topic_id);
  TopicInfo info;
  info.id = topic.topic_id;
  info.is_internal = topic.is_internal;
  std::int32_t count = 0;
  for (const protocol::MetadataPartition& p : topic.partitions)
    count = std::max(count, p.partition + 1);
  info.partitions.resize(static_cast<std::size_t>(count));
  for (const protocol::MetadataPartition& p : topic.partitions) {
    const protocol::TopicPartition tp{topic.name, p.partition};
    info.partitions[static_cast<std::size_t>(p.partition)] = newest(tp, p, recreated);
    info.listed.push_back(p.partition);
    if (protocol::is_invalid_metadata(p.error)) request_update(false);
  }
  return info;
}

PartitionInfo Metadata::newest(const protocol::TopicPartition& tp,
                               const protocol::MetadataPartition& seen, bool topic_recreated) {
  const PartitionInfo fresh{seen.leader_id, seen.leader_epoch, seen.replica_nodes, seen.isr_nodes};
  if (!seen.leader_epoch.is_set()) {
    last_seen_epochs_.erase(tp);
    equivalent_ = 0;
    return fresh;
  }
  const auto [last, is_first] = last_seen_epochs_.try_emplace(tp, seen.leader_epoch);
  if (is_first || topic_recreated || seen.leader_epoch > last->second) {
    equivalent_ = 0;
  } else if (seen.leader_epoch < last->second) {
    // An answer of a broker that is behind: keep what we had.
    const PartitionInfo* known = partition(tp);
    return known == nullptr ? PartitionInfo{} : *known;
  }
  last->second = seen.leader_epoch;
  return fresh;
}

void Metadata::take_brokers(const std::vector<protocol::NodeEndpoint>& brokers) {
  nodes_.clear();
  for (const protocol::NodeEndpoint& broker : brokers) {
    nodes_.push_back(Node{node_of(broker.node_id), broker.host, broker.rack});
  }
  std::sort(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) { return a.id < b.id; });
  only_bootstrap_ = false;
}

void Metadata::index_leaders() {
  led_.clear();
  for (const auto& [name, info] : known_) {
    for (const std::int32_t number : info.listed) {
      const protocol::BrokerId leader = info.partitions[static_cast<std::size_t>(number)].leader;
      if (!leader.is_set() || node(node_of(leader)) == nullptr) continue;
      led_[node_of(leader)].push_back(protocol::TopicPartition{name, number});
    }
  }
}

bool Metadata::update_leadership(const protocol::TopicPartition& tp, protocol::BrokerId leader,
                                 protocol::LeaderEpoch epoch,
                                 const std::vector<protocol::NodeEndpoint>& endpoints) {
  if (partition(tp) == nullptr || !leader.is_set() || !epoch.is_set()) return false;
  const auto seen = last_seen_epochs_.find(tp);
  if (seen != last_seen_epochs_.end() && epoch <= seen->second) return false;
  const bool can_be_reached =
      node(node_of(leader)) != nullptr ||
      std::any_of(endpoints.begin(), endpoints.end(),
                  [&](const protocol::NodeEndpoint& e) { return e.node_id == leader; });
  if (!can_be_reached) return false;
  for (const protocol::NodeEndpoint& endpoint : endpoints) {
    if (node(node_of(endpoint.node_id)) != nullptr) continue;
    nodes_.push_back(Node{node_of(endpoint.node_id), endpoint.host, endpoint.rack});
    std::sort(nodes_.begin(), nodes_.end(),
              [](const Node& a, const Node& b) { return a.id < b.id; });
  }
  PartitionInfo& info = known_.at(tp.topic).partitions[static_cast<std::size_t>(tp.partition)];
  info.leader = leader;
  info.leader_epoch = epoch;
  last_seen_epochs_[tp] = epoch;
  index_leaders();
  return true;
}

bool Metadata::update_last_seen_epoch(const protocol::TopicPartition& tp,
                                      protocol::LeaderEpoch epoch) {
  if (!epoch.is_set()) return false;
  const auto found = last_seen_epochs_.find(tp);
  if (found == last_seen_epochs_.end() || epoch <= found->second) return false;
  found->second = epoch;
  need_full_update_ = true;
  equivalent_ = 0;
  return true;
}

}  // namespace kafkasim::client

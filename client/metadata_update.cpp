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
                [&](const auto& entry) { return !retain_topic(entry.first, now); });
  for (const protocol::MetadataTopic& topic : response.topics) new_topics_.erase(topic.name);
  is_indexed_ = false;
}

namespace {

// What an answer about a topic says, the same for every client that hears it.
struct Heard {
  protocol::SharedList<PartitionInfo> partitions;
  protocol::SharedList<std::int32_t> listed;
  protocol::SharedList<protocol::LeaderEpoch> epochs;  // by number
  bool asks_for_update = false;                        // some partition has such an error
  bool has_all_epochs = true;
};

Heard hear(const std::vector<protocol::MetadataPartition>& answer) {
  Heard heard;
  std::vector<PartitionInfo>& partitions = heard.partitions.edit();
  std::vector<protocol::LeaderEpoch>& epochs = heard.epochs.edit();
  for (const protocol::MetadataPartition& p : answer) {
    const auto number = static_cast<std::size_t>(p.partition);
    if (partitions.size() <= number) {
      partitions.resize(number + 1);
      epochs.resize(number + 1);
    }
    partitions[number] = {p.leader_id, p.leader_epoch, p.replica_nodes, p.isr_nodes};
    epochs[number] = p.leader_epoch;
    heard.listed.push_back(p.partition);
    heard.has_all_epochs = heard.has_all_epochs && p.leader_epoch.is_set();
    if (protocol::is_invalid_metadata(p.error)) heard.asks_for_update = true;
  }
  return heard;
}

}  // namespace

TopicInfo Metadata::merge_topic(const protocol::MetadataTopic& topic) {
  const TopicInfo* old = this->topic(topic.name);
  // A topic that was gone for a while has lost its id here.
  const bool recreated = !topic.topic_id.is_zero() && (old == nullptr || old->id != topic.topic_id);
  const Heard& heard = topic.partitions.made<Heard>(hear);
  TopicInfo info{topic.topic_id, topic.is_internal, heard.partitions, heard.listed};
  if (heard.asks_for_update) request_update(false);
  const auto seen = last_seen_epochs_.find(topic.name);
  const bool said_before =
      heard.has_all_epochs && seen != last_seen_epochs_.end() && seen->second.is_same(heard.epochs);
  if (!said_before || recreated) keep_newest(info, topic, recreated);
  return info;
}

// Compares epochs with those seen before: an answer of a broker that is behind changes nothing.
void Metadata::keep_newest(TopicInfo& info, const protocol::MetadataTopic& topic, bool recreated) {
  const Heard& heard = topic.partitions.made<Heard>(hear);
  protocol::SharedList<protocol::LeaderEpoch>& seen = last_seen_epochs_[topic.name];
  std::vector<bool> behind(heard.epochs.size());
  bool some_are_behind = seen.size() > heard.epochs.size();
  for (const std::int32_t number : heard.listed) {
    const auto index = static_cast<std::size_t>(number);
    const protocol::LeaderEpoch last = index < seen.size() ? seen[index] : protocol::LeaderEpoch();
    const protocol::LeaderEpoch now = heard.epochs[index];
    if (!now.is_set() || !last.is_set() || recreated || now > last) {
      equivalent_ = 0;
    } else if (now < last) {
      behind[index] = some_are_behind = true;
    }
  }
  if (!some_are_behind) {
    seen = heard.epochs;
    return;
  }
  for (const std::int32_t number : heard.listed) {
    const auto index = static_cast<std::size_t>(number);
    if (!behind[index]) {
      set_last_seen({topic.name, number}, heard.epochs[index]);
      continue;
    }
    const PartitionInfo* const known = partition({topic.name, number});
    info.partitions.edit()[index] = known == nullptr ? PartitionInfo{} : *known;
  }
}

protocol::LeaderEpoch Metadata::last_seen(const protocol::TopicPartition& tp) const {
  const auto found = last_seen_epochs_.find(tp.topic);
  const auto index = static_cast<std::size_t>(tp.partition);
  if (found == last_seen_epochs_.end() || index >= found->second.size())
    return protocol::LeaderEpoch();
  return found->second[index];
}

void Metadata::set_last_seen(const protocol::TopicPartition& tp, protocol::LeaderEpoch epoch) {
  if (last_seen(tp) == epoch) return;
  std::vector<protocol::LeaderEpoch>& epochs = last_seen_epochs_[tp.topic].edit();
  const auto index = static_cast<std::size_t>(tp.partition);
  if (epochs.size() <= index) epochs.resize(index + 1);
  epochs[index] = epoch;
}

void Metadata::take_brokers(const std::vector<protocol::NodeEndpoint>& brokers) {
  nodes_.clear();
  for (const protocol::NodeEndpoint& broker : brokers) {
    nodes_.push_back(Node{node_of(broker.node_id), broker.host, broker.rack});
  }
  std::sort(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) { return a.id < b.id; });
  only_bootstrap_ = false;
}

void Metadata::index_leaders() const {
  is_indexed_ = true;
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
  const protocol::LeaderEpoch seen = last_seen(tp);
  if (seen.is_set() && epoch <= seen) return false;
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
  PartitionInfo& info =
      known_.at(tp.topic).partitions.edit()[static_cast<std::size_t>(tp.partition)];
  info.leader = leader;
  info.leader_epoch = epoch;
  set_last_seen(tp, epoch);
  is_indexed_ = false;
  return true;
}

bool Metadata::update_last_seen_epoch(const protocol::TopicPartition& tp,
                                      protocol::LeaderEpoch epoch) {
  if (!epoch.is_set()) return false;
  const protocol::LeaderEpoch seen = last_seen(tp);
  if (!seen.is_set() || epoch <= seen) return false;
  set_last_seen(tp, epoch);
  need_full_update_ = true;
  equivalent_ = 0;
  return true;
}

}  // namespace kafkasim::client

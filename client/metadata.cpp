// Topics of interest, when to ask, and what to ask. Taking answers in is in metadata_update.cpp.
#include "client/metadata.hpp"

#include <algorithm>

namespace kafkasim::client {

namespace {

constexpr sim::Time long_ago = sim::zero - std::chrono::hours(24 * 365);

}  // namespace

Metadata::Metadata(Config config, Backoff refresh_backoff)
    : config_(std::move(config)),
      backoff_(refresh_backoff),
      last_refresh_(long_ago),
      last_success_(long_ago) {
  rebootstrap();
}

void Metadata::rebootstrap() {
  nodes_.clear();
  for (std::size_t i = 0; i < config_.bootstrap_hosts.size(); ++i) {
    nodes_.push_back(
        Node{bootstrap_node(static_cast<std::int32_t>(i)), config_.bootstrap_hosts[i], ""});
  }
  only_bootstrap_ = true;
  known_.clear();
  led_.clear();
  controller_ = protocol::BrokerId();
  need_full_update_ = true;
  ++update_version_;
}

// ---- topics of interest ----

void Metadata::add_topic(const std::string& topic, sim::Time now) {
  const sim::Time forgotten_at = sim::later(now, config_.max_idle.value_or(sim::Duration::max()));
  const bool is_new = topics_.insert_or_assign(topic, forgotten_at).second;
  if (!is_new) return;
  new_topics_.insert(topic);
  ask_for_new_topics();
}

void Metadata::set_topics(std::set<std::string> topics) {
  const bool was_all = all_topics_;
  all_topics_ = false;
  bool has_new = was_all;
  std::map<std::string, sim::Time> next;
  for (const std::string& topic : topics) {
    has_new = has_new || !topics_.contains(topic);
    next.emplace(topic, sim::never);
  }
  topics_ = std::move(next);
  if (!has_new) return;
  last_refresh_ = long_ago;
  equivalent_ = 0;
  need_full_update_ = true;
  ++request_version_;
}

void Metadata::set_all_topics() {
  if (all_topics_) return;
  all_topics_ = true;
  last_refresh_ = long_ago;
  equivalent_ = 0;
  need_full_update_ = true;
  ++request_version_;
}

bool Metadata::retain_topic(const std::string& topic, sim::Time now) {
  if (all_topics_) return true;
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return false;
  if (new_topics_.contains(topic) || found->second > now) return true;
  topics_.erase(found);
  return false;
}

// ---- what is known ----

const Node* Metadata::node(NodeId id) const {
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.id == id; });
  return found == nodes_.end() ? nullptr : &*found;
}

const TopicInfo* Metadata::topic(const std::string& name) const {
  const auto found = known_.find(name);
  return found == known_.end() ? nullptr : &found->second;
}

const PartitionInfo* Metadata::partition(const protocol::TopicPartition& partition) const {
  const TopicInfo* info = topic(partition.topic);
  if (info == nullptr || partition.partition < 0) return nullptr;
  const auto index = static_cast<std::size_t>(partition.partition);
  return index < info->partitions.size() ? &info->partitions[index] : nullptr;
}

protocol::BrokerId Metadata::leader(const protocol::TopicPartition& tp) const {
  const PartitionInfo* info = partition(tp);
  return info == nullptr ? protocol::BrokerId() : info->leader;
}

const Node* Metadata::leader_node(const protocol::TopicPartition& tp) const {
  const protocol::BrokerId broker = leader(tp);
  return broker.is_set() ? node(node_of(broker)) : nullptr;
}

protocol::LeaderEpoch Metadata::leader_epoch(const protocol::TopicPartition& tp) const {
  const PartitionInfo* info = partition(tp);
  return info == nullptr ? protocol::LeaderEpoch() : info->leader_epoch;
}

protocol::ErrorCode Metadata::topic_error(const std::string& topic) const {
  const auto found = topic_errors_.find(topic);
  return found == topic_errors_.end() ? protocol::ErrorCode::none : found->second;
}

const std::vector<protocol::TopicPartition>& Metadata::led_by(NodeId node) const {
  static const std::vector<protocol::TopicPartition> none;
  if (!is_indexed_) index_leaders();
  const auto found = led_.find(node);
  return found == led_.end() ? none : found->second;
}

// ---- when to ask ----

int Metadata::request_update(bool fresh_reason) {
  need_full_update_ = true;
  if (fresh_reason) equivalent_ = 0;
  return update_version_;
}

int Metadata::request_update_for(const std::string& topic) {
  if (!new_topics_.contains(topic)) return request_update(false);
  ask_for_new_topics();
  return update_version_;
}

void Metadata::ask_for_new_topics() {
  // A new topic does not wait for the pause after the last answer.
  last_refresh_ = long_ago;
  equivalent_ = 0;
  need_partial_update_ = true;
  ++request_version_;
}

sim::Duration Metadata::backoff_for(int attempts, int& drawn_for, sim::Duration& drawn) {
  if (drawn_for != attempts) {
    drawn_for = attempts;
    drawn = backoff_.after(attempts);
  }
  return drawn;
}

sim::Duration Metadata::time_to_next_update(sim::Time now) {
  constexpr sim::Duration none{0};
  const sim::Duration since_refresh = now - last_refresh_;
  const sim::Duration to_expiry = std::max(config_.max_age - (now - last_success_), none);
  // An update because of age starts the slowing down afresh.
  if (to_expiry == none) equivalent_ = 0;
  const sim::Duration after_failures =
      backoff_for(std::max(attempts_ - 1, 0), drawn_for_attempts_, drawn_attempts_) - since_refresh;
  sim::Duration after_equivalent = -since_refresh;
  if (equivalent_ > 0)
    after_equivalent += backoff_for(equivalent_ - 1, drawn_for_equivalent_, drawn_equivalent_);
  const sim::Duration allowed = std::max({after_failures, after_equivalent, none});
  return std::max(update_requested() ? none : to_expiry, allowed);
}

// ---- asking ----

Metadata::Ask Metadata::next_request(sim::Time now) const {
  Ask ask;
  ask.request_version = request_version_;
  ask.request.allow_auto_topic_creation = config_.allow_auto_topic_creation;
  ask.is_partial =
      !need_full_update_ && now - last_success_ < config_.max_age && config_.max_idle.has_value();
  if (ask.is_partial) {
    ask.request.topics.assign(new_topics_.begin(), new_topics_.end());
  } else if (all_topics_) {
    ask.request.all_topics = true;
  } else {
    for (const auto& [topic, forgotten_at] : topics_) ask.request.topics.push_back(topic);
  }
  return ask;
}

void Metadata::failed_update(sim::Time now) {
  last_refresh_ = now;
  ++attempts_;
  equivalent_ = 0;
  drawn_for_attempts_ = -1;
}

}  // namespace kafkasim::client

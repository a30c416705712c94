// The states of a member and the ways between them; what a heartbeat has to say.
#include "consumer/consumer_member_state.hpp"

#include <array>

#include "sim/check.hpp"

namespace kafkasim::consumer {

using protocol::ConsumerGroupHeartbeatRequest;

namespace {

constexpr std::array state_names = {
    std::string_view("UNSUBSCRIBED"),    std::string_view("JOINING"),
    std::string_view("RECONCILING"),     std::string_view("ACKNOWLEDGING"),
    std::string_view("STABLE"),          std::string_view("FENCED"),
    std::string_view("PREPARE_LEAVING"), std::string_view("LEAVING"),
    std::string_view("FATAL"),           std::string_view("STALE"),
};

bool may_become(EpochState from, EpochState to) {
  using enum EpochState;
  const bool in_group =
      from == joining || from == reconciling || from == acknowledging || from == stable;
  switch (to) {
    case unsubscribed:
      return from == prepare_leaving || from == leaving || from == fenced;
    case joining:
      return from == fenced || from == unsubscribed || from == stale;
    case reconciling:
      return in_group;
    case acknowledging:
      return from == reconciling;
    case stable:
      return in_group;
    case fenced:
      return in_group || from == prepare_leaving || from == leaving;
    case prepare_leaving:
      return in_group || from == unsubscribed;
    case leaving:
      return from == prepare_leaving;
    case fatal:
      return in_group || from == prepare_leaving || from == leaving || from == unsubscribed;
    case stale:
      return from == leaving;
  }
  return false;
}

std::vector<protocol::TopicIdPartitions> to_wire(const LocalAssignment& assignment) {
  std::vector<protocol::TopicIdPartitions> out;
  for (const auto& [id, partitions] : assignment.partitions) {
    out.push_back({id, std::vector<std::int32_t>(partitions.begin(), partitions.end())});
  }
  return out;
}

}  // namespace

std::string_view name(EpochState state) { return state_names.at(static_cast<std::size_t>(state)); }

// ---- heartbeats ----

ConsumerGroupHeartbeatRequest SentFields::fill(const Settings& settings,
                                               const std::string& member_id, std::int32_t epoch,
                                               const std::set<std::string>& topics,
                                               const LocalAssignment& owned, bool everything) {
  ConsumerGroupHeartbeatRequest request;
  request.group_id = settings.group_id;
  request.member_id = member_id;
  request.member_epoch = epoch;
  if (settings.is_static()) request.group_instance_id = settings.group_instance_id;
  if (everything && !settings.client_rack.empty()) request.rack_id = settings.client_rack;
  const std::int32_t timeout = to_ms(settings.rebalance_timeout());
  if (everything || rebalance_timeout_ms_ != timeout) request.rebalance_timeout_ms = timeout;
  if (everything || topics_ != topics)
    request.subscribed_topics.emplace(topics.begin(), topics.end());
  if (!settings.remote_assignor.empty() && (everything || assignor_ != settings.remote_assignor)) {
    request.server_assignor = settings.remote_assignor;
  }
  if (everything || owned_ != owned) request.owned = to_wire(owned);
  rebalance_timeout_ms_ = timeout;
  topics_ = topics;
  assignor_ = settings.remote_assignor;
  owned_ = owned;
  return request;
}

// ---- states ----

void EpochMember::become(EpochState next) {
  CHECKED(next == state_ || may_become(state_, next), "a member goes from {} to {}", name(state_),
          name(next));
  state_ = next;
}

bool EpochMember::is_out_of_group() const {
  return state_ == EpochState::unsubscribed || state_ == EpochState::fenced ||
         state_ == EpochState::fatal || state_ == EpochState::stale;
}

bool EpochMember::sends_no_heartbeats() const { return is_out_of_group(); }

bool EpochMember::is_in_a_hurry() const {
  return state_ == EpochState::acknowledging || state_ == EpochState::leaving ||
         state_ == EpochState::joining;
}

void EpochMember::join() {
  epoch_ = ConsumerGroupHeartbeatRequest::join_epoch;
  become(EpochState::joining);
  target_ = LocalAssignment();
}

void EpochMember::fence() {
  become(EpochState::fenced);
  epoch_ = ConsumerGroupHeartbeatRequest::join_epoch;
}

void EpochMember::fail() { become(EpochState::fatal); }

void EpochMember::prepare_leave() { become(EpochState::prepare_leaving); }

void EpochMember::leave(std::int32_t epoch) {
  if (!is(EpochState::prepare_leaving)) become(EpochState::prepare_leaving);
  epoch_ = epoch;
  current_ = LocalAssignment();
  become(EpochState::leaving);
}

void EpochMember::heartbeat_sent() {
  if (is(EpochState::acknowledging)) {
    become(has_reconciled() ? EpochState::stable : EpochState::reconciling);
  }
}

void EpochMember::take_assignment(const std::vector<protocol::TopicIdPartitions>& assignment) {
  LocalAssignment next;
  for (const protocol::TopicIdPartitions& topic : assignment) {
    next.partitions[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
  }
  if (target_.is_none() || target_.partitions != next.partitions) {
    next.local_epoch = target_.local_epoch + 1;
    target_ = std::move(next);
  }
  if (!has_reconciled()) {
    become(EpochState::reconciling);
  } else if (is(EpochState::reconciling) || is(EpochState::joining)) {
    become(EpochState::stable);
  }
}

void EpochMember::take_over(LocalAssignment assignment) {
  current_ = std::move(assignment);
  become(EpochState::acknowledging);
}

void EpochMember::forget_assignment() {
  current_ = LocalAssignment();
  target_ = LocalAssignment();
}

}  // namespace kafkasim::consumer

// The life of a broker as the controller sees it: fenced, unfenced, in controlled shutdown, gone.
#include "broker/controller/cluster_control.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using sim::Time;

ClusterControl::ClusterControl(const MetadataImage& image, const ReplicationControl& replication,
                               std::string cluster_id, sim::Duration session_timeout)
    : image_(image),
      replication_(replication),
      cluster_id_(std::move(cluster_id)),
      session_timeout_(session_timeout) {}

void ClusterControl::start_sessions(Time now) {
  sessions_.clear();
  for (const auto& [id, broker] : image_.brokers()) sessions_[id].last_contact = now;
}

Decision<protocol::BrokerRegistrationResponse> ClusterControl::register_broker(
    const protocol::BrokerRegistrationRequest& request, Offset next_offset, Time now) {
  Decision<protocol::BrokerRegistrationResponse> decision;
  if (request.cluster_id != cluster_id_) {
    decision.response.error = ErrorCode::inconsistent_cluster_id;
    return decision;
  }
  const BrokerRegistration* existing = image_.broker(request.broker_id);
  const bool same_incarnation =
      existing != nullptr &&
      (existing->incarnation_id == request.incarnation_id || mutations_->register_any_incarnation);
  if (existing != nullptr && !same_incarnation && has_valid_session(*existing, now)) {
    decision.response.error = ErrorCode::duplicate_broker_registration;
    return decision;
  }
  RegisterBrokerRecord record;
  record.broker_id = request.broker_id;
  record.incarnation_id = request.incarnation_id;
  record.host = request.host;
  record.rack = request.rack;
  if (same_incarnation) {
    record.broker_epoch = existing->epoch;
    record.fenced = existing->fenced;
    record.in_controlled_shutdown = existing->in_controlled_shutdown;
  } else {
    // A broker that stopped in order names the epoch it had; any other may have lost what it
    // acknowledged.
    const bool stopped_in_order =
        existing != nullptr && request.previous_broker_epoch == existing->epoch;
    if (!stopped_in_order)
      replication_.broker_shut_down_uncleanly(request.broker_id, decision.records);
    record.broker_epoch = protocol::BrokerEpoch(next_offset.value());
    sessions_.erase(request.broker_id);
  }
  decision.records.push_back(record);
  decision.response.broker_epoch = record.broker_epoch;
  Session& session = sessions_[request.broker_id];
  session.last_contact = now;
  return decision;
}

ClusterControl::Heartbeat ClusterControl::heartbeat(const protocol::BrokerHeartbeatRequest& request,
                                                    Time now) {
  Heartbeat heartbeat;
  protocol::BrokerHeartbeatResponse& response = heartbeat.decision.response;
  if (!is_current(request.broker_id, request.broker_epoch)) {
    response.error = ErrorCode::stale_broker_epoch;
    return heartbeat;
  }
  const BrokerRegistration& broker = *image_.broker(request.broker_id);
  Session& session = sessions_[request.broker_id];
  const State current = state_of(broker, session);
  const State next = next_state(broker, session, request);
  MetadataRecords& records = heartbeat.decision.records;
  if (next != current) {
    switch (next) {
      case State::fenced:
      case State::shutdown_now:
        replication_.broker_fenced(request.broker_id, records);
        break;
      case State::unfenced:
        replication_.broker_unfenced(request.broker_id, records);
        break;
      case State::controlled_shutdown:
        replication_.broker_in_controlled_shutdown(request.broker_id, records);
        break;
    }
  }
  const bool fenced = next == State::fenced || next == State::shutdown_now;
  session.last_contact = now;
  session.metadata_offset = request.current_metadata_offset;
  if (fenced) session.shutdown_offset = Offset();
  heartbeat.shutting_down = next == State::controlled_shutdown;
  response.is_caught_up = request.current_metadata_offset >= broker.registered_at;
  response.is_fenced = fenced;
  response.should_shut_down = next == State::shutdown_now;
  return heartbeat;
}

ClusterControl::State ClusterControl::state_of(const BrokerRegistration& broker,
                                               const Session& session) const {
  if (session.shutdown_offset.is_set()) return State::controlled_shutdown;
  return broker.fenced ? State::fenced : State::unfenced;
}

ClusterControl::State ClusterControl::next_state(
    const BrokerRegistration& broker, const Session& session,
    const protocol::BrokerHeartbeatRequest& request) const {
  const State current = state_of(broker, session);
  switch (current) {
    case State::fenced: {
      if (request.want_shut_down) return State::shutdown_now;
      const bool caught_up = request.current_metadata_offset >= broker.registered_at;
      return !request.want_fence && caught_up ? State::unfenced : State::fenced;
    }
    case State::unfenced:
      if (request.want_fence) return request.want_shut_down ? State::shutdown_now : State::fenced;
      if (!request.want_shut_down) return State::unfenced;
      return replication_.leads_something(broker.id) ? State::controlled_shutdown
                                                     : State::shutdown_now;
    case State::controlled_shutdown:
      if (replication_.leads_something(broker.id)) return State::controlled_shutdown;
      return session.shutdown_offset <= lowest_active_offset() ? State::shutdown_now
                                                               : State::controlled_shutdown;
    case State::shutdown_now:
      break;
  }
  CHECKED(false, "no broker is in the state 'shut down now' between two heartbeats");
  return current;
}

void ClusterControl::shutdown_waits_for(BrokerId broker, Offset offset) {
  const auto session = sessions_.find(broker);
  CHECKED(session != sessions_.end(), "broker {} shuts down without a session", broker.value());
  if (!session->second.shutdown_offset.is_set()) session->second.shutdown_offset = offset;
}

// Of the brokers that serve and stay; the largest offset there is when there are none.
Offset ClusterControl::lowest_active_offset() const {
  Offset lowest(std::numeric_limits<std::int64_t>::max());
  for (const auto& [id, session] : sessions_) {
    if (!image_.is_alive(id) || session.shutdown_offset.is_set()) continue;
    lowest = std::min(lowest, session.metadata_offset);
  }
  return lowest;
}

Time ClusterControl::next_session_end() const {
  Time end = sim::never;
  for (const auto& [id, session] : sessions_) {
    if (image_.is_alive(id))
      end = std::min(end, sim::later(session.last_contact, session_timeout_));
  }
  return end;
}

std::optional<BrokerId> ClusterControl::fence_one_stale(Time now, MetadataRecords& records) {
  std::map<BrokerId, Session>::iterator stalest = sessions_.end();
  for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
    if (!image_.is_alive(it->first)) continue;
    if (stalest == sessions_.end() || it->second.last_contact < stalest->second.last_contact)
      stalest = it;
  }
  if (stalest == sessions_.end() ||
      now < sim::later(stalest->second.last_contact, session_timeout_)) {
    return std::nullopt;
  }
  replication_.broker_fenced(stalest->first, records);
  stalest->second.shutdown_offset = Offset();
  return stalest->first;
}

Decision<protocol::AllocateProducerIdsResponse> ClusterControl::allocate_producer_ids(
    const protocol::AllocateProducerIdsRequest& request) const {
  Decision<protocol::AllocateProducerIdsResponse> decision;
  if (!is_current(request.broker_id, request.broker_epoch)) {
    decision.response.error = ErrorCode::stale_broker_epoch;
    return decision;
  }
  decision.response.producer_id_start = image_.next_producer_id();
  decision.response.producer_id_len = producer_id_block_size;
  ProducerIdsRecord record;
  record.broker_id = request.broker_id;
  record.broker_epoch = request.broker_epoch;
  record.next_producer_id =
      protocol::ProducerId(image_.next_producer_id().value() + producer_id_block_size);
  decision.records.push_back(record);
  return decision;
}

bool ClusterControl::is_current(BrokerId broker, protocol::BrokerEpoch epoch) const {
  const BrokerRegistration* registration = image_.broker(broker);
  return registration != nullptr && registration->epoch == epoch;
}

bool ClusterControl::has_valid_session(const BrokerRegistration& broker, Time now) const {
  if (broker.fenced) return false;
  const auto session = sessions_.find(broker.id);
  return session != sessions_.end() &&
         now < sim::later(session->second.last_contact, session_timeout_);
}

}  // namespace kafkasim::broker

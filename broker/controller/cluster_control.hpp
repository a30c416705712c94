// What the controller decides about brokers: registrations, heartbeats, sessions, fencing,
// controlled shutdown, blocks of producer ids. Plain functions; time is passed in. Heartbeats live
// here only and not in the log: a new controller gives every unfenced broker a fresh session. Left
// out: features and versions, directories, listeners other than the host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "broker/controller/replication_control.hpp"
#include "broker/metadata_image.hpp"
#include "broker/mutations.hpp"
#include "protocol/cluster_messages.hpp"
#include "sim/time.hpp"

namespace kafkasim::broker {

class ClusterControl {
 public:
  // Requires: image and replication outlive it.
  ClusterControl(const MetadataImage& image, const ReplicationControl& replication,
                 std::string cluster_id, sim::Duration session_timeout);
  // Which guards are off. Requires: it outlives this.
  void plant(const Mutations& mutations) { mutations_ = &mutations; }

  // This controller takes office: who is unfenced has a session from now on.
  void start_sessions(sim::Time now);

  // Errors: INCONSISTENT_CLUSTER_ID, DUPLICATE_BROKER_REGISTRATION while another incarnation has a
  // valid session. The broker epoch is `next_offset`, where the first record of the decision will
  // stand.
  Decision<protocol::BrokerRegistrationResponse> register_broker(
      const protocol::BrokerRegistrationRequest& request, protocol::Offset next_offset,
      sim::Time now);

  struct Heartbeat {
    Decision<protocol::BrokerHeartbeatResponse> decision;
    bool shutting_down = false;  // call shutdown_waits_for() once the records have their offsets
  };
  // Errors: STALE_BROKER_EPOCH (not registered, or by a later incarnation).
  Heartbeat heartbeat(const protocol::BrokerHeartbeatRequest& request, sim::Time now);
  // A controlled shutdown ends when every active broker has read this far; the first offset that is
  // named counts.
  void shutdown_waits_for(protocol::BrokerId broker, protocol::Offset offset);

  // When the next session ends if no heartbeat comes; sim::never without sessions.
  sim::Time next_session_end() const;
  // Fences one broker whose session is over, the one that ended first. None when there is no such
  // broker.
  std::optional<protocol::BrokerId> fence_one_stale(sim::Time now, MetadataRecords& records);

  // Errors: STALE_BROKER_EPOCH.
  Decision<protocol::AllocateProducerIdsResponse> allocate_producer_ids(
      const protocol::AllocateProducerIdsRequest& request) const;

 private:
  enum class State { fenced, unfenced, controlled_shutdown, shutdown_now };
  struct Session {
    sim::Time last_contact;
    protocol::Offset metadata_offset;  // the last one that the broker said it has applied
    protocol::Offset shutdown_offset;  // set = in controlled shutdown
  };

  bool is_current(protocol::BrokerId broker, protocol::BrokerEpoch epoch) const;
  bool has_valid_session(const BrokerRegistration& broker, sim::Time now) const;
  State state_of(const BrokerRegistration& broker, const Session& session) const;
  State next_state(const BrokerRegistration& broker, const Session& session,
                   const protocol::BrokerHeartbeatRequest& request) const;
  protocol::Offset lowest_active_offset() const;

  const MetadataImage& image_;
  const ReplicationControl& replication_;
  std::string cluster_id_;
  sim::Duration session_timeout_;
  const Mutations* mutations_ = &no_mutations;
  std::map<protocol::BrokerId, Session>
      sessions_;  // of every broker heard of since this controller took office
};

inline constexpr std::int32_t producer_id_block_size = 1000;

}  // namespace kafkasim::broker

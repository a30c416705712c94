// A broker's standing with the controller: it registers, sends heartbeats, learns that it is
// unfenced, and asks to be let go. States and pauses are Kafka's. Left out: offline directories,
// features, migration.
#pragma once

#include <functional>

#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "protocol/cluster_messages.hpp"
#include "sim/rng.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

enum class BrokerStatus {
  starting,                     // not registered, or not caught up with the metadata log
  recovery,                     // caught up, still fenced
  running,                      // unfenced
  pending_controlled_shutdown,  // hands its leaderships over
  shutting_down,
};

class Lifecycle {
 public:
  // `applied`: the last metadata offset that this broker has applied, for heartbeats.
  // `previous_epoch`: set when the incarnation before stopped in order. Requires: the context
  // outlives the process.
  Lifecycle(Context& context, protocol::BrokerEpoch previous_epoch, std::string cluster_id,
            std::string rack, std::function<protocol::Offset()> applied, sim::Rng rng);

  // Registers and sends heartbeats until the broker may shut down. Ends the process when it cannot
  // register in time.
  sim::Task<> run();

  BrokerStatus status() const { return status_; }
  // True once the status is that or a later one; false at the deadline.
  sim::Task<bool> reaches(BrokerStatus status, sim::Time deadline);

  // The logs are there: from the next heartbeat on this broker wants to be unfenced.
  void set_ready_to_unfence();
  // Asks the controller to move leaderships away; before the broker ever ran there is nothing to
  // move.
  void begin_controlled_shutdown();

 private:
  // Both return when to speak to the controller next.
  sim::Task<sim::Time> send_registration(sim::Time give_up);
  sim::Task<sim::Time> send_heartbeat();
  sim::Time after_failure();
  sim::Time after_success() const;
  sim::Time on_heartbeat(const protocol::BrokerHeartbeatResponse& response);
  void set_status(BrokerStatus status);
  void speak_now();

  Context& context_;
  protocol::BrokerEpoch previous_epoch_;
  std::string cluster_id_;
  std::string rack_;
  protocol::Uuid incarnation_id_;
  std::function<protocol::Offset()> applied_;
  sim::Rng rng_;
  ControllerChannel channel_;
  BrokerStatus status_ = BrokerStatus::starting;
  bool registered_ = false;
  bool ready_to_unfence_ = false;
  bool heard_of_shutdown_ = false;
  bool must_speak_now_ = false;
  int failed_attempts_ = 0;
  sim::Signal status_changed_;
  sim::Signal speak_;
};

}  // namespace kafkasim::broker

// A whole cluster in a world: its hosts, the processes on them, and what a scenario does to them.
// What it shows of the inside is for reports and checks; clients meet the cluster only through
// connections.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "broker/controller/controller.hpp"
#include "broker/controller/voter_view.hpp"
#include "broker/invariants/invariant_checker.hpp"
#include "protocol/config_def.hpp"
#include "protocol/metadata_messages.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

struct BrokerSpec {
  protocol::BrokerId id;
  std::string name;  // of its host: "broker-1"
  std::string rack;  // empty = none
  protocol::ConfigValues config{protocol::broker_config_defs()};
  sim::Duration disk_write{};  // how long an operation of its disk takes
  sim::Duration disk_flush{};
  sim::Duration clock_offset{};
};

struct ClusterSpec {
  std::string cluster_id = "kafkasim";
  std::vector<BrokerSpec> brokers;
  int controllers = 1;  // controller-1 and so on; all of them vote
  protocol::ConfigValues controller_config{
      protocol::broker_config_defs()};  // Kafka's broker settings, as it has them
  Features features;
  ClientQuotaLimits quotas;      // each broker grants each client that much
  bool check_invariants = true;  // off only where a bench wants to know what they cost
  Mutations mutations;           // planted bugs, for tests of the checks
};

// One replica as it stands on its broker, whether that runs or not.
struct ReplicaView {
  protocol::Offset log_start_offset;
  protocol::Offset log_end_offset;
  protocol::Offset high_watermark;  // of a broker that is down: its checkpoint
  protocol::LeaderEpoch leader_epoch;
  bool is_leader = false;               // as the broker itself believes
  std::vector<protocol::BrokerId> isr;  // as the leader knows it
  const LogStorage* storage = nullptr;  // the records
};

// "controller-1".
std::string controller_name(int number);

class Cluster {
 public:
  // Adds the hosts; nothing runs yet. Where fewer brokers are there than the offsets topic has
  // replicas by default, it gets as many as there are brokers. Requires: the world outlives the
  // cluster.
  Cluster(sim::World& world, ClusterSpec spec);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Boots all of it.
  void start();
  // After start(): runs the world until all brokers are unfenced, the topics exist and is_ready().
  // Returns why not, in words, and nothing when all is well: a topic was refused, or it is not done
  // at `limit`.
  std::optional<std::string> set_up(const std::vector<protocol::CreatableTopic>& topics,
                                    sim::Time limit);
  // Every broker runs, knows what the controller knows, and leads what it should lead.
  bool is_ready() const;

  // ---- faults, by the name of a host; on a host in the wrong state they do nothing ----
  void crash(std::string_view host);
  // Takes what a broker had not flushed to its disk, also when its process was dead already.
  void power_off(std::string_view host);
  // What a broker has not flushed is torn from now on: recovery after a crash will find it invalid.
  void corrupt_tail(std::string_view broker);
  // Starts the process of a host on which none runs. A disk that failed, and may be replaced, is
  // replaced by an empty one.
  void restart(std::string_view host);
  // In order: a broker hands its leaderships over, the active controller its office.
  void stop(std::string_view host);
  bool is_up(std::string_view host) const;
  bool has_host(std::string_view host) const;

  // ---- to look at ----
  const ClusterSpec& spec() const { return spec_; }
  std::vector<protocol::BrokerId> broker_ids() const;
  const std::string& name_of(protocol::BrokerId broker) const;
  // Null when it is not up.
  const Broker* broker(protocol::BrokerId broker) const;
  // The active controller; null when there is none. Of two that believe it the later elected one.
  const Controller* controller() const;
  // Null when it is not up. Requires: it is a controller's host.
  const Controller* controller(std::string_view host) const;
  // All controllers, in order.
  std::vector<VoterView> voters() const;
  // What watches all of it; null when the spec says so.
  const InvariantChecker* invariants() const { return invariants_.get(); }
  InvariantChecker* invariants() { return invariants_.get(); }
  // Enough controllers are up to elect one and to commit.
  bool has_quorum() const;
  // None when that broker has no such log, or it died with its disk.
  std::optional<ReplicaView> replica(protocol::BrokerId broker,
                                     const protocol::TopicPartition& partition) const;

 private:
  struct Member {
    BrokerSettings settings;
    sim::Host* host = nullptr;
    std::unique_ptr<Broker> broker;  // the last incarnation, running or not
  };

  struct Seat {
    sim::Host* host = nullptr;
    std::unique_ptr<Controller> controller;  // the last incarnation, running or not
  };

  Controller* active() const;
  const Seat* seat(std::string_view host) const;
  Seat* seat(std::string_view host);
  void boot(Seat& seat);
  Member* member(std::string_view host);
  const Member* member(std::string_view host) const;
  const Member& member(protocol::BrokerId broker) const;
  void boot(Member& member);
  void replace_disk(Member& member);
  bool all_brokers_run() const;
  bool leads_what_it_should(const Broker& broker) const;
  // Runs the world until `done`; false at the limit.
  template <class Condition>
  bool run_until(Condition done, sim::Time limit);

  sim::World& world_;
  ClusterSpec spec_;
  std::unique_ptr<InvariantChecker> invariants_;  // outlives those who tell it of changes
  std::vector<Seat> seats_;
  Voters voters_;
  protocol::Offset reported_{0};  // up to where the controllers' decisions are in the trace
  std::map<protocol::BrokerId, Member> members_;
};

}  // namespace kafkasim::broker

// A whole cluster in a world: its hosts, the processes on them, and what a scenario does to them.
// What it shows of the inside is for reports and checks; clients meet the cluster only through
// connections. Left out: more than one controller.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "broker/controller/controller.hpp"
#include "protocol/config_def.hpp"
#include "protocol/metadata_messages.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

struct BrokerSpec {
  protocol::BrokerId id;
  std::string name;  // of its host: "broker-1"
  std::string rack;  // empty = none
  protocol::ConfigValues config{protocol::broker_config_defs()};
};

struct ClusterSpec {
  std::string cluster_id = "kafkasim";
  std::vector<BrokerSpec> brokers;
  protocol::ConfigValues controller_config{
      protocol::broker_config_defs()};  // Kafka's broker settings, as it has them
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

class Cluster {
 public:
  static constexpr std::string_view controller_name = "controller-1";

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
  void power_off(std::string_view host);
  // Starts the process of a host on which none runs.
  void restart(std::string_view host);
  // A controlled shutdown of a broker (it takes its time); the controller just ends.
  void stop(std::string_view host);
  bool is_up(std::string_view host) const;
  bool has_host(std::string_view host) const;

  // ---- to look at ----
  const ClusterSpec& spec() const { return spec_; }
  std::vector<protocol::BrokerId> broker_ids() const;
  const std::string& name_of(protocol::BrokerId broker) const;
  // Null when it is not up.
  const Broker* broker(protocol::BrokerId broker) const;
  const Controller* controller() const;
  // None when that broker has no such log.
  std::optional<ReplicaView> replica(protocol::BrokerId broker,
                                     const protocol::TopicPartition& partition) const;

 private:
  struct Member {
    BrokerSettings settings;
    sim::Host* host = nullptr;
    std::unique_ptr<Broker> broker;  // the last incarnation, running or not
  };

  Member* member(std::string_view host);
  const Member* member(std::string_view host) const;
  const Member& member(protocol::BrokerId broker) const;
  void boot(Member& member);
  void boot_controller();
  bool all_brokers_run() const;
  bool leads_what_it_should(const Broker& broker) const;
  // Runs the world until `done`; false at the limit.
  template <class Condition>
  bool run_until(Condition done, sim::Time limit);

  sim::World& world_;
  ClusterSpec spec_;
  sim::Host* controller_host_;
  std::unique_ptr<Controller> controller_;
  std::map<protocol::BrokerId, Member> members_;
};

}  // namespace kafkasim::broker

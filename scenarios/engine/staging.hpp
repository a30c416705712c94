// A scenario on stage: the world, the cluster and the clients of one run, and the verbs that events
// use on them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster.hpp"
#include "scenarios/engine/admin_client.hpp"
#include "scenarios/engine/client.hpp"
#include "scenarios/engine/consumer_client.hpp"
#include "scenarios/engine/producer_client.hpp"
#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/shared_handling.hpp"
#include "scenarios/engine/stage.hpp"
#include "sim/timer.hpp"
#include "sim/world.hpp"

namespace kafkasim::scenarios {

class Staging final : public Stage {
 public:
  // `scenario` must outlive it. `seed` stands in for the scenario's own.
  Staging(const Scenario& scenario, std::uint64_t seed, bool check_invariants = true,
          const broker::Mutations& mutations = {});
  ~Staging() override;

  // Brings the cluster up before time 0, without a trace, then moves the clock to 0. Returns why
  // that is impossible, in words; nothing when all is well.
  std::optional<std::string> set_up();
  // Time 0: the clients that start by themselves do so, now or at their time.
  void open();

  const Scenario& scenario() const { return scenario_; }
  const broker::Cluster& cluster() const { return *cluster_; }
  // The controller's view, or while it is down the newest that a running broker has; null when
  // nobody runs.
  const broker::MetadataImage* metadata() const;
  const std::vector<std::unique_ptr<ProducerClient>>& producers() const { return producers_; }
  const std::vector<std::unique_ptr<ConsumerClient>>& consumers() const { return consumers_; }

  // Is there nothing left to do? Every client is done or has caught up, what is dead is fenced, and
  // every replica on a broker that runs agrees with its leader.
  bool is_settled() const;

  // ---- Stage ----
  sim::World& world() override { return world_; }
  std::vector<std::string> resolve(const Selector& selector) override;
  bool runs(const std::string& name) const override;
  void crash(const std::string& name) override;
  void power_loss(const std::string& name) override;
  void restart(const std::string& name) override;
  void stop(const std::string& name) override;
  void start(const std::string& name) override;
  void corrupt_tail(const std::string& name) override;
  void pause(const std::string& name) override;
  void resume(const std::string& name) override;
  void stall(const std::string& name, sim::Time until) override;
  void set_handling_time(const std::string& name, std::optional<sim::Duration> takes) override;
  void administer(const AdminAction& action) override;
  // Null when the scenario needs none.
  const AdminClient* admin() const { return admin_.get(); }

 private:
  Client* client(std::string_view name) const;
  SharedHandling& shared_by(const Consumer& consumer);
  std::vector<std::string> names_of(const std::vector<protocol::BrokerId>& brokers) const;
  std::vector<std::string> active_controller() const;
  std::vector<std::string> coordinator_of(const std::string& group) const;
  bool groups_are_settled() const;
  bool consumers_have_read_everything() const;
  bool cluster_is_settled() const;
  bool commits_often() const;

  const Scenario& scenario_;
  sim::World world_;
  std::unique_ptr<broker::Cluster> cluster_;
  std::vector<std::unique_ptr<ProducerClient>> producers_;
  std::map<std::string, SharedHandling> shared_;  // by group, or consumer without one
  std::vector<std::unique_ptr<ConsumerClient>> consumers_;
  std::unique_ptr<AdminClient> admin_;
  std::deque<sim::Timer> openings_;  // of clients that start at their time
};

}  // namespace kafkasim::scenarios

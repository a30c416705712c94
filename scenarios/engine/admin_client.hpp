// The administrator of a scenario: a client on a host of its own that asks the cluster for what
// events say, tries again as Kafka's AdminClient does, and reports how each request ended
// (AdminDone, AdminFailed). It is there only when a scenario needs it. Left out: describing, access
// control.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/backoff.hpp"
#include "client/caller.hpp"
#include "client/network_client.hpp"
#include "client/sim_transport.hpp"
#include "scenarios/engine/scenario.hpp"
#include "sim/world.hpp"

namespace kafkasim::scenarios {

class AdminClient {
 public:
  static constexpr std::string_view host_name = "admin";

  // Adds the host. `bootstrap`: hosts of brokers. Requires: the world outlives it.
  AdminClient(sim::World& world, std::vector<std::string> bootstrap);
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  // Begins at once; several may be under way. Requires: not a seek, which is no request.
  void submit(const AdminAction& action);
  // Nothing is under way.
  bool is_settled() const { return under_way_ == 0; }
  // "delete topic orders: UNKNOWN_TOPIC_OR_PARTITION (...)", of each that failed.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  struct Result {
    protocol::ErrorCode error = protocol::ErrorCode::none;
    std::string message;
  };
  using Answer = std::optional<protocol::ResponseBody>;

  sim::Task<> carry_out(AdminAction action);
  void report(const AdminAction& action, const Result& result);

  // What the controller decides: sent to any broker, or for the settings of a broker to that one.
  sim::Task<Result> ask_controller(AdminAction action, sim::Time deadline);
  // What the leader of the partition does.
  sim::Task<Result> delete_records(AdminAction action, sim::Time deadline);
  // Finds the offsets, then commits them in the group's name, as no member of it.
  sim::Task<Result> reset_offsets(AdminAction action, sim::Time deadline);
  sim::Task<Result> find_ends(AdminAction* action, sim::Time deadline);

  // Until it is answered with something else than that the controller is not in office; none at the
  // deadline.
  sim::Task<Answer> ask(std::optional<client::Node> node, protocol::RequestBody request,
                        sim::Time deadline);
  // Brokers and these topics.
  sim::Task<Answer> look_up(std::vector<std::string> topics, sim::Time deadline);
  sim::Task<std::optional<client::Node>> leader_of(TopicPartition partition, sim::Time deadline);
  sim::Task<std::optional<client::Node>> coordinator_of(std::string group, sim::Time deadline);
  sim::Task<> pause_before(int attempt, sim::Time deadline);

  sim::World& world_;
  sim::Host& host_;
  sim::Process& process_;
  sim::Rng random_;
  client::Backoff backoff_;
  client::Metadata metadata_;
  client::SimTransport transport_;
  client::NetworkClient network_;
  client::Caller caller_;
  bool is_connected_ = false;  // it asks nobody before it has to
  std::size_t under_way_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace kafkasim::scenarios

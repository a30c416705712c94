// The life of a request: try, pause, try again, report. Numbers are the defaults of Kafka's
// AdminClient.
#include "scenarios/engine/admin_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/events.hpp"
#include "scenarios/engine/admin_requests.hpp"

namespace kafkasim::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration api_timeout = 60s;      // default.api.timeout.ms
constexpr sim::Duration request_timeout = 30s;  // request.timeout.ms
constexpr sim::Duration retry_backoff = 100ms;
constexpr sim::Duration retry_backoff_max = 1s;

client::Metadata::Config metadata_config(std::vector<std::string> bootstrap) {
  client::Metadata::Config config;
  config.bootstrap_hosts = std::move(bootstrap);
  config.allow_auto_topic_creation = false;
  return config;
}

client::NetworkClient::Config network_config() {
  client::NetworkClient::Config config;
  config.client_id = std::string(AdminClient::host_name);
  config.request_timeout = request_timeout;
  return config;
}

}  // namespace

AdminClient::AdminClient(sim::World& world, std::vector<std::string> bootstrap)
    : world_(world),
      host_(world.add_host(std::string(host_name))),
      process_(host_.boot()),
      random_(world.rng("admin")),
      backoff_(retry_backoff, retry_backoff_max, &random_),
      metadata_(metadata_config(std::move(bootstrap)), backoff_),
      transport_(world, host_, process_),
      network_(network_config(), transport_, metadata_, &random_),
      caller_(network_, transport_, process_) {}

void AdminClient::submit(const AdminAction& action) {
  if (!is_connected_) sim::spawn(process_, caller_.run());
  is_connected_ = true;
  ++under_way_;
  sim::spawn(process_, carry_out(action));
}

sim::Task<> AdminClient::carry_out(AdminAction action) {
  const sim::Time deadline = world_.now() + api_timeout;
  Result result;
  if (action.kind == ActionKind::delete_records) {
    result = co_await delete_records(action, deadline);
  } else if (action.kind == ActionKind::reset_offsets) {
    result = co_await reset_offsets(action, deadline);
  } else {
    result = co_await ask_controller(action, deadline);
  }
  report(action, result);
  --under_way_;
}

void AdminClient::report(const AdminAction& action, const Result& result) {
  const std::string request = to_string(action);
  if (result.error == protocol::ErrorCode::none) {
    world_.trace().add(host_.name(), protocol::events::AdminDone{request});
    return;
  }
  failures_.push_back(fmt::format("{}: {}{}", request, protocol::name(result.error),
                                  result.message.empty() ? "" : " (" + result.message + ")"));
  world_.trace().add(host_.name(),
                     protocol::events::AdminFailed{request, result.error, result.message});
}

sim::Task<AdminClient::Result> AdminClient::ask_controller(AdminAction action, sim::Time deadline) {
  std::optional<client::Node> node;
  if (action.broker) {
    // Only the broker itself knows what it can change while it runs.
    node = client::Node{client::node_of(protocol::BrokerId(*action.broker)), action.name, ""};
  }
  protocol::RequestBody request = admin_request(action);
  const Answer answer = co_await ask(std::move(node), std::move(request), deadline);
  if (!answer) co_return Result{protocol::ErrorCode::request_timed_out, "no answer within 60 s"};
  AdminAnswer said = admin_answer(*answer);
  co_return Result{said.error, std::move(said.message)};
}

sim::Task<AdminClient::Answer> AdminClient::ask(std::optional<client::Node> node,
                                                protocol::RequestBody request, sim::Time deadline) {
  for (int attempt = 0; world_.now() < deadline; ++attempt) {
    if (attempt > 0) co_await pause_before(attempt, deadline);
    std::optional<client::Node> to = node;
    if (!to) {
      const client::Node* any = caller_.least_loaded_node();
      if (any != nullptr) to = *any;
    }
    if (!to) continue;
    client::Node target = std::move(*to);
    protocol::RequestBody body = request;
    client::CallResult result = co_await caller_.call(std::move(target), std::move(body), deadline);
    if (!result.answered()) continue;
    if (admin_answer(*result.body).error != protocol::ErrorCode::not_controller)
      co_return std::move(result.body);
  }
  co_return std::nullopt;
}

sim::Task<> AdminClient::pause_before(int attempt, sim::Time deadline) {
  const sim::Time until = std::min(deadline, world_.now() + backoff_.after(attempt - 1));
  co_await sim::sleep_until(until);
}

}  // namespace kafkasim::scenarios

// The stage of such a run. Left out: other traffic on the cluster, and a warm-up of the client.
#include "tests/conformance/fault_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "broker/cluster.hpp"
#include "producer/producer.hpp"
#include "protocol/config_rules.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"
#include "tests/conformance/exceptions.hpp"
#include "tests/conformance/fault_proxy.hpp"
#include "tests/conformance/recorded_cluster.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using protocol::BrokerId;

constexpr std::int64_t most_records = 100'000;
constexpr std::int64_t longest_pace_ms = 60'000;
constexpr sim::Duration longest_run = 10min;
constexpr std::int32_t value_size = 60;
const protocol::TopicPartition partition{"burst", 0};

// What the recorded application set besides what its row says: one record a batch.
constexpr std::pair<const char*, const char*> application_settings[] = {{"linger.ms", "0"},
                                                                        {"batch.size", "100"}};

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("cannot be replayed: " + why);
}

protocol::ConfigValues producer_config(const Experiment& experiment) {
  protocol::ConfigValues values{protocol::producer_config_defs()};
  const auto set = [&values](std::string_view name, std::string_view text) {
    const std::string refusal = values.set(name, text);
    if (!refusal.empty()) refuse(refusal);
  };
  for (const auto& [name, value] : application_settings) set(name, value);
  for (const auto& [name, value] : experiment.producer) set(name, value);
  if (const auto conflict = protocol::resolve_producer_config(values)) refuse(conflict.text);
  return values;
}

producer::Config config_of(const Experiment& experiment) {
  std::vector<std::string> bootstrap;
  for (int id = 0; id < recorded_brokers; ++id) bootstrap.push_back(proxy_name(id));
  return producer::read_config(producer_config(experiment), "producer", std::move(bootstrap));
}

protocol::CreatableTopic topic() {
  protocol::CreatableTopic topic;
  topic.name = partition.topic;
  topic.assignments = {{BrokerId(0), BrokerId(1), BrokerId(2)}};
  return topic;
}

// How fast things are. Seed 0 is a quiet machine whose client is slower than its brokers; the
// others are drawn.
struct Speed {
  sim::LatencyRange client{1ms, 1200us};     // client to proxy: the client's own slowness, mostly
  sim::LatencyRange broker{100us, 120us};    // proxy to broker
  sim::LatencyRange replicas{100us, 120us};  // broker to broker
  sim::Duration send{};                      // what a call of send() takes, at most
  std::size_t taken = 3;  // requests of a connection that a broker holds when it ends, at most
};

sim::LatencyRange draw_latency(sim::Rng& rng) {
  constexpr std::array<sim::Duration, 6> lowest = {50us, 200us, 1ms, 3ms, 6ms, 10ms};
  const sim::Duration low = lowest[rng.below(lowest.size())];
  return {low, low * rng.between(1, 4)};
}

Speed speed_of(std::uint64_t seed) {
  Speed speed;
  if (seed == 0) return speed;
  sim::Rng rng = sim::Rng(seed).fork("speed");
  speed.client = draw_latency(rng);
  speed.broker = draw_latency(rng);
  speed.replicas = draw_latency(rng);
  constexpr std::array<sim::Duration, 5> costs = {0us, 0us, 500us, 3ms, 60ms};
  speed.send = costs[rng.below(costs.size())];
  constexpr std::array<std::size_t, 5> held = {1, 2, 3, 4, 1000};
  speed.taken = held[rng.below(held.size())];
  return speed;
}

class Burst {
 public:
  Burst(const Experiment& experiment, std::uint64_t seed)
      : experiment_(experiment),
        speed_(speed_of(seed)),
        world_(seed, speed_.replicas),
        cluster_(world_, recorded_cluster()),
        client_(world_.add_host("producer")) {
    state_.fault = experiment.fault;
    state_.taken = speed_.taken;
    cluster_.start();
    const auto refusal = cluster_.set_up({topic()}, world_.now() + 60s);
    if (refusal) throw std::runtime_error("the cluster did not come up: " + *refusal);
    world_.trace().enable(false);
    for (int id = 0; id < recorded_brokers; ++id) {
      const sim::HostId host = world_.host(cluster_.name_of(BrokerId(id)))->id();
      FaultProxy& proxy =
          *proxies_.emplace_back(std::make_unique<FaultProxy>(world_, id, host, state_));
      link(client_.id(), proxy.host(), speed_.client);
      link(proxy.host(), host, speed_.broker);
    }
  }
  ~Burst() { client_.crash(); }
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;

  FaultOutcome run() {
    sim::Process& process = client_.boot();
    producer_ = std::make_unique<producer::Producer>(world_, client_, process, "producer",
                                                     config_of(experiment_));
    producer_->set_listener([this](const producer::SendResult& result) { hear(result); });
    producer_->start();
    sim::spawn(process, send_all(&process));
    const sim::Time end = world_.now() + longest_run;
    while (heard_ < experiment_.records && world_.loop().next_event_time() <= end &&
           world_.loop().step()) {
    }
    // What is still under way may yet be stored.
    world_.loop().run_until(world_.now() + experiment_.fault.delay + 5s);
    outcome_.unheard = experiment_.records - heard_;
    outcome_.struck = state_.struck;
    read_log();
    return std::move(outcome_);
  }

 private:
  void link(sim::HostId one, sim::HostId other, sim::LatencyRange latency) {
    world_.network().set_latency(one, other, latency);
    world_.network().set_latency(other, one, latency);
  }

  sim::Task<> send_all(sim::Process* process) {
    sim::Rng rng = world_.rng("application");
    for (std::int64_t id = 0; id < experiment_.records; ++id) {
      protocol::Record record;
      record.tag = static_cast<protocol::RecordTag>(id) + 1;
      record.value_size = value_size;
      producer::OutgoingRecord outgoing(partition.topic, partition.partition, std::move(record));
      co_await producer_->send(std::move(outgoing), static_cast<producer::Ticket>(id));
      const sim::Duration taken = rng.between(sim::Duration(0), speed_.send);
      const sim::Time next = process->now() + experiment_.pace + taken;
      if (next > process->now()) co_await sim::sleep_until(next);
    }
  }

  void hear(const producer::SendResult& result) {
    const auto id = static_cast<std::int64_t>(result.ticket);
    ++heard_;
    if (result.acked()) {
      outcome_.ack_order.push_back(id);
      return;
    }
    ++outcome_.failed;
    ++outcome_.errors[fmt::format("{}: {}", exception_of(result.error), result.message)];
  }

  void read_log() {
    const auto replica = cluster_.replica(BrokerId(0), partition);
    if (!replica || !replica->is_leader) throw std::runtime_error("the leader has changed");
    for (const protocol::StoredBatch& batch : replica->storage->batches) {
      for (const protocol::Record& record : batch.batch->records)
        outcome_.log.push_back(static_cast<std::int64_t>(record.tag) - 1);
    }
  }

  const Experiment& experiment_;
  Speed speed_;
  sim::World world_;
  ProxyState state_;
  broker::Cluster cluster_;
  sim::Host& client_;
  std::vector<std::unique_ptr<FaultProxy>> proxies_;
  std::unique_ptr<producer::Producer> producer_;
  FaultOutcome outcome_;
  std::int64_t heard_ = 0;
};

std::int64_t whole_number(const json& recorded, const char* key, std::int64_t highest) {
  const auto found = recorded.find(key);
  if (found == recorded.end() || !found->is_number_integer())
    refuse(fmt::format("'{}' is not a whole number", key));
  const auto value = found->get<std::int64_t>();
  if (value < 0 || value > highest) refuse(fmt::format("'{}' is {}", key, value));
  return value;
}

}  // namespace

bool Experiment::is_certain() const {
  const producer::Config config = config_of(*this);
  return config.acks != protocol::Acks::none && (config.idempotent || config.max_in_flight == 1);
}

Experiment read_experiment(const json& recorded) {
  Experiment experiment;
  if (recorded.contains("producer") && !recorded.at("producer").is_object())
    refuse("'producer' is not a set of settings");
  const json settings = recorded.value("producer", json::object());
  for (const auto& [name, value] : settings.items()) {
    experiment.producer.emplace_back(name,
                                     value.is_string() ? value.get<std::string>() : value.dump());
  }
  experiment.records = whole_number(recorded, "records", most_records);
  experiment.pace = std::chrono::milliseconds(whole_number(recorded, "pace_ms", longest_pace_ms));
  if (!recorded.contains("fault") || !recorded.at("fault").is_string()) refuse("no 'fault'");
  experiment.fault = read_fault(recorded.at("fault").get<std::string>());
  const producer::Config config = config_of(experiment);
  if (!config.transactional_id.empty()) refuse("producers with transactions are left out");
  if (experiment.fault.api == "Produce" && experiment.fault.needs_answer() &&
      config.acks == protocol::Acks::none)
    refuse("a request with acks=0 has no answer");
  return experiment;
}

FaultOutcome run_experiment(const Experiment& experiment, std::uint64_t seed) {
  return Burst(experiment, seed).run();
}

}  // namespace kafkasim::conformance

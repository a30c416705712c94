// A small cluster for tests, and a client that speaks to its brokers over raw connections, one
// request at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/cluster.hpp"
#include "protocol/events.hpp"
#include "sim/channel.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {

using namespace std::chrono_literals;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using sim::Time;

inline protocol::CreatableTopic topic_on(const std::string& name,
                                         const std::vector<std::vector<int>>& assignments) {
  protocol::CreatableTopic topic;
  topic.name = name;
  for (const std::vector<int>& replicas : assignments) {
    auto& ids = topic.assignments.emplace_back();
    for (const int replica : replicas) ids.push_back(BrokerId(replica));
  }
  return topic;
}

inline std::string broker_name(int id) { return "broker-" + std::to_string(id); }

class TestCluster {
 public:
  // One line of the trace: "started", who, when.
  struct Seen {
    Time at;
    std::string who;
    std::string what;
    std::string text;
  };

  explicit TestCluster(int brokers, std::map<std::string, std::string> config = {},
                       int controllers = 1, std::uint64_t seed = 7, Features features = {})
      : world(seed, {1ms, 1ms}) {
    ClusterSpec spec;
    spec.controllers = controllers;
    spec.features = features;
    for (int id = 1; id <= brokers; ++id) {
      BrokerSpec& broker = spec.brokers.emplace_back();
      broker.id = BrokerId(id);
      broker.name = broker_name(id);
      for (const auto& [name, value] : config) REQUIRE(broker.config.set(name, value).empty());
    }
    for (const auto& [name, value] : config)
      REQUIRE(spec.controller_config.set(name, value).empty());
    cluster.emplace(world, std::move(spec));
    cluster->invariants()->groups().allow_any_offset();  // raw requests commit what they like
    client_process = &client.boot();
    world.trace().observe([this](Time at, std::string_view who, const sim::TraceEvent& event) {
      Seen& line = seen.emplace_back(Seen{at, std::string(who), std::string(event.name()), ""});
      event.describe(line.text);
    });
  }
  ~TestCluster() { client.crash(); }

  // Starts the cluster and has the topics made.
  void set_up(const std::vector<protocol::CreatableTopic>& topics) {
    cluster->start();
    const auto error = cluster->set_up(topics, world.now() + 30s);
    INFO(error.value_or(""));
    REQUIRE_FALSE(error);
    seen.clear();
  }

  void run_for(sim::Duration duration) { world.loop().run_until(world.now() + duration); }

  // Runs until the condition holds; false after `limit`.
  template <class Condition>
  bool run_until(Condition done, sim::Duration limit) {
    const Time end = world.now() + limit;
    while (!done()) {
      if (world.loop().next_event_time() > end || !world.loop().step()) return false;
    }
    return true;
  }

  // Sends on the client's connection to that broker; the answer is in `answers` some time later, or
  // null there. 100 more than its number: another connection to it.
  void send(int broker, protocol::RequestBody body) {
    answers.erase(broker);
    sim::spawn(*client_process, ask(broker, std::move(body)));
  }

  // The answer, or none when there was none within half a minute.
  template <class Response>
  std::optional<Response> call(int broker, protocol::RequestBody body) {
    send(broker, std::move(body));
    run_until([&] { return answers.contains(broker); }, 40s);
    const auto found = answers.find(broker);
    if (found == answers.end() || !found->second) return std::nullopt;
    return std::get<Response>(*found->second);
  }

  // Produces one record without an id; the error, or NETWORK_EXCEPTION without an answer.
  ErrorCode produce(int broker, const std::string& value, protocol::Acks acks = protocol::Acks::all,
                    const std::string& topic = "orders") {
    const auto response =
        call<protocol::ProduceResponse>(broker, produce_request(value, acks, topic));
    return response ? response->partitions.at(0).error : ErrorCode::network_exception;
  }

  protocol::ProduceRequest produce_request(const std::string& value, protocol::Acks acks,
                                           const std::string& topic = "orders") const {
    protocol::RecordBatch batch;
    protocol::Record& record = batch.records.emplace_back();
    record.timestamp_ms = sim::to_epoch_ms(world.now());
    record.value = protocol::Bytes(value);
    record.value_size = record.value.size();
    protocol::seal(batch);
    protocol::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 30000;
    request.partitions.push_back(
        {{topic, 0}, protocol::make_ref<protocol::RecordBatch>(std::move(batch))});
    return request;
  }

  protocol::MetadataResponse metadata(int broker, const std::string& topic) {
    protocol::MetadataRequest request;
    request.topics = {topic};
    return call<protocol::MetadataResponse>(broker, request).value();
  }

  // What the controller decided about a partition.
  const PartitionRegistration& decided(const std::string& topic = "orders",
                                       int partition = 0) const {
    return *cluster->controller()->image().partition({topic, partition});
  }

  // "A B C": the values of the records in a replica's log.
  std::string log(int broker, const std::string& topic = "orders") const {
    std::string text;
    const auto replica = cluster->replica(BrokerId(broker), {topic, 0});
    if (!replica) return "none";
    for (const protocol::StoredBatch& stored : replica->storage->batches) {
      for (const protocol::Record& record : stored.batch->records) {
        text += (text.empty() ? "" : " ") + std::string(record.value.view());
      }
    }
    return text;
  }

  // The first event of that name, if possible by that host; null when there was none.
  const Seen* find_seen(const std::string& what, const std::string& who = "") const {
    for (const Seen& line : seen) {
      if (line.what == what && (who.empty() || line.who == who)) return &line;
    }
    return nullptr;
  }

  sim::World world;
  sim::Host& client = world.add_host("client");
  std::optional<Cluster> cluster;
  std::vector<Seen> seen;
  std::map<int, std::optional<protocol::ResponseBody>> answers;

 private:
  sim::Task<> ask(int broker, protocol::RequestBody body) {
    std::unique_ptr<sim::Channel>& channel = channels_[broker];
    if (!channel) {
      const sim::HostId to = world.host(broker_name(broker % 100))->id();
      channel = std::make_unique<sim::Channel>(world.network(), *client_process, client.id(), to);
    }
    sim::Channel* const used = channel.get();
    protocol::Request request;
    request.client_id = "test";
    request.body = std::move(body);
    sim::MessagePtr message = sim::enclose(std::move(request));
    sim::CallResult result = co_await used->call(std::move(message), world.now() + 35s);
    std::optional<protocol::ResponseBody>& answer = answers[broker];
    answer.reset();
    if (result.message) answer = result.message->open<protocol::Response>()->body;
  }

  sim::Process* client_process = nullptr;
  std::map<int, std::unique_ptr<sim::Channel>> channels_;
};

}  // namespace kafkasim::broker

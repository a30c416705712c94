// Virtual time, scripted brokers and an application around the plain producer: enough to replay a
// recorded run of Kafka's own producer and to write down what happens in the same words.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "client/network_client.hpp"
#include "producer/accumulator.hpp"
#include "producer/sender.hpp"

namespace kafkasim::producer {

using Json = nlohmann::json;

// Brokers 0..n-1 and the network to them. Times are whole milliseconds from 0.
class ScriptedNetwork final : public client::Transport {
 public:
  ScriptedNetwork(const Json& script, Json& trace);

  void connect(const client::Node& node) override;
  void send(client::NodeId node, protocol::Request request) override;
  void close(client::NodeId node) override;

  using Action = std::function<void()>;
  void at(int time, Action action);
  int later(std::int64_t delay) const;
  // Time of the next thing to happen; a very late one if there is none.
  int next() const;
  // Runs everything up to and including `time`, and moves the clock there.
  void run_until(int time);
  int now() const { return now_; }
  bool has_news() const;
  // Hands what arrived to the client: of each node at most one answer.
  void deliver(client::NetworkClient& client);

  protocol::MetadataResponse metadata() const;
  void log(Json event);
  // Called before a request is written down.
  std::function<void()> before_request;
  const Json& final_logs() const { return logs_; }

 private:
  struct Batch {
    std::int64_t base_offset;
    protocol::BatchRef batch;
  };
  struct Log {
    int leader = -1;
    int epoch = 0;
    std::int64_t next_offset = 0;
    std::map<std::int64_t, std::deque<Batch>> producers;  // the last five batches of each
  };
  struct Rule {
    Json json;
    int matched = 0;
  };
  struct Connection {
    std::uint64_t id = 0;  // 0 = none
    bool up = false;
    int busy_until = 0;
    std::deque<protocol::Request> waiting;
    bool serving = false;
    bool silent = false;
    std::vector<protocol::Response> staged;
    bool connected = false;
    bool disconnected = false;
  };
  struct Verdict {
    const Json* rule = nullptr;
    bool of(const char* key, const char* value) const {
      return rule != nullptr && rule->value(key, "") == value;
    }
  };

  void arrive(int node, std::uint64_t connection, protocol::Request request);
  void serve_next(int node, std::uint64_t connection);
  void serve(int node, std::uint64_t connection, const protocol::Request& request);
  void produce(int node, std::uint64_t connection, const protocol::Request& request);
  void answer(int node, std::uint64_t connection, protocol::Response response, Json result,
              int delay);
  void drop_connection(int node, std::uint64_t connection, const std::string& why, int delay);
  void break_connection(int node, const std::string& why);
  std::vector<Verdict> verdicts(std::string_view api, int node, const protocol::Request& request);
  protocol::ProducePartitionResponse append(int node, const protocol::ProducePartition& part);
  void event(const Json& event);

  const Json& script_;
  Json& trace_;
  int latency_;
  int connect_ms_;
  bool kip951_;
  int now_ = 0;
  std::multimap<int, Action> queue_;
  std::vector<Connection> nodes_;
  std::vector<bool> up_;
  std::uint64_t next_connection_ = 1;
  std::map<protocol::TopicPartition, Log> partitions_;
  std::vector<Rule> rules_;
  std::int64_t next_producer_id_ = 1000;
  Json logs_ = Json::object();
};

// Runs a recorded script through the plain producer; returns its trace and final logs.
struct Replay {
  Json trace = Json::array();
  Json final_logs;
};
Replay replay(const Json& script);

// The lines of a trace, with what has no meaning (order of partitions inside a request, versions)
// taken out.
std::vector<std::string> readable(const Json& trace);

}  // namespace kafkasim::producer

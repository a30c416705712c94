// The scripted brokers: strictly one request after the other on a connection; sequences checked as
// Kafka's do.
#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "tests/conformance/producer_trace_world.hpp"

namespace kafkasim::producer {

using protocol::ErrorCode;
using protocol::TopicPartition;

namespace {

constexpr std::int64_t most_nodes = 1000;

TopicPartition parse_partition(const std::string& text) {
  const auto dash = text.rfind('-');
  if (dash == std::string::npos) throw std::invalid_argument("not a partition: " + text);
  return TopicPartition{text.substr(0, dash), std::stoi(text.substr(dash + 1))};
}

ErrorCode error_named(const std::string& text) {
  const std::optional<ErrorCode> error = protocol::error_code(text);
  if (!error) throw std::invalid_argument("not an error: " + text);
  return *error;
}

Json record_ids(const protocol::RecordBatch& batch) {
  Json ids = Json::array();
  for (const protocol::Record& record : batch.records) ids.push_back(record.tag);
  return ids;
}

}  // namespace

ScriptedNetwork::ScriptedNetwork(const Json& script, Json& trace)
    : script_(script),
      trace_(trace),
      latency_(script.at("latency_ms")),
      connect_ms_(script.at("connect_ms")),
      kip951_(script.value("kip951", false)) {
  const auto count = script.at("nodes").get<std::int64_t>();
  if (count < 1 || count > most_nodes) throw std::invalid_argument("that many nodes");
  if (latency_ < 0 || connect_ms_ < 0) throw std::invalid_argument("a latency below 0");
  nodes_.resize(static_cast<std::size_t>(count));
  up_.assign(nodes_.size(), true);
  for (const auto& [name, leader] : script.at("leaders").items())
    partitions_[parse_partition(name)].leader = leader;
  for (const Json& rule : script.value("rules", Json::array())) rules_.push_back(Rule{rule, 0});
  for (const Json& e : script.value("events", Json::array())) {
    at(e.at("at"), [this, e] { event(e); });
  }
}

void ScriptedNetwork::log(Json event) {
  event["t"] = now_;
  trace_.push_back(std::move(event));
}

// ---- time ----

// Recorded times may be anything; there is nothing after the last one.
int ScriptedNetwork::later(std::int64_t delay) const {
  constexpr std::int64_t last = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(last, now_ + delay));
}

void ScriptedNetwork::at(int time, Action action) { queue_.emplace(time, std::move(action)); }

int ScriptedNetwork::next() const { return queue_.empty() ? 1'000'000'000 : queue_.begin()->first; }

void ScriptedNetwork::run_until(int time) {
  while (!queue_.empty() && queue_.begin()->first <= time) {
    now_ = std::max(now_, queue_.begin()->first);
    const Action action = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    action();
  }
  now_ = std::max(now_, time);
}

bool ScriptedNetwork::has_news() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Connection& c) {
    return c.connected || c.disconnected || !c.staged.empty();
  });
}

void ScriptedNetwork::deliver(client::NetworkClient& client) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const client::NodeId node(static_cast<std::int32_t>(i));
    Connection& connection = nodes_[i];
    if (connection.connected) client.on_connected(node);
    connection.connected = false;
    if (!connection.staged.empty()) {
      client.on_response(node, std::move(connection.staged.front()));
      connection.staged.erase(connection.staged.begin());
    }
    if (connection.disconnected) client.on_disconnected(node);
    connection.disconnected = false;
  }
}

// ---- connections ----

void ScriptedNetwork::connect(const client::Node& node) {
  const int n = node.id.value();
  Connection& connection = nodes_.at(static_cast<std::size_t>(n));
  connection = Connection{};
  connection.id = next_connection_++;
  log({{"ev", "connect"}, {"node", n}});
  at(later(connect_ms_), [this, n, id = connection.id] {
    Connection& c = nodes_.at(static_cast<std::size_t>(n));
    if (c.id != id) return;
    if (!up_.at(static_cast<std::size_t>(n))) {
      log({{"ev", "connect_failed"}, {"node", n}});
      c.disconnected = true;
      return;
    }
    c.up = true;
    c.connected = true;
  });
  if (connect_ms_ == 0) run_until(now_);
}

void ScriptedNetwork::close(client::NodeId node) {
  Connection& connection = nodes_.at(static_cast<std::size_t>(node.value()));
  log({{"ev", "client_close"}, {"node", node.value()}});
  connection = Connection{};
}

void ScriptedNetwork::break_connection(int node, const std::string& why) {
  Connection& connection = nodes_.at(static_cast<std::size_t>(node));
  if (!connection.up) return;
  log({{"ev", "disconnected"}, {"node", node}, {"why", why}});
  connection = Connection{};
  connection.disconnected = true;
}

void ScriptedNetwork::drop_connection(int node, std::uint64_t id, const std::string& why,
                                      int delay) {
  at(later(delay), [this, node, id, why] {
    if (nodes_.at(static_cast<std::size_t>(node)).id == id) break_connection(node, why);
  });
}

void ScriptedNetwork::event(const Json& e) {
  const std::string what = e.at("do");
  if (what == "leader") {
    Log& log_of = partitions_.at(parse_partition(e.at("tp")));
    log_of.leader = e.at("node");
    ++log_of.epoch;
    log({{"ev", "leader_change"},
         {"tp", e.at("tp")},
         {"node", log_of.leader},
         {"epoch", log_of.epoch}});
    return;
  }
  const int node = e.at("node");
  if (what == "up" || what == "down") {
    up_.at(static_cast<std::size_t>(node)) = what == "up";
    log({{"ev", "node_" + what}, {"node", node}});
  }
  if (what == "down") at(now_, [this, node] { break_connection(node, "node_down"); });
  if (what == "cut") break_connection(node, "cut");
}

// ---- requests ----

void ScriptedNetwork::send(client::NodeId node, protocol::Request request) {
  const int n = node.value();
  Connection& connection = nodes_.at(static_cast<std::size_t>(n));
  if (std::holds_alternative<protocol::ApiVersionsRequest>(request.body)) {
    // Takes no time here and leaves no trace.
    connection.staged.push_back(
        protocol::Response{request.correlation_id, protocol::ApiVersionsResponse{}});
    return;
  }
  before_request();
  Json line{{"ev", "request"},
            {"corr", request.correlation_id},
            {"api", protocol::api_name(request.body.index())},
            {"node", n}};
  if (const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body)) {
    line["acks"] = static_cast<int>(produce->acks);
    line["timeout_ms"] = produce->timeout_ms;
    line["batches"] = Json::array();
    for (const protocol::ProducePartition& part : produce->partitions) {
      line["batches"].push_back({{"tp", to_string(part.partition)},
                                 {"producer_id", part.records->producer_id.value()},
                                 {"epoch", part.records->producer_epoch.value()},
                                 {"base_sequence", part.records->base_sequence},
                                 {"size", part.records->size_in_bytes},
                                 {"records", record_ids(*part.records)}});
    }
  }
  log(std::move(line));
  at(later(latency_), [this, n, id = connection.id, r = std::move(request)] { arrive(n, id, r); });
}

void ScriptedNetwork::arrive(int node, std::uint64_t id, protocol::Request request) {
  Connection& connection = nodes_.at(static_cast<std::size_t>(node));
  if (connection.id != id || !connection.up || connection.silent) return;
  connection.waiting.push_back(std::move(request));
  if (!connection.serving) serve_next(node, id);
}

// What arrives elsewhere at the same instant has its turn before the next request of a connection.
void ScriptedNetwork::serve_next(int node, std::uint64_t id) {
  Connection& connection = nodes_.at(static_cast<std::size_t>(node));
  if (connection.id != id || !connection.up || connection.silent) return;
  connection.serving = !connection.waiting.empty();
  if (!connection.serving) return;
  const protocol::Request request = std::move(connection.waiting.front());
  connection.waiting.pop_front();
  serve(node, id, request);
  at(std::max(now_, connection.busy_until), [this, node, id] { serve_next(node, id); });
}

void ScriptedNetwork::serve(int node, std::uint64_t id, const protocol::Request& request) {
  if (std::holds_alternative<protocol::ProduceRequest>(request.body)) {
    produce(node, id, request);
    return;
  }
  const auto scripted = verdicts(protocol::api_name(request.body.index()), node, request);
  const Verdict verdict = scripted.front();
  if (verdict.of("action", "disconnect")) {
    ++next_producer_id_;
    drop_connection(node, id, "scripted", latency_);
    return;
  }
  protocol::Response response{request.correlation_id, {}};
  Json result;
  if (std::holds_alternative<protocol::MetadataRequest>(request.body)) {
    response.body = metadata();
    for (const auto& [tp, state] : partitions_) {
      result[to_string(tp)] = std::to_string(state.leader) + "@" + std::to_string(state.epoch);
    }
  } else {
    protocol::InitProducerIdResponse body;
    if (verdict.rule != nullptr && verdict.rule->contains("error")) {
      body.error = error_named(verdict.rule->at("error"));
    } else {
      body.producer_id = protocol::ProducerId(next_producer_id_++);
      body.producer_epoch = protocol::ProducerEpoch(0);
    }
    result = {{"error", protocol::name(body.error)},
              {"producer_id", body.producer_id.value()},
              {"epoch", body.producer_epoch.value()}};
    response.body = body;
  }
  answer(node, id, std::move(response), std::move(result), 0);
}

protocol::MetadataResponse ScriptedNetwork::metadata() const {
  protocol::MetadataResponse response;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    response.brokers.push_back(
        protocol::NodeEndpoint{protocol::BrokerId(id), "broker-" + std::to_string(id), ""});
  }
  protocol::MetadataTopic topic;
  topic.name = "t";
  // The order in which the recorded client had them.
  for (auto it = partitions_.rbegin(); it != partitions_.rend(); ++it) {
    const auto& [tp, state] = *it;
    protocol::MetadataPartition p;
    p.partition = tp.partition;
    p.leader_id = protocol::BrokerId(state.leader);
    p.leader_epoch = protocol::LeaderEpoch(state.epoch);
    if (state.leader < 0) p.error = ErrorCode::leader_not_available;
    topic.partitions.push_back(std::move(p));
  }
  response.topics.push_back(std::move(topic));
  return response;
}

// The rule for each partition of a Produce request; one for other requests.
std::vector<ScriptedNetwork::Verdict> ScriptedNetwork::verdicts(std::string_view api, int node,
                                                                const protocol::Request& request) {
  const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
  std::vector<Verdict> out(produce == nullptr ? 1 : produce->partitions.size());
  for (Rule& rule : rules_) {
    const Json& r = rule.json;
    if (r.at("api") != api || (r.contains("node") && r.at("node") != node)) continue;
    if (now_ < r.value("from", 0) || now_ >= r.value("until", 1'000'000'000)) continue;
    if (r.contains("tp") && !protocol::concerns(request, parse_partition(r.at("tp")))) continue;
    const int nth = ++rule.matched;
    if (nth < r.at("nth") || nth >= r.at("nth").get<int>() + r.value("count", 1)) continue;
    // One rule acts on a request; those after it do not even count it.
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool all = produce == nullptr || !r.contains("tp") || r.contains("action") ||
                       r.contains("delay_ms") ||
                       to_string(produce->partitions[i].partition) == r.at("tp");
      if (all) out[i].rule = &rule.json;
    }
    break;
  }
  return out;
}

void ScriptedNetwork::produce(int node, std::uint64_t id, const protocol::Request& request) {
  const auto& body = std::get<protocol::ProduceRequest>(request.body);
  const auto scripted = verdicts("Produce", node, request);
  const Verdict whole = scripted.front();
  protocol::ProduceResponse response;
  Json result = Json::array();
  bool has_error = false;
  for (std::size_t i = 0; i < body.partitions.size(); ++i) {
    const Json* rule = scripted[i].rule;
    const bool refuses = rule != nullptr && (rule->contains("error") || rule->contains("action"));
    protocol::ProducePartitionResponse part;
    part.partition = body.partitions[i].partition;
    if (!refuses || rule->value("apply", false)) part = append(node, body.partitions[i]);
    if (refuses && rule->contains("error")) {
      part.error = error_named(rule->at("error"));
      part.base_offset = protocol::Offset();
    }
    has_error = has_error || part.error != ErrorCode::none;
    if (part.error == ErrorCode::not_leader_or_follower && kip951_) {
      const Log& state = partitions_.at(part.partition);
      part.current_leader = {protocol::BrokerId(state.leader), protocol::LeaderEpoch(state.epoch)};
      response.node_endpoints = metadata().brokers;
    }
    result.push_back({{"tp", to_string(part.partition)},
                      {"error", protocol::name(part.error)},
                      {"base_offset", part.base_offset.value()}});
    response.partitions.push_back(std::move(part));
  }
  const int delay = whole.rule == nullptr ? 0 : whole.rule->value("delay_ms", 0);
  if (body.acks == protocol::Acks::none) {
    // There is no answer to lose; only an error shows.
    nodes_.at(static_cast<std::size_t>(node)).busy_until = later(delay);
    if (has_error) break_connection(node, "acks=0 error " + result.dump());
  } else if (whole.of("action", "drop")) {
    nodes_.at(static_cast<std::size_t>(node)).silent = true;
    log({{"ev", "broker_silent"}, {"corr", request.correlation_id}});
  } else if (whole.of("action", "disconnect")) {
    drop_connection(node, id, "scripted", latency_);
    nodes_.at(static_cast<std::size_t>(node)).silent = true;
  } else {
    answer(node, id, protocol::Response{request.correlation_id, std::move(response)},
           std::move(result), delay);
  }
}

void ScriptedNetwork::answer(int node, std::uint64_t id, protocol::Response response, Json result,
                             int delay) {
  nodes_.at(static_cast<std::size_t>(node)).busy_until = later(delay);
  at(later(std::int64_t{delay} + latency_), [this, node, id, r = std::move(response), result] {
    Connection& connection = nodes_.at(static_cast<std::size_t>(node));
    if (connection.id != id || !connection.up) return;
    log({{"ev", "response"},
         {"corr", r.correlation_id},
         {"api", protocol::api_name(r.body.index())},
         {"node", node},
         {"result", result}});
    connection.staged.push_back(r);
  });
}

protocol::ProducePartitionResponse ScriptedNetwork::append(int node,
                                                           const protocol::ProducePartition& part) {
  protocol::ProducePartitionResponse out;
  out.partition = part.partition;
  Log& state = partitions_.at(part.partition);
  if (state.leader != node) {
    out.error = ErrorCode::not_leader_or_follower;
    return out;
  }
  const protocol::RecordBatch& batch = *part.records;
  if (batch.has_producer_id()) {
    auto& known = state.producers[batch.producer_id.value()];
    for (const Batch& old : known) {
      if (old.batch->producer_epoch == batch.producer_epoch &&
          old.batch->base_sequence == batch.base_sequence &&
          old.batch->last_sequence() == batch.last_sequence()) {
        out.base_offset = protocol::Offset(old.base_offset);
        return out;
      }
    }
    if (!known.empty()) {
      const protocol::RecordBatch& last = *known.back().batch;
      if (batch.producer_epoch < last.producer_epoch) {
        out.error = ErrorCode::invalid_producer_epoch;
        return out;
      }
      const int expected = batch.producer_epoch == last.producer_epoch
                               ? protocol::add_sequence(last.last_sequence(), 1)
                               : 0;
      if (batch.base_sequence != expected) {
        out.error = ErrorCode::out_of_order_sequence_number;
        return out;
      }
      if (batch.producer_epoch != last.producer_epoch) known.clear();
    }
    known.push_back(Batch{state.next_offset, part.records});
    if (known.size() > 5) known.pop_front();
  }
  out.base_offset = protocol::Offset(state.next_offset);
  logs_[to_string(part.partition)].push_back({{"base_offset", state.next_offset},
                                              {"producer_id", batch.producer_id.value()},
                                              {"epoch", batch.producer_epoch.value()},
                                              {"base_sequence", batch.base_sequence},
                                              {"records", record_ids(batch)}});
  state.next_offset += batch.offset_count();
  return out;
}

}  // namespace kafkasim::producer

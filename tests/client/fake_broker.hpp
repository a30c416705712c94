// A broker small enough to read: answers ApiVersions, Metadata, InitProducerId and Produce at once,
// unless the test says otherwise. One process on one host; appends to a list of labels a partition.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.hpp"
#include "sim/executor.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"

namespace kafkasim::client {

class FakeBroker {
 public:
  // What the test answers; none: as usual. `silent` in the answer: nothing is answered at all.
  struct Reply {
    std::optional<protocol::ResponseBody> body;
    bool silent = false;
    bool closes = false;
  };
  using Script = std::function<std::optional<Reply>(const protocol::Request&)>;

  FakeBroker(sim::World& world, int id)
      : world_(world), host_(world.add_host("broker-" + std::to_string(id))), id_(id) {
    boot();
  }

  void boot() {
    sim::Process& process = host_.boot();
    sim::spawn(process, serve(&process));
  }
  sim::Host& host() { return host_; }
  protocol::BrokerId id() const { return protocol::BrokerId(id_); }

  // Leaders of the topic's partitions, as this broker tells them; not set = no leader.
  std::vector<protocol::BrokerId> leaders{protocol::BrokerId(1)};
  std::string topic = "orders";
  std::vector<int> brokers{1};
  Script script;
  std::vector<std::string> heard;                                    // kinds of requests
  std::map<protocol::TopicPartition, std::vector<std::string>> log;  // labels

 private:
  sim::Task<> serve(sim::Process* process) {
    sim::Mailbox<sim::SocketEvent> inbox;
    world_.network().listen(*process, host_.id(), inbox);
    for (;;) {
      std::optional<sim::SocketEvent> event = co_await inbox.receive(sim::never);
      if (event->kind == sim::SocketEvent::Kind::opened) event->socket.deliver_to(inbox);
      if (event->kind == sim::SocketEvent::Kind::message) handle(*event);
    }
  }

  void handle(sim::SocketEvent& event) {
    auto& request = *event.message->open<protocol::Request>();
    heard.emplace_back(protocol::kind(request));
    std::optional<Reply> reply;
    if (script) reply = script(request);
    if (reply && reply->closes) event.socket.close();
    if (reply && (reply->silent || reply->closes)) return;
    const bool expects =
        !std::holds_alternative<protocol::ProduceRequest>(request.body) ||
        std::get<protocol::ProduceRequest>(request.body).acks != protocol::Acks::none;
    protocol::Response response{request.correlation_id,
                                reply && reply->body ? *reply->body : usual(request)};
    if (expects) event.socket.send(sim::enclose(std::move(response)));
  }

  protocol::ResponseBody usual(const protocol::Request& request) {
    if (std::holds_alternative<protocol::MetadataRequest>(request.body)) return metadata();
    if (std::holds_alternative<protocol::InitProducerIdRequest>(request.body)) {
      protocol::InitProducerIdResponse response;
      response.producer_id = protocol::ProducerId(1000);
      response.producer_epoch = protocol::ProducerEpoch(0);
      return response;
    }
    if (const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body))
      return append(*produce);
    return protocol::error_response(request.body, protocol::ErrorCode::none);
  }

  protocol::MetadataResponse metadata() const {
    protocol::MetadataResponse response;
    for (const int id : brokers) {
      response.brokers.push_back(
          protocol::NodeEndpoint{protocol::BrokerId(id), "broker-" + std::to_string(id), ""});
    }
    protocol::MetadataTopic out;
    out.name = topic;
    for (std::size_t i = 0; i < leaders.size(); ++i) {
      protocol::MetadataPartition p;
      p.partition = static_cast<std::int32_t>(i);
      p.leader_id = leaders[i];
      p.leader_epoch = protocol::LeaderEpoch(1);
      if (!leaders[i].is_set()) p.error = protocol::ErrorCode::leader_not_available;
      out.partitions.push_back(p);
    }
    response.topics.push_back(out);
    return response;
  }

  protocol::ProduceResponse append(const protocol::ProduceRequest& request) {
    protocol::ProduceResponse response;
    for (const protocol::ProducePartition& part : request.partitions) {
      auto& labels = log[part.partition];
      protocol::ProducePartitionResponse out;
      out.partition = part.partition;
      out.base_offset = protocol::Offset(static_cast<std::int64_t>(labels.size()));
      for (const protocol::Record& record : part.records->records)
        labels.push_back(protocol::label(record));
      response.partitions.push_back(out);
    }
    return response;
  }

  sim::World& world_;
  sim::Host& host_;
  int id_;
};

}  // namespace kafkasim::client

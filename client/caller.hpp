// Request and answer for coroutines: co_await caller.call(node, request, deadline). One pump
// coroutine drives the network client; calls queue until their node is ready. What Kafka's consumer
// calls ConsumerNetworkClient.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "client/network_client.hpp"
#include "client/sim_transport.hpp"
#include "sim/executor.hpp"
#include "sim/wait.hpp"

namespace kafkasim::client {

class CallResult {
 public:
  enum class Status {
    answered,
    disconnected,  // could not connect, or the connection broke: whether the request was handled is
                   // unknown
    timed_out,     // the deadline or the request timeout passed: likewise
  };
  explicit CallResult(Status s) : status(s) {}
  CallResult(Status s, std::optional<protocol::ResponseBody> b) : status(s), body(std::move(b)) {}

  bool answered() const { return status == Status::answered; }
  // The answer as the type that belongs to the request. Requires: answered.
  template <class T>
  const T& as() const {
    return std::get<T>(*body);
  }

  Status status;
  std::optional<protocol::ResponseBody> body;  // set when answered
};

class Caller {
 public:
  // Works in `process`. Client and transport must outlive it; nothing is used after the process has
  // died.
  Caller(NetworkClient& client, SimTransport& transport, sim::Process& process)
      : client_(client), transport_(transport), process_(process) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // The pump; spawn it once. Ends after stop().
  sim::Task<> run();
  void stop();

  // Connects when needed, sends, waits. A node that just failed to connect ends the call as
  // disconnected: pausing before the next try is the caller's business. `request_timeout` (default:
  // the client's) counts from the sending and costs the whole connection; `deadline` only ends this
  // call.
  sim::Task<CallResult> call(Node node, protocol::RequestBody request, sim::Time deadline);
  sim::Task<CallResult> call(Node node, protocol::RequestBody request, sim::Time deadline,
                             sim::Duration request_timeout);

  // Waits for a metadata answer newer than `version`; false at the deadline. Ask for it with
  // metadata().request_update() first.
  sim::Task<bool> metadata_newer_than(int version, sim::Time deadline);

  // Makes the pump look again (after changes to metadata or connections from outside).
  void wake() { transport_.wake(); }
  // Breaks the connection; calls in flight on it end as disconnected.
  void disconnect(NodeId node);
  NetworkClient& client() { return client_; }
  Metadata& metadata() { return client_.metadata(); }
  // See NetworkClient::least_loaded_node; null when there is none to try now.
  const Node* least_loaded_node() { return client_.least_loaded_node(process_.now()); }
  // Has the node a call queued or in flight?
  bool is_busy(NodeId node) const;

 private:
  struct Call {
    Call(std::uint64_t i, sim::Time d, sim::Duration t) : id(i), deadline(d), request_timeout(t) {}
    std::uint64_t id;
    sim::Time deadline;
    sim::Duration request_timeout;
    std::optional<CallResult> result;
    sim::Signal done;
  };
  struct Unsent {
    std::uint64_t call = 0;
    protocol::RequestBody request;
    bool tried = false;  // the pump has asked for a connection on its behalf
  };
  struct Queue {
    Node node;
    std::deque<Unsent> unsent;
  };

  sim::Duration send_what_can_be_sent();
  void fail_unsent_of_lost_nodes();
  void take(std::vector<ClientResponse> responses);
  void finish(std::uint64_t call, CallResult result);

  NetworkClient& client_;
  SimTransport& transport_;
  sim::Process& process_;
  bool stopped_ = false;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Call*> calls_;  // those that wait, in their own frames
  std::map<NodeId, Queue> queues_;
  sim::Signal metadata_changed_;
};

}  // namespace kafkasim::client

// A client's network layer without any I/O: which connections there are, what is in flight on them,
// what timed out, and when the metadata is asked for. It is Kafka's NetworkClient cut in two at the
// point where that one blocks:
//   until = client.begin_poll(now, limit);   wait for the transport until then;   responses =
//   client.end_poll(now);
// Left out: authentication, idle connections, telemetry.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/connection_states.hpp"
#include "client/metadata.hpp"
#include "client/node.hpp"
#include "client/transport.hpp"
#include "protocol/message.hpp"
#include "sim/rng.hpp"
#include "sim/time.hpp"

namespace kafkasim::client {

// How a request ended.
enum class Outcome {
  answered,      // response holds the answer
  written,       // no answer is expected (acks=0): it has left
  disconnected,  // the connection broke first
  timed_out,     // request.timeout.ms passed for it or for another one on the same connection
};

struct ClientResponse {
  NodeId node;
  std::int32_t correlation_id = 0;
  std::uint64_t cookie = 0;  // as given to send()
  Outcome outcome = Outcome::answered;
  protocol::RequestBody request;
  std::optional<protocol::ResponseBody> response;
  sim::Time sent_at;
};

class NetworkClient {
 public:
  struct Config {
    std::string client_id;
    int max_in_flight = 5;  // per connection
    sim::Duration request_timeout = std::chrono::seconds(30);
    sim::Duration reconnect_backoff = std::chrono::milliseconds(50);
    sim::Duration reconnect_backoff_max = std::chrono::seconds(1);
    sim::Duration setup_timeout = std::chrono::seconds(10);
    sim::Duration setup_timeout_max = std::chrono::seconds(30);
    bool asks_api_versions = true;  // first on each connection
    bool rebootstraps = true;       // when no known broker can be reached
    // Also wakes up by itself when a request expires. False: only within the limits given to
    // begin_poll, as Java.
    bool wakes_for_request_timeouts = true;
    // The time of the last attempt of nodes never tried.
    sim::Time before_all = sim::zero - std::chrono::hours(24 * 365);
  };

  // `random` starts the search for the least loaded node (null: at the first) and draws the jitter
  // of pauses (null: none). Transport, metadata and generator must outlive this.
  NetworkClient(Config config, Transport& transport, Metadata& metadata, sim::Rng* random);

  // ---- what a caller does ----
  // Can a request be sent to the node now? Otherwise starts connecting where that is allowed.
  bool ready(const Node& node, sim::Time now);
  // No metadata update is due, the connection is up and takes another request.
  bool is_ready(NodeId node, sim::Time now);
  // The last connection is gone and no new one has been tried.
  bool connection_failed(NodeId node) const { return states_.is_disconnected(node); }
  // How long to wait before trying the node again; see ConnectionStates::delay.
  sim::Duration delay(NodeId node, sim::Time now) const { return states_.delay(node, now); }
  // Sends. Requires: is_ready(node). `cookie` comes back with the response. Returns the correlation
  // id.
  std::int32_t send(NodeId node, protocol::RequestBody request, std::uint64_t cookie, sim::Time now,
                    bool expects_response = true);
  std::int32_t send(NodeId node, protocol::RequestBody request, std::uint64_t cookie, sim::Time now,
                    bool expects_response, sim::Duration timeout);
  // Closes the connection; its requests end unreported.
  void close(NodeId node);
  // Closes the connection; its requests end as disconnected at the next end_poll.
  void disconnect(NodeId node, sim::Time now);

  // Does what is due (asks for metadata, connects for it) and returns when end_poll must be called
  // at the latest, if nothing arrives before: never later than now + limit.
  sim::Time begin_poll(sim::Time now, sim::Duration limit);
  // Takes in what arrived: first what was written, then at most one answer of each node, broken
  // connections, new connections, and what timed out. Answers to its own requests (metadata,
  // versions) are consumed here.
  std::vector<ClientResponse> end_poll(sim::Time now);
  // Has something arrived that the next end_poll will take?
  bool has_arrived() const;

  // The node to ask anything of: ready with nothing in flight, else with the least, else one that
  // is connecting, else the one that was tried the longest ago. Null: none may be tried now.
  const Node* least_loaded_node(sim::Time now);

  // What has left so far: requests of any kind, and their bytes on the wire, roughly.
  struct Sent {
    std::int64_t requests = 0;
    std::int64_t bytes = 0;
  };
  const Sent& sent() const { return sent_; }

  int in_flight() const;
  int in_flight(NodeId node) const;
  sim::Duration request_timeout() const { return config_.request_timeout; }
  // When the first request in flight, or connection being set up, will have taken too long; never
  // if nothing is under way.
  sim::Time next_timeout() const;
  Metadata& metadata() { return metadata_; }
  const Metadata& metadata() const { return metadata_; }

  // ---- what the transport reports ----
  void on_connected(NodeId node);
  void on_response(NodeId node, protocol::Response response);
  void on_disconnected(NodeId node);

 private:
  struct InFlight {
    ClientResponse pending;  // what will be reported, without its outcome
    bool is_internal = false;
    bool expects_response = true;
    bool leaving = true;   // until the poll in which it is written
    bool is_over = false;  // reported, about to be dropped
    sim::Duration timeout{};
    sim::Duration throttled{};  // does not count against the timeout
  };
  // What arrived from a node and waits for its turn.
  struct Arrivals {
    bool connected = false;
    std::deque<protocol::Response> responses;
    bool disconnected = false;
    bool empty() const { return !connected && responses.empty() && !disconnected; }
  };

  bool channel_is_up(NodeId node) const { return channels_.contains(node); }
  bool can_send(NodeId node, sim::Time now) const;
  bool can_send_more(NodeId node) const;
  void start_connecting(const Node& node, sim::Time now);
  std::int32_t do_send(NodeId node, protocol::RequestBody request, std::uint64_t cookie,
                       sim::Time now, bool expects_response, sim::Duration timeout,
                       bool is_internal);
  // Asks for metadata if due and possible; returns how long nothing more is to be done for it.
  sim::Duration maybe_update_metadata(sim::Time now);
  sim::Duration ask_for_metadata(const Node& node, sim::Time now);
  bool metadata_is_due(sim::Time now) {
    return !metadata_ask_ && metadata_.time_to_next_update(now).count() == 0;
  }
  bool any_node_is_connecting() const;

  using Responses = std::vector<ClientResponse>;
  void handle_written(Responses& out);
  void handle_responses(Responses& out, sim::Time now);
  void handle_response(NodeId node, protocol::Response response, Responses& out, sim::Time now);
  void handle_disconnections(Responses& out, sim::Time now);
  void handle_connections(sim::Time now);
  void ask_for_versions(NodeId node, sim::Time now);
  void handle_overdue_connections(Responses& out, sim::Time now);
  void handle_timed_out_requests(Responses& out, sim::Time now);
  void lost(NodeId node, Outcome outcome, Responses& out, sim::Time now);

  Config config_;
  Transport& transport_;
  Metadata& metadata_;
  sim::Rng* random_;
  ConnectionStates states_;
  std::map<NodeId, bool> channels_;                   // connections that are up
  std::map<NodeId, std::deque<InFlight>> in_flight_;  // oldest first
  std::map<NodeId, Arrivals> arrivals_;
  std::set<NodeId> asked_versions_again_;      // on the connection of the moment
  std::optional<Metadata::Ask> metadata_ask_;  // the one in flight
  Responses ended_by_us_;                      // of disconnect(), reported by the next end_poll
  std::int32_t next_correlation_id_ = 0;
  Sent sent_;
};

}  // namespace kafkasim::client

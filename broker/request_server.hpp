// The listening side of a broker or controller: accepts connections and works on each of them on
// one request at a time. The next request of a connection is read when the answer to the one before
// has left, so a produce that waits for replicas or a fetch that waits for data holds what is
// behind it. Left out: listeners, authentication.
#pragma once

#include <optional>
#include <set>
#include <utility>

#include "protocol/message.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/time.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

// What becomes of a request: a response, nothing (acks=0), or the end of the connection.
class Answer {
 public:
  explicit Answer(protocol::ResponseBody body) : body_(std::move(body)) {}
  static Answer none() { return Answer(false); }
  static Answer close_connection() { return Answer(true); }

  std::optional<protocol::ResponseBody>& body() { return body_; }
  bool closes() const { return closes_; }
  // The connection's next request is not looked at before that has passed: a client over its quota.
  void mute(sim::Duration duration) { muted_ = duration; }
  sim::Duration muted() const { return muted_; }

 private:
  explicit Answer(bool closes) : closes_(closes) {}

  std::optional<protocol::ResponseBody> body_;
  bool closes_ = false;
  sim::Duration muted_{};
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // `from`: the host at the other end.
  virtual sim::Task<Answer> handle(protocol::Request request, sim::HostId from) = 0;
};

class RequestServer {
 public:
  // A connection without requests for `idle_limit` is closed. Requires: all but the limit outlive
  // the process.
  RequestServer(sim::Process& process, sim::Network& network, sim::HostId host,
                RequestHandler& handler, sim::Duration idle_limit);
  RequestServer(const RequestServer&) = delete;
  RequestServer& operator=(const RequestServer&) = delete;

  // From now on connections are accepted.
  void start();
  // Closes every connection: what was sent still arrives. For a server that stops in order.
  void close_connections();
  // Some connection is not read for a while, so that requests may lie there unseen.
  bool is_muting() const { return muted_connections_ > 0; }

 private:
  sim::Task<> accept();
  sim::Task<> serve(sim::Socket socket);

  sim::Process& process_;
  sim::Network& network_;
  sim::HostId host_;
  RequestHandler& handler_;
  sim::Duration idle_limit_;
  sim::Mailbox<sim::SocketEvent> acceptor_;
  std::set<sim::Socket> open_;
  int muted_connections_ = 0;
};

}  // namespace kafkasim::broker

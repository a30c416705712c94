// One peer, one request at a time: connects when needed, sends, waits for the one answer. What
// servers use among themselves. A connection whose answer did not come in time is closed, so that a
// late answer meets nobody.
#pragma once

#include <string>

#include "sim/network.hpp"
#include "sim/wait.hpp"

namespace kafkasim::sim {

struct CallResult {
  enum class Status {
    answered,
    closed,     // the connection broke or was refused; whether the request was handled is unknown
    timed_out,  // likewise
  };
  CallResult(Status s, MessagePtr m) : status(s), message(std::move(m)) {}

  Status status;
  MessagePtr message;  // set when answered
};

class Channel {
 public:
  // From `process` on host `from` to host `to`.
  Channel(Network& network, Process& process, HostId from, HostId to);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Requires: no other call of this channel is under way.
  Task<CallResult> call(MessagePtr request, Time deadline);
  // Ends the connection; the next call connects again.
  void close();
  HostId peer() const { return to_; }

 private:
  Network& network_;
  Process& process_;
  HostId from_;
  HostId to_;
  Socket socket_;
  bool connected_ = false;
  Mailbox<SocketEvent> inbox_;
};

}  // namespace kafkasim::sim

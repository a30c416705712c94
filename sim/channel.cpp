// A call is: connect if need be, send, wait for what comes.
#include "sim/channel.hpp"

namespace kafkasim::sim {

Channel::Channel(Network& network, Process& process, HostId from, HostId to)
    : network_(network), process_(process), from_(from), to_(to) {}

Channel::~Channel() { close(); }

void Channel::close() {
  socket_.close();
  socket_ = Socket();
  connected_ = false;
  while (inbox_.try_receive()) {
  }
}

Task<CallResult> Channel::call(MessagePtr request, Time deadline) {
  if (!connected_ || !socket_.is_open()) {
    close();
    socket_ = network_.connect(process_, from_, to_, inbox_);
  }
  for (;;) {
    if (connected_ && request) socket_.send(std::move(request));
    std::optional<SocketEvent> event = co_await inbox_.receive(deadline);
    if (!event) {
      close();
      co_return CallResult(CallResult::Status::timed_out, nullptr);
    }
    if (event->socket != socket_) continue;  // of a connection given up before
    switch (event->kind) {
      case SocketEvent::Kind::opened:
        connected_ = true;
        break;
      case SocketEvent::Kind::message:
        co_return CallResult(CallResult::Status::answered, std::move(event->message));
      case SocketEvent::Kind::closed:
        close();
        co_return CallResult(CallResult::Status::closed, nullptr);
    }
  }
}

}  // namespace kafkasim::sim

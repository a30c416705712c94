// One coroutine accepts, one serves each connection.
#include "broker/request_server.hpp"

#include "sim/check.hpp"

namespace kafkasim::broker {

using sim::SocketEvent;

RequestServer::RequestServer(sim::Process& process, sim::Network& network, sim::HostId host,
                             RequestHandler& handler, sim::Duration idle_limit)
    : process_(process),
      network_(network),
      host_(host),
      handler_(handler),
      idle_limit_(idle_limit) {}

void RequestServer::start() {
  network_.listen(process_, host_, acceptor_);
  sim::spawn(process_, accept());
}

sim::Task<> RequestServer::accept() {
  for (;;) {
    std::optional<SocketEvent> event = co_await acceptor_.receive(sim::never);
    CHECKED(event && event->kind == SocketEvent::Kind::opened,
            "a listener heard something else than a connection");
    sim::spawn(process_, serve(event->socket));
  }
}

sim::Task<> RequestServer::serve(sim::Socket socket) {
  sim::Mailbox<SocketEvent> inbox;
  socket.deliver_to(inbox);
  open_.insert(socket);
  for (;;) {
    std::optional<SocketEvent> event =
        co_await inbox.receive(sim::later(process_.now(), idle_limit_));
    if (!event || event->kind != SocketEvent::Kind::message) break;
    auto* request = event->message->open<protocol::Request>();
    CHECKED(request != nullptr, "something else than a request came on a connection");
    protocol::Response response;
    response.correlation_id = request->correlation_id;
    sim::Duration muted{};
    bool answers = true;
    if (request->rejected_with) {
      response.body = protocol::error_response(request->body, *request->rejected_with);
    } else {
      Answer answer = co_await handler_.handle(std::move(*request), socket.peer());
      if (answer.closes()) break;
      if (sim::must_yield(process_)) co_await sim::yield_now();
      muted = answer.muted();
      answers = answer.body().has_value();
      if (answers) response.body = std::move(*answer.body());
    }
    if (answers) socket.send(sim::enclose(std::move(response)));
    if (muted == sim::Duration{}) continue;
    ++muted_connections_;
    co_await sim::sleep_until(sim::later(process_.now(), muted));
    --muted_connections_;
  }
  socket.close();
  open_.erase(socket);
}

void RequestServer::close_connections() {
  for (const sim::Socket& socket : open_) socket.close();
}

}  // namespace kafkasim::broker

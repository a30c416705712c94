// Connections as TCP gives them, and what faults do to them.
#include "sim/network.hpp"

#include <string>

#include "sim/channel.hpp"
#include "sim/world.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

namespace {

// A server that answers n with 10 n, and notes what it hears.
Task<> serve(World* world, Socket socket, std::vector<std::string>* log) {
  Mailbox<SocketEvent> inbox;
  socket.deliver_to(inbox);
  for (;;) {
    std::optional<SocketEvent> event = co_await inbox.receive(never);
    if (event->kind != SocketEvent::Kind::message) break;
    const int n = *event->message->open<int>();
    log->push_back(std::to_string(n));
    socket.send(enclose(n * 10));
  }
  log->push_back("closed at " + to_string(world->now()));
  socket.close();
}

Task<> listen(World* world, Host* host, Process* process, std::vector<std::string>* log) {
  Mailbox<SocketEvent> acceptor;
  world->network().listen(*process, host->id(), acceptor);
  for (;;) {
    std::optional<SocketEvent> event = co_await acceptor.receive(never);
    if (event->kind == SocketEvent::Kind::opened) spawn(*process, serve(world, event->socket, log));
  }
}

Task<> call_once(Channel* channel, World* world, int n, Time deadline,
                 std::vector<std::string>* log) {
  MessagePtr message = enclose(n);
  CallResult result = co_await channel->call(std::move(message), deadline);
  const std::string at = " at " + to_string(world->now());
  switch (result.status) {
    case CallResult::Status::answered:
      log->push_back("answer " + std::to_string(*result.message->open<int>()) + at);
      break;
    case CallResult::Status::closed:
      log->push_back("closed" + at);
      break;
    case CallResult::Status::timed_out:
      log->push_back("timed out" + at);
      break;
  }
}

// Two hosts over a link of exactly 1 ms.
struct Pair {
  World world{1, LatencyRange{Duration(1ms), Duration(1ms)}};
  Host& client = world.add_host("client");
  Host& server = world.add_host("server");
  Process& asking = client.boot();
  Channel channel{world.network(), asking, client.id(), server.id()};
  std::vector<std::string> heard;
  std::vector<std::string> log;

  Pair() { start_server(); }
  ~Pair() { client.crash(); }
  void start_server() {
    Process& process = server.boot();
    spawn(process, listen(&world, &server, &process, &heard));
  }
  void call(int n, Duration timeout = 1s) {
    spawn(asking, call_once(&channel, &world, n, world.now() + timeout, &log));
  }
  void run(Duration duration) { world.loop().run_until(world.now() + duration); }
  using Log = std::vector<std::string>;
};

}  // namespace

TEST_CASE("a call connects, asks and hears: four ways of one latency, then two", "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(10ms);
  pair.call(2);
  pair.run(10ms);
  CHECK(pair.log == Pair::Log{"answer 10 at 0.004000", "answer 20 at 0.012000"});
}

TEST_CASE("messages of a connection keep their order whatever latency they draw", "[network]") {
  World world(3, LatencyRange{Duration(1ms), Duration(20ms)});
  Host& server = world.add_host("server");
  Host& client = world.add_host("client");
  std::vector<std::string> heard;
  Process& process = server.boot();
  spawn(process, listen(&world, &server, &process, &heard));
  Mailbox<SocketEvent> inbox;
  world.loop().run_until(zero + 1ms);
  const Socket socket = world.network().connect(client.boot(), client.id(), server.id(), inbox);
  for (int i = 0; i < 50; ++i) socket.send(enclose(i));
  world.loop().run_until(zero + 1s);
  REQUIRE(heard.size() == 50);
  for (int i = 0; i < 50; ++i) CHECK(heard[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("nobody listens: the connect is refused; no power: there is only silence", "[network]") {
  Pair pair;
  pair.server.crash();
  pair.call(1);
  pair.run(1500ms);
  pair.server.power_off();
  pair.call(2);
  pair.run(1500ms);
  CHECK(pair.log == Pair::Log{"closed at 0.002000", "timed out at 2.500000"});
}

TEST_CASE("a cut loses what is under way and both ends hear of it", "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(3500us);  // the answer is under way
  pair.world.network().cut(pair.client.id(), pair.server.id());
  pair.run(10ms);
  CHECK(pair.log == Pair::Log{"closed at 0.003500"});
  CHECK(pair.heard == Pair::Log{"1", "closed at 0.003500"});
  pair.call(2);
  pair.run(10ms);
  CHECK(pair.log.back() == "answer 20 at 0.017500");
}

TEST_CASE("a crash resets the connections of the process: the peer hears after a latency",
          "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(3500us);
  pair.server.crash();
  pair.run(10ms);
  CHECK(pair.log == Pair::Log{"closed at 0.004500"});
  pair.start_server();
  pair.call(2);
  pair.run(10ms);
  CHECK(pair.log.back() == "answer 20 at 0.017500");
}

TEST_CASE("a partition is silence; what was sent arrives after it, nothing is lost", "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(10ms);
  pair.world.network().block(pair.client.id(), pair.server.id());
  pair.world.network().block(pair.server.id(), pair.client.id());
  pair.call(2, 500ms);
  pair.run(100ms);
  CHECK(pair.heard == Pair::Log{"1"});
  pair.world.network().unblock(pair.client.id(), pair.server.id());
  pair.world.network().unblock(pair.server.id(), pair.client.id());
  pair.run(10ms);
  CHECK(pair.heard == Pair::Log{"1", "2"});
  CHECK(pair.log.back() == "answer 20 at 0.112000");
}

TEST_CASE("a partition one way lets the request through and not the answer", "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(10ms);
  pair.world.network().block(pair.server.id(), pair.client.id());
  pair.call(2, 50ms);
  pair.run(100ms);
  CHECK(pair.heard == Pair::Log{"1", "2", "closed at 0.061000"});
  CHECK(pair.log.back() == "timed out at 0.060000");
}

TEST_CASE("after a power loss the peer hears nothing until the host is back and resets",
          "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(10ms);
  pair.server.power_off();
  pair.call(2, 5s);
  pair.run(1s);
  CHECK(pair.log.size() == 1);
  pair.start_server();
  pair.run(10ms);
  CHECK(pair.log.back() == "closed at 1.012000");
}

TEST_CASE("a held message holds all behind it on its connection", "[network]") {
  Pair pair;
  pair.world.network().on_delivery([&](const Delivery& delivery) {
    const int n = *delivery.message.open<int>();
    if (n == 1) pair.world.network().hold(delivery.receiver, pair.world.now() + 30ms);
  });
  Mailbox<SocketEvent> inbox;
  const Socket socket =
      pair.world.network().connect(pair.asking, pair.client.id(), pair.server.id(), inbox);
  pair.run(5ms);
  socket.send(enclose(1));
  socket.send(enclose(2));
  pair.run(20ms);
  CHECK(pair.heard.empty());
  pair.run(20ms);
  CHECK(pair.heard == Pair::Log{"1", "2"});
  socket.close();
}

TEST_CASE("a slow link is slow for what is sent while it is slow", "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(10ms);
  pair.world.network().set_latency(pair.client.id(), pair.server.id(),
                                   LatencyRange{Duration(200ms), Duration(200ms)});
  pair.call(2);
  pair.run(300ms);
  pair.world.network().set_latency(pair.client.id(), pair.server.id(), std::nullopt);
  pair.call(3);
  pair.run(300ms);
  CHECK(pair.log ==
        Pair::Log{"answer 10 at 0.004000", "answer 20 at 0.211000", "answer 30 at 0.312000"});
}

TEST_CASE("a paused process hears what came in the meantime when it runs on", "[network]") {
  Pair pair;
  pair.call(1);
  pair.run(10ms);
  pair.server.process()->pause();
  pair.call(2);
  pair.run(100ms);
  CHECK(pair.heard == Pair::Log{"1"});
  pair.server.process()->resume();
  pair.run(10ms);
  CHECK(pair.log.back() == "answer 20 at 0.111000");
}

TEST_CASE("a connect to a paused process succeeds, what is sent then waits", "[network]") {
  Pair pair;
  pair.run(1ms);
  pair.server.process()->pause();
  Mailbox<SocketEvent> inbox;
  const Socket socket =
      pair.world.network().connect(pair.asking, pair.client.id(), pair.server.id(), inbox);
  pair.run(2ms);
  const std::optional<SocketEvent> opened = inbox.try_receive();
  REQUIRE(opened);
  CHECK(opened->kind == SocketEvent::Kind::opened);
  socket.send(enclose(5));
  pair.run(100ms);
  CHECK(pair.heard.empty());
  pair.server.process()->resume();
  pair.run(10ms);
  CHECK(pair.heard == Pair::Log{"5"});
  socket.close();
  pair.run(10ms);
}

TEST_CASE("a connection opened and closed during a pause is heard of afterwards", "[network]") {
  Pair pair;
  pair.run(1ms);
  pair.server.process()->pause();
  Mailbox<SocketEvent> inbox;
  const Socket socket =
      pair.world.network().connect(pair.asking, pair.client.id(), pair.server.id(), inbox);
  pair.run(10ms);
  socket.send(enclose(5));
  socket.close();
  pair.run(10ms);
  CHECK(pair.heard.empty());
  pair.server.process()->resume();
  pair.run(10ms);
  REQUIRE(pair.heard.size() == 2);
  CHECK(pair.heard[0] == "5");
}

TEST_CASE("a closed connection still delivers what was sent before", "[network]") {
  Pair pair;
  Mailbox<SocketEvent> inbox;
  const Socket socket =
      pair.world.network().connect(pair.asking, pair.client.id(), pair.server.id(), inbox);
  socket.send(enclose(7));
  socket.close();
  pair.run(10ms);
  CHECK(pair.heard == Pair::Log{"7", "closed at 0.001000"});
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("a socket knows its peer also when the connection is gone", "[network]") {
  Pair pair;
  Mailbox<SocketEvent> inbox;
  const Socket socket =
      pair.world.network().connect(pair.asking, pair.client.id(), pair.server.id(), inbox);
  pair.run(10ms);
  pair.world.network().cut(pair.client.id(), pair.server.id());
  pair.run(10ms);
  CHECK_FALSE(socket.is_open());
  CHECK(socket.peer() == pair.server.id());
}

TEST_CASE("what a host has sent is under way until it arrives, or a silence stops it",
          "[network]") {
  Pair pair;
  Network& network = pair.world.network();
  const HostId client = pair.client.id();
  const HostId server = pair.server.id();
  Mailbox<SocketEvent> inbox;
  const Socket socket = network.connect(pair.asking, client, server, inbox);
  pair.run(10ms);
  CHECK_FALSE(network.has_under_way(client));
  socket.send(enclose(7));
  CHECK(network.has_under_way(client));
  CHECK_FALSE(network.has_under_way(server));
  pair.run(10ms);
  CHECK_FALSE(network.has_under_way(client));
  network.block(client, server);
  socket.send(enclose(8));
  CHECK_FALSE(network.has_under_way(client));
  network.unblock(client, server);
  CHECK(network.has_under_way(client));
}

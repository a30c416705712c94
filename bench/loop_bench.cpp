// Timer churn (N pending, each fires and re-arms) and messages over a 1 ms link between 100 pairs:
// the loop beside a bare heap and a priority queue of functions.
#include <fmt/format.h>

#include <memory>

#include "bench/baseline.hpp"
#include "bench/bench.hpp"
#include "sim/channel.hpp"
#include "sim/world.hpp"

namespace kafkasim::bench {

namespace {

// The n-th pause of a timer: spread over 1 to 2 ms, the same for all alternatives.
std::int64_t pause(std::uint64_t who, std::uint64_t n) {
  return 1'000'000 + static_cast<std::int64_t>(((who * 2654435761u) ^ (n * 40503u)) % 1'000'003u);
}

double bare_churn(std::uint64_t timers, std::uint64_t events) {
  BareHeap heap;
  for (std::uint64_t i = 0; i < timers; ++i) heap.push(pause(i, 0), i);
  return measure([&] {
    for (std::uint64_t n = 0; n < events; ++n) {
      const BareEvent event = heap.pop();
      heap.push(event.at + pause(event.who, n), event.who);
    }
  });
}

double function_churn(std::uint64_t timers, std::uint64_t events) {
  FunctionQueue queue;
  std::int64_t now = 0;
  std::uint64_t n = 0;
  std::function<void(std::uint64_t)> arm = [&](std::uint64_t who) {
    queue.push(now + pause(who, n++), [&arm, who] { arm(who); });
  };
  for (std::uint64_t i = 0; i < timers; ++i) arm(i);
  return measure([&] {
    for (std::uint64_t i = 0; i < events; ++i) now = queue.run_next();
  });
}

struct Timer : sim::Event {
  Timer(sim::Loop& l, std::uint64_t w, std::uint64_t& c) : Event(fire), loop(l), who(w), count(c) {}
  static void fire(sim::Event& event, bool) {
    auto& self = static_cast<Timer&>(event);
    self.loop.schedule(self, self.loop.now() + sim::Duration(pause(self.who, self.count++)));
  }
  sim::Loop& loop;
  std::uint64_t who;
  std::uint64_t& count;
};

double event_churn(std::uint64_t timers, std::uint64_t events) {
  sim::Loop loop;
  std::uint64_t count = 0;
  std::deque<Timer> all;
  for (std::uint64_t i = 0; i < timers; ++i) {
    loop.schedule(all.emplace_back(loop, i, count), sim::zero + sim::Duration(pause(i, 0)));
  }
  const double time = measure([&] {
    for (std::uint64_t n = 0; n < events; ++n) loop.step();
  });
  for (Timer& timer : all) loop.disarm(timer);
  return time;
}

sim::Task<> sleeper(sim::Process* process, std::uint64_t who, std::uint64_t* count) {
  for (;;) co_await sim::sleep_until(process->now() + sim::Duration(pause(who, (*count)++)));
}

double sleep_churn(std::uint64_t timers, std::uint64_t events) {
  sim::Loop loop;
  sim::Process& process = loop.make_process("sleepers");
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < timers; ++i) sim::spawn(process, sleeper(&process, i, &count));
  for (std::uint64_t n = 0; n < timers; ++n) loop.step();
  return measure([&] {
    for (std::uint64_t n = 0; n < events; ++n) loop.step();
  });
}

// ---- messages: each of 100 pairs answers at once, over a link of 1 ms ----

constexpr std::uint64_t pairs = 100;

double bare_messages(std::uint64_t messages) {
  BareHeap heap;
  for (std::uint64_t i = 0; i < pairs; ++i) heap.push(1'000'000, i);
  return measure([&] {
    for (std::uint64_t n = 0; n < messages; ++n) {
      const BareEvent event = heap.pop();
      heap.push(event.at + 1'000'000, event.who);
    }
  });
}

double function_messages(std::uint64_t messages) {
  FunctionQueue queue;
  std::int64_t now = 0;
  std::function<void(std::unique_ptr<std::uint64_t>&)> send =
      [&](std::unique_ptr<std::uint64_t>& content) {
        queue.push(now + 1'000'000,
                   [&send, shared = std::make_shared<std::unique_ptr<std::uint64_t>>(
                               std::move(content))] { send(*shared); });
      };
  for (std::uint64_t i = 0; i < pairs; ++i) {
    auto content = std::make_unique<std::uint64_t>(i);
    send(content);
  }
  return measure([&] {
    for (std::uint64_t n = 0; n < messages; ++n) now = queue.run_next();
  });
}

sim::Task<> answer(sim::Socket socket) {
  sim::Mailbox<sim::SocketEvent> inbox;
  socket.deliver_to(inbox);
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await inbox.receive(sim::never);
    if (event->kind != sim::SocketEvent::Kind::message) break;
    socket.send(std::move(event->message));
  }
  socket.close();
}

sim::Task<> accept_all(sim::World* world, sim::Host* host, sim::Process* process) {
  sim::Mailbox<sim::SocketEvent> acceptor;
  world->network().listen(*process, host->id(), acceptor);
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await acceptor.receive(sim::never);
    if (event->kind == sim::SocketEvent::Kind::opened) sim::spawn(*process, answer(event->socket));
  }
}

sim::Task<> ask(sim::World* world, sim::Host* from, sim::Host* to, sim::Process* process) {
  sim::Mailbox<sim::SocketEvent> inbox;
  sim::Socket socket = world->network().connect(*process, from->id(), to->id(), inbox);
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await inbox.receive(sim::never);
    if (event->kind == sim::SocketEvent::Kind::opened)
      event->message = sim::enclose(std::uint64_t{0});
    socket.send(std::move(event->message));
  }
}

double network_messages(std::uint64_t messages) {
  sim::World world(1, sim::LatencyRange{sim::Duration(1'000'000), sim::Duration(1'000'000)});
  for (std::uint64_t i = 0; i < pairs; ++i) {
    sim::Host& server = world.add_host(fmt::format("server-{}", i));
    sim::Process& serving = server.boot();
    sim::spawn(serving, accept_all(&world, &server, &serving));
    sim::Host& client = world.add_host(fmt::format("client-{}", i));
    sim::Process& asking = client.boot();
    sim::spawn(asking, ask(&world, &client, &server, &asking));
  }
  while (world.network().messages_delivered() < pairs) world.loop().step();
  return measure([&] {
    while (world.network().messages_delivered() < messages + pairs) world.loop().step();
  });
}

}  // namespace

void loop_benchmarks() {
  for (const std::uint64_t timers : {100u, 10'000u, 1'000'000u}) {
    const std::uint64_t events = timers < 1'000'000 ? 2'000'000 : 3'000'000;
    // Of the million, filling counts as work too: the same for all.
    const std::vector<Alternative> alternatives{
        {"bare 4-ary heap, 24-byte events", [=] { return bare_churn(timers, events); }},
        {"loop, plain events (goal x1.3 to 10,000)", [=] { return event_churn(timers, events); }},
        {"loop, coroutine sleeps (goal x2.5)", [=] { return sleep_churn(timers, events); }},
        {"std::priority_queue of std::function", [=] { return function_churn(timers, events); }}};
    print_comparison(
        fmt::format("Timer churn, {} pending, per event", timers), alternatives,
        compare(alternatives, static_cast<double>(events), timers < 1'000'000 ? 7 : 3));
  }
  constexpr std::uint64_t messages = 1'000'000;
  const std::vector<Alternative> alternatives{
      {"bare 4-ary heap, 24-byte events", [] { return bare_messages(messages); }},
      {"connections and coroutines (goal x3)", [] { return network_messages(messages); }},
      {"std::priority_queue of std::function", [] { return function_messages(messages); }}};
  print_comparison("Messages over a 1 ms link, 100 pairs, per message", alternatives,
                   compare(alternatives, static_cast<double>(messages), 7));
}

}  // namespace kafkasim::bench

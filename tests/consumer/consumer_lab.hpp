// A world with fake brokers and consumers in it, and a record of what the consumers reported:
// "billing polled orders-0 offset 0: A" and so on. Tests let time pass and look.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consumer/application.hpp"
#include "consumer/consumer.hpp"
#include "protocol/config_librdkafka.hpp"
#include "protocol/config_rules.hpp"
#include "tests/consumer/fake_cluster.hpp"

namespace kafkasim::consumer_test {

using namespace std::chrono_literals;

using Settings = std::vector<std::pair<std::string, std::string>>;

inline Settings with(Settings settings, std::string name, std::string value) {
  settings.emplace_back(std::move(name), std::move(value));
  return settings;
}

inline protocol::ConfigValues consumer_config(const Settings& given) {
  protocol::ConfigValues config(protocol::consumer_config_defs());
  for (const auto& [name, value] : given) {
    const std::string refusal = config.set(name, value);
    if (!refusal.empty()) throw std::logic_error(refusal);
  }
  if (const auto conflict = protocol::resolve_consumer_config(config))
    throw std::logic_error(conflict.text);
  return config;
}

inline protocol::ConfigValues librdkafka_config(const Settings& given) {
  protocol::ConfigValues config(protocol::librdkafka_config_defs());
  for (const auto& [name, value] : given) {
    const std::string refusal = config.set(name, value);
    if (!refusal.empty()) throw std::logic_error(refusal);
  }
  const auto conflict = protocol::resolve_librdkafka_consumer(config);
  if (!conflict.text.empty()) throw std::logic_error(conflict.text);
  return config;
}

struct Lab {
  struct Client {
    sim::Host* host = nullptr;
    std::unique_ptr<consumer::Consumer> consumer;
    std::unique_ptr<consumer::Application> application;
  };

  explicit Lab(int brokers = 1) : world(1, {1ms, 1ms}), cluster(world, brokers) {
    world.trace().keep_lines(true);
    world.trace().observe([this](sim::Time, std::string_view who, const sim::TraceEvent& event) {
      std::string line(who);
      line += " ";
      line += event.name();
      line += " ";
      event.describe(line);
      events.push_back(line);
      times.push_back(world.now());
      if (on_event) on_event(event);
    });
  }
  ~Lab() {
    for (auto& [name, client] : clients) client.host->crash();
  }

  // A consumer on a host of its own, not yet reading anything.
  consumer::Consumer& add(const std::string& name, const Settings& given) {
    return add(name, consumer_config(given));
  }
  consumer::Consumer& add(const std::string& name, const protocol::ConfigValues& config) {
    Client& client = clients[name];
    client.host = &world.add_host(name);
    sim::Process& process = client.host->boot();
    client.consumer = std::make_unique<consumer::Consumer>(world, *client.host, process, name,
                                                           config, cluster.hosts());
    return *client.consumer;
  }
  // An application around it, running.
  consumer::Application& run(const std::string& name, consumer::ApplicationOptions options) {
    Client& client = clients.at(name);
    sim::Process& process = *client.host->process();
    client.application = std::make_unique<consumer::Application>(
        world, process, name, *client.consumer, std::move(options));
    sim::spawn(process, client.application->run());
    return *client.application;
  }
  // One that only polls.
  consumer::Application& polling(const std::string& name) {
    consumer::ApplicationOptions options;
    options.commits = consumer::CommitOrder::never;
    return run(name, std::move(options));
  }
  consumer::Consumer& of(const std::string& name) { return *clients.at(name).consumer; }
  sim::Process& process(const std::string& name) { return *clients.at(name).host->process(); }

  void pass(sim::Duration time) { world.loop().run_until(world.now() + time); }

  // One poll from outside, and time to finish it.
  consumer::PollResult poll(const std::string& name, sim::Duration timeout) {
    consumer::PollResult result;
    bool done = false;
    sim::spawn(process(name), run_poll(clients.at(name).consumer.get(), timeout, &result, &done));
    const sim::Time limit = world.now() + timeout + 1min;
    while (!done && world.now() < limit && world.loop().step()) {
    }
    if (!done) throw std::logic_error("a poll did not end");
    return result;
  }
  // Polls until that many records came, or 20 times.
  std::vector<std::string> read(const std::string& name, std::size_t records,
                                sim::Duration timeout = 1s) {
    std::vector<std::string> values;
    for (int i = 0; i < 20 && values.size() < records; ++i) {
      for (const consumer::ConsumedRecord& record : poll(name, timeout).records) {
        values.emplace_back(record.record.value.view());
      }
    }
    return values;
  }
  std::optional<consumer::Failure> commit(const std::string& name) {
    return wait(name, run_commit_all);
  }
  std::optional<consumer::Failure> commit(const std::string& name, consumer::Offsets offsets) {
    return wait(name,
                [offsets](consumer::Consumer* consumer, std::optional<consumer::Failure>* failure,
                          bool* done) { return run_commit(consumer, offsets, failure, done); });
  }
  void close(const std::string& name) {
    sim::spawn(process(name), run_close(clients.at(name).consumer.get()));
    pass(100ms);
  }

  // The events that contain all of these words, without who.
  std::vector<std::string> seen(const std::string& who, const std::string& name) const {
    std::vector<std::string> found;
    const std::string start = who + " " + name + " ";
    for (const std::string& event : events) {
      if (event.substr(0, start.size()) == start) found.push_back(event.substr(start.size()));
    }
    return found;
  }
  // When the event was reported that starts so; never if it was not.
  sim::Time when(const std::string& start) const {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].substr(0, start.size()) == start) return times[i];
    }
    return sim::never;
  }
  void forget() {
    events.clear();
    times.clear();
    cluster.forget_requests();
  }

  sim::World world;
  FakeCluster cluster;
  std::vector<std::string> events;
  std::vector<sim::Time> times;
  std::function<void(const sim::TraceEvent&)> on_event;
  std::map<std::string, Client> clients;

 private:
  static sim::Task<> run_close(consumer::Consumer* consumer) { co_await consumer->close(); }
  static sim::Task<> run_poll(consumer::Consumer* consumer, sim::Duration timeout,
                              consumer::PollResult* result, bool* done) {
    *result = co_await consumer->poll(timeout);
    *done = true;
  }
  static sim::Task<> run_commit_all(consumer::Consumer* consumer,
                                    std::optional<consumer::Failure>* failure, bool* done) {
    *failure = co_await consumer->commit_sync();
    *done = true;
  }
  static sim::Task<> run_commit(consumer::Consumer* consumer, consumer::Offsets offsets,
                                std::optional<consumer::Failure>* failure, bool* done) {
    *failure = co_await consumer->commit_sync(std::move(offsets));
    *done = true;
  }
  template <class Start>
  std::optional<consumer::Failure> wait(const std::string& name, const Start& start) {
    std::optional<consumer::Failure> failure;
    bool done = false;
    sim::spawn(process(name), start(clients.at(name).consumer.get(), &failure, &done));
    const sim::Time limit = world.now() + 2min;
    while (!done && world.now() < limit && world.loop().step()) {
    }
    if (!done) throw std::logic_error("a commit did not end");
    return failure;
  }
};

}  // namespace kafkasim::consumer_test

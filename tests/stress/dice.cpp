// Selectors and events.
#include "tests/stress/dice.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::stress {

using namespace scenarios;

Dice::Dice(std::uint64_t seed, const char* purpose) : rng_(sim::Rng(seed).fork(purpose)) {
  drawn_.scenario.name = fmt::format("stress-{}", seed);
  drawn_.scenario.seed = seed;
}

void Dice::add_brokers(int count) {
  brokers_ = count;
  for (int id = 1; id <= count; ++id) {
    Broker& added = drawn_.scenario.cluster.brokers.emplace_back();
    added.id = id;
    added.name = fmt::format("broker-{}", id);
  }
}

Selector Dice::broker(int id) const {
  return {SelectorKind::broker, fmt::format("broker-{}", id), {}, id, {}};
}

Selector Dice::controller(int id) const {
  return {SelectorKind::controller_host, fmt::format("controller-{}", id), {}, id, {}};
}

Selector Dice::client(const std::string& name) {
  Selector selector;
  selector.kind = SelectorKind::client;
  selector.name = name;
  return selector;
}

Event& Dice::event(ActionKind kind, Duration at, std::optional<Duration> lasts) {
  Event& event = drawn_.scenario.events.emplace_back();
  event.number = static_cast<int>(drawn_.scenario.events.size());
  event.trigger.kind = TriggerKind::at;
  event.trigger.at = at;
  event.action.kind = kind;
  event.lasts = lasts;
  drawn_.faults_end = std::max(drawn_.faults_end, at + lasts.value_or(Duration{}));
  return event;
}

void Dice::down(ActionKind kind, const Selector& whom, Duration at, Duration lasts) {
  event(kind, at).action.targets = {whom};
  event(ActionKind::restart, at + lasts).action.targets = {whom};
}

void Dice::restart_all() {
  const Duration end = drawn_.faults_end + std::chrono::seconds(1);
  for (int id = 1; id <= brokers_; ++id)
    event(ActionKind::restart, end).action.targets = {broker(id)};
  for (int id = 1; id <= drawn_.scenario.cluster.controllers; ++id)
    event(ActionKind::restart, end).action.targets = {controller(id)};
}

}  // namespace kafkasim::stress

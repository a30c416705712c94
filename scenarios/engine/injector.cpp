// Arming and firing.
#include "scenarios/engine/injector.hpp"

#include <fmt/format.h>

#include <utility>

#include "protocol/message.hpp"
#include "scenarios/engine/fault_event.hpp"
#include "scenarios/engine/injector_armed.hpp"

namespace kafkasim::scenarios {

namespace {

bool acts_on_messages(const Action& action) {
  return action.kind == ActionKind::hold || action.kind == ActionKind::reject;
}

}  // namespace

Injector::Injector(Stage& stage, const std::vector<Event>& events)
    : stage_(stage), matcher_(stage) {
  for (const Event& event : events)
    armed_.push_back(std::make_unique<Armed>(stage.world().loop(), event));
  stage.world().trace().observe(
      [this](sim::Time, std::string_view who, const sim::TraceEvent& event) { seen(who, event); });
  stage.world().network().on_delivery(
      [this](const sim::Delivery& delivery) { about_to_deliver(delivery); });
}

Injector::~Injector() = default;

void Injector::start() {
  for (const auto& armed : armed_) {
    Armed& a = *armed;
    switch (a.event.trigger.kind) {
      case TriggerKind::immediately:
        if (acts_on_messages(a.event.action)) {
          a.listening = true;
        } else {
          stage_.world().loop().after_this_event([this, &a] { fire(a); });
        }
        break;
      case TriggerKind::at:
        a.timer.at(sim::zero + a.event.trigger.at, [this, &a] { fire(a); });
        break;
      case TriggerKind::before:
      case TriggerKind::on:
        a.listening = acts_on_messages(a.event.action) &&
                      a.event.action.message.kind == a.event.trigger.message.kind;
        break;
      case TriggerKind::after:
        break;
    }
  }
}

bool Injector::is_pending() const {
  for (const auto& armed : armed_) {
    if (armed->timer.is_armed() || armed->ending.is_armed()) return true;
  }
  return false;
}

std::vector<int> Injector::never_happened() const {
  std::vector<int> numbers;
  for (const auto& armed : armed_) {
    if (!armed->happened) numbers.push_back(armed->event.number);
  }
  return numbers;
}

void Injector::seen(std::string_view who, const sim::TraceEvent& event) {
  matcher_.note(event);
  for (const auto& armed : armed_) {
    Armed& a = *armed;
    const Trigger& trigger = a.event.trigger;
    if (a.happened || a.listening || trigger.kind != TriggerKind::after ||
        trigger.after == AfterKind::event)
      continue;
    if (!matcher_.matches(trigger, who, event)) continue;
    a.happened = true;
    stage_.world().loop().after_this_event([this, &a] { fire(a); });
  }
}

void Injector::about_to_deliver(const sim::Delivery& delivery) {
  for (const auto& armed : armed_) {
    Armed& a = *armed;
    const bool waits = a.listening || (has_message_trigger(a.event.trigger) && !a.happened);
    if (!waits || !matcher_.matches(a.filter(), delivery)) continue;
    ++a.matched;
    const std::optional<CountRange>& nth = a.filter().nth;
    const bool in_window =
        a.listening && a.event.lasts && a.event.action.kind == ActionKind::reject;
    if (nth ? !nth->contains(a.matched) : (a.matched > 1 && !in_window)) continue;
    if (a.listening) {
      on_message(a, delivery);
    } else {
      // The action goes first, from outside of every process; the message waits for it.
      a.happened = !nth || a.matched >= nth->highest;
      stage_.world().network().hold(delivery.receiver, stage_.world().now());
      stage_.world().loop().after_this_event([this, &a] { fire(a); });
    }
  }
}

void Injector::on_message(Armed& a, const sim::Delivery& delivery) {
  const sim::Time now = stage_.world().now();
  if (now > a.listens_until) {
    a.listening = false;
    return;
  }
  const sim::Network& network = stage_.world().network();
  const std::string way =
      network.host_name(delivery.from) + " to " + network.host_name(delivery.to);
  if (a.event.action.kind == ActionKind::hold) {
    const sim::Time until = a.event.lasts ? sim::later(now, *a.event.lasts) : sim::never;
    stage_.world().network().hold(delivery.receiver, until);
    report(a, fmt::format("hold {} from {}{}", a.filter().kind, way,
                          a.event.lasts ? " for " + sim::to_string(*a.event.lasts) : ""));
    if (a.event.lasts)
      end_later(
          a, [] {}, fmt::format("{} goes on", a.filter().kind));
  } else if (auto* request = delivery.message.open<protocol::Request>()) {
    request->rejected_with = a.event.action.error;
    report(a, fmt::format("reject {} from {} with {}", a.filter().kind, way,
                          protocol::name(a.event.action.error)));
    if (a.event.lasts && a.listens_until == sim::never)
      a.listens_until = sim::later(now, *a.event.lasts);
  }
  a.happened = true;
}

void Injector::fire(Armed& a) {
  a.happened = true;
  if (acts_on_messages(a.event.action)) {
    a.listening = true;
    a.matched = 0;
    if (a.event.action.kind == ActionKind::reject && a.event.lasts) {
      a.listens_until = sim::later(stage_.world().now(), *a.event.lasts);
    }
  } else {
    begin(a);
  }
  for (const auto& other : armed_) {
    const Trigger& trigger = other->event.trigger;
    if (other->happened || trigger.kind != TriggerKind::after || trigger.after != AfterKind::event)
      continue;
    if (trigger.event != a.event.number) continue;
    other->happened = true;
    stage_.world().loop().after_this_event([this, next = other.get()] { fire(*next); });
  }
}

}  // namespace kafkasim::scenarios

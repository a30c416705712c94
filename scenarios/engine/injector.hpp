// Makes the events of a scenario happen: arms their triggers, acts, ends what lasts, and reports
// each to the trace.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/stage.hpp"
#include "scenarios/engine/trigger_match.hpp"
#include "sim/loop.hpp"
#include "sim/network.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

class Injector {
 public:
  // Watches the stage's trace and network from now on. All three must outlive it; events are
  // copied.
  Injector(Stage& stage, const std::vector<Event>& events);
  ~Injector();
  Injector(const Injector&) = delete;
  Injector& operator=(const Injector&) = delete;

  // Time 0: what has no trigger happens or is armed, what has a time is scheduled.
  void start();

  // Is something still to come by itself: a time not reached, a fault not ended? Triggers that
  // nothing has pulled do not count.
  bool is_pending() const;
  // Numbers of the events that never happened.
  std::vector<int> never_happened() const;

 private:
  struct Armed;

  void fire(Armed& armed);
  void begin(Armed& armed);
  void each(Armed& armed, std::string_view verb, void (Stage::*act)(const std::string&));
  void cut(Armed& armed);
  void partition(Armed& armed);
  void slow(Armed& armed);
  void pause(Armed& armed);
  void stall(Armed& armed);
  void administer(Armed& armed);
  void disk(Armed& armed);
  void slow_handling(Armed& armed);
  void on_message(Armed& armed, const sim::Delivery& delivery);
  void end_later(Armed& armed, std::function<void()> end, std::string text);
  void seen(std::string_view who, const sim::TraceEvent& event);
  void about_to_deliver(const sim::Delivery& delivery);
  std::vector<std::string> resolve(const std::vector<Selector>& selectors);
  // `targets`: which hosts, or which group, it is done to.
  void report(const Armed& armed, std::string text, std::vector<std::string> targets = {});

  Stage& stage_;
  TriggerMatcher matcher_;
  std::vector<std::unique_ptr<Armed>> armed_;
};

}  // namespace kafkasim::scenarios

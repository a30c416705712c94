// Which keys of an event are actions and triggers, and what goes with each. Private to the loader.
#pragma once

#include <span>
#include <string_view>

#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

struct ActionRule {
  std::string_view key;
  ActionKind kind = ActionKind::cut;
  std::span<const std::string_view> options{};  // of for, one-way, latency, with, config, ...
  std::string_view required{};                  // one of them that must be there
  bool names_message = false;                   // from, to, of and nth say which
  bool clients_only = false;
  bool is_admin = false;  // read in load_admin_events.cpp
};
std::span<const ActionRule> action_rules();
const ActionRule* find_action(std::string_view key);
bool is_action_not_built(std::string_view key);

struct TriggerRule {
  std::string_view key;
  TriggerKind kind = TriggerKind::at;
};
std::span<const TriggerRule> trigger_rules();
const TriggerRule* find_trigger(std::string_view key);

struct AfterRule {
  std::string_view key;
  AfterKind kind = AfterKind::sent;
  std::span<const std::string_view> options{};  // of on, by, group
};
std::span<const AfterRule> after_rules();
const AfterRule* find_after(std::string_view key);

}  // namespace kafkasim::scenarios

// The small questions that a scenario's plain data answers itself.
#include "scenarios/engine/scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace kafkasim::scenarios {

std::string SendPlan::record(std::int64_t index) const {
  if (!values.empty()) return values.at(static_cast<std::size_t>(index));
  return fmt::format("{}-{}", prefix, first_number + index);
}

std::optional<std::string> SendPlan::key(std::int64_t index) const {
  if (key_count > 0) return fmt::format("key-{}", index % key_count + 1);
  if (keys.empty()) return std::nullopt;
  return keys[static_cast<std::size_t>(index) % keys.size()];
}

namespace {

std::string settings_text(const AdminAction& action) {
  std::string text;
  for (const auto& [name, value] : action.config) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        value ? "= " + *value : std::string("back to its default"));
  }
  return text;
}

std::string offsets_text(const AdminAction& action) {
  if (action.to == AdminAction::To::earliest) return "the earliest";
  if (action.to == AdminAction::To::latest) return "the latest";
  std::string text;
  for (const auto& [partition, offset] : action.offsets) {
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", offset, to_string(partition));
  }
  return text;
}

}  // namespace

std::string to_string(const AdminAction& action) {
  switch (action.kind) {
    case ActionKind::alter_topic:
      return fmt::format("alter topic {}: {}", action.name, settings_text(action));
    case ActionKind::alter_broker:
      return fmt::format("alter {}: {}", action.broker ? action.name : "all brokers",
                         settings_text(action));
    case ActionKind::create_topic:
      return fmt::format("create topic {}", action.name);
    case ActionKind::delete_topic:
      return fmt::format("delete topic {}", action.name);
    case ActionKind::add_partitions:
      return fmt::format("give topic {} {} partitions", action.name, action.partitions);
    case ActionKind::reassign:
      return action.replicas
                 ? fmt::format("reassign {} to brokers [{}]", to_string(action.partition),
                               fmt::join(*action.replicas, ", "))
                 : fmt::format("cancel the reassignment of {}", to_string(action.partition));
    case ActionKind::elect:
      return fmt::format("elect a leader of {}: {}", to_string(action.partition),
                         action.unclean ? "unclean" : "preferred");
    case ActionKind::delete_records:
      return fmt::format("delete the records of {} before {}", to_string(action.partition),
                         action.before ? std::to_string(*action.before) : "the high watermark");
    case ActionKind::reset_offsets:
      return fmt::format("reset the offsets of group {} to {}", action.name, offsets_text(action));
    case ActionKind::seek:
      return fmt::format("{} seeks to {}", action.name, offsets_text(action));
    default:
      return {};  // the other actions are not an administrator's
  }
}

std::string_view to_string(Anomaly anomaly) {
  constexpr std::array<std::string_view, 12> names = {
      "lost",          "duplicated",      "reordered",
      "handled-twice", "skipped",         "handled-out-of-order",
      "phantom",       "aborted-visible", "torn",
      "stuck",         "effect-twice",    "two-owners"};
  return names.at(static_cast<std::size_t>(anomaly));
}

std::string_view to_string(DiskFault fault) {
  constexpr std::array<std::string_view, 4> names = {"fail", "full", "slow", "corrupt-tail"};
  return names.at(static_cast<std::size_t>(fault));
}

}  // namespace kafkasim::scenarios

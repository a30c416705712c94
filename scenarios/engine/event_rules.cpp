// The tables of actions and triggers.
#include "scenarios/engine/event_rules.hpp"

#include <algorithm>
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios {
namespace {

using Words = std::string_view;

constexpr std::array<Words, 1> lasting = {"for"};
constexpr std::array<Words, 2> partition_options = {"for", "one-way"};
constexpr std::array<Words, 2> slow_options = {"for", "latency"};
constexpr std::array<Words, 2> reject_options = {"for", "with"};
constexpr std::array<Words, 2> handling_options = {"for", "takes"};
constexpr std::array<Words, 5> disk_options = {"for", "with", "fail", "full", "corrupt-tail"};

constexpr std::array<Words, 1> config_option = {"config"};
constexpr std::array<Words, 3> new_topic_options = {"partitions", "replicas", "config"};
constexpr std::array<Words, 1> to_option = {"to"};
constexpr std::array<Words, 1> how_option = {"how"};
constexpr std::array<Words, 1> before_option = {"before"};

constexpr ActionRule admin(Words key, ActionKind kind, std::span<const Words> options,
                           Words required) {
  return {.key = key, .kind = kind, .options = options, .required = required, .is_admin = true};
}

constexpr std::array actions = {
    ActionRule{.key = "cut", .kind = ActionKind::cut},
    ActionRule{.key = "partition", .kind = ActionKind::partition, .options = partition_options},
    ActionRule{.key = "hold", .kind = ActionKind::hold, .options = lasting, .names_message = true},
    ActionRule{
        .key = "slow", .kind = ActionKind::slow, .options = slow_options, .required = "latency"},
    ActionRule{.key = "reject",
               .kind = ActionKind::reject,
               .options = reject_options,
               .required = "with",
               .names_message = true},
    ActionRule{.key = "crash", .kind = ActionKind::crash},
    ActionRule{.key = "power-loss", .kind = ActionKind::power_loss},
    ActionRule{.key = "restart", .kind = ActionKind::restart},
    ActionRule{.key = "stop", .kind = ActionKind::stop},
    ActionRule{.key = "pause", .kind = ActionKind::pause, .options = lasting},
    ActionRule{.key = "stall", .kind = ActionKind::stall, .options = lasting, .clients_only = true},
    ActionRule{.key = "start", .kind = ActionKind::start, .clients_only = true},
    admin("alter-topic", ActionKind::alter_topic, config_option, "config"),
    admin("alter-broker", ActionKind::alter_broker, config_option, "config"),
    admin("create-topic", ActionKind::create_topic, new_topic_options, ""),
    admin("delete-topic", ActionKind::delete_topic, {}, ""),
    admin("add-partitions", ActionKind::add_partitions, to_option, "to"),
    admin("reassign", ActionKind::reassign, to_option, "to"),
    admin("elect", ActionKind::elect, how_option, "how"),
    admin("delete-records", ActionKind::delete_records, before_option, "before"),
    admin("reset-offsets", ActionKind::reset_offsets, to_option, "to"),
    admin("seek", ActionKind::seek, to_option, "to"),
    ActionRule{.key = "slow-handling",
               .kind = ActionKind::slow_handling,
               .options = handling_options,
               .required = "takes"},
    ActionRule{.key = "disk", .kind = ActionKind::disk, .options = disk_options},
};

constexpr std::array triggers = {
    TriggerRule{"at", TriggerKind::at},
    TriggerRule{"after", TriggerKind::after},
    TriggerRule{"before", TriggerKind::before},
    TriggerRule{"on", TriggerKind::on},
};

constexpr std::array<Words, 1> replica_option = {"on"};
constexpr std::array<Words, 1> reader_option = {"by"};
constexpr std::array<Words, 1> group_option = {"group"};

constexpr std::array afters = {
    AfterRule{"sent", AfterKind::sent},
    AfterRule{"appended", AfterKind::appended, replica_option},
    AfterRule{"replicated", AfterKind::replicated},
    AfterRule{"acked", AfterKind::acked},
    AfterRule{"failed", AfterKind::failed},
    AfterRule{"polled", AfterKind::polled, reader_option},
    AfterRule{"handled", AfterKind::handled, reader_option},
    AfterRule{"committed", AfterKind::committed, group_option},
    AfterRule{"elected", AfterKind::elected},
    AfterRule{"isr", AfterKind::isr},
    AfterRule{"joined", AfterKind::joined},
    AfterRule{"event", AfterKind::event},
};

template <typename Rules>
auto find(const Rules& rules, std::string_view key) -> decltype(rules.data()) {
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.key == key; });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace

std::span<const ActionRule> action_rules() { return actions; }
const ActionRule* find_action(std::string_view key) { return find(actions, key); }

bool is_action_not_built(std::string_view key) {
  const auto fields = schema::events_type().item->fields;
  return std::any_of(fields.begin(), fields.end(), [&](const schema::Field& field) {
    return field.key == key && field.support == schema::Support::later_alone;
  });
}

std::span<const TriggerRule> trigger_rules() { return triggers; }
const TriggerRule* find_trigger(std::string_view key) { return find(triggers, key); }

std::span<const AfterRule> after_rules() { return afters; }
const AfterRule* find_after(std::string_view key) { return find(afters, key); }

}  // namespace kafkasim::scenarios

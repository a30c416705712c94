// Reading and printing of selectors.
#include "scenarios/engine/selector.hpp"

#include <fmt/format.h>

#include <array>

#include "scenarios/engine/diagnostics.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

enum class Takes { partition, partition_and_number, group };

struct Role {
  std::string_view name;
  SelectorKind kind;
  Takes takes;
  bool supported;
};
constexpr std::array roles = {
    Role{"leader", SelectorKind::leader, Takes::partition, true},
    Role{"followers", SelectorKind::followers, Takes::partition, true},
    Role{"follower", SelectorKind::follower, Takes::partition_and_number, true},
    Role{"isr", SelectorKind::isr, Takes::partition, true},
    Role{"coordinator", SelectorKind::coordinator, Takes::group, true},
    Role{"transaction-coordinator", SelectorKind::coordinator, Takes::group, false},
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

ParsedSelector refused(std::string why) { return {std::nullopt, std::move(why)}; }

ParsedSelector parse_role(const Role& role, std::string_view arguments) {
  if (!role.supported) return refused(fmt::format("'{}' is not supported yet", role.name));
  Selector selector{role.kind, "", {}, 0, {}};
  if (role.takes == Takes::group) {
    if (arguments.empty())
      return refused(fmt::format("expected a group, as in {}(billing)", role.name));
    selector.name = std::string(arguments);
    return {selector, ""};
  }
  const auto comma = arguments.find(',');
  const bool numbered = role.takes == Takes::partition_and_number;
  const std::string example = fmt::format("{}(orders-0{})", role.name, numbered ? ", 1" : "");
  if ((comma != std::string_view::npos) != numbered)
    return refused(fmt::format("expected it as in {}", example));
  const auto partition = parse_partition(trimmed(arguments.substr(0, comma)));
  if (!partition) return refused(fmt::format("expected a partition, as in {}", example));
  selector.partition = *partition;
  if (numbered) {
    const auto number = parse_numbered(trimmed(arguments.substr(comma + 1)), "");
    if (!number || *number < 1)
      return refused(fmt::format("expected the number of a follower from 1 on, as in {}", example));
    selector.index = *number;
  }
  return {selector, ""};
}

}  // namespace

std::vector<std::string> selector_forms() {
  return {"leader(orders-0)", "followers(orders-0)", "follower(orders-0, 1)",
          "isr(orders-0)",    "controller",          "coordinator(group)"};
}

ParsedSelector parse_selector(std::string_view text) {
  if (text.empty())
    return refused("expected a broker, a client or a role such as leader(orders-0)");
  const auto open = text.find('(');
  if (open == std::string_view::npos) {
    if (text == "controller")
      return {Selector{SelectorKind::controller, "controller", {}, 0, {}}, ""};
    if (const auto id = parse_numbered(text, "broker-")) {
      return {Selector{SelectorKind::broker, std::string(text), {}, *id, {}}, ""};
    }
    if (const auto id = parse_numbered(text, "controller-")) {
      return {Selector{SelectorKind::controller_host, std::string(text), {}, *id, {}}, ""};
    }
    return {Selector{SelectorKind::client, std::string(text), {}, 0, {}}, ""};
  }
  const std::string_view name = text.substr(0, open);
  std::vector<std::string> names;
  for (const Role& role : roles) {
    names.emplace_back(role.name);
    if (role.name != name) continue;
    if (text.back() != ')')
      return refused(fmt::format("expected ')' at the end of {}", in_quotes(text)));
    return parse_role(role, trimmed(text.substr(open + 1, text.size() - open - 2)));
  }
  return refused(fmt::format("expected one of {}{}", fmt::join(selector_forms(), ", "),
                             did_you_mean(name, names)));
}

std::string to_string(const Selector& selector) {
  switch (selector.kind) {
    case SelectorKind::broker:
    case SelectorKind::controller_host:
    case SelectorKind::client:
      return selector.name;
    case SelectorKind::controller:
      return "controller";
    case SelectorKind::leader:
      return fmt::format("leader({})", protocol::to_string(selector.partition));
    case SelectorKind::followers:
      return fmt::format("followers({})", protocol::to_string(selector.partition));
    case SelectorKind::follower:
      return fmt::format("follower({}, {})", protocol::to_string(selector.partition),
                         selector.index);
    case SelectorKind::isr:
      return fmt::format("isr({})", protocol::to_string(selector.partition));
    case SelectorKind::coordinator:
      return fmt::format("coordinator({})", selector.name);
  }
  return {};
}

}  // namespace kafkasim::scenarios

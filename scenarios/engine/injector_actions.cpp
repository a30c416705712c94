// What each action does, and how what lasts ends.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "scenarios/engine/fault_event.hpp"
#include "scenarios/engine/injector.hpp"
#include "scenarios/engine/injector_armed.hpp"

namespace kafkasim::scenarios {

namespace {

// What is said of an action that changes nothing; empty when it does something. Losing its power
// may take something from a machine on which nothing runs.
std::string_view misses(ActionKind kind, bool runs) {
  switch (kind) {
    case ActionKind::start:
    case ActionKind::restart:
      return runs ? ": it is running, nothing changes" : "";
    case ActionKind::crash:
    case ActionKind::stop:
      return runs ? "" : ": it is not running, nothing changes";
    default:
      return "";
  }
}

}  // namespace

std::vector<std::string> Injector::resolve(const std::vector<Selector>& selectors) {
  std::vector<std::string> names;
  for (const Selector& selector : selectors) {
    for (std::string& name : stage_.resolve(selector)) names.push_back(std::move(name));
  }
  return names;
}

void Injector::report(const Armed& a, std::string text, std::vector<std::string> targets) {
  FaultHappened event;
  event.text = std::move(text);
  event.action = a.event.action.kind;
  event.targets = std::move(targets);
  event.event_number = a.event.number;
  event.is_fault = a.event.action.kind != ActionKind::start &&
                   a.event.action.kind != ActionKind::restart && !a.event.action.admin;
  stage_.world().trace().add(injector_name, event);
}

void Injector::end_later(Armed& a, std::function<void()> end, std::string text) {
  if (!a.event.lasts) return;
  const sim::Time at = sim::later(stage_.world().now(), *a.event.lasts);
  a.ending.at(at, [this, &a, end = std::move(end), text = std::move(text)] {
    FaultEnded event;
    event.text = text;
    event.event_number = a.event.number;
    stage_.world().trace().add(injector_name, event);
    end();
  });
}

void Injector::begin(Armed& a) {
  const Action& action = a.event.action;
  if (action.admin) return administer(a);
  switch (action.kind) {
    case ActionKind::cut:
      return cut(a);
    case ActionKind::partition:
      return partition(a);
    case ActionKind::slow:
      return slow(a);
    case ActionKind::crash:
      return each(a, "crash", &Stage::crash);
    case ActionKind::power_loss:
      return each(a, "power loss of", &Stage::power_loss);
    case ActionKind::restart:
      return each(a, "restart", &Stage::restart);
    case ActionKind::stop:
      return each(a, "stop", &Stage::stop);
    case ActionKind::start:
      return each(a, "start", &Stage::start);
    case ActionKind::pause:
      return pause(a);
    case ActionKind::stall:
      return stall(a);
    case ActionKind::disk:
      return disk(a);
    case ActionKind::slow_handling:
      return slow_handling(a);
    default:
      return;  // hold and reject act on messages
  }
}

void Injector::each(Armed& a, std::string_view verb, void (Stage::*act)(const std::string&)) {
  const std::vector<std::string> names = resolve(a.event.action.targets);
  if (names.empty()) return report(a, fmt::format("{} nobody: no such role now", verb));
  for (const std::string& name : names) {
    // Who runs already, or is down already, is not hit: nothing of its work begins or ends.
    const std::string_view miss = misses(a.event.action.kind, stage_.runs(name));
    report(a, fmt::format("{} {}{}", verb, name, miss),
           miss.empty() ? std::vector<std::string>{name} : std::vector<std::string>());
    (stage_.*act)(name);
  }
}

void Injector::cut(Armed& a) {
  const Action& action = a.event.action;
  const std::vector<std::string> left = stage_.resolve(action.targets[0]);
  const std::vector<std::string> right = stage_.resolve(action.targets[1]);
  report(a, fmt::format("cut the connections between {} and {}", fmt::join(left, ", "),
                        fmt::join(right, ", ")));
  for (const std::string& x : left) {
    for (const std::string& y : right) {
      stage_.world().network().cut(stage_.world().host(x)->id(), stage_.world().host(y)->id());
    }
  }
}

void Injector::partition(Armed& a) {
  const Action& action = a.event.action;
  std::vector<std::vector<std::string>> groups;
  std::vector<std::string> texts;
  for (const std::vector<Selector>& group : action.groups) {
    groups.push_back(resolve(group));
    texts.push_back(fmt::format("{}", fmt::join(groups.back(), ", ")));
  }
  std::vector<std::pair<sim::HostId, sim::HostId>> ways;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = 0; j < groups.size(); ++j) {
      if (i == j || (action.one_way && (i != 0 || j != 1))) continue;
      for (const std::string& x : groups[i]) {
        for (const std::string& y : groups[j]) {
          ways.emplace_back(stage_.world().host(x)->id(), stage_.world().host(y)->id());
        }
      }
    }
  }
  const std::string_view between = action.one_way ? " -/-> " : " | ";
  report(a, fmt::format("partition {}{}", fmt::join(texts, between), lasting(a.event)));
  for (const auto& [from, to] : ways) stage_.world().network().block(from, to);
  end_later(
      a,
      [this, ways] {
        for (const auto& [from, to] : ways) stage_.world().network().unblock(from, to);
      },
      fmt::format("partition {} is over", fmt::join(texts, between)));
}

void Injector::slow(Armed& a) {
  const Action& action = a.event.action;
  const std::vector<std::string> left = stage_.resolve(action.targets[0]);
  const std::vector<std::string> right = stage_.resolve(action.targets[1]);
  const auto set = [this, left, right](std::optional<sim::LatencyRange> latency) {
    for (const std::string& x : left) {
      for (const std::string& y : right) {
        const sim::HostId one = stage_.world().host(x)->id();
        const sim::HostId other = stage_.world().host(y)->id();
        stage_.world().network().set_latency(one, other, latency);
        stage_.world().network().set_latency(other, one, latency);
      }
    }
  };
  const std::string text =
      fmt::format("the link {} - {}", fmt::join(left, ", "), fmt::join(right, ", "));
  report(a, fmt::format("{} slows down to {}..{}{}", text, sim::to_string(action.latency.lowest),
                        sim::to_string(action.latency.highest), lasting(a.event)));
  set(sim::LatencyRange{action.latency.lowest, action.latency.highest});
  end_later(
      a, [set] { set(std::nullopt); }, text + " is fast again");
}

void Injector::pause(Armed& a) {
  const std::vector<std::string> names = resolve(a.event.action.targets);
  report(a, fmt::format("pause {}{}", fmt::join(names, ", "), lasting(a.event)), names);
  for (const std::string& name : names) stage_.pause(name);
  end_later(
      a,
      [this, names] {
        for (const std::string& name : names) stage_.resume(name);
      },
      fmt::format("{} runs on", fmt::join(names, ", ")));
}

void Injector::stall(Armed& a) {
  const std::vector<std::string> names = resolve(a.event.action.targets);
  report(a, fmt::format("stall {}{}", fmt::join(names, ", "), lasting(a.event)), names);
  const sim::Time until =
      a.event.lasts ? sim::later(stage_.world().now(), *a.event.lasts) : sim::never;
  for (const std::string& name : names) stage_.stall(name, until);
  end_later(
      a, [] {}, fmt::format("the application of {} runs on", fmt::join(names, ", ")));
}

void Injector::slow_handling(Armed& a) {
  const std::vector<std::string> names = resolve(a.event.action.targets);
  const Duration takes = a.event.action.handling_time;
  const std::string text = fmt::format("handling a record by {}", fmt::join(names, ", "));
  report(a, fmt::format("{} takes {}{}", text, sim::to_string(takes), lasting(a.event)));
  for (const std::string& name : names) stage_.set_handling_time(name, takes);
  end_later(
      a,
      [this, names] {
        for (const std::string& name : names) stage_.set_handling_time(name, std::nullopt);
      },
      text + " takes its usual time");
}

}  // namespace kafkasim::scenarios

// The dice for groups. Timeouts are short and the members' timings differ, so that many things
// happen in a minute; heartbeats and sessions keep the proportions that Kafka asks for.
#include "tests/stress/draw_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "tests/stress/dice.hpp"
#include "tests/stress/widen_groups.hpp"

namespace kafkasim::stress {

using namespace std::chrono_literals;
using namespace scenarios;

namespace {

constexpr const char* group_name = "billing";
constexpr std::array assignors{
    GroupAssignor{"range", "org.apache.kafka.clients.consumer.RangeAssignor"},
    GroupAssignor{"roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor"},
    GroupAssignor{"sticky", "org.apache.kafka.clients.consumer.StickyAssignor"},
    GroupAssignor{"cooperative-sticky",
                  "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"},
    GroupAssignor{"default", ""},
    GroupAssignor{"uniform", "", "uniform"},
    GroupAssignor{"server-range", "", "range"},
};

class GroupDraw : public Dice {
 public:
  GroupDraw(std::uint64_t seed, const DrawOptions& options)
      : Dice(seed, "groups"), options_(options), seed_(seed) {}

  Drawn all() {
    choose();
    cluster();
    topics();
    producers();
    consumers();
    if (options_.wider)
      widen_groups(drawn_.scenario, *assignor_, sim::Rng(seed_).fork("groups, wider"));
    const std::int64_t count = rng_.chance(1, 4) ? number(6, 12) : number(0, 5);
    for (std::int64_t i = 0; i < count; ++i) happening();
    heal();
    return std::move(drawn_);
  }

 private:
  void choose();
  void cluster();
  void topics();
  void producers();
  void consumers();
  void timings(Consumer& consumer);
  void happening();
  void fault_of_coordinator(Duration at, Duration lasts);
  void fault_of_network(Duration at, Duration lasts);
  void grow(Duration at, Duration lasts);
  void reset(Duration at);
  void heal();
  void last_records();
  bool keeps_partitions() const {
    return assignor_->name == "cooperative-sticky" || !assignor_->remote.empty();
  }
  const Consumer& some_member() {
    const auto& all = drawn_.scenario.consumers;
    return all[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(all.size()) - 1))];
  }
  static Selector coordinator() {
    Selector selector;
    selector.kind = SelectorKind::coordinator;
    selector.name = group_name;
    return selector;
  }

  const DrawOptions& options_;
  const std::uint64_t seed_;
  const GroupAssignor* assignor_ = nullptr;
};

void GroupDraw::choose() {
  const auto drawn =
      static_cast<std::size_t>(number(0, static_cast<std::int64_t>(assignors.size()) - 1));
  assignor_ =
      options_.assignor.empty() ? &assignors[drawn] : find_group_assignor(options_.assignor);
  CHECKED(assignor_ != nullptr, "no assignor is called '{}'", options_.assignor);
}

void GroupDraw::cluster() {
  add_brokers(3);
  const std::string delay = rng_.chance(1, 3) ? "3000" : "0";
  for (Broker& each : drawn_.scenario.cluster.brokers) {
    set(each.config, "broker.session.timeout.ms", "3000");
    set(each.config, "broker.heartbeat.interval.ms", "1000");
    set(each.config, "offsets.topic.num.partitions", "1");
    set(each.config, "group.initial.rebalance.delay.ms", delay);
    if (assignor_->remote.empty()) continue;
    set(each.config, "group.consumer.min.session.timeout.ms", "6000");
    set(each.config, "group.consumer.session.timeout.ms", "8000");
    set(each.config, "group.consumer.min.heartbeat.interval.ms", "1000");
    set(each.config, "group.consumer.heartbeat.interval.ms", "2000");
  }
}

void GroupDraw::topics() {
  static constexpr std::array names{"orders", "payments", "returns"};
  const std::int64_t count = number(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    Topic& topic = drawn_.scenario.topics.emplace_back();
    topic.name = names[static_cast<std::size_t>(i)];
    topic.partitions = static_cast<int>(rng_.chance(1, 2) ? number(1, 4) : number(1, 12));
    topic.replication_factor = 3;
    set(topic.config, "min.insync.replicas", "2");
  }
}

void GroupDraw::producers() {
  for (const Topic& topic : drawn_.scenario.topics) {
    Producer& producer = drawn_.scenario.producers.emplace_back();
    producer.name = "makes-" + topic.name;
    set(producer.config, "acks", "all");
    if (rng_.chance(1, 2)) set(producer.config, "batch.size", "0");
    SendPlan& plan = producer.sends.emplace_back();
    plan.topic = topic.name;
    plan.count = number(10, 60);
    plan.prefix = producer.name;
    plan.every = span_of(20, 800);
    if (rng_.chance(2, 3)) plan.key_count = number(2, 20);
  }
}

// Kafka's proportions: a session of at least three heartbeats, and a poll interval that may be
// shorter or longer than the session.
void GroupDraw::timings(Consumer& consumer) {
  if (assignor_->remote.empty()) {
    set(consumer.config, "session.timeout.ms", fmt::format("{}", number(6, 10) * 1000));
    set(consumer.config, "heartbeat.interval.ms", fmt::format("{}", number(1, 4) * 500));
  }
  set(consumer.config, "max.poll.interval.ms", fmt::format("{}", number(4, 20) * 1000));
  // New partitions are noticed this soon.
  set(consumer.config, "metadata.max.age.ms", fmt::format("{}", number(1, 10) * 1000));
  if (rng_.chance(1, 3)) set(consumer.config, "max.poll.records", fmt::format("{}", number(1, 5)));
}

void GroupDraw::consumers() {
  const std::int64_t count = rng_.chance(1, 3) ? number(4, 8) : number(1, 4);
  const bool differs = rng_.chance(1, 3);  // what they read
  static constexpr std::array habits{Commits::after_handling, Commits::after_handling,
                                     Commits::after_handling, Commits::after_each,
                                     Commits::automatic};
  const Commits habit = habits[static_cast<std::size_t>(number(0, habits.size() - 1))];
  const std::int64_t with_instance = number(0, 2);  // nobody, some, everybody
  const bool slow = rng_.chance(1, 3);
  const auto& topics = drawn_.scenario.topics;
  for (std::int64_t i = 1; i <= count; ++i) {
    Consumer& consumer = drawn_.scenario.consumers.emplace_back();
    consumer.key = consumer.name = fmt::format("{}-{}", group_name, i);
    consumer.group = group_name;
    for (const Topic& topic : topics) {
      if (!differs || rng_.chance(2, 3)) consumer.reads.push_back(topic.name);
    }
    // Somebody reads each topic.
    if (consumer.reads.empty() || (differs && i == 1)) {
      consumer.reads.clear();
      for (const Topic& topic : topics) consumer.reads.push_back(topic.name);
    }
    consumer.commits = habit;
    set(consumer.config, "auto.offset.reset", "earliest");
    const bool automatic = consumer.commits == Commits::automatic;
    set(consumer.config, "enable.auto.commit", automatic ? "true" : "false");
    // Each of them comes with some time of rest, or the run would never end by itself.
    if (automatic) {
      set(consumer.config, "auto.commit.interval.ms",
          fmt::format("{}", count * number(2000, 3000)));
    }
    if (with_instance == 2 || (with_instance == 1 && rng_.chance(1, 2)))
      set(consumer.config, "group.instance.id", fmt::format("till-{}", i));
    if (!assignor_->remote.empty()) {
      set(consumer.config, "group.protocol", "consumer");
      set(consumer.config, "group.remote.assignor", std::string(assignor_->remote));
    } else if (!assignor_->strategy.empty()) {
      set(consumer.config, "partition.assignment.strategy", std::string(assignor_->strategy));
    }
    timings(consumer);
    if (slow) {
      // What a poll returns is handled well within the poll interval.
      consumer.takes = span_of(1, 80);
      set(consumer.config, "max.poll.records", fmt::format("{}", number(1, 20)));
    }
    if (rng_.chance(1, 3)) consumer.start = span_of(0, 20'000);
  }
}

void GroupDraw::happening() {
  const Duration at = span_of(0, 30'000);
  const Duration lasts = rng_.chance(1, 2) ? span_of(10, 3000) : span_of(3000, 20'000);
  const std::string member = some_member().name;
  switch (number(0, 11)) {
    case 0:
    case 1:  // leaves and comes back
      event(ActionKind::stop, at).action.targets = {client(member)};
      event(ActionKind::start, at + lasts).action.targets = {client(member)};
      return;
    case 2:
    case 3:
      return down(ActionKind::crash, client(member), at, lasts);
    case 4:
      event(ActionKind::pause, at, lasts).action.targets = {client(member)};
      return;
    case 5:
      event(ActionKind::stall, at, lasts).action.targets = {client(member)};
      return;
    case 6:
    case 7:
      return fault_of_coordinator(at, lasts);
    case 8:
    case 9:
      return fault_of_network(at, lasts);
    case 10:
      return grow(at, lasts);
    default:
      return rng_.chance(1, 3) ? reset(at) : down(ActionKind::crash, broker(), at, lasts);
  }
}

void GroupDraw::fault_of_coordinator(Duration at, Duration lasts) {
  if (rng_.chance(1, 3)) {
    event(ActionKind::pause, at, lasts).action.targets = {coordinator()};
    return;
  }
  // Who it was is not known here: it comes back with all others at the end, or when by chance it is
  // the one that is restarted.
  event(ActionKind::crash, at).action.targets = {coordinator()};
  event(ActionKind::restart, at + lasts).action.targets = {broker()};
}

void GroupDraw::fault_of_network(Duration at, Duration lasts) {
  const Selector member = client(some_member().name);
  const Selector server = rng_.chance(2, 3) ? coordinator() : broker();
  switch (number(0, 3)) {
    case 0: {
      static constexpr std::array kinds{
          "JoinGroupRequest",    "JoinGroupResponse", "SyncGroupRequest",    "SyncGroupResponse",
          "HeartbeatRequest",    "HeartbeatResponse", "OffsetCommitRequest", "OffsetCommitResponse",
          "OffsetFetchResponse", "FetchResponse"};
      Event& cut = event(ActionKind::cut, at);
      cut.action.targets = {member, server};
      if (rng_.chance(1, 3)) return;
      cut.trigger.kind = TriggerKind::before;
      cut.trigger.message.kind = kinds[static_cast<std::size_t>(number(0, kinds.size() - 1))];
      const std::int64_t nth = number(1, 30);
      cut.trigger.message.nth = CountRange{nth, nth};
      return;
    }
    case 1: {
      Action& action = event(ActionKind::slow, at, lasts).action;
      action.targets = {member, server};
      const Duration latency = span_of(5, 900);
      action.latency = {latency, latency * 2};
      return;
    }
    default: {
      Action& action = event(ActionKind::partition, at, lasts).action;
      action.groups = {{member}, {}};
      if (rng_.chance(1, 2)) {
        action.groups[1].push_back(server);
      } else {
        for (int id = 1; id <= brokers_; ++id) action.groups[1].push_back(broker(id));
      }
      action.one_way = rng_.chance(1, 3);
      if (action.one_way && rng_.chance(1, 2)) std::swap(action.groups[0], action.groups[1]);
      return;
    }
  }
}

// The leader of a classic group that comes back under its instance id keeps the assignment of
// before, and never hears of what was added while it was away: the judge knows.
void GroupDraw::grow(Duration at, Duration lasts) {
  const auto& consumers = drawn_.scenario.consumers;
  const bool is_static = std::any_of(consumers.begin(), consumers.end(), [](const Consumer& each) {
    return each.config.is_set("group.instance.id");
  });
  if (is_static && assignor_->remote.empty() && !options_.wider)
    return down(ActionKind::crash, client(some_member().name), at, lasts);
  const auto& topics = drawn_.scenario.topics;
  const Topic& topic =
      topics[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(topics.size()) - 1))];
  AdminAction action;
  action.kind = ActionKind::add_partitions;
  action.name = topic.name;
  action.partitions = topic.partitions + static_cast<int>(number(1, 4));
  event(ActionKind::add_partitions, at).action.admin = action;
}

// Refused while the group has members, so all of them stop for a while.
void GroupDraw::reset(Duration at) {
  std::vector<Consumer> consumers = drawn_.scenario.consumers;
  std::erase_if(consumers, [](const Consumer& each) { return each.group != group_name; });
  for (const Consumer& each : consumers)
    event(ActionKind::stop, at).action.targets = {client(each.name)};
  AdminAction action;
  action.kind = ActionKind::reset_offsets;
  action.name = group_name;
  action.to = AdminAction::To::earliest;
  for (const Consumer& each : consumers) action.topics.insert(each.reads.begin(), each.reads.end());
  event(ActionKind::reset_offsets, at + 3s).action.admin = action;
  for (const Consumer& each : consumers)
    event(ActionKind::start, at + 6s).action.targets = {client(each.name)};
}

// Everybody is up after the last fault; then some members go for good, but not the first of a
// group.
void GroupDraw::heal() {
  restart_all();
  const auto& consumers = drawn_.scenario.consumers;
  for (const Consumer& each : consumers)
    event(ActionKind::start, drawn_.faults_end).action.targets = {client(each.name)};
  const Duration leaving = drawn_.faults_end + span_of(1000, 10'000);
  for (std::size_t i = 1; i < consumers.size(); ++i) {
    if (!rng_.chance(1, 8) || consumers[i].group != consumers[i - 1].group) continue;
    const ActionKind how = rng_.chance(1, 2) ? ActionKind::stop : ActionKind::crash;
    event(how, leaving).action.targets = {client(consumers[i].name)};
  }
  // Long enough for new partitions to be noticed, and for members that went to be given up. The
  // first of a group may have ended, as the instance id was another's.
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    if (i > 0 && consumers[i].group == consumers[i - 1].group) continue;
    event(ActionKind::start, drawn_.faults_end + 25s).action.targets = {client(consumers[i].name)};
  }
  last_records();
}

// A commit that a rebalance refuses is not repeated. Who gives everything back with each rebalance
// reads those records again; who keeps partitions commits with the next records, if there are some.
void GroupDraw::last_records() {
  if (!keeps_partitions()) return;
  constexpr std::int64_t keys = 100;  // so many that each partition gets one
  for (Producer& producer : drawn_.scenario.producers) {
    SendPlan plan = producer.sends.front();
    plan.first_number = plan.count + 1;
    plan.count = plan.key_count = keys;
    plan.every = 1ms;
    plan.start = drawn_.faults_end;
    producer.sends.push_back(plan);
  }
}

}  // namespace

std::span<const GroupAssignor> group_assignors() { return assignors; }

const GroupAssignor* find_group_assignor(std::string_view name) {
  const auto found = std::find_if(assignors.begin(), assignors.end(),
                                  [&](const auto& a) { return a.name == name; });
  return found == assignors.end() ? nullptr : &*found;
}

Drawn draw_groups(std::uint64_t seed, const DrawOptions& options) {
  return GroupDraw(seed, options).all();
}

}  // namespace kafkasim::stress

// Lag, state and assignments of groups against what was expected.
#include "scenarios/engine/expect_groups.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/expect.hpp"
#include "scenarios/engine/expect_values.hpp"

namespace kafkasim::scenarios {

namespace {

// Nothing where the group is not behind with that partition, as it does not read it.
std::optional<std::int64_t> lag_in(const GroupState& group, const PartitionState& partition,
                                   const Ledger& ledger) {
  const ReplicaState* replica = deciding_replica(partition);
  const bool reads = std::find(group.topics.begin(), group.topics.end(),
                               partition.partition.topic) != group.topics.end();
  const auto commit = group.committed.find(partition.partition);
  protocol::Offset committed;
  if (!group.committed_is_whole) committed = ledger.committed(group.name, partition.partition);
  if (commit != group.committed.end()) committed = commit->second;
  if (replica == nullptr || (!reads && !committed.is_set())) return std::nullopt;
  const protocol::Offset from = committed.is_set() ? committed : replica->log_start;
  return std::max<std::int64_t>(0, replica->high_watermark - from);
}

std::optional<std::int64_t> count_of(std::int64_t number) {
  return number < 0 ? std::nullopt : std::optional(number);
}

}  // namespace

std::optional<std::int64_t> lag_of(const std::string& group, const Ledger& ledger,
                                   const FinalState& state) {
  const GroupState* found = state.group(group);
  if (found == nullptr) return std::nullopt;
  std::int64_t lag = 0;
  for (const PartitionState& partition : state.partitions)
    lag += lag_in(*found, partition, ledger).value_or(0);
  return lag;
}

void compare_lag(const ExpectedMap<std::string, ExpectedLag>& expected, const std::string& when,
                 const Ledger& ledger, const FinalState& state,
                 std::vector<ExpectationResult>& out) {
  for (const auto& [group, lag] : expected) {
    if (lag.value.sum) {
      out.push_back(compare_number("lag " + group + when, *lag.value.sum,
                                   lag_of(group, ledger, state), lag.position));
    }
    const GroupState* found = state.group(group);
    for (const auto& [partition, range] : lag.value.partitions) {
      const PartitionState* log = state.find(partition);
      std::optional<std::int64_t> got;
      if (found != nullptr && log != nullptr) got = lag_in(*found, *log, ledger);
      out.push_back(compare_number(fmt::format("lag {} {}{}", group, to_string(partition), when),
                                   range, got, lag.position));
    }
  }
}

void compare_groups(const ExpectedMap<std::string, ExpectedGroup>& expected,
                    const std::string& when, const FinalState& state,
                    std::vector<ExpectationResult>& out) {
  for (const auto& [name, group] : expected) {
    const GroupTable* table = state.tables.find(name);
    const bool is_known = table != nullptr && !table->state.empty();
    const Position position = group.position;
    const auto key = [&, &of = name](std::string_view what) {
      return fmt::format("group {} {}{}", of, what, when);
    };
    const auto text = [&](std::string_view what, const std::optional<std::string>& wanted,
                          const std::string& got) {
      if (!wanted) return;
      const std::string shown = is_known ? (got.empty() ? "none" : got) : "no coordinator";
      out.push_back({key(what), is_known && got == *wanted, *wanted, shown, position});
    };
    const auto number = [&](std::string_view what, const std::optional<CountRange>& wanted,
                            std::optional<std::int64_t> got) {
      if (wanted) out.push_back(compare_number(key(what), *wanted, got, position));
    };
    const GroupTable& is = is_known ? *table : GroupTable();
    text("state", group.value.state, is.state);
    number("members", group.value.members,
           is_known ? count_of(static_cast<std::int64_t>(is.members.size())) : std::nullopt);
    number("generation", group.value.generation, count_of(is.generation));
    text("protocol", group.value.protocol, is.assignor);
    text("coordinator", group.value.coordinator, is.coordinator);
  }
}

void compare_owners(const ExpectedMap<std::string, Assignment>& expected, const std::string& when,
                    const FinalState& state, std::vector<ExpectationResult>& out) {
  for (const auto& [group, assignment] : expected) {
    Assignment owners;
    for (const ConsumerState& consumer : state.consumers) {
      if (consumer.group == group && consumer.alive) owners[consumer.name] = consumer.owned;
    }
    const std::string wanted = assignment_text(assignment.value);
    const std::string got = assignment_text(std::move(owners));
    out.push_back({"assignments " + group + when, wanted == got, wanted, got, assignment.position});
  }
}

void compare_polls(const Expectations& expect, const FinalState& state,
                   std::vector<ExpectationResult>& out) {
  const auto compare = [&](const std::string& key, const ExpectedMap<std::string, Records>& wanted,
                           std::vector<std::string> ConsumerState::*of) {
    for (const auto& [name, records] : wanted) {
      const bool is_group = state.consumer(name) == nullptr;
      Names got;
      for (const ConsumerState& consumer : state.consumers) {
        if ((is_group ? consumer.group : consumer.name) != name) continue;
        const std::vector<std::string>& more = consumer.*of;
        got.insert(got.end(), more.begin(), more.end());
      }
      out.push_back(
          compare_records(key + " " + name, records, std::move(got), Order::does_not_matter));
    }
  };
  compare("polled-again", expect.polled_again, &ConsumerState::polled_again);
  compare("poll-skipped", expect.poll_skipped, &ConsumerState::poll_skipped);
}

std::string assignment_text(Assignment assignment) {
  std::string out;
  for (auto& [member, partitions] : assignment) {
    if (partitions.empty()) continue;
    std::sort(partitions.begin(), partitions.end());
    out += (out.empty() ? "" : ", ") + member + ":";
    for (const TopicPartition& partition : partitions) out += " " + to_string(partition);
  }
  return "{" + out + "}";
}

}  // namespace kafkasim::scenarios

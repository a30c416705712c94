// Anomalies of what a group did not handle: skipped and stuck.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/engine/anomalies_find.hpp"

namespace kafkasim::scenarios {

namespace {

// The committed offset at the end: the coordinator's word, else the last one in the trace.
protocol::Offset committed_at_the_end(const Truth& truth, const std::string& group,
                                      const TopicPartition& partition) {
  if (const GroupState* state = truth.state().group(group)) {
    const auto found = state->committed.find(partition);
    if (found != state->committed.end()) return found->second;
  }
  return truth.ledger().committed(group, partition);
}

const Commit* first_commit_past(const Ledger& ledger, const std::string& group,
                                const TopicPartition& partition, protocol::Offset offset) {
  const auto notes = ledger.groups().find(group);
  if (notes == ledger.groups().end()) return nullptr;
  const auto commits = notes->second.commits.find(partition);
  if (commits == notes->second.commits.end()) return nullptr;
  const auto found = std::find_if(commits->second.begin(), commits->second.end(),
                                  [&](const Commit& commit) { return commit.offset > offset; });
  return found == commits->second.end() ? nullptr : &*found;
}

bool is_member(const Truth& truth, const std::string& consumer, const std::string& group) {
  const ConsumerState* state = truth.state().consumer(consumer);
  return state == nullptr || state->group == group;
}

// The last time that a member of the group got the record from poll(); null when none did.
const Step* last_poll(const Truth& truth, const RecordFate& fate, const std::string& group) {
  const Step* last = nullptr;
  for (const Step& step : fate.life) {
    if (step.kind == StepKind::polled && is_member(truth, *step.who, group)) last = &step;
  }
  return last;
}

// "; 3 attempts to handle it failed, the last one at 4.000 s", or nothing.
std::string failures_text(const Truth& truth, const RecordFate& fate, const std::string& group,
                          Finding& out) {
  const Step* last = nullptr;
  int attempts = 0;
  for (const Step& step : fate.life) {
    if (step.kind != StepKind::unhandled || !is_member(truth, *step.who, group)) continue;
    last = &step;
    ++attempts;
  }
  if (last == nullptr) return "";
  out.times.push_back(last->time);
  if (attempts == 1) return fmt::format("; handling it failed {}", at(last->time));
  return fmt::format("; {} attempts to handle it failed, the last one {}", attempts,
                     at(last->time));
}

// The reset of a member that jumped over that offset, or null.
const Reset* reset_over(const Truth& truth, const std::string& group,
                        const TopicPartition& partition, protocol::Offset offset) {
  for (const Reset& reset : truth.ledger().resets()) {
    if (reset.partition == partition && is_member(truth, reset.consumer, group) &&
        reset.to > offset && (!reset.from.is_set() || reset.from <= offset)) {
      return &reset;
    }
  }
  return nullptr;
}

void tell_skipped(const Truth& truth, const std::string& group, const Truth::Stored& stored,
                  Finding& out) {
  const RecordFate& fate = truth.fate(stored.record);
  const Commit* commit = first_commit_past(truth.ledger(), group, out.partition, stored.offset);
  out.cause = fmt::format("{} lies below the committed offset", spot(out.partition, stored.offset));
  if (commit != nullptr) {
    out.times.push_back(commit->time);
    out.cause += fmt::format(" {} since {} s", commit->offset.value(), seconds(commit->time));
  }
  if (const Step* polled = last_poll(truth, fate, group)) {
    out.times.push_back(polled->time);
    out.cause += fmt::format("; {} got it from poll() {} but never handled it", *polled->who,
                             at(polled->time));
  } else if (const Reset* reset = reset_over(truth, group, out.partition, stored.offset)) {
    out.times.push_back(reset->time);
    out.cause +=
        fmt::format("; {} began at offset {} {}{}", reset->consumer, reset->to.value(),
                    at(reset->time), reset->reason.empty() ? "" : " (" + reset->reason + ")");
  } else {
    out.cause += "; nobody got it from poll()";
  }
}

void tell_stuck(const Truth& truth, const std::string& group, const Truth::Stored& stored,
                Finding& out) {
  const std::string end = at(truth.state().at);
  const PartitionState* partition = truth.state().find(out.partition);
  const ConsumerState* owner = nullptr;
  for (const ConsumerState& consumer : truth.state().consumers) {
    const bool owns = std::find(consumer.owned.begin(), consumer.owned.end(), out.partition) !=
                      consumer.owned.end();
    if (consumer.group == group && consumer.alive && owns) owner = &consumer;
  }
  out.cause = fmt::format("{} is replicated, but {}, ", spot(out.partition, stored.offset), end);
  if (partition != nullptr && partition->leader.empty()) {
    out.cause += "the partition has no leader to fetch it from";
  } else if (owner == nullptr) {
    out.cause += "no live member of the group owns the partition";
  } else {
    const auto position = owner->positions.find(out.partition);
    out.cause += fmt::format("its owner {}", owner->name);
    const Step* polled = last_poll(truth, truth.fate(stored.record), group);
    if (polled != nullptr) {
      out.times.push_back(polled->time);
      out.cause += fmt::format(" has not handled it since {} s, when poll() returned it",
                               seconds(polled->time));
      out.cause += failures_text(truth, truth.fate(stored.record), group, out);
    } else if (position != owner->positions.end() && position->second.is_set()) {
      out.cause += fmt::format(" stands at position {}", position->second.value());
    } else {
      out.cause += " has no position in it";
    }
  }
}

std::set<RecordIndex> handled_by(const HandledByGroup& handled, const std::string& group) {
  std::set<RecordIndex> out;
  const auto found = handled.find(group);
  if (found == handled.end()) return out;
  for (const Handling* handling : found->second) out.insert(handling->record);
  return out;
}

// What nobody need miss: handled, or put aside in a dead-letter topic.
std::set<RecordIndex> dealt_with(const Truth& truth, const HandledByGroup& handled,
                                 const std::string& group) {
  std::set<RecordIndex> out = handled_by(handled, group);
  const auto notes = truth.ledger().groups().find(group);
  if (notes != truth.ledger().groups().end())
    out.insert(notes->second.parked.begin(), notes->second.parked.end());
  return out;
}

}  // namespace

void find_skipped_and_stuck(const Truth& truth, std::vector<Finding>& out) {
  const HandledByGroup handled = handled_by_group(truth.ledger());
  for (const GroupState& group : truth.state().groups) {
    std::set<RecordIndex> done = dealt_with(truth, handled, group.name);
    for (const auto& [partition, log] : truth.logs()) {
      const bool reads = std::find(group.topics.begin(), group.topics.end(), partition.topic) !=
                         group.topics.end();
      const protocol::Offset committed = committed_at_the_end(truth, group.name, partition);
      for (const Truth::Stored& stored : log) {
        if (done.contains(stored.record) || !truth.of(stored.record).in_log) continue;
        const bool below = committed.is_set() && stored.offset < committed;
        if (!below && (!reads || group.members_alive == 0)) continue;
        Finding found =
            finding(below ? Anomaly::skipped : Anomaly::stuck, truth.fate(stored.record));
        found.whose = group.name;
        found.partition = partition;
        found.offsets = {stored.offset};
        if (below) {
          tell_skipped(truth, group.name, stored, found);
        } else {
          tell_stuck(truth, group.name, stored, found);
        }
        out.push_back(std::move(found));
        done.insert(stored.record);  // a duplicate is one record
      }
    }
  }
}

}  // namespace kafkasim::scenarios

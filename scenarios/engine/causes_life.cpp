// Questions about the life of a group, answered from the ledger's notes.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/engine/anomalies_find.hpp"
#include "scenarios/engine/causes_find.hpp"

namespace kafkasim::scenarios {

namespace {

bool contains(const std::vector<TopicPartition>& partitions, const TopicPartition& partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

// Most member ids begin with the client's id or the instance id, which is the consumer's name
// unless the scenario says otherwise; those of the consumer protocol do not, and the name stands
// behind them.
bool names_member(const std::string& text, const std::string& consumer,
                  const std::set<std::string>& ids) {
  return text.find(consumer + "-") != std::string::npos ||
         text.find("(" + consumer + ")") != std::string::npos ||
         text.find("(" + consumer + ", ") != std::string::npos ||
         std::any_of(ids.begin(), ids.end(),
                     [&](const std::string& id) { return text.find(id) != std::string::npos; });
}

bool is_of_same_place(const Handling& a, const Handling& b) {
  return a.partition == b.partition && a.offset == b.offset;
}

}  // namespace

Turn GroupLife::turn(const Handling& handling, sim::Time before) const {
  Turn out{&handling, handling.time};
  for (const Step& step : truth_.fate(handling.record).life) {
    if (step.time > handling.time || step.time >= before) break;
    const bool same_place =
        step.offset == handling.offset && step.partition == handling.partition.partition;
    if (step.kind == StepKind::polled && *step.who == *handling.who && same_place)
      out.polled = step.time;
  }
  return out;
}

// A worker may still have a record when poll() returns it once more: of two handlings by one
// consumer the later one goes with the later poll.
std::vector<Turn> GroupLife::turns(protocol::RecordTag tag) const {
  std::vector<Turn> out;
  const std::vector<Handling>& handlings = truth_.ledger().handlings();
  for (auto handling = handlings.rbegin(); handling != handlings.rend(); ++handling) {
    if (*handling->group != group_ || truth_.fate(handling->record).tag != tag) continue;
    sim::Time before = sim::never;
    for (const Turn& later : out) {
      if (*later.handling->who == *handling->who && is_of_same_place(*later.handling, *handling))
        before = later.polled;
    }
    Turn taken = turn(*handling, before);
    // As many handlings as polls, or the trace does not show them all.
    if (taken.polled >= before) taken = turn(*handling);
    out.push_back(taken);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

bool GroupLife::is_member(const std::string& consumer) const {
  const ConsumerState* state = truth_.state().consumer(consumer);
  return state == nullptr || state->group == group_ || consumer == group_;
}

sim::Time GroupLife::owned_since(const std::string& consumer, const TopicPartition& partition,
                                 sim::Time at) const {
  std::optional<sim::Time> since;
  sim::Time running = sim::zero;
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.time > at) break;
    if (note.who != consumer) continue;
    switch (note.kind) {
      case CauseKind::owns:
        if (!contains(note.partitions, partition)) {
          since.reset();
        } else if (!since) {
          since = note.time;
        }
        break;
      case CauseKind::revoked:
      case CauseKind::lost:
        if (contains(note.partitions, partition)) since.reset();
        break;
      case CauseKind::died:
        since.reset();
        break;
      case CauseKind::started:
        running = note.time;
        since.reset();
        break;
      default:
        break;
    }
  }
  return since.value_or(running);
}

const CauseNote* GroupLife::first(CauseKind kind, const std::string& consumer,
                                  const TopicPartition& partition, Window window) const {
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.kind != kind || note.who != consumer || !window.contains(note.time)) continue;
    if (!note.partitions.empty() && !contains(note.partitions, partition)) continue;
    return &note;
  }
  return nullptr;
}

std::set<std::string> GroupLife::member_ids(const std::string& consumer) const {
  std::set<std::string> out;
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.kind == CauseKind::owns && note.who == consumer && !note.text.empty())
      out.insert(note.text);
  }
  return out;
}

const CauseNote* GroupLife::rebalance(const std::string& consumer, Window window) const {
  const std::set<std::string> ids = member_ids(consumer);
  const CauseNote* last = nullptr;
  const CauseNote* about_it = nullptr;
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.kind != CauseKind::rebalance || note.group != group_ || note.text.empty() ||
        !window.contains(note.time)) {
      continue;
    }
    last = &note;
    if (names_member(note.text, consumer, ids)) about_it = &note;
  }
  return about_it != nullptr ? about_it : last;
}

const CauseNote* GroupLife::offsets_reset(Window window) const {
  const CauseNote* last = nullptr;
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.kind == CauseKind::offsets_reset && note.group == group_ &&
        window.contains(note.time)) {
      last = &note;
    }
  }
  return last;
}

const CauseNote* GroupLife::offsets_log_cut(Window window) const {
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.kind == CauseKind::offsets_log_cut && window.contains(note.time)) return &note;
  }
  return nullptr;
}

const CauseNote* GroupLife::coordinator_moved(Window window) const {
  const CauseNote* last = nullptr;
  for (const CauseNote& note : truth_.ledger().cause_notes()) {
    if (note.kind == CauseKind::coordinator_moved && window.contains(note.time)) last = &note;
  }
  return last;
}

bool GroupLife::was_given(const std::string& consumer, const TopicPartition& partition) const {
  const std::vector<CauseNote>& notes = truth_.ledger().cause_notes();
  return std::any_of(notes.begin(), notes.end(), [&](const CauseNote& note) {
    return note.kind == CauseKind::owns && note.who == consumer &&
           contains(note.partitions, partition);
  });
}

const Reset* GroupLife::position_reset(const std::string& consumer, const TopicPartition& partition,
                                       Window window) const {
  const Reset* last = nullptr;
  for (const Reset& reset : truth_.ledger().resets()) {
    if (reset.consumer == consumer && reset.partition == partition && window.contains(reset.time)) {
      last = &reset;
    }
  }
  return last;
}

const std::vector<Commit>& GroupLife::commits(const TopicPartition& partition) const {
  static const std::vector<Commit> none;
  const auto notes = truth_.ledger().groups().find(group_);
  if (notes == truth_.ledger().groups().end()) return none;
  const auto found = notes->second.commits.find(partition);
  return found == notes->second.commits.end() ? none : found->second;
}

std::string died_text(const CauseNote& note) {
  return fmt::format("{} died {}", note.who, at(note.time));
}

std::string GroupLife::end_of_ownership(const std::string& consumer,
                                        const TopicPartition& partition, Window window) const {
  if (const CauseNote* died = first(CauseKind::died, consumer, partition, window))
    return died_text(*died);
  if (const CauseNote* left = first(CauseKind::left, consumer, partition, window))
    return fmt::format("{} left the group {} ({})", consumer, at(left->time), left->text);
  if (const CauseNote* stopped = first(CauseKind::stopped, consumer, partition, window))
    return fmt::format("{} ended {} ({})", consumer, at(stopped->time), stopped->text);
  if (const CauseNote* fenced = first(CauseKind::replaced, consumer, partition, window)) {
    return fmt::format("{} was fenced {}: another consumer had joined with its group.instance.id",
                       consumer, at(fenced->time));
  }
  const CauseNote* why = rebalance(consumer, window);
  const CauseNote* lost = first(CauseKind::lost, consumer, partition, window);
  const CauseNote* revoked = first(CauseKind::revoked, consumer, partition, window);
  std::string out;
  if (why != nullptr) out = fmt::format("the group rebalanced {} ({})", at(why->time), why->text);
  const CauseNote* gone = lost != nullptr ? lost : revoked;
  if (gone != nullptr) {
    if (!out.empty()) out += " and ";
    out += fmt::format("{} {} {} {}", consumer, lost != nullptr ? "lost" : "gave back",
                       to_string(partition), at(gone->time));
  }
  return out;
}

}  // namespace kafkasim::scenarios

// Whose a partition was last or who should have noticed it, and how that member came to the last
// generation.
#include "scenarios/engine/withheld.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kafkasim::scenarios {

namespace {

constexpr std::size_t partitions_shown = 5;  // of one member

bool contains(const std::vector<TopicPartition>& partitions, const TopicPartition& partition) {
  return std::find(partitions.begin(), partitions.end(), partition) != partitions.end();
}

bool is_owned(const FinalState& state, const std::string& group, const TopicPartition& partition) {
  return std::any_of(state.consumers.begin(), state.consumers.end(), [&](const auto& consumer) {
    return consumer.alive && consumer.group == group && contains(consumer.owned, partition);
  });
}

// A static member that polls too late drops its membership without a word, and joins again by its
// instance id as after a restart.
bool ends_membership(CauseKind kind) {
  return kind == CauseKind::died || kind == CauseKind::stopped || kind == CauseKind::lost;
}

// The last member that had the partition.
const CauseNote* last_owner(const Ledger& ledger, const std::string& group,
                            const TopicPartition& partition) {
  const std::vector<CauseNote>& notes = ledger.cause_notes();
  const auto found = std::find_if(notes.rbegin(), notes.rend(), [&](const CauseNote& note) {
    return note.kind == CauseKind::owns && note.group == group &&
           contains(note.partitions, partition);
  });
  return found == notes.rend() ? nullptr : &*found;
}

// When the member was told its assignment after its membership had ended since then; nothing when
// it lasted, or the member has not come back.
std::optional<sim::Time> came_back(const Ledger& ledger, const std::string& who, sim::Time since) {
  bool has_ended = false;
  std::optional<sim::Time> out;
  for (const CauseNote& note : ledger.cause_notes()) {
    if (note.time < since || note.who != who) continue;
    if (ends_membership(note.kind)) {
      has_ended = true;
      out.reset();
    } else if (note.kind == CauseKind::owns && has_ended && !out) {
      out = note.time;
    }
  }
  return out;
}

std::optional<Withheld> why_withheld(const Ledger& ledger, const std::string& group,
                                     const TopicPartition& partition) {
  const auto notes = ledger.groups().find(group);
  if (notes == ledger.groups().end() || notes->second.generations.empty()) return std::nullopt;
  const Generation& last = notes->second.generations.back();
  const CauseNote* const owner = last_owner(ledger, group, partition);
  if (owner == nullptr || last.by_epoch) return std::nullopt;
  const auto member = last.members.find(owner->who);
  const bool was_taken = member != last.members.end() && !contains(member->second, partition);
  const std::optional<sim::Time> back = came_back(ledger, owner->who, owner->time);
  if (!was_taken || !back) return std::nullopt;
  return Withheld{group, partition, owner->who, last.number, *back, false};
}

// Who divided the partitions last, and since when they are divided so.
const CauseNote* last_leader(const Ledger& ledger, const std::string& group) {
  const std::vector<CauseNote>& notes = ledger.cause_notes();
  const auto led = std::find_if(notes.rbegin(), notes.rend(), [&](const CauseNote& note) {
    return note.kind == CauseKind::led && note.group == group;
  });
  if (led == notes.rend()) return nullptr;
  const auto named = std::find_if(notes.begin(), notes.end(), [&](const CauseNote& note) {
    return note.kind == CauseKind::owns && note.group == group && note.text == led->text;
  });
  return named == notes.end() ? nullptr : &*named;
}

// A leader watches whether partitions are added to those that it divided. When it comes back under
// its instance id it is told to leave the assignment as it is, and begins to watch from there.
std::optional<Withheld> why_unnoticed(const Ledger& ledger, const std::string& group,
                                      const TopicPartition& partition) {
  const auto notes = ledger.partitions().find(partition);
  const CauseNote* const leader = last_leader(ledger, group);
  if (leader == nullptr || notes == ledger.partitions().end() || notes->second.offices.empty() ||
      last_owner(ledger, group, partition) != nullptr) {
    return std::nullopt;
  }
  const std::optional<sim::Time> back = came_back(ledger, leader->who, leader->time);
  const sim::Time added = notes->second.offices.begin()->second.since;
  if (!back || added > *back) return std::nullopt;
  const std::int32_t generation = ledger.groups().at(group).generations.back().number;
  return Withheld{group, partition, leader->who, generation, *back, true};
}

bool is_of_same_reason(const Withheld& a, const Withheld& b) {
  return a.group == b.group && a.who == b.who && a.is_new == b.is_new;
}

std::string reason_text(const Withheld& withheld) {
  const std::string back = seconds(withheld.came_back);
  if (withheld.is_new) {
    return fmt::format(
        "it was added while {}, the leader of generation {}, was away, and a leader that comes "
        "back under its group.instance.id, at {} s, takes what it sees for what it has divided",
        withheld.who, withheld.generation, back);
  }
  return fmt::format(
      "{} was to give that back in generation {}, restarted before it asked for the second half of "
      "the rebalance, and came back at {} s under its group.instance.id to the assignment of the "
      "first half",
      withheld.who, withheld.generation, back);
}

}  // namespace

std::vector<Withheld> find_withheld(const Ledger& ledger, const FinalState& state) {
  std::vector<Withheld> out;
  for (const GroupState& group : state.groups) {
    if (group.members_alive == 0) continue;
    for (const PartitionState& each : state.partitions) {
      const TopicPartition& partition = each.partition;
      const bool reads = std::find(group.topics.begin(), group.topics.end(), partition.topic) !=
                         group.topics.end();
      if (!reads || is_owned(state, group.name, partition)) continue;
      std::optional<Withheld> found = why_withheld(ledger, group.name, partition);
      if (!found) found = why_unnoticed(ledger, group.name, partition);
      if (found) out.push_back(*std::move(found));
    }
  }
  return out;
}

std::vector<std::string> withheld_notes(const std::vector<Withheld>& withheld) {
  std::vector<std::string> out;
  std::vector<const Withheld*> told;
  for (const Withheld& first : withheld) {
    const bool known = std::any_of(told.begin(), told.end(), [&](const Withheld* other) {
      return is_of_same_reason(*other, first);
    });
    if (known) continue;
    told.push_back(&first);
    std::string partitions;
    std::size_t count = 0;
    for (const Withheld& other : withheld) {
      if (!is_of_same_reason(other, first)) continue;
      if (++count <= partitions_shown)
        partitions += (count == 1 ? "" : ", ") + to_string(other.partition);
    }
    if (count > partitions_shown)
      partitions += fmt::format(" and {} more", count - partitions_shown);
    out.push_back(fmt::format("nobody in group {} owns {}: {}; the next rebalance hands it out",
                              first.group, partitions, reason_text(first)));
  }
  return out;
}

}  // namespace kafkasim::scenarios

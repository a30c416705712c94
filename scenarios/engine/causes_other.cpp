// Why a record was skipped, handled out of order, or handled and then gone.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/anomalies_find.hpp"
#include "scenarios/engine/causes_find.hpp"

namespace kafkasim::scenarios {

namespace {

// Members that got the record from poll() at that place, in order of time.
std::vector<const Step*> polls(const GroupLife& life, const RecordFate& fate,
                               const TopicPartition& partition, protocol::Offset offset) {
  std::vector<const Step*> out;
  for (const Step& step : fate.life) {
    const bool here = step.partition == partition.partition && step.offset == offset;
    if (step.kind == StepKind::polled && here && life.is_member(*step.who)) out.push_back(&step);
  }
  return out;
}

const Commit* first_past(const std::vector<Commit>& commits, protocol::Offset offset) {
  const auto found = std::find_if(commits.begin(), commits.end(),
                                  [&](const Commit& commit) { return commit.offset > offset; });
  return found == commits.end() ? nullptr : &*found;
}

// A member's reset that jumped over the record; null when there is none.
const Reset* jumped_over(const Truth& truth, const GroupLife& life, const TopicPartition& partition,
                         protocol::Offset offset) {
  for (const Reset& reset : truth.ledger().resets()) {
    const bool jumps = reset.to > offset && (!reset.from.is_set() || reset.from <= offset);
    if (reset.partition == partition && life.is_member(reset.consumer) && jumps) return &reset;
  }
  return nullptr;
}

// What the application of a member did when it could not handle the record; empty when it did not
// give it up.
std::string skipped_by_choice(const GroupLife& life, const RecordFate& fate,
                              const TopicPartition& partition, protocol::Offset offset) {
  const Step* last = nullptr;
  for (const Step& step : fate.life) {
    const bool here = step.partition == partition.partition && step.offset == offset;
    if (step.kind == StepKind::unhandled && here && life.is_member(*step.who)) last = &step;
  }
  if (last == nullptr) return "";
  const CauseNote* note =
      life.first(CauseKind::unhandled, *last->who, partition, {last->time, last->time});
  if (note == nullptr || note->text != "skips it") return "";
  return fmt::format("{} could not handle it {} and {}", *last->who, at(last->time), note->text);
}

// Has the consumer handled something that it got from poll() after that?
bool has_handled_later(const Truth& truth, const Step& polled) {
  const std::vector<Handling>& all = truth.ledger().handlings();
  return std::any_of(all.begin(), all.end(), [&](const Handling& handling) {
    const bool behind = handling.partition.partition == polled.partition &&
                        handling.offset > polled.offset && handling.time > polled.time;
    return *handling.who == *polled.who && behind;
  });
}

const Step* appended_after(const RecordFate& fate, protocol::Offset offset, sim::Time time) {
  for (const Step& step : fate.life) {
    if (step.kind == StepKind::appended && step.offset == offset && step.time > time) return &step;
  }
  return nullptr;
}

// Two handlings in the wrong order: `now` should have been before `later`.
std::string why_later_first(const GroupLife& life, const Turn& now, const Turn& later) {
  const Handling& late = *now.handling;
  const Handling& early = *later.handling;
  if (late.partition != early.partition)
    return "the two stand in different partitions, between which there is no order";
  if (late.offset > early.offset) return "the log itself has them in that order";
  if (*late.who == *early.who && now.polled <= later.polled)
    return fmt::format("{} had both from poll() in their order and handled them in another",
                       *late.who);
  if (now.polled < later.polled) {
    const Window tenure{life.owned_since(*late.who, late.partition, now.polled), late.time};
    return life.end_of_ownership(*late.who, late.partition, tenure);
  }
  // It was passed over first and read later.
  const Window between{later.polled, now.polled};
  if (const Reset* reset = life.position_reset(*late.who, late.partition, between))
    return fmt::format("{}'s position went to {} {} ({})", *late.who, reset->to.value(),
                       at(reset->time), reset->reason);
  if (const CauseNote* reset = life.offsets_reset(between))
    return fmt::format("{} {}", reset->text, at(reset->time));
  const Window tenure{life.owned_since(*early.who, early.partition, later.polled), now.polled};
  return life.end_of_ownership(*early.who, early.partition, tenure);
}

}  // namespace

std::string why_skipped(const Truth& truth, const Finding& finding) {
  const GroupLife life(truth, finding.whose);
  const RecordFate* fate = truth.ledger().record(finding.tag);
  const protocol::Offset offset = finding.offsets.front();
  const TopicPartition& partition = finding.partition;
  const Commit* past = first_past(life.commits(partition), offset);
  if (past == nullptr || fate == nullptr) return "";
  if (const CauseNote* reset = life.offsets_reset({sim::zero, past->time})) {
    if (past->member_id.empty()) return fmt::format("{} {}", reset->text, at(reset->time));
  }
  if (const Step* stored = appended_after(*fate, offset, past->time))
    return fmt::format(
        "it was stored {}, when the group had committed {} already: the log had been "
        "cut off below its committed offset",
        at(stored->time), past->offset.value());
  const std::vector<const Step*> taken = polls(life, *fate, partition, offset);
  if (!taken.empty()) {
    const Step& last = *taken.back();
    const std::string given_up = skipped_by_choice(life, *fate, partition, offset);
    if (!given_up.empty()) return given_up;
    const Window after{last.time, truth.state().at};
    const std::string ended = life.end_of_ownership(*last.who, partition, after);
    if (past->time < taken.front()->time) return "";
    if (ended.empty() && !has_handled_later(truth, last))
      return fmt::format(
          "offset {} was committed ahead of the handling, to which {} had not come "
          "by the end",
          past->offset.value(), *last.who);
    if (ended.empty()) return "";
    return fmt::format("offset {} was committed ahead of the handling, and {}",
                       past->offset.value(), ended);
  }
  if (const Reset* reset = jumped_over(truth, life, partition, offset))
    return fmt::format("{} jumped over it to {} {} ({})", reset->consumer, reset->to.value(),
                       at(reset->time), reset->reason);
  return "";
}

std::string why_out_of_order(const Truth& truth, const Finding& finding) {
  const GroupLife life(truth, finding.whose);
  const std::vector<Turn> turns = life.turns(finding.tag);
  if (turns.empty() || finding.offsets.size() < 2) return "";
  for (const Handling& handling : truth.ledger().handlings()) {
    const bool is_the_later =
        *handling.group == finding.whose && handling.time == finding.times.front() &&
        handling.offset == finding.offsets[1] && truth.fate(handling.record).tag != finding.tag;
    if (is_the_later) return why_later_first(life, turns.front(), life.turn(handling));
  }
  return "";
}

std::string why_phantom(const Truth& truth, const Finding& finding) {
  const RecordFate* fate = truth.ledger().record(finding.tag);
  if (fate == nullptr) return "";
  for (const StepKind kind : {StepKind::truncated, StepKind::unflushed, StepKind::cut}) {
    if (const Step* removed = fate->last(kind))
      return fmt::format("{} cut it off {}", *removed->who, at(removed->time));
  }
  const auto notes = truth.ledger().partitions().find(finding.partition);
  if (notes != truth.ledger().partitions().end()) {
    for (const auto& [epoch, office] : notes->second.offices) {
      if (office.unclean) return fmt::format("the election {} was unclean", at(office.since));
    }
  }
  if (!truth.ledger().failed_disks().empty()) return "a disk that held it failed";
  return "";
}

}  // namespace kafkasim::scenarios

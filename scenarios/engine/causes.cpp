// Handing findings to what explains them, and why a record was handled twice.
#include "scenarios/engine/causes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/anomalies_find.hpp"
#include "scenarios/engine/causes_find.hpp"

namespace kafkasim::scenarios {

namespace {

// offsets.retention.minutes is at least one.
constexpr sim::Duration least_retention = std::chrono::minutes(1);

std::string reset_text(const Reset& reset) {
  return fmt::format("{}'s position of {} went to {} {}{}", reset.consumer,
                     to_string(reset.partition), reset.to.value(), at(reset.time),
                     reset.reason.empty() ? "" : " (" + reset.reason + ")");
}

// The committed offset as it stood when somebody asked for it at `time`, and how it came to lie at
// or before a record although it had been past it.
struct CommittedThen {
  const Commit* last = nullptr;       // the last commit by then
  const Commit* past = nullptr;       // the last of those past the record
  const Commit* went_back = nullptr;  // the commit after it that is not
};

CommittedThen committed_then(const std::vector<Commit>& commits, protocol::Offset record,
                             sim::Time time) {
  CommittedThen out;
  for (const Commit& commit : commits) {
    if (commit.time > time) break;
    out.last = &commit;
    if (commit.offset > record) {
      out.past = &commit;
      out.went_back = nullptr;
    } else if (out.past != nullptr && out.went_back == nullptr) {
      out.went_back = &commit;
    }
  }
  return out;
}

// The committed offset was past the record, and yet somebody began at or before it.
std::string why_commit_did_not_count(const GroupLife& life, const CommittedThen& then,
                                     sim::Time until) {
  if (then.went_back != nullptr) {
    const Commit& back = *then.went_back;
    if (const CauseNote* reset = life.offsets_reset({then.past->time, back.time}))
      return fmt::format("{} {}", reset->text, at(reset->time));
    return fmt::format("the committed offset went back from {} to {} {}{}",
                       then.past->offset.value(), back.offset.value(), at(back.time),
                       back.member_id.empty() ? "" : ", committed by " + back.member_id);
  }
  if (const CauseNote* cut = life.offsets_log_cut({then.past->time, until}))
    return fmt::format("{} {}", cut->text, at(cut->time));
  if (const CauseNote* moved = life.coordinator_moved({then.past->time, until})) {
    return fmt::format("{}, which did not know yet that the commit of {} was replicated",
                       moved->text, at(then.past->time).substr(3));
  }
  return "";
}

// Why what `had` had handled was not committed when `took` began to read the partition.
std::string why_not_committed(const GroupLife& life, const Turn& had, const Turn& took) {
  const Handling& handling = *had.handling;
  const std::string& who = *handling.who;
  const Window window{had.polled, took.polled};
  if (const CauseNote* died = life.first(CauseKind::died, who, handling.partition, window)) {
    return died->time < handling.time
               ? died_text(*died)
               : died_text(*died) + ", before its commit of the record was stored";
  }
  std::string out;
  if (const CauseNote* failed =
          life.first(CauseKind::commit_failed, who, handling.partition, window)) {
    out = fmt::format("{}'s commit failed {} ({})", who, at(failed->time),
                      failed->text.substr(0, failed->text.find(". ")));
  }
  const Window tenure{life.owned_since(who, handling.partition, had.polled), took.polled};
  const std::string ended = life.end_of_ownership(who, handling.partition, tenure);
  if (ended.empty()) return "";  // a commit that fails brings nobody back by itself
  return out + (out.empty() ? "" : ", and ") + ended;
}

// Both assigned the partition to themselves; empty when a group gave it to one of them.
std::string why_nobody_gave_it(const GroupLife& life, const Turn& had, const Turn& took) {
  const Handling& handling = *took.handling;
  const std::string& other = *had.handling->who;
  if (life.was_given(other, handling.partition) ||
      life.was_given(*handling.who, handling.partition))
    return "";
  return fmt::format("{} and {} read {} both, which no group gave them", other, *handling.who,
                     to_string(handling.partition));
}

// Two consumers had the partition at once: the one that got it from poll() last had it longer, and
// its time was over without its knowing.
std::string why_both(const GroupLife& life, const Turn& had, const Turn& took) {
  const Handling& handling = *took.handling;
  std::string by_hand = why_nobody_gave_it(life, had, took);
  if (!by_hand.empty()) return by_hand;
  const Window tenure{life.owned_since(*handling.who, handling.partition, took.polled),
                      std::max(handling.time, had.handling->time)};
  return life.end_of_ownership(*handling.who, handling.partition, tenure);
}

bool had_it_longer(const GroupLife& life, const Turn& took, const Turn& had) {
  const TopicPartition& partition = had.handling->partition;
  return *had.handling->who != *took.handling->who &&
         life.owned_since(*took.handling->who, partition, took.polled) <=
             life.owned_since(*had.handling->who, partition, had.polled);
}

std::string why_again(const GroupLife& life, const Turn& first, const Turn& again) {
  const TopicPartition& partition = again.handling->partition;
  const protocol::Offset offset = again.handling->offset;
  if (first.handling->partition != partition || first.handling->offset != offset)
    return "it is stored more than once";
  const bool crossed = again.polled < first.polled;
  const Turn& had = crossed ? again : first;
  const Turn& took = crossed ? first : again;
  if (had.polled == took.polled && *had.handling->who == *took.handling->who) return "";
  const std::string& taker = *took.handling->who;
  const Reset* reset = life.position_reset(taker, partition, {had.polled, took.polled});
  if (reset != nullptr && reset->to > offset) reset = nullptr;
  if (reset != nullptr && reset->reason != "no committed offset") return reset_text(*reset);
  if (reset == nullptr && had_it_longer(life, took, had)) return why_both(life, had, took);
  const sim::Time since = life.owned_since(taker, partition, took.polled);
  const std::vector<Commit>& commits = life.commits(partition);
  const CommittedThen then = committed_then(commits, offset, since);
  if (then.past != nullptr && reset != nullptr && took.polled - then.past->time >= least_retention)
    return fmt::format("the committed offset {} had expired", then.past->offset.value());
  if (then.past != nullptr) return why_commit_did_not_count(life, then, took.polled);
  // What was committed while it looked for its place may have come too late for it, or not.
  const CommittedThen meanwhile = committed_then(commits, offset, took.polled);
  if (meanwhile.went_back != nullptr) return why_commit_did_not_count(life, meanwhile, took.polled);
  std::string why = why_not_committed(life, had, took);
  const bool by_two = *had.handling->who != taker;
  return why.empty() && by_two ? why_nobody_gave_it(life, had, took) : why;
}

bool is_explained_here(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::handled_twice:
    case Anomaly::skipped:
    case Anomaly::handled_out_of_order:
    case Anomaly::phantom:
      return true;
    default:
      return false;
  }
}

std::string why(const Truth& truth, const Finding& finding) {
  switch (finding.anomaly) {
    case Anomaly::handled_twice:
      return why_handled_twice(truth, finding);
    case Anomaly::skipped:
      return why_skipped(truth, finding);
    case Anomaly::handled_out_of_order:
      return why_out_of_order(truth, finding);
    case Anomaly::phantom:
      return why_phantom(truth, finding);
    default:
      return "";
  }
}

// The finder's own sentence says it already.
bool says_it_already(const Finding& finding) {
  const bool stored_twice =
      finding.anomaly == Anomaly::handled_twice && finding.because == "it is stored more than once";
  const bool began_behind = finding.anomaly == Anomaly::skipped &&
                            finding.cause.find(" began at offset ") != std::string::npos;
  constexpr std::string_view moved = "'s position of ";
  const bool moved_back = finding.anomaly == Anomaly::handled_twice &&
                          finding.cause.find(moved) != std::string::npos &&
                          finding.because.find(moved) != std::string::npos &&
                          finding.because.find("; then ") == std::string::npos;
  return stored_twice || began_behind || moved_back || finding.anomaly == Anomaly::phantom;
}

}  // namespace

std::string why_handled_twice(const Truth& truth, const Finding& finding) {
  const GroupLife life(truth, finding.whose);
  const std::vector<Turn> turns = life.turns(finding.tag);
  std::vector<std::string> causes;
  for (std::size_t i = 1; i < turns.size(); ++i) {
    std::string cause = why_again(life, turns[i - 1], turns[i]);
    if (cause.empty()) return "";
    if (std::find(causes.begin(), causes.end(), cause) == causes.end())
      causes.push_back(std::move(cause));
  }
  if (causes.empty()) return "";
  return causes.size() == 1 ? causes.front() : causes.front() + "; then " + causes.back();
}

void name_causes(const Truth& truth, std::vector<Finding>& found) {
  for (Finding& finding : found) {
    if (!is_explained_here(finding.anomaly)) continue;
    finding.because = why(truth, finding);
    if (finding.because.empty()) {
      finding.cause += fmt::format("; {}", no_cause_found);
    } else if (!says_it_already(finding)) {
      finding.cause += "; because " + finding.because;
    }
  }
}

bool lacks_cause(const Finding& finding) {
  return is_explained_here(finding.anomaly) && finding.because.empty();
}

}  // namespace kafkasim::scenarios

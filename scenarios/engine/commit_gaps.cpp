// Who owns a partition at the end, what it committed of it last, and what became of that.
#include "scenarios/engine/commit_gaps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/causes_find.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr std::size_t partitions_shown = 5;  // of one commit

// What the commit would have made of the partition; not set when it was not about it.
protocol::Offset tried(const FailedCommit& commit, const TopicPartition& partition) {
  const auto found =
      std::find_if(commit.offsets.begin(), commit.offsets.end(),
                   [&](const auto& tried_offset) { return tried_offset.first == partition; });
  return found == commit.offsets.end() ? protocol::Offset() : found->second;
}

const FailedCommit* last_failed(const Ledger& ledger, const ConsumerState& owner,
                                const TopicPartition& partition) {
  const std::vector<FailedCommit>& all = ledger.failed_commits();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const FailedCommit& commit) {
    return commit.who == owner.name && commit.group == owner.group &&
           tried(commit, partition).is_set();
  });
  return found == all.rend() ? nullptr : &*found;
}

// All that came off, in order.
const std::vector<Commit>& commits_of(const Ledger& ledger, const std::string& group,
                                      const TopicPartition& partition) {
  static const std::vector<Commit> none;
  const auto notes = ledger.groups().find(group);
  if (notes == ledger.groups().end()) return none;
  const auto found = notes->second.commits.find(partition);
  return found == notes->second.commits.end() ? none : found->second;
}

bool is_made_good(const std::vector<Commit>& commits, const FailedCommit& failed,
                  protocol::Offset wanted) {
  return std::any_of(commits.begin(), commits.end(), [&](const Commit& commit) {
    return commit.time >= failed.time && commit.offset >= wanted;
  });
}

// The failed commit of the owner that took the partition back from `position`; null when none did.
const FailedCommit* taken_back_by(const Ledger& ledger, const ConsumerState& owner,
                                  const TopicPartition& partition, protocol::Offset position) {
  const std::vector<Commit>& commits = commits_of(ledger, owner.group, partition);
  const bool was_there = std::any_of(commits.begin(), commits.end(), [&](const Commit& commit) {
    return commit.offset == position;
  });
  if (!was_there || commits.back().offset >= position) return nullptr;
  const Commit& last = commits.back();
  const std::vector<FailedCommit>& all = ledger.failed_commits();
  const auto failed = std::find_if(all.rbegin(), all.rend(), [&](const FailedCommit& commit) {
    return commit.who == owner.name && commit.group == owner.group && commit.time <= last.time &&
           tried(commit, partition) == last.offset;
  });
  return failed == all.rend() ? nullptr : &*failed;
}

std::string partition_text(const CommitGap& gap) {
  const std::string committed =
      gap.committed.is_set() ? fmt::format("{}", gap.committed.value()) : "nothing";
  return fmt::format("{} ({} of {} committed)", to_string(gap.partition), committed,
                     gap.tried.value());
}

bool is_of_same_commit(const CommitGap& a, const CommitGap& b) {
  return a.who == b.who && a.failed == b.failed && a.was_overtaken == b.was_overtaken;
}

}  // namespace

std::vector<CommitGap> find_commit_gaps(const Ledger& ledger, const FinalState& state) {
  std::vector<CommitGap> out;
  if (ledger.failed_commits().empty()) return out;
  const Truth truth(ledger, state);
  for (const ConsumerState& owner : state.consumers) {
    if (!owner.alive || owner.group.empty()) continue;
    const GroupLife life(truth, owner.group);
    for (const TopicPartition& partition : owner.owned) {
      const auto position = owner.positions.find(partition);
      if (position == owner.positions.end()) continue;
      if (const FailedCommit* const late =
              taken_back_by(ledger, owner, partition, position->second)) {
        out.push_back({owner.group, partition, owner.name, late->time, late->error,
                       position->second, ledger.committed(owner.group, partition), true});
        continue;
      }
      const FailedCommit* const failed = last_failed(ledger, owner, partition);
      if (failed == nullptr) continue;
      const protocol::Offset wanted = tried(*failed, partition);
      const protocol::Offset committed = ledger.committed(owner.group, partition);
      const bool is_last_word =
          position->second == wanted && (!committed.is_set() || committed < wanted) &&
          !is_made_good(commits_of(ledger, owner.group, partition), *failed, wanted) &&
          life.owned_since(owner.name, partition, state.at) <= failed->time;
      if (!is_last_word) continue;
      out.push_back(
          {owner.group, partition, owner.name, failed->time, failed->error, wanted, committed});
    }
  }
  return out;
}

std::vector<std::string> gap_notes(const std::vector<CommitGap>& gaps) {
  std::vector<std::string> out;
  for (auto gap = gaps.begin(); gap != gaps.end();) {
    const auto end = std::find_if(
        gap, gaps.end(), [&](const CommitGap& other) { return !is_of_same_commit(*gap, other); });
    std::string partitions;
    const auto count = static_cast<std::size_t>(end - gap);
    for (std::size_t i = 0; i < std::min(count, partitions_shown); ++i) {
      if (i > 0) partitions += ", ";
      partitions += partition_text(*(gap + static_cast<std::ptrdiff_t>(i)));
    }
    if (count > partitions_shown)
      partitions += fmt::format(" and {} more partitions", count - partitions_shown);
    const std::string_view why = gap->error == protocol::ErrorCode::none
                                     ? "refused by the client itself"
                                     : protocol::name(gap->error);
    const std::string_view what =
        gap->was_overtaken
            ? "was carried out by the coordinator all the same, after a later one of the same "
              "application, which does not know of it"
            : "its application does not try it again, and no record came after it to be committed "
              "with";
    out.push_back(fmt::format(
        "group {} stays behind in {}: {}'s commit at {} s failed ({}){} {}; whoever reads there "
        "next handles those records again",
        gap->group, partitions, gap->who, seconds(gap->failed), why,
        gap->was_overtaken ? " but" : ",", what));
    gap = end;
  }
  return out;
}

}  // namespace kafkasim::scenarios

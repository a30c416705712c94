// Comparing voters with one another and with what each was before.
#include "broker/invariants/quorum_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

namespace {

bool same(const StoredBatch& a, const StoredBatch& b) {
  return a.base_offset == b.base_offset && a.leader_epoch == b.leader_epoch && a.batch == b.batch;
}

}  // namespace

void QuorumCheck::run() {
  if (!views_) return;
  now_ = views_();
  remembered_.resize(now_.size());
  for (std::size_t i = 0; i < now_.size(); ++i) check_voter(now_[i], remembered_[i]);

  const Offset before = end_;
  for (const VoterView& view : now_) {
    if (view.is_up && view.high_watermark > end_) extend(view);
  }
  for (std::size_t i = 0; i < now_.size(); ++i) {
    match(now_[i], remembered_[i]);
    const std::size_t count = remembered_[i].matched;
    const Offset agreed = count == 0 ? Offset(0) : committed_[count - 1].next_offset();
    if (now_[i].is_up && agreed < now_[i].high_watermark) {
      broken(Invariant::quorum_log_matching,
             fmt::format("{} differs from the others at {}, below its high watermark", now_[i].name,
                         agreed.value()));
    }
  }
  if (holders() > now_.size() / 2) return;
  broken(end_ > before ? Invariant::majority_commit : Invariant::committed_survives,
         fmt::format("of {} voters {} hold the metadata log up to {}", now_.size(), holders(),
                     end_.value()));
}

void QuorumCheck::check_voter(const VoterView& view, Remembered& remembered) {
  if (view.epoch < remembered.epoch) {
    broken(Invariant::monotonic_quorum, fmt::format("{} went from epoch {} to {}", view.name,
                                                    remembered.epoch.value(), view.epoch.value()));
  }
  remembered.epoch = view.epoch;
  const auto& batches = view.storage->batches;
  if (!batches.empty() && batches.front().base_offset != Offset(0)) {
    broken(Invariant::whole_quorum_log, fmt::format("the log of {} begins at {}", view.name,
                                                    batches.front().base_offset.value()));
  }
  if (!view.is_up) return;
  // After a restart a voter learns anew what is committed.
  const bool restarted = remembered.starts != view.storage->starts;
  if (!restarted && view.high_watermark < remembered.high_watermark) {
    broken(Invariant::monotonic_quorum,
           fmt::format("{} took everything below {} for committed, and now only below {}",
                       view.name, remembered.high_watermark.value(), view.high_watermark.value()));
  }
  remembered.starts = view.storage->starts;
  remembered.high_watermark = view.high_watermark;
  if (view.role != RaftRole::leader) return;
  const auto [leader, is_new] = leaders_.emplace(view.epoch, view.id);
  if (!is_new && leader->second != view.id) {
    broken(Invariant::one_quorum_leader,
           fmt::format("{} leads epoch {}, which voter {} has led", view.name, view.epoch.value(),
                       leader->second.value()));
  }
}

void QuorumCheck::match(const VoterView& view, Remembered& remembered) const {
  const auto& batches = view.storage->batches;
  std::size_t& matched = remembered.matched;
  matched = std::min(matched, batches.size());
  // Truncation may have been followed by other batches.
  while (matched > 0 && !same(batches[matched - 1], committed_[matched - 1])) --matched;
  while (matched < std::min(batches.size(), committed_.size()) &&
         same(batches[matched], committed_[matched])) {
    ++matched;
  }
}

void QuorumCheck::extend(const VoterView& view) {
  for (std::size_t i = committed_.size(); i < view.storage->batches.size(); ++i) {
    const StoredBatch& stored = view.storage->batches[i];
    if (stored.base_offset < end_ || stored.next_offset() > view.high_watermark) break;
    committed_.push_back(stored);
    end_ = stored.next_offset();
  }
}

std::size_t QuorumCheck::holders() const {
  return static_cast<std::size_t>(
      std::count_if(remembered_.begin(), remembered_.end(),
                    [&](const Remembered& voter) { return voter.matched == committed_.size(); }));
}

void QuorumCheck::applied(protocol::BrokerId broker,
                          const std::vector<StoredBatch>& batches) const {
  if (!views_) return;
  for (const StoredBatch& stored : batches) {
    const auto found = std::partition_point(
        committed_.begin(), committed_.end(),
        [&](const StoredBatch& b) { return b.base_offset < stored.base_offset; });
    if (found != committed_.end() && same(*found, stored)) continue;
    broken(Invariant::broker_log_prefix,
           fmt::format("broker-{} read a batch at {} that is not committed", broker.value(),
                       stored.base_offset.value()));
  }
}

void QuorumCheck::broken(Invariant invariant, const std::string& what) const {
  std::string state = fmt::format("  committed: everything below {}", end_.value());
  for (const VoterView& view : now_) {
    state += fmt::format("\n  {}: {}, epoch {}, log end {}, high watermark {}", view.name,
                         view.is_up ? name(view.role) : "down", view.epoch.value(),
                         view.log_end_offset.value(), view.high_watermark.value());
  }
  report_broken(invariant, what, state);
}

}  // namespace kafkasim::broker

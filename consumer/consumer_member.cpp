// The group's part of poll(), close() and unsubscribe(), for the consumer protocol.
#include "consumer/consumer_member.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace kafkasim::consumer {

namespace {

// A random id as Kafka writes it: 128 bits in the 64 letters of URLs.
std::string draw_member_id(sim::Rng random) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr int length = 22;
  std::string id;
  for (int i = 0; i < length; ++i) id += letters[random.below(letters.size())];
  return id;
}

}  // namespace

ConsumerMember::ConsumerMember(Context& context, Membership& membership, Coordinator& coordinator,
                               SubscriptionState& subscriptions, OffsetCommits& commits,
                               RebalanceCalls& calls)
    : context_(context),
      membership_(membership),
      coordinator_(coordinator),
      subscriptions_(subscriptions),
      commits_(commits),
      calls_(calls),
      // Another id after a restart: the time of the start is part of the draw.
      member_id_(draw_member_id(context.world.rng(
          fmt::format("member id/{}/{}", context.name, (context.now() - sim::zero).count())))),
      next_(context.now()),
      not_before_(context.now()),
      next_look_up_(context.now()),
      backoff_(context.retry_backoff()) {
  membership_.use_epochs(member_id_);
  coordinator_.on_found([this] { wake_.notify_all(); });
  coordinator_.on_lost([this] { wake_.notify_all(); });
}

sim::Task<Step> ConsumerMember::poll(sim::Time) {
  if (std::optional<Failure> failure = commits_.report_completed())
    co_return Step::failed(*failure);
  if (subscriptions_.is_subscribed()) {
    start();
    polled();
    maybe_reconcile(true);
    wake_.notify_all();
    const std::optional<Failure> thrown = co_await run_calls();
    if (thrown) co_return Step::failed(callback_failure(*thrown));
    if (failure_) {
      const Failure failure = *std::exchange(failure_, std::nullopt);
      co_return Step::failed(failure);
    }
  }
  commits_.maybe_auto_commit(context_.now());
  co_return Step::done();
}

sim::Task<std::optional<Failure>> ConsumerMember::close(sim::Time deadline) {
  co_await commits_.auto_commit_and_wait(deadline);
  std::optional<Failure> failure = co_await give_up("the consumer is being closed");
  while (!leaving_is_over_ && context_.now() < deadline) {
    const std::uint64_t seen = context_.progress.count();
    co_await context_.progress.past(seen, deadline);
  }
  closed_ = true;
  wake_.notify_all();
  co_return failure;
}

sim::Task<std::optional<Failure>> ConsumerMember::unsubscribe() {
  std::optional<Failure> failure = co_await give_up("the consumer unsubscribed from all topics");
  subscriptions_.unsubscribe();
  wake_.notify_all();
  co_return failure;
}

// Everything, and the membership, whatever the listener says to it.
sim::Task<std::optional<Failure>> ConsumerMember::give_up(std::string reason) {
  drop_calls();
  rejoin_after_release_ = false;
  const Heard what = member_.epoch() > 0 ? Heard::revoked : Heard::lost;
  if (member_.is(EpochState::fenced)) member_.be_gone();
  const bool leaves = !member_.is_out_of_group() && !member_.is_leaving();
  if (leaves) member_.prepare_leave();
  Partitions owned = subscriptions_.assigned();
  std::optional<Failure> failure = co_await call(what, std::move(owned));
  // It may have been thrown out meanwhile.
  if (member_.is(EpochState::prepare_leaving)) leave(reason);
  release_partitions();
  co_return failure;
}

// The heartbeat that says so goes out with the next look at what is due.
void ConsumerMember::leave(const std::string& reason) {
  leaving_is_over_ = false;
  member_.leave(leave_epoch());
  ++life_;
  set_epoch();
  context_.report(protocol::events::LeftGroup{context_.settings.group_id, reason});
  wake_.notify_all();
}

bool ConsumerMember::is_settled() const {
  if (member_.is(EpochState::fatal)) return true;
  return member_.is(EpochState::stable) && member_.has_reconciled() && member_.epoch() > 0 &&
         !reconciling_ && releasing_ == 0 && sent_.has_told(subscriptions_.topics()) &&
         coordinator_.is_known();
}

}  // namespace kafkasim::consumer

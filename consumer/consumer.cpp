// poll() is Kafka's: coordinator, auto-commit, positions, fetch; it sends the next fetches before
// it returns records.
#include "consumer/consumer.hpp"

#include <algorithm>

#include "consumer/consumer_member.hpp"
#include "consumer/group_member.hpp"
#include "sim/check.hpp"

namespace kafkasim::consumer {

using protocol::Offset;
using protocol::TopicPartition;

namespace {

// As a consumer has it: requests to one broker are hardly limited.
constexpr int max_in_flight = 100;
// A wait inside poll() is never shorter, so that a timer that is due but waits for something else
// costs no spinning.
constexpr sim::Duration shortest_wait = std::chrono::milliseconds(1);

}  // namespace

client::NetworkClient::Config Consumer::network_config(const Settings& settings) {
  client::NetworkClient::Config config;
  config.client_id = settings.client_id;
  config.max_in_flight = max_in_flight;
  config.request_timeout = settings.request_timeout;
  config.reconnect_backoff = settings.reconnect_backoff;
  config.reconnect_backoff_max = settings.reconnect_backoff_max;
  config.setup_timeout = settings.setup_timeout;
  config.setup_timeout_max = settings.setup_timeout_max;
  config.rebootstraps = settings.rebootstraps;
  return config;
}

client::Metadata::Config Consumer::metadata_config(const Settings& settings,
                                                   std::vector<std::string> hosts) {
  client::Metadata::Config config;
  config.bootstrap_hosts = std::move(hosts);
  config.max_age = settings.metadata_max_age;
  config.allow_auto_topic_creation = settings.allow_auto_create_topics;
  return config;
}

Consumer::Consumer(sim::World& world, sim::Host& host, sim::Process& process, std::string name,
                   const protocol::ConfigValues& config, std::vector<std::string> bootstrap_hosts,
                   Metrics* metrics)
    : process_(process),
      name_(std::move(name)),
      settings_(read_settings(config, name_)),
      random_(world.rng("consumer/" + name_)),
      metadata_(metadata_config(settings_, std::move(bootstrap_hosts)),
                client::Backoff(settings_.retry_backoff, settings_.retry_backoff_max, &random_)),
      transport_(world, host, process),
      network_(network_config(settings_), transport_, metadata_, &random_),
      caller_(network_, transport_, process),
      metrics_(metrics != nullptr ? *metrics : own_metrics_),
      context_{world, process, name_, settings_, caller_, random_, progress_, metrics_},
      subscriptions_(settings_.reset),
      coordinator_(context_),
      commits_(context_, membership_, coordinator_, subscriptions_),
      calls_(context_),
      member_(make_member()),
      collector_(subscriptions_, settings_),
      lookup_(context_, subscriptions_),
      fetcher_(context_, subscriptions_, collector_, lookup_) {
  sim::spawn(process_, caller_.run());
  sim::spawn(process_, watch_metadata());
  const bool has_timer = settings_.commits_stored && settings_.auto_commit &&
                         settings_.auto_commit_interval.count() > 0;
  if (has_timer) sim::spawn(process_, auto_commit_on_time());
}

std::unique_ptr<GroupPart> Consumer::make_member() {
  if (settings_.uses_consumer_protocol) {
    return std::make_unique<ConsumerMember>(context_, membership_, coordinator_, subscriptions_,
                                            commits_, calls_);
  }
  return std::make_unique<GroupMember>(context_, membership_, coordinator_, subscriptions_,
                                       commits_, calls_);
}

// librdkafka commits what was stored also while the application handles it.
sim::Task<> Consumer::auto_commit_on_time() {
  while (!closed_) {
    const sim::Time soonest = sim::later(process_.now(), shortest_wait);
    const sim::Time due = commits_.next_auto_commit();
    co_await sim::sleep_until(std::max(due, soonest));
    if (!closed_) commits_.auto_commit_by_timer(process_.now());
  }
}

// New metadata may mean a rejoin, or positions to compare: a waiting poll() should look.
sim::Task<> Consumer::watch_metadata() {
  while (!closed_) {
    const int version = metadata_.update_version();
    const bool newer = co_await caller_.metadata_newer_than(version, sim::never);
    if (newer) progress_.made();
  }
}

// ---- what to read ----

void Consumer::topics_changed() {
  metadata_.set_topics(subscriptions_.metadata_topics());
  caller_.wake();
}

void Consumer::subscribe(std::set<std::string> topics) {
  CHECKED(settings_.has_group(), "{} subscribes without a group", name_);
  CHECKED(!topics.empty(), "{} subscribes to nothing", name_);
  Partitions kept;
  for (const TopicPartition& partition : subscriptions_.assigned()) {
    if (topics.contains(partition.topic)) kept.insert(partition);
  }
  collector_.retain(kept);
  if (subscriptions_.subscribe(std::move(topics))) topics_changed();
}

void Consumer::assign(const Partitions& partitions) {
  CHECKED(!partitions.empty(), "{} is assigned nothing", name_);
  collector_.retain(partitions);
  if (settings_.has_group()) commit_before_assign();
  if (subscriptions_.assign_from_user(partitions)) topics_changed();
}

// No rebalance will commit what is given up. librdkafka does not wait for its timer then.
void Consumer::commit_before_assign() {
  commits_.maybe_auto_commit(process_.now());
  if (settings_.commits_stored) commits_.auto_commit_now();
}

sim::Task<std::optional<Failure>> Consumer::unsubscribe() {
  collector_.retain({});
  if (settings_.has_group()) {
    if (settings_.commits_stored) commits_.auto_commit_now();
    std::optional<Failure> failure = co_await member_->unsubscribe();
    if (failure) co_return failure;
  }
  subscriptions_.unsubscribe();
  topics_changed();
  co_return std::nullopt;
}

// ---- poll ----

sim::Task<PollResult> Consumer::poll(sim::Duration timeout) {
  CHECKED(!closed_ && !subscriptions_.has_no_subscription(),
          "{} polls though it is not subscribed to any topics or assigned any partitions", name_);
  PollResult result;
  metrics_.poll_began(process_.now());
  const sim::Time deadline = sim::later(process_.now(), timeout);
  do {
    const std::uint64_t seen = progress_.count();
    const Step updated = co_await update_assignment(deadline);
    if (updated.failure()) {
      result.failure = updated.failure();
      break;
    }
    if (finish(collect(), result)) break;
    fetcher_.send_fetches();
    if (woken_) break;
    if (!collector_.has_available()) co_await progress_.past(seen, wait_until(deadline));
    if (finish(collect(), result)) break;
  } while (!woken_ && process_.now() < deadline);
  woken_ = false;
  metrics_.poll_ended(process_.now());
  metrics_.handed_out(static_cast<std::int64_t>(result.records.size()));
  for (const ConsumedRecord& record : result.records) {
    if (!context_.world.trace().enabled()) break;
    context_.report(protocol::events::Polled{record.partition, record.offset, record.record});
  }
  if (sim::must_yield(process_)) co_await sim::yield_now();
  co_return result;
}

// Topics that may not be read or cannot exist: told once for each answer that says so.
std::optional<Failure> Consumer::metadata_failure() {
  const int version = metadata_.update_version();
  if (version == metadata_version_) return std::nullopt;
  metadata_version_ = version;
  std::set<std::string> unauthorized;
  std::set<std::string> invalid;
  for (const std::string& topic : subscriptions_.metadata_topics()) {
    const protocol::ErrorCode error = metadata_.topic_error(topic);
    if (error == protocol::ErrorCode::topic_authorization_failed) unauthorized.insert(topic);
    if (error == protocol::ErrorCode::invalid_topic_exception) invalid.insert(topic);
  }
  if (!unauthorized.empty()) return not_authorized_failure(unauthorized);
  if (invalid.empty()) return std::nullopt;
  return invalid_topics_failure(invalid);
}

sim::Task<Step> Consumer::update_assignment(sim::Time deadline) {
  if (std::optional<Failure> failure = metadata_failure()) co_return Step::failed(*failure);
  if (settings_.has_group()) {
    const Step step = co_await member_->poll(deadline);
    if (!step.is_done()) co_return step;
  }
  co_return co_await update_positions(deadline);
}

sim::Task<Step> Consumer::update_positions(sim::Time deadline) {
  if (std::optional<Failure> failure = lookup_.validate_if_needed())
    co_return Step::failed(*failure);
  has_all_positions_ = subscriptions_.has_all_positions();
  if (has_all_positions_) co_return Step::done();
  const Partitions initializing = subscriptions_.initializing();
  if (settings_.has_group()) {
    const Step committed = co_await commits_.initialize_positions(deadline);
    if (!committed.is_done()) co_return committed;
  }
  const Partitions without = subscriptions_.reset_initializing(initializing);
  if (!without.empty()) {
    Failure failure;
    failure.exception = "NoOffsetForPartitionException";
    failure.message = "Undefined offset with no reset policy for partitions: [";
    for (const TopicPartition& partition : without) {
      if (failure.message.back() != '[') failure.message += ", ";
      failure.message += to_string(partition);
    }
    failure.message += "]";
    co_return Step::failed(std::move(failure));
  }
  if (std::optional<Failure> failure = lookup_.reset_if_needed()) co_return Step::failed(*failure);
  co_return Step::done();
}

FetchCollector::Collected Consumer::collect() {
  FetchCollector::Collected collected = collector_.collect(process_.now());
  measure_lags(collected.served);
  if (collector_.take_metadata_wish()) {
    metadata_.request_update(false);
    caller_.wake();
  }
  return collected;
}

void Consumer::measure_lags(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) {
    const PartitionState* const state = subscriptions_.find(partition);
    if (state == nullptr || !state->position()) continue;
    const Offset at = state->position()->offset;
    const Offset end = subscriptions_.end_offset(partition, settings_.isolation);
    if (end.is_set()) metrics_.lags(std::max<std::int64_t>(end - at, 0));
    if (state->log_start_offset.is_set()) metrics_.leads(at - state->log_start_offset);
  }
}

// How long poll() waits for something to happen.
sim::Time Consumer::wait_until(sim::Time deadline) const {
  const sim::Time now = process_.now();
  sim::Time until = std::min(deadline, fetcher_.next_fetch());
  if (!has_all_positions_) until = std::min(until, sim::later(now, settings_.retry_backoff));
  if (settings_.auto_commit && !settings_.commits_stored) {
    // Due but not done: the group is joining. It will be looked at when something happens.
    const sim::Time due = commits_.next_auto_commit();
    until = std::min(until, due > now ? due : sim::later(now, settings_.retry_backoff));
  }
  return std::max(until, std::min(deadline, sim::later(now, shortest_wait)));
}

// True: poll() has something to return.
bool Consumer::finish(FetchCollector::Collected collected, PollResult& result) {
  if (collected.failure) result.failure = std::move(collected.failure);
  if (result.failure) return true;
  if (collected.is_empty()) return false;
  fetcher_.send_fetches();
  result.records = std::move(collected.records);
  return true;
}

void Consumer::wakeup() {
  woken_ = true;
  progress_.made();
}

}  // namespace kafkasim::consumer

// Copying from a leader, and finding back to it.
#include "broker/replica_fetcher.hpp"

#include <algorithm>
#include <utility>

#include "broker/replica_manager.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

namespace {

std::size_t count_with_data(const protocol::FetchResponse& response) {
  return static_cast<std::size_t>(
      std::count_if(response.partitions.begin(), response.partitions.end(),
                    [](const auto& item) { return !item.records.empty(); }));
}

}  // namespace

using protocol::ErrorCode;
using protocol::FetchPartition;
using protocol::FetchPartitionResponse;
using protocol::LeaderEpoch;
using protocol::ListOffsetsPartitionResponse;
using protocol::Offset;
using protocol::TopicPartition;

ReplicaFetcher::ReplicaFetcher(const Context& context, ReplicaManager& replicas, sim::HostId source)
    : context_(context),
      replicas_(replicas),
      channel_(context.world.network(), context.process, context.host.id(), source),
      settings_(context.config) {}

ReplicaFetcher::Settings::Settings(const protocol::ConfigValues& config)
    : max_wait_ms(config.int_value("replica.fetch.wait.max.ms")),
      min_bytes(config.int_value("replica.fetch.min.bytes")),
      max_bytes(config.int_value("replica.fetch.response.max.bytes")),
      partition_max_bytes(config.int_value("replica.fetch.max.bytes")),
      backoff(config.duration_ms("replica.fetch.backoff.ms")),
      timeout(config.duration_ms("replica.socket.timeout.ms")) {}

void ReplicaFetcher::add(const TopicPartition& partition, LeaderEpoch leader_epoch) {
  const auto known = states_.find(partition);
  if (known != states_.end() && known->second.leader_epoch == leader_epoch) return;
  const Partition* follower = replicas_.following(partition);
  CHECKED(follower != nullptr, "{} is to be copied but does not follow", to_string(partition));
  states_.insert_or_assign(partition, fresh_state(*follower, leader_epoch));
  changed_.notify_all();
}

void ReplicaFetcher::remove(const TopicPartition& partition) { states_.erase(partition); }

ReplicaFetcher::State ReplicaFetcher::fresh_state(const Partition& partition,
                                                  LeaderEpoch leader_epoch) {
  State state;
  state.leader_epoch = leader_epoch;
  state.fetch_offset = partition.initial_fetch_offset();
  state.last_fetched_epoch = partition.log().leader_epochs().latest_epoch();
  state.trusts_high_watermark_only =
      !state.last_fetched_epoch.is_set() || context_.mutations.truncate_to_high_watermark;
  state.turn = ++last_turn_;
  return state;
}

sim::Task<> ReplicaFetcher::run() {
  for (;;) {
    cut_to_high_watermarks();
    protocol::FetchRequest request = next_request();
    if (request.partitions.empty()) {
      const sim::Time until =
          states_.empty() ? sim::never : sim::later(context_.now(), settings_.backoff);
      co_await changed_.wait(until);
      continue;
    }
    co_await fetch_once(std::move(request));
  }
}

sim::Task<> ReplicaFetcher::fetch_once(protocol::FetchRequest request) {
  const Asked asked = request.partitions;
  protocol::RequestBody body = std::move(request);
  const std::optional<protocol::ResponseBody> answer = co_await call(std::move(body));
  if (!answer) {
    co_await put_off_all();
    co_return;
  }
  const protocol::FetchResponse& response = std::get<protocol::FetchResponse>(*answer);
  const std::size_t with_data = count_with_data(response);
  if (with_data > 0) {
    const bool written = co_await replicas_.write(with_data);
    if (!written) co_return;
  }
  Asked lost = take(asked, response);
  for (std::size_t i = 0; with_data > 0 && i < asked.size(); ++i) {
    const TopicPartition partition = asked[i].partition;
    const Partition* const copy = replicas_.following(partition);
    if (copy != nullptr && replicas_.is_flush_due(*copy))
      co_await replicas_.flush_if_due(partition);
  }
  co_await find_new_positions(std::move(lost));
}

// First a pause, then the partitions are delayed as after any error: twice the backoff, as in
// Kafka.
sim::Task<> ReplicaFetcher::put_off_all() {
  co_await changed_.wait(sim::later(context_.now(), settings_.backoff));
  delay_all();
}

sim::Task<> ReplicaFetcher::find_new_positions(Asked lost) {
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
  for (const FetchPartition& partition : lost) co_await find_new_position(partition);
}

void ReplicaFetcher::cut_to_high_watermarks() {
  for (auto& [id, state] : states_) {
    if (!state.trusts_high_watermark_only) continue;
    if (Partition* partition = replicas_.following(id))
      replicas_.truncate(*partition, state.fetch_offset);
    state.trusts_high_watermark_only = false;
  }
}

protocol::FetchRequest ReplicaFetcher::next_request() {
  protocol::FetchRequest request;
  request.replica_id = context_.id;
  request.replica_epoch = context_.epoch;
  request.max_wait_ms = settings_.max_wait_ms;
  request.min_bytes = settings_.min_bytes;
  request.max_bytes = settings_.max_bytes;
  std::vector<std::pair<std::uint64_t, FetchPartition>> ready;
  for (const auto& [id, state] : states_) {
    const Partition* partition = replicas_.following(id);
    if (state.delayed_until > context_.now() || partition == nullptr) continue;
    FetchPartition item;
    item.partition = id;
    item.topic_id = context_.image.topic(id.topic)->id;
    item.current_leader_epoch = state.leader_epoch;
    item.fetch_offset = state.fetch_offset;
    item.last_fetched_epoch = state.last_fetched_epoch;
    item.log_start_offset = partition->log().start_offset();
    item.max_bytes = settings_.partition_max_bytes;
    ready.emplace_back(state.turn, std::move(item));
  }
  std::sort(ready.begin(), ready.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [turn, item] : ready) request.partitions.push_back(std::move(item));
  return request;
}

sim::Task<std::optional<protocol::ResponseBody>> ReplicaFetcher::call(protocol::RequestBody body) {
  protocol::Request framed;
  framed.correlation_id = ++last_correlation_id_;
  framed.client_id = context_.host.name();
  framed.body = std::move(body);
  sim::MessagePtr message = sim::enclose(std::move(framed));
  const sim::Time deadline = sim::later(context_.now(), settings_.timeout);
  sim::CallResult result = co_await channel_.call(std::move(message), deadline);
  if (result.status != sim::CallResult::Status::answered) co_return std::nullopt;
  auto* response = result.message->open<protocol::Response>();
  CHECKED(response != nullptr, "a broker answered with something else than a response");
  CHECKED(response->correlation_id == last_correlation_id_, "a broker answered another request");
  co_return std::move(response->body);
}

ReplicaFetcher::State* ReplicaFetcher::current(const FetchPartition& asked) {
  const auto found = states_.find(asked.partition);
  if (found == states_.end()) return nullptr;
  State& state = found->second;
  // Removed, added anew or cut while the request was under way: the answer is of no use.
  const bool same = state.fetch_offset == asked.fetch_offset &&
                    state.leader_epoch == asked.current_leader_epoch &&
                    !state.trusts_high_watermark_only;
  if (context_.mutations.take_any_fetch_answer)
    return replicas_.following(asked.partition) != nullptr ? &state : nullptr;
  return same && replicas_.following(asked.partition) != nullptr ? &state : nullptr;
}

ReplicaFetcher::Asked ReplicaFetcher::take(const Asked& asked,
                                           const protocol::FetchResponse& response) {
  Asked lost;
  if (response.error != ErrorCode::none || response.partitions.size() != asked.size()) {
    delay_all();
    return lost;
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const FetchPartitionResponse& item = response.partitions[i];
    CHECKED(item.partition == asked[i].partition,
            "a fetch is answered in another order than asked");
    State* state = current(asked[i]);
    if (state == nullptr) continue;
    if (item.error == ErrorCode::none) {
      if (item.diverging_epoch) {
        take_divergence(asked[i], *item.diverging_epoch);
      } else {
        take_data(asked[i], item);
      }
    } else if (item.error == ErrorCode::offset_out_of_range) {
      lost.push_back(asked[i]);
    } else if (item.error == ErrorCode::fenced_leader_epoch) {
      fail(asked[i].partition);  // until the metadata brings the new epoch
    } else {
      delay(*state);
    }
  }
  return lost;
}

void ReplicaFetcher::take_data(const FetchPartition& asked,
                               const FetchPartitionResponse& response) {
  Partition& partition = *replicas_.following(asked.partition);
  const bool fits = partition.log().end_offset() == asked.fetch_offset ||
                    context_.mutations.take_any_fetch_answer;
  if (!fits || !replicas_.copy(partition, response)) {
    fail(asked.partition);
    return;
  }
  if (response.records.empty()) return;
  State& state = states_.at(asked.partition);
  state.fetch_offset = partition.log().end_offset();
  state.last_fetched_epoch = partition.log().leader_epochs().latest_epoch();
  state.turn = ++last_turn_;  // who got data goes to the end of the next request
}

void ReplicaFetcher::take_divergence(const FetchPartition& asked,
                                     const protocol::EpochEndOffset& leader_end) {
  Partition& partition = *replicas_.following(asked.partition);
  // Whether the cut is final or one step of several: the next fetch carries the epoch that is last
  // then, and will tell.
  const OffsetTruncation truncation = partition.truncation_for(leader_end, asked.fetch_offset);
  replicas_.truncate(partition, truncation.offset);
  move_to(asked, truncation.offset);
}

void ReplicaFetcher::move_to(const FetchPartition& asked, Offset offset) {
  State& state = states_.at(asked.partition);
  state.fetch_offset = offset;
  state.last_fetched_epoch =
      replicas_.following(asked.partition)->log().leader_epochs().latest_epoch();
}

sim::Task<> ReplicaFetcher::find_new_position(FetchPartition asked) {
  const auto latest = co_await ask_offset(asked, protocol::latest_timestamp);
  if (!latest || current(asked) == nullptr) co_return;
  Partition* partition = replicas_.following(asked.partition);
  if (latest->offset < partition->log().end_offset()) {
    // After an unclean election the leader's log may be the shorter one.
    replicas_.truncate(*partition, latest->offset);
    move_to(asked, latest->offset);
    if (sim::must_yield(context_.process)) co_await sim::yield_now();
    co_return;
  }
  const auto earliest = co_await ask_offset(asked, protocol::earliest_timestamp);
  if (!earliest || current(asked) == nullptr) co_return;
  partition = replicas_.following(asked.partition);
  if (earliest->offset > partition->log().end_offset()) {
    replicas_.truncate_fully_and_start_at(*partition, earliest->offset);
  }
  move_to(asked, partition->log().end_offset());
  if (sim::must_yield(context_.process)) co_await sim::yield_now();
}

sim::Task<std::optional<ListOffsetsPartitionResponse>> ReplicaFetcher::ask_offset(
    FetchPartition asked, std::int64_t timestamp) {
  protocol::ListOffsetsRequest request;
  request.replica_id = context_.id;
  request.partitions.push_back({asked.partition, asked.current_leader_epoch, timestamp});
  protocol::RequestBody body = std::move(request);
  const auto answer = co_await call(std::move(body));
  State* state = current(asked);
  if (state == nullptr) co_return std::nullopt;
  if (answer) {
    const auto& partitions = std::get<protocol::ListOffsetsResponse>(*answer).partitions;
    if (partitions.size() == 1 && partitions[0].error == ErrorCode::none) co_return partitions[0];
    if (partitions.size() == 1 && partitions[0].error == ErrorCode::fenced_leader_epoch) {
      fail(asked.partition);
      co_return std::nullopt;
    }
  }
  delay(*state);
  co_return std::nullopt;
}

void ReplicaFetcher::delay(State& state) {
  state.delayed_until = sim::later(context_.now(), settings_.backoff);
}

void ReplicaFetcher::delay_all() {
  for (auto& [id, state] : states_) delay(state);
}

void ReplicaFetcher::fail(const TopicPartition& partition) { states_.erase(partition); }

}  // namespace kafkasim::broker

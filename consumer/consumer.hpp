// A Kafka consumer, as the Java client behaves; group.protocol says how its group divides the
// partitions. An application drives it with subscribe() or assign(), poll(), commits and close();
// what the application can see happens inside those calls, while answers are taken in and
// heartbeats are sent all the time. Left out: patterns, interceptors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/caller.hpp"
#include "client/metadata.hpp"
#include "client/network_client.hpp"
#include "client/sim_transport.hpp"
#include "consumer/context.hpp"
#include "consumer/coordinator.hpp"
#include "consumer/failure.hpp"
#include "consumer/fetch_collector.hpp"
#include "consumer/fetcher.hpp"
#include "consumer/group_part.hpp"
#include "consumer/membership.hpp"
#include "consumer/offset_commits.hpp"
#include "consumer/position_lookup.hpp"
#include "consumer/rebalance_listener.hpp"
#include "consumer/settings.hpp"
#include "consumer/subscription_state.hpp"
#include "protocol/config_def.hpp"

namespace kafkasim::consumer {

// What poll() returns: records, or what Kafka's client would throw. Both may be empty.
struct PollResult {
  std::vector<ConsumedRecord> records;
  std::optional<Failure> failure;
};

class Consumer {
 public:
  // Runs on `host` as `process`, which must not end before the consumer is destroyed, unless by a
  // crash. `name` is who reports to the trace and, unless client.id is given, the client id.
  // `config` are resolved settings; brokers are first asked at `bootstrap_hosts`, of which there is
  // at least one. `metrics` outlives it, and may have counted for another one before; null: its
  // own.
  Consumer(sim::World& world, sim::Host& host, sim::Process& process, std::string name,
           const protocol::ConfigValues& config, std::vector<std::string> bootstrap_hosts,
           Metrics* metrics = nullptr);
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // ---- what to read ----
  // Subscribes as a member of the group. Requires: has a group, and at least one topic.
  void subscribe(std::set<std::string> topics);
  // Who is told of rebalances from now on; null: nobody. Must outlive the consumer.
  void set_listener(RebalanceListener* listener) { calls_.set_listener(listener); }
  // Reads these, with or without a group for committed offsets. Requires: at least one.
  void assign(const Partitions& partitions);
  // Gives everything back and leaves the group. Fails, and stays subscribed, if the listener does.
  sim::Task<std::optional<Failure>> unsubscribe();
  // The group rebalances at the next poll though nothing has changed. Under the consumer protocol,
  // where the coordinator alone decides, it does nothing. Requires: has a group.
  void enforce_rebalance();

  // ---- reading ----
  // Returns records as soon as there are some, nothing at the latest after `timeout`. Requires:
  // subscribed or assigned.
  sim::Task<PollResult> poll(sim::Duration timeout);
  // Makes the poll under way return at once.
  void wakeup();

  // ---- commits ----
  // The positions, or these offsets; waits until they are committed or refused, at most
  // default.api.timeout.ms. A refusal is also reported as CommitFailed. Requires: has a group.
  sim::Task<std::optional<Failure>> commit_sync();
  sim::Task<std::optional<Failure>> commit_sync(Offsets offsets);
  // Does not wait and never tries again; a refusal is reported, and the callback called, in a later
  // poll or commit. May fail at once: a fenced static member, no group.
  std::optional<Failure> commit_async(CommitCallback callback = {});
  std::optional<Failure> commit_async(Offsets offsets, CommitCallback callback = {});
  // librdkafka with enable.auto.offset.store=false: handled up to before that offset, so that
  // auto-commit may commit it. False, and nothing stored, with any other setting or client, and for
  // a partition that is not assigned.
  bool store_offset(const protocol::TopicPartition& partition, OffsetAndEpoch offset);

  // ---- positions ----
  // Not set: not assigned, or none yet.
  protocol::Offset position(const protocol::TopicPartition& partition) const;
  // What is known to be committed of an assigned partition.
  protocol::Offset committed(const protocol::TopicPartition& partition) const;
  // The next poll goes on there. Not for a partition that is not assigned: false.
  bool seek(const protocol::TopicPartition& partition, protocol::Offset offset);
  // The same with the epoch of the record before: compared with the leader's epochs first.
  bool seek(const protocol::TopicPartition& partition, const OffsetAndEpoch& offset);
  // The first or last offset is looked up by the next poll. No partitions: all that are assigned.
  void seek_to_beginning(const Partitions& partitions);
  void seek_to_end(const Partitions& partitions);
  bool pause(const protocol::TopicPartition& partition);
  bool resume(const protocol::TopicPartition& partition);

  // Commits where auto-commit is on, gives the partitions back, leaves the group, ends all
  // connections. The failure is the listener's; the consumer is closed all the same.
  sim::Task<std::optional<Failure>> close();
  bool is_closed() const { return closed_; }

  // ---- for whoever watches ----
  Partitions assignment() const { return subscriptions_.assigned(); }
  const Settings& settings() const { return settings_; }
  const Membership& membership() const { return membership_; }
  MetricsSnapshot metrics() const {
    const auto assigned = static_cast<std::int64_t>(subscriptions_.assigned_count());
    return metrics_.snapshot(assigned, process_.now());
  }
  // End offset minus position, as of the last fetch; partitions whose end is not known yet are
  // missing.
  std::map<protocol::TopicPartition, std::int64_t> lag() const;
  // Records were handed out whose offsets are not known to be committed.
  bool has_uncommitted() const;
  // Behind the last of them, by partition.
  Offsets uncommitted() const;
  // Nothing to do as far as the consumer knows: member of a stable group (if it is in one), every
  // position at the end as of the last fetch, nothing buffered, no commit under way that says
  // something new. Does not look at uncommitted offsets.
  bool is_settled() const;

 private:
  static client::NetworkClient::Config network_config(const Settings& settings);
  static client::Metadata::Config metadata_config(const Settings& settings,
                                                  std::vector<std::string> hosts);

  std::unique_ptr<GroupPart> make_member();
  sim::Task<> watch_metadata();
  sim::Task<> auto_commit_on_time();
  void topics_changed();
  void commit_before_assign();
  std::optional<Failure> metadata_failure();
  sim::Task<Step> update_assignment(sim::Time deadline);
  sim::Task<Step> update_positions(sim::Time deadline);
  FetchCollector::Collected collect();
  void measure_lags(const std::vector<protocol::TopicPartition>& partitions);
  sim::Time wait_until(sim::Time deadline) const;
  bool finish(FetchCollector::Collected collected, PollResult& result);
  void report_commit_failure(const Failure& failure, const Offsets& tried);
  void seek_to(OffsetReset reset, const Partitions& partitions);

  sim::Process& process_;
  const std::string name_;
  const Settings settings_;
  sim::Rng random_;
  client::Metadata metadata_;
  client::SimTransport transport_;
  client::NetworkClient network_;
  client::Caller caller_;
  Progress progress_;
  Metrics own_metrics_;
  Metrics& metrics_;
  Context context_;
  SubscriptionState subscriptions_;
  Membership membership_;
  Coordinator coordinator_;
  OffsetCommits commits_;
  RebalanceCalls calls_;
  std::unique_ptr<GroupPart> member_;
  FetchCollector collector_;
  PositionLookup lookup_;
  Fetcher fetcher_;
  int metadata_version_ = 0;        // whose errors poll() has told
  bool has_all_positions_ = false;  // as the last poll found it
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace kafkasim::consumer

// Sends fetches: at most one per node at a time, for the partitions that have a position and
// nothing buffered. What comes back waits in the collector until poll() hands it out. Left out:
// fetch sessions, every fetch names all its partitions.
#pragma once

#include <map>
#include <set>

#include "consumer/context.hpp"
#include "consumer/fetch_collector.hpp"
#include "consumer/position_lookup.hpp"
#include "consumer/subscription_state.hpp"

namespace kafkasim::consumer {

class Fetcher {
 public:
  Fetcher(Context& context, SubscriptionState& subscriptions, FetchCollector& collector,
          PositionLookup& lookup)
      : context_(context), subscriptions_(subscriptions), collector_(collector), lookup_(lookup) {}
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  void send_fetches();
  // When a partition that rests after an error may be fetched again; never: none rests.
  sim::Time next_fetch() const { return next_fetch_; }

 private:
  // The offsets asked for, to recognise an answer that came too late.
  using Asked = std::map<protocol::TopicPartition, protocol::Offset>;

  // The node to fetch from: a near follower where the leader named one. Null: none can be asked
  // now.
  const client::Node* target(const protocol::TopicPartition& partition, PartitionState& state);
  const client::Node* preferred(const protocol::TopicPartition& partition, PartitionState& state);
  protocol::FetchPartition part(const protocol::TopicPartition& partition,
                                const FetchPosition& position) const;
  protocol::FetchRequest empty_request() const;
  sim::Task<> run_fetch(client::Node node, protocol::FetchRequest request);
  void take(const protocol::FetchResponse& response, const Asked& asked);
  void failed(const Asked& asked);

  Context& context_;
  SubscriptionState& subscriptions_;
  FetchCollector& collector_;
  PositionLookup& lookup_;
  std::set<client::NodeId> busy_;  // a fetch is under way
  sim::Time next_fetch_ = sim::never;
};

}  // namespace kafkasim::consumer

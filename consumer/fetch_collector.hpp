// Between fetching and poll(): the answers that wait to be handed out, partition by partition in
// the order in which they came, at most max.poll.records at a time. Decides what errors of a
// partition mean.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "consumer/completed_fetch.hpp"
#include "consumer/failure.hpp"
#include "consumer/settings.hpp"
#include "consumer/subscription_state.hpp"

namespace kafkasim::consumer {

class FetchCollector {
 public:
  struct Collected {
    std::vector<ConsumedRecord> records;
    std::vector<protocol::TopicPartition> served;  // whose records these are
    bool position_advanced = false;                // also when only skipped records were passed
    std::optional<Failure> failure;                // for the application; only without records
    bool is_empty() const { return records.empty() && !position_advanced; }
  };

  FetchCollector(SubscriptionState& subscriptions, const Settings& settings)
      : subscriptions_(subscriptions), settings_(settings) {}

  void add(CompletedFetch fetch) { waiting_.push_back(std::move(fetch)); }
  Collected collect(sim::Time now);

  // Some answer waits whose partition may be handed out now.
  bool has_available() const;
  // Nothing of any partition waits.
  bool is_empty() const;
  // The partitions that are not fetched again before their answer has been handed out.
  Partitions buffered() const;
  // Forgets the answers of all other partitions.
  void retain(const Partitions& partitions);
  // Some error since the last call asked for fresh metadata.
  bool take_metadata_wish() { return std::exchange(wants_metadata_, false); }

 private:
  bool begin_next(Collected& out, sim::Time now);
  bool initialize(CompletedFetch& fetch, Collected& out, sim::Time now);
  void handle_error(const CompletedFetch& fetch, Collected& out);
  void out_of_range(const CompletedFetch& fetch, Collected& out);
  int take_from(CompletedFetch& fetch, Collected& out, int limit);

  SubscriptionState& subscriptions_;
  const Settings& settings_;
  std::deque<CompletedFetch> waiting_;
  std::optional<CompletedFetch> next_;  // the one being handed out
  bool wants_metadata_ = false;
};

}  // namespace kafkasim::consumer

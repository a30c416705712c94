// How a broker follows the metadata log: it finds the leader of the controller quorum, fetches what
// is committed, applies it to its image, and tells the broker what changed. Each broker does so at
// its own pace. Left out: snapshots.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "broker/context.hpp"
#include "broker/metadata_image.hpp"
#include "broker/quorum.hpp"
#include "protocol/data_messages.hpp"
#include "sim/channel.hpp"

namespace kafkasim::broker {

class MetadataFetcher {
 public:
  using Publish = std::function<void(const MetadataDelta&)>;

  // `image` is what the context shows to the others; where the active controller is, is noted in
  // the context. Requires: both outlive the process.
  MetadataFetcher(Context& context, MetadataImage& image, const Voters& voters, Publish publish);

  // Fetches and applies for ever.
  sim::Task<> run();
  // What was applied so far is published as one change, and from now on every change at once.
  void start_publishing();
  // The last offset applied; not set = none.
  protocol::Offset applied() const { return image_.next_offset() - 1; }
  // The newest epoch of the quorum that this broker has heard of.
  protocol::LeaderEpoch quorum_epoch() const { return epoch_; }

 private:
  enum class Use { of_none, found_leader, applied };

  struct Source {
    Voter voter;
    std::unique_ptr<sim::Channel> channel;
  };

  protocol::FetchRequest request() const;
  // Whom to ask: the leader, or while there is none that answers each voter in turn.
  std::size_t source() const;
  sim::Task<Use> ask(std::size_t source);
  Use take(const protocol::FetchResponse& response);
  // True when that is news.
  bool learn(const protocol::LeaderIdAndEpoch& current);
  void apply(const std::vector<protocol::StoredBatch>& batches);

  Context& context_;
  MetadataImage& image_;
  Publish publish_;
  std::vector<Source> sources_;
  protocol::LeaderEpoch epoch_{0};
  std::optional<std::size_t> leader_;  // of that epoch
  bool leader_is_lost_ = false;        // it did not answer last time
  std::size_t turn_ = 0;
  protocol::LeaderEpoch last_fetched_epoch_{0};
  std::int32_t last_correlation_id_ = 0;
  bool publishing_ = false;
  MetadataDelta unpublished_;
};

}  // namespace kafkasim::broker

// How a broker follows the metadata log: it fetches what the controller has committed, applies it
// to its image, and tells the broker what changed. Each broker does so at its own pace. Left out:
// snapshots, voting.
#pragma once

#include <functional>

#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "broker/metadata_image.hpp"
#include "protocol/data_messages.hpp"

namespace kafkasim::broker {

class MetadataFetcher {
 public:
  using Publish = std::function<void(const MetadataDelta&)>;

  // `image` is what the context shows to the others. Requires: both outlive the process.
  MetadataFetcher(const Context& context, MetadataImage& image, Publish publish);

  // Fetches and applies for ever.
  sim::Task<> run();
  // What was applied so far is published as one change, and from now on every change at once.
  void start_publishing();
  // The last offset applied; not set = none.
  protocol::Offset applied() const { return image_.next_offset() - 1; }

 private:
  protocol::FetchRequest request() const;
  // False when the answer is of no use.
  bool apply(const protocol::FetchResponse& response);

  const Context& context_;
  MetadataImage& image_;
  Publish publish_;
  ControllerChannel channel_;
  bool publishing_ = false;
  MetadataDelta unpublished_;
};

}  // namespace kafkasim::broker

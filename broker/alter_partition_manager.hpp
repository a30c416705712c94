// Sends the ISR changes that the partitions of this broker propose: one request at a time, with
// everything that is wanted by then. What the controller did not answer is sent again, for as long
// as it takes.
#pragma once

#include <functional>
#include <map>

#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "broker/partition.hpp"
#include "protocol/cluster_messages.hpp"
#include "sim/wait.hpp"

namespace kafkasim::broker {

class AlterPartitionManager {
 public:
  using OnResponse =
      std::function<void(const IsrProposal&, const protocol::AlterPartitionItemResponse&)>;

  // Requires: the context outlives the process.
  AlterPartitionManager(const Context& context, OnResponse on_response);

  // Sends it soon. One proposal of a partition at a time: a second one is answered
  // OPERATION_NOT_ATTEMPTED at once.
  void submit(const IsrProposal& proposal);
  // Sends for ever.
  sim::Task<> run();

 private:
  protocol::AlterPartitionRequest request() const;
  // False when the controller refused the request as a whole.
  bool take(const protocol::AlterPartitionResponse& response);

  const Context& context_;
  OnResponse on_response_;
  ControllerChannel channel_;
  std::map<protocol::TopicPartition, IsrProposal> unanswered_;
  sim::Signal submitted_;
};

}  // namespace kafkasim::broker

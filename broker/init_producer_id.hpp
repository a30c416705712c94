// InitProducerId for idempotent producers: hands out ids of a block that the controller gave to
// this broker, and asks for the next block before the old one is used up. Left out: transactional
// ids.
#pragma once

#include <optional>

#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "protocol/metadata_messages.hpp"

namespace kafkasim::broker {

class ProducerIdManager {
 public:
  // Requires: the context outlives the process.
  explicit ProducerIdManager(const Context& context);

  // COORDINATOR_LOAD_IN_PROGRESS while no block is there: Kafka does not let the producer wait for
  // it.
  protocol::InitProducerIdResponse init(const protocol::InitProducerIdRequest& request);

 private:
  struct Block {
    std::int64_t next = 0;
    std::int64_t end = 0;
    std::int64_t ask_from = 0;  // the first id that makes the next block be asked for
  };

  std::optional<std::int64_t> generate();
  void ask_for_next_block();
  sim::Task<> fetch_block();

  const Context& context_;
  ControllerChannel channel_;
  Block current_;
  std::optional<Block> next_;
  bool asking_ = false;
  sim::Time ask_not_before_;
};

}  // namespace kafkasim::broker

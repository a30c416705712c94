// Producer ids and their blocks.
#include "broker/init_producer_id.hpp"

#include <utility>

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using namespace std::chrono_literals;

constexpr sim::Duration retry_backoff = 50ms;

}  // namespace

ProducerIdManager::ProducerIdManager(const Context& context)
    : context_(context), channel_(context), ask_not_before_(context.now()) {}

protocol::InitProducerIdResponse ProducerIdManager::init(
    const protocol::InitProducerIdRequest& request) {
  protocol::InitProducerIdResponse response;
  if (!request.transactional_id.empty()) {
    response.error = ErrorCode::invalid_request;
    return response;
  }
  // Without a transactional id whatever the producer says it had before, it gets a new id.
  const std::optional<std::int64_t> id = generate();
  if (!id) {
    response.error = ErrorCode::coordinator_load_in_progress;
    return response;
  }
  response.producer_id = protocol::ProducerId(*id);
  response.producer_epoch = protocol::ProducerEpoch(0);
  return response;
}

std::optional<std::int64_t> ProducerIdManager::generate() {
  if (current_.next == current_.end) {
    if (!next_) {
      ask_for_next_block();
      return std::nullopt;
    }
    current_ = *std::exchange(next_, std::nullopt);
  }
  const std::int64_t id = current_.next++;
  if (id >= current_.ask_from && !next_) ask_for_next_block();
  return id;
}

void ProducerIdManager::ask_for_next_block() {
  if (asking_ || context_.now() < ask_not_before_) return;
  asking_ = true;
  sim::spawn(context_.process, fetch_block());
}

sim::Task<> ProducerIdManager::fetch_block() {
  protocol::AllocateProducerIdsRequest request;
  request.broker_id = context_.id;
  request.broker_epoch = context_.epoch;
  protocol::RequestBody body = request;
  const sim::Time deadline = context_.now() + context_.config.duration_ms("request.timeout.ms");
  const auto answer = co_await channel_.call(std::move(body), deadline);
  asking_ = false;
  ask_not_before_ = context_.now() + retry_backoff;
  if (!answer) co_return;
  const auto& response = std::get<protocol::AllocateProducerIdsResponse>(*answer);
  if (response.error != ErrorCode::none) co_return;
  ask_not_before_ = context_.now();
  const std::int64_t start = response.producer_id_start.value();
  Block block;
  block.next = start;
  block.end = start + response.producer_id_len;
  block.ask_from = start + response.producer_id_len * 9 / 10;
  next_ = block;
}

}  // namespace kafkasim::broker

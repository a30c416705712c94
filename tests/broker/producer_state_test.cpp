// The producer state manager where no recorded run of Kafka's goes; those are replayed in
// tests/conformance.
#include "broker/producer_state_manager.hpp"

#include <memory>

#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::ErrorCode;
using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::RecordBatch;
using protocol::StoredBatch;

StoredBatch data(std::int64_t producer, std::int16_t epoch, std::int32_t sequence,
                 std::int32_t count, std::int64_t offset) {
  auto batch = std::make_unique<RecordBatch>();
  batch->producer_id = ProducerId(producer);
  batch->producer_epoch = ProducerEpoch(epoch);
  batch->base_sequence = sequence;
  batch->last_offset_delta = count - 1;
  return {Offset(offset), protocol::LeaderEpoch(0), -1, protocol::BatchRef(batch.release())};
}

}  // namespace

TEST_CASE("Replication stores what a client could not, and the state follows the log") {
  ProducerStateManager state({"t", 0}, 60'000);
  state.update(data(7, 1, 0, 1, 0));
  const StoredBatch gap = data(7, 0, 50, 1, 1);
  CHECK(state.check(gap, AppendOrigin::client).error == ErrorCode::invalid_producer_epoch);
  CHECK(state.check(gap, AppendOrigin::replication).may_append());
  state.update(gap);
  CHECK(state.find(ProducerId(7))->last_sequence() == 50);
}

TEST_CASE("Sequences go on at 0 after 2147483647, also inside one batch") {
  ProducerStateManager state({"t", 0}, 60'000);
  state.update(data(7, 0, 2147483646, 3, 0));  // 2147483646, 2147483647, 0
  CHECK(state.find(ProducerId(7))->last_sequence() == 0);
  CHECK(state.find(ProducerId(7))->first_sequence() == 2147483646);
  CHECK(state.check(data(7, 0, 2147483646, 3, 3), AppendOrigin::client).duplicate.has_value());
  CHECK(state.check(data(7, 0, 1, 1, 3), AppendOrigin::client).may_append());
}

TEST_CASE("A coordinator's data is checked for its epoch but not for its sequence") {
  ProducerStateManager state({"t", 0}, 60'000);
  state.update(data(7, 1, 0, 1, 0));
  CHECK(state.check(data(7, 1, 9, 1, 1), AppendOrigin::coordinator).may_append());
  CHECK(state.check(data(7, 0, 1, 1, 1), AppendOrigin::coordinator).error ==
        ErrorCode::invalid_producer_epoch);
}

}  // namespace kafkasim::broker

// Appending to a log, as leader and as follower, and what is refused.
#include "tests/broker/log_support.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;

struct Fixture {
  explicit Fixture(LogConfig c = {}) : config(c), log({"orders", 0}, storage, config, now_ms) {}

  AppendResult append(const protocol::BatchRef& b, std::int32_t epoch = 0,
                      AppendOrigin origin = AppendOrigin::client) {
    return log.append_as_leader(b, LeaderEpoch(epoch), origin, now_ms);
  }
  std::string all() const {
    return text(log.batches_between(log.start_offset(), log.end_offset()));
  }

  LogConfig config;
  LogStorage storage;
  Log log;
};

}  // namespace

TEST_CASE("A leader gives batches dense offsets and its epoch") {
  Fixture f;
  CHECK(f.append(batch({"A", "B"}), 3).first_offset == Offset(0));
  const AppendResult second = f.append(batch({"C"}), 3);
  CHECK(second.first_offset == Offset(2));
  CHECK(second.last_offset == Offset(2));
  CHECK(second.append_time_ms == -1);
  CHECK(f.all() == "0:A,B 2:C");
  CHECK(f.log.end_offset() == Offset(3));
  CHECK(f.log.high_watermark() == Offset(0));
  CHECK(f.storage.batches.back().leader_epoch == LeaderEpoch(3));
  CHECK(f.log.leader_epochs().entries() == std::vector<EpochEntry>{{LeaderEpoch(3), Offset(0)}});
}

TEST_CASE("Leader and follower hold the same batch, not a copy") {
  Fixture leader;
  Fixture follower;
  const auto made = batch({"A"});
  leader.append(made);
  REQUIRE(follower.log.append_as_follower(leader.storage.batches.front()));
  CHECK(follower.storage.batches.front().batch == made);
}

TEST_CASE("What a leader refuses is not stored, and the text says why") {
  LogConfig config;
  config.max_message_bytes = 100;
  Fixture f(config);
  auto control = open_batch({"A"});
  control->control = protocol::ControlType::commit;
  auto no_sequence = open_batch({"A"});
  no_sequence->producer_id = protocol::ProducerId(5);
  auto gap = open_batch({"A", "B"});
  gap->records.pop_back();
  auto append_time = open_batch({"A"});
  append_time->timestamp_type = protocol::TimestampType::log_append_time;
  const struct Row {
    protocol::BatchRef batch;
    ErrorCode error;
    std::string message;
  } rows[] = {
      {batch({"A", "B", "C", "D", "E"}), ErrorCode::message_too_large,
       "The record batch size in the append to orders-0 is 101 bytes which exceeds the maximum "
       "configured value of "
       "100."},
      {protocol::BatchRef(control.release()), ErrorCode::invalid_record,
       "Clients are not allowed to write control records"},
      {protocol::BatchRef(no_sequence.release()), ErrorCode::invalid_record,
       "Invalid sequence number -1 in record batch with producerId 5"},
      {protocol::BatchRef(gap.release()), ErrorCode::invalid_record,
       "Inconsistent batch offset range [0, 1] and count of records 1"},
      {protocol::BatchRef(append_time.release()), ErrorCode::invalid_timestamp,
       "One or more records have been rejected due to invalid timestamp"},
      {batch({"A"}, now_ms + 3'600'001), ErrorCode::invalid_timestamp,
       "One or more records have been rejected due to invalid timestamp"},
  };
  for (const Row& row : rows) {
    const AppendResult result = f.append(row.batch);
    CHECK(result.error == row.error);
    CHECK(result.message == row.message);
  }
  CHECK(f.log.end_offset() == Offset(0));
}

TEST_CASE("Records dated at the limit, or not at all, are taken") {
  LogConfig config;
  config.timestamp_before_max_ms = 10;
  Fixture f(config);
  CHECK(f.append(batch({"A"}, now_ms + 3'600'000)).appended());
  CHECK(f.append(batch({"A"}, now_ms - 10)).appended());
  CHECK(f.append(batch({"A"}, -1)).appended());
  CHECK(f.append(batch({"A"}, now_ms - 11)).error == ErrorCode::invalid_timestamp);
}

TEST_CASE("A compacted topic names every record without a key") {
  LogConfig config;
  config.compacted = true;
  Fixture f(config);
  auto mixed = open_batch({"A", "B", "C"});
  mixed->records[1].key = protocol::Bytes("k");
  const AppendResult result = f.append(protocol::BatchRef(mixed.release()));
  CHECK(result.error == ErrorCode::invalid_record);
  REQUIRE(result.record_errors.size() == 2);
  CHECK(result.record_errors[0].batch_index == 0);
  CHECK(result.record_errors[1].batch_index == 2);
  CHECK(result.message.find("due to 2 record errors in total") != std::string::npos);
}

TEST_CASE("A batch larger than a segment is refused even if the topic's limit allows it") {
  LogConfig config;
  config.segment_bytes = 80;
  Fixture f(config);
  CHECK(f.append(batch({"A", "B", "C"})).error == ErrorCode::record_list_too_large);
}

TEST_CASE("Under LogAppendTime the broker's clock dates the records") {
  LogConfig config;
  config.log_append_time = true;
  Fixture f(config);
  CHECK(f.append(batch({"A"}, 5)).append_time_ms == now_ms);
  CHECK(f.storage.batches.front().append_time_ms == now_ms);
  REQUIRE(f.log.find_timestamp(now_ms));
  CHECK(f.log.find_timestamp(now_ms)->timestamp_ms == now_ms);
}

TEST_CASE("A repeated batch is answered with its first place and stored once") {
  Fixture f;
  f.append(idempotent_batch(7, 0, 0, {"A", "B"}));
  f.append(idempotent_batch(7, 0, 2, {"C"}));
  const AppendResult again = f.append(idempotent_batch(7, 0, 0, {"A", "B"}));
  CHECK(again.error == ErrorCode::none);
  CHECK(again.duplicate);
  CHECK(again.first_offset == Offset(0));
  CHECK(again.last_offset == Offset(1));
  CHECK(again.append_time_ms == now_ms);
  CHECK(f.append(idempotent_batch(7, 0, 9, {"X"})).error ==
        ErrorCode::out_of_order_sequence_number);
  CHECK(f.all() == "0:A,B 2:C");
}

TEST_CASE("A refused batch of a new leader leaves its epoch behind") {
  Fixture f;
  f.append(idempotent_batch(7, 0, 0, {"A"}), 1);
  f.append(idempotent_batch(7, 0, 0, {"A"}), 2);
  CHECK(f.log.leader_epochs().latest_epoch() == LeaderEpoch(2));
  CHECK(f.log.end_offset() == Offset(1));
}

TEST_CASE("A follower takes offsets and epochs as they come, and never goes back") {
  Fixture f;
  CHECK(f.log.append_as_follower(stored(0, 1, batch({"A"}))));
  CHECK(f.log.append_as_follower(stored(1, 4, batch({"B"}))));
  CHECK_FALSE(f.log.append_as_follower(stored(1, 4, batch({"B"}))));
  CHECK(f.log.end_offset() == Offset(2));
  CHECK(f.log.leader_epochs().entries() ==
        std::vector<EpochEntry>{{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(4), Offset(1)}});
}

TEST_CASE("An empty log gives way to a batch that begins before its end and spans it") {
  Fixture f;
  f.log.truncate_fully_and_start_at(Offset(11));
  CHECK(f.log.append_as_follower(stored(10, 1, batch({"A", "B", "C"}))));
  CHECK(f.log.start_offset() == Offset(10));
  CHECK(f.log.end_offset() == Offset(13));
}

TEST_CASE("An open transaction holds the last stable offset until its marker is replicated") {
  Fixture f;
  f.append(batch({"A"}));
  f.append(transactional_batch(7, 0, {"T"}));
  f.append(batch({"B"}));
  f.log.raise_high_watermark(Offset(3));
  CHECK(f.log.last_stable_offset() == Offset(1));
  f.append(marker(7, protocol::ControlType::abort), 0, AppendOrigin::coordinator);
  CHECK(f.log.last_stable_offset() == Offset(1));
  f.log.raise_high_watermark(Offset(4));
  CHECK(f.log.last_stable_offset() == Offset(4));
  const auto aborted = f.log.aborted_between(Offset(0), Offset(4));
  REQUIRE(aborted.size() == 1);
  CHECK(aborted[0].producer_id == protocol::ProducerId(7));
  CHECK(aborted[0].first_offset == Offset(1));
  CHECK(f.log.aborted_between(Offset(0), Offset(1)).empty());
}

TEST_CASE("An idle producer is forgotten after its expiration time and may then begin anywhere") {
  LogConfig config;
  config.producer_expiration_ms = 1000;
  Fixture f(config);
  f.append(idempotent_batch(7, 0, 0, {"A"}));
  f.log.remove_expired_producers(now_ms + 999);
  CHECK(f.append(idempotent_batch(7, 0, 5, {"B"})).error ==
        ErrorCode::out_of_order_sequence_number);
  f.log.remove_expired_producers(now_ms + 1000);
  CHECK(f.append(idempotent_batch(7, 0, 5, {"B"})).appended());
}

}  // namespace kafkasim::broker::testing

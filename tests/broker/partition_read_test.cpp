// What a partition answers to readers, and how a follower finds back to its leader's log.
#include "tests/broker/partition_support.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::ErrorCode;
using protocol::IsolationLevel;
using protocol::LeaderEpoch;
using protocol::Offset;

PartitionRead consume(PartitionFixture& f, std::int64_t offset, int current_epoch = -1,
                      IsolationLevel isolation = IsolationLevel::read_uncommitted) {
  protocol::FetchPartition request;
  request.partition = {"orders", 0};
  request.fetch_offset = Offset(offset);
  request.current_leader_epoch = LeaderEpoch(current_epoch);
  ReadParams params;
  params.isolation = isolation;
  params.max_bytes = 1'000'000;
  return f.partition.read(request, params, protocol::BrokerEpoch(0), f.now);
}

OffsetLookup list(const PartitionFixture& f, std::int64_t timestamp,
                  std::optional<IsolationLevel> isolation = IsolationLevel::read_uncommitted) {
  return f.partition.find_offset(timestamp, isolation, LeaderEpoch());
}

// Follows leader 2 in epoch `leader_epoch`; its log holds one record for each given epoch.
PartitionFixture& follower(PartitionFixture& f, std::initializer_list<int> epochs,
                           int leader_epoch) {
  f.follow(2, leader_epoch, leader_epoch);
  std::int64_t offset = 0;
  for (int epoch : epochs) {
    protocol::FetchPartitionResponse response;
    response.high_watermark = Offset(0);
    response.records = {stored(offset++, epoch, batch({"A"}))};
    REQUIRE(f.partition.append_fetched(response));
  }
  return f;
}

}  // namespace

TEST_CASE("Consumers see up to the high watermark, followers up to the end") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  f.fetch(2, 1);
  f.append({"B"});
  CHECK(text(consume(f, 0).records) == "0:A");
  CHECK(consume(f, 1).error == ErrorCode::none);
  CHECK(consume(f, 1).records.empty());
  CHECK(consume(f, 2).error == ErrorCode::none);
  CHECK(consume(f, 3).error == ErrorCode::offset_out_of_range);
  CHECK(text(f.fetch(2, 0).records) == "0:A 1:B");
}

TEST_CASE("read_committed consumers stop at an open transaction and hear of aborted ones") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  const auto add = [&](const protocol::BatchRef& b, AppendOrigin origin) {
    REQUIRE(f.partition.append_as_leader(b, protocol::Acks::leader, origin, f.now, now_ms)
                .result.appended());
  };
  add(batch({"A"}), AppendOrigin::client);
  add(transactional_batch(7, 0, {"T"}), AppendOrigin::client);
  CHECK(text(consume(f, 0, -1, IsolationLevel::read_committed).records) == "0:A");
  add(marker(7, protocol::ControlType::abort), AppendOrigin::coordinator);
  const PartitionRead read = consume(f, 0, -1, IsolationLevel::read_committed);
  CHECK(text(read.records) == "0:A 1:T 2:marker");
  REQUIRE(read.aborted_transactions.size() == 1);
  CHECK(consume(f, 0).aborted_transactions.empty());
}

TEST_CASE("An old epoch is fenced, a newer one unknown, before anything else is said") {
  PartitionFixture f;
  f.lead(3, 0, {1});
  CHECK(consume(f, 0, 2).error == ErrorCode::fenced_leader_epoch);
  CHECK(consume(f, 0, 3).error == ErrorCode::none);
  CHECK(consume(f, 0, 4).error == ErrorCode::unknown_leader_epoch);
  f.follow(2, 4, 1);
  CHECK(consume(f, 0, 3).error == ErrorCode::fenced_leader_epoch);
  CHECK(f.fetch(3, 0).error == ErrorCode::not_leader_or_follower);
}

TEST_CASE("A replica outside of the assignment tries again later") {
  PartitionFixture f;
  f.partition.make_leader(registration(1, 0, 0, {1}, {1, 2}), {}, f.now);
  CHECK(f.fetch(3, 0).error == ErrorCode::unknown_leader_epoch);
}

TEST_CASE("A fetch from a log that took another way hears where the ways part, and is not noted") {
  PartitionFixture f;
  f.lead(1, 0, {1, 2});
  f.append({"A", "B"});
  f.lead(3, 1, {1, 2});
  f.append({"C"});
  const PartitionRead read = f.fetch(2, 3, 2);  // wrote its third record in epoch 2
  REQUIRE(read.diverging_epoch);
  CHECK(read.diverging_epoch->epoch == LeaderEpoch(1));
  CHECK(read.diverging_epoch->end_offset == Offset(2));
  CHECK(read.records.empty());
  CHECK(f.partition.log().high_watermark() == Offset(0));
  CHECK_FALSE(f.fetch(2, 2, 1).diverging_epoch);
  CHECK(f.fetch(2, 3, 1).diverging_epoch);
  CHECK(f.fetch(2, 3, 4).error == ErrorCode::offset_out_of_range);
}

TEST_CASE("A new leader cannot name the end before its high watermark reached its epoch") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  f.lead(1, 1, {1, 2});
  CHECK(list(f, protocol::latest_timestamp).error == ErrorCode::offset_not_available);
  CHECK(list(f, now_ms).error == ErrorCode::offset_not_available);
  CHECK(list(f, protocol::latest_timestamp, std::nullopt).found->offset == Offset(1));
  CHECK(list(f, protocol::earliest_timestamp).found->offset == Offset(0));
  f.fetch(2, 1);
  CHECK(list(f, protocol::latest_timestamp).found->offset == Offset(1));
  CHECK(list(f, now_ms).found->offset == Offset(0));
}

TEST_CASE("A time after all visible records finds nothing, and no error") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  CHECK(list(f, now_ms).error == ErrorCode::none);
  CHECK_FALSE(list(f, now_ms).found);
  f.fetch(2, 1);
  CHECK(list(f, protocol::max_timestamp).found->offset == Offset(0));
  CHECK_FALSE(list(f, now_ms + 1).found);
}

TEST_CASE("A follower cuts its log to where it agrees with the leader") {
  // Own log: one record in each epoch 1, 1, 3.
  const struct Row {
    int leader_epoch;
    int leader_end;
    int cut;
    bool complete;
  } rows[] = {
      {-1, -1, 3, true},  // the leader knows nothing: stay where the fetch was
      {1, 1, 1, true},    // the leader's epoch 1 is shorter
      {1, 2, 2, true},    // as long as the own one
      {2, 5, 2, false},   // no epoch 2 here: cut to the end of 1 and ask again
      {3, 9, 3, true},    // the own epoch 3 is shorter
      {0, 0, 0, true},    // older than all: the first known one begins at 0
      {7, 2, 2, true},    // newer than all
  };
  for (const Row& row : rows) {
    INFO("leader answers epoch " << row.leader_epoch << " end " << row.leader_end);
    PartitionFixture f;
    follower(f, {1, 1, 3}, 4);
    const protocol::EpochEndOffset answer{LeaderEpoch(row.leader_epoch), Offset(row.leader_end)};
    const OffsetTruncation truncation = f.partition.truncation_for(answer, Offset(3));
    CHECK(truncation.offset == Offset(row.cut));
    CHECK(truncation.complete == row.complete);
  }
}

TEST_CASE("A follower starts at its end if it knows epochs, else at its high watermark") {
  PartitionFixture f;
  CHECK(f.follow(2, 4, 4));
  CHECK_FALSE(f.follow(2, 4, 5));
  CHECK(f.partition.initial_fetch_offset() == Offset(0));
  protocol::FetchPartitionResponse old_format;
  old_format.high_watermark = Offset(1);
  old_format.records = {stored(0, -1, batch({"A"})), stored(1, -1, batch({"B"}))};
  REQUIRE(f.partition.append_fetched(old_format));
  CHECK(f.partition.initial_fetch_offset() == Offset(1));
  protocol::FetchPartitionResponse next;
  next.high_watermark = Offset(2);
  next.records = {stored(2, 4, batch({"C"}))};
  REQUIRE(f.partition.append_fetched(next));
  CHECK(f.partition.initial_fetch_offset() == Offset(3));
  CHECK(f.partition.describe() == "leader=2 epoch=4 log=A,B,C hw=2");
}

TEST_CASE("A follower refuses data that does not continue its log") {
  PartitionFixture f;
  follower(f, {1}, 1);
  protocol::FetchPartitionResponse response;
  response.records = {stored(0, 1, batch({"X"}))};
  CHECK_FALSE(f.partition.append_fetched(response));
  CHECK(f.partition.describe() == "leader=2 epoch=1 log=A hw=0");
}

TEST_CASE("The end of an epoch is told by the leader only") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  f.append({"A"});
  f.lead(2, 1, {1});
  protocol::OffsetForLeaderPartition request;
  request.partition = {"orders", 0};
  request.leader_epoch = LeaderEpoch(1);
  const auto answer = f.partition.end_offset_for_epoch(request);
  CHECK(answer.leader_epoch == LeaderEpoch(0));
  CHECK(answer.end_offset == Offset(1));
  f.follow(2, 3, 2);
  CHECK(f.partition.end_offset_for_epoch(request).error == ErrorCode::not_leader_or_follower);
}

TEST_CASE("A parked fetch is answered at once when its position cannot stand any more") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  protocol::FetchPartition request;
  request.partition = {"orders", 0};
  request.fetch_offset = Offset(1);
  ReadParams params;
  params.replica_id = protocol::BrokerId(2);
  CHECK_FALSE(f.partition.available(request, params, 1).answer_now);
  CHECK(f.partition.available(request, params, 1).bytes == 0);
  f.append({"B"});
  CHECK(f.partition.available(request, params, 1).bytes > 0);
  f.follow(2, 1, 1);
  CHECK(f.partition.available(request, params, 1).answer_now);
}

}  // namespace kafkasim::broker::testing

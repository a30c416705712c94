// What poll() gets out of the answers that wait, and what errors of a partition lead to.
#include "consumer/fetch_collector.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::TopicPartition;
using Values = std::vector<std::string>;

namespace {

const TopicPartition a0{"a", 0};
const TopicPartition a1{"a", 1};

FetchPosition at(std::int64_t offset) {
  FetchPosition position;
  position.offset = Offset(offset);
  position.current_leader = {protocol::BrokerId(1), protocol::LeaderEpoch(0)};
  return position;
}

struct Bench {
  explicit Bench(OffsetReset::Kind reset = OffsetReset::Kind::earliest, int max_poll_records = 100)
      : subscriptions(OffsetReset{reset, {}}), collector(subscriptions, settings) {
    settings.max_poll_records = max_poll_records;
    subscriptions.assign_from_user({a0, a1});
    subscriptions.find(a0)->seek_validated(at(0));
    subscriptions.find(a1)->seek_validated(at(0));
  }
  void arrive(const TopicPartition& partition, std::int64_t offset, const Values& values) {
    protocol::RecordBatch batch;
    for (const std::string& value : values) {
      protocol::Record record;
      record.value = protocol::Bytes(value);
      batch.records.push_back(std::move(record));
    }
    protocol::FetchPartitionResponse answer;
    answer.partition = partition;
    answer.high_watermark = Offset(offset + static_cast<std::int64_t>(values.size()));
    if (!values.empty()) {
      protocol::seal(batch);
      protocol::StoredBatch stored;
      stored.base_offset = Offset(offset);
      stored.batch = protocol::make_ref<protocol::RecordBatch>(std::move(batch));
      answer.records.push_back(std::move(stored));
    }
    collector.add(CompletedFetch(answer, Offset(offset), settings.isolation));
  }
  void fail(const TopicPartition& partition, std::int64_t offset, ErrorCode error) {
    protocol::FetchPartitionResponse answer;
    answer.partition = partition;
    answer.error = error;
    collector.add(CompletedFetch(answer, Offset(offset), settings.isolation));
  }
  Values collect() {
    last = collector.collect(sim::zero);
    Values values;
    for (const ConsumedRecord& record : last.records)
      values.emplace_back(record.record.value.view());
    return values;
  }

  consumer::Settings settings;
  SubscriptionState subscriptions;
  FetchCollector collector;
  FetchCollector::Collected last;
};

}  // namespace

TEST_CASE("records are handed out partition by partition up to max.poll.records") {
  Bench bench(OffsetReset::Kind::earliest, 3);
  bench.arrive(a0, 0, {"A", "B"});
  bench.arrive(a1, 0, {"C", "D"});
  CHECK(bench.collect() == Values{"A", "B", "C"});
  CHECK(bench.collector.buffered() == Partitions{a1});
  CHECK(bench.collect() == Values{"D"});
  CHECK(bench.collector.is_empty());
  CHECK(bench.subscriptions.find(a1)->position()->offset == Offset(2));
  CHECK(bench.subscriptions.find(a1)->returned_to == Offset(2));
}

TEST_CASE("an answer to a position of the past is dropped") {
  Bench bench;
  bench.arrive(a0, 0, {"A"});
  bench.subscriptions.find(a0)->seek_validated(at(7));
  CHECK(bench.collect().empty());
  CHECK(bench.collector.is_empty());
  CHECK(bench.subscriptions.find(a0)->position()->offset == Offset(7));
}

TEST_CASE("what is being handed out is dropped when its partition is taken away") {
  Bench bench(OffsetReset::Kind::earliest, 1);
  bench.arrive(a0, 0, {"A", "B"});
  CHECK(bench.collect() == Values{"A"});
  bench.subscriptions.assign_from_user({a1});
  CHECK(bench.collect().empty());
  CHECK(bench.collector.is_empty());
}

TEST_CASE("a paused partition waits behind the others") {
  Bench bench;
  bench.subscriptions.find(a0)->paused = true;
  bench.arrive(a0, 0, {"A"});
  bench.arrive(a1, 0, {"B"});
  CHECK(bench.collect() == Values{"B"});
  CHECK(bench.collector.buffered() == Partitions{a0});
  CHECK_FALSE(bench.collector.has_available());
  bench.subscriptions.find(a0)->paused = false;
  CHECK(bench.collect() == Values{"A"});
}

TEST_CASE("errors that fresh metadata cures ask for it and keep the position") {
  for (const ErrorCode error :
       {ErrorCode::not_leader_or_follower, ErrorCode::replica_not_available,
        ErrorCode::kafka_storage_error, ErrorCode::fenced_leader_epoch,
        ErrorCode::offset_not_available, ErrorCode::unknown_topic_or_partition,
        ErrorCode::unknown_topic_id, ErrorCode::inconsistent_topic_id}) {
    Bench bench;
    bench.fail(a0, 0, error);
    CHECK(bench.collect().empty());
    CHECK_FALSE(bench.last.failure);
    CHECK(bench.collector.take_metadata_wish());
    CHECK_FALSE(bench.collector.take_metadata_wish());
    CHECK(bench.subscriptions.find(a0)->has_valid_position());
  }
}

TEST_CASE("errors that pass by themselves are only fetched again") {
  for (const ErrorCode error : {ErrorCode::unknown_leader_epoch, ErrorCode::unknown_server_error}) {
    Bench bench;
    bench.fail(a0, 0, error);
    CHECK(bench.collect().empty());
    CHECK_FALSE(bench.last.failure);
    CHECK_FALSE(bench.collector.take_metadata_wish());
  }
}

TEST_CASE("out of range resets by the policy, unless the answer is about a position of the past") {
  Bench bench;
  bench.fail(a0, 0, ErrorCode::offset_out_of_range);
  bench.fail(a1, 5, ErrorCode::offset_out_of_range);
  CHECK(bench.collect().empty());
  CHECK(bench.subscriptions.needing_reset(sim::zero) == Partitions{a0});
}

TEST_CASE("out of range at a follower goes back to the leader without a reset") {
  Bench bench;
  bench.subscriptions.find(a0)->prefer_replica(protocol::BrokerId(2), sim::never);
  bench.fail(a0, 0, ErrorCode::offset_out_of_range);
  CHECK(bench.collect().empty());
  CHECK(bench.subscriptions.find(a0)->has_valid_position());
  CHECK_FALSE(bench.subscriptions.find(a0)->preferred_replica(sim::zero).is_set());
}

TEST_CASE("an error behind records comes with the next poll, and only once") {
  Bench bench(OffsetReset::Kind::none);
  bench.arrive(a0, 0, {"A"});
  bench.fail(a1, 0, ErrorCode::offset_out_of_range);
  CHECK(bench.collect() == Values{"A"});
  CHECK_FALSE(bench.last.failure);
  CHECK(bench.collect().empty());
  REQUIRE(bench.last.failure);
  CHECK(bench.last.failure->exception == "OffsetOutOfRangeException");
  bench.collect();
  CHECK_FALSE(bench.last.failure);
}

TEST_CASE("a corrupt record is named with its partition and offset") {
  Bench bench;
  bench.fail(a0, 0, ErrorCode::corrupt_message);
  bench.collect();
  REQUIRE(bench.last.failure);
  CHECK(bench.last.failure->message ==
        "Encountered corrupt message when fetching offset 0 for topic-partition a-0");
}

TEST_CASE("an empty answer still tells how far the partition goes") {
  Bench bench;
  bench.arrive(a0, 0, {});
  CHECK(bench.collect().empty());
  CHECK(bench.last.is_empty());
  CHECK(bench.subscriptions.end_offset(a0, protocol::IsolationLevel::read_uncommitted) ==
        Offset(0));
}

TEST_CASE("retain forgets the answers of all other partitions") {
  Bench bench;
  bench.arrive(a0, 0, {"A"});
  bench.arrive(a1, 0, {"B"});
  bench.collector.retain({a1});
  CHECK(bench.collect() == Values{"B"});
}

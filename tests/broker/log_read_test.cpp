// Reading a log, finding offsets, cutting it, and opening it again after a crash.
#include "tests/broker/log_support.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::LeaderEpoch;
using protocol::Offset;

constexpr std::int64_t plenty = 1'000'000;

// A B | C D | E in epochs 1, 1, 2; times now, now + 10, now + 5.
struct Fixture {
  Fixture() : log({"orders", 0}, storage, LogConfig{}, now_ms) {
    append(batch({"A", "B"}), 1);
    append(batch({"C", "D"}, now_ms + 10), 1);
    append(batch({"E"}, now_ms + 5), 2);
  }
  void append(const protocol::BatchRef& b, std::int32_t epoch) {
    REQUIRE(log.append_as_leader(b, LeaderEpoch(epoch), AppendOrigin::client, now_ms).appended());
  }
  std::string read(std::int64_t from, std::int64_t max_bytes = plenty, std::int64_t bound = 5,
                   bool min_one = false) {
    return text(log.read(Offset(from), max_bytes, Offset(bound), min_one).records);
  }

  LogStorage storage;
  Log log;
};

}  // namespace

TEST_CASE("A read begins with the batch that contains the offset and ends below the bound") {
  Fixture f;
  CHECK(f.read(0) == "0:A,B 2:C,D 4:E");
  CHECK(f.read(1) == "0:A,B 2:C,D 4:E");
  CHECK(f.read(3, plenty, 4) == "2:C,D");
  CHECK(f.read(4) == "4:E");
  CHECK(f.read(5) == "");
  CHECK(f.read(0, plenty, 0) == "");
}

TEST_CASE("A read keeps to its byte limit unless it must make progress") {
  Fixture f;
  const std::int64_t first = f.storage.batches[0].batch->size_in_bytes;
  CHECK(f.read(0, first) == "0:A,B");
  CHECK(f.read(0, first - 1) == "");
  CHECK(f.read(0, 1, 5, true) == "0:A,B");
  CHECK(f.log.bytes_between(Offset(0), Offset(4), plenty) == 2 * first);
  CHECK(f.log.bytes_between(Offset(2), Offset(2), plenty) == 0);
}

TEST_CASE("A lookup by time finds the first record that is not older") {
  Fixture f;
  CHECK(f.log.find_timestamp(now_ms)->offset == Offset(0));
  CHECK(f.log.find_timestamp(now_ms + 1)->offset == Offset(2));
  CHECK(f.log.find_timestamp(now_ms + 10)->offset == Offset(2));
  CHECK_FALSE(f.log.find_timestamp(now_ms + 11));
  CHECK(f.log.find_max_timestamp()->offset == Offset(2));
  CHECK(f.log.find_max_timestamp()->leader_epoch == LeaderEpoch(1));
}

TEST_CASE("Cutting a log takes epochs, producers and the high watermark along") {
  Fixture f;
  f.append(idempotent_batch(7, 0, 0, {"F"}), 2);
  f.log.raise_high_watermark(Offset(5));
  CHECK(text(f.log.truncate_to(Offset(4))) == "4:E 5:F");
  CHECK(f.log.end_offset() == Offset(4));
  CHECK(f.log.high_watermark() == Offset(4));
  CHECK(f.log.leader_epochs().latest_epoch() == LeaderEpoch(1));
  CHECK(f.log.producers().producers().empty());
  CHECK(f.read(0) == "0:A,B 2:C,D");
}

TEST_CASE("Cutting at or beyond the end removes only an epoch without records") {
  Fixture f;
  f.log.assign_epoch_at_end(LeaderEpoch(3));
  CHECK(f.log.leader_epochs().latest_epoch() == LeaderEpoch(3));
  CHECK(f.log.truncate_to(Offset(9)).empty());
  CHECK(f.log.leader_epochs().latest_epoch() == LeaderEpoch(2));
  CHECK(f.log.end_offset() == Offset(5));
}

TEST_CASE("A log that starts over at an offset is empty there") {
  Fixture f;
  CHECK(f.log.truncate_fully_and_start_at(Offset(100)).size() == 3);
  CHECK(f.log.start_offset() == Offset(100));
  CHECK(f.log.high_watermark() == Offset(100));
  CHECK_FALSE(f.log.leader_epochs().latest_epoch().is_set());
  CHECK(f.read(100, plenty, 100) == "");
}

TEST_CASE("After a crash all batches are there and the high watermark is its old checkpoint") {
  Fixture f;
  f.append(idempotent_batch(7, 0, 0, {"F"}), 2);
  f.log.raise_high_watermark(Offset(2));
  f.log.checkpoint_high_watermark();
  f.log.raise_high_watermark(Offset(6));

  Log reopened({"orders", 0}, f.storage, LogConfig{}, now_ms);
  CHECK(reopened.end_offset() == Offset(6));
  CHECK(reopened.high_watermark() == Offset(2));
  CHECK(reopened.leader_epochs().latest_epoch() == LeaderEpoch(2));
  const auto again = reopened.append_as_leader(idempotent_batch(7, 0, 0, {"F"}), LeaderEpoch(3),
                                               AppendOrigin::client, now_ms);
  CHECK(again.duplicate);
}

TEST_CASE("An epoch that a leader began without storing anything is gone after a crash") {
  Fixture f;
  f.log.assign_epoch_at_end(LeaderEpoch(3));
  Log reopened({"orders", 0}, f.storage, LogConfig{}, now_ms);
  CHECK(reopened.leader_epochs().latest_epoch() == LeaderEpoch(2));
}

TEST_CASE("A clean shutdown keeps the high watermark, but of each producer only the last batch") {
  LogStorage storage;
  {
    Log log({"orders", 0}, storage, LogConfig{}, now_ms);
    log.append_as_leader(idempotent_batch(7, 0, 0, {"A"}), LeaderEpoch(0), AppendOrigin::client,
                         now_ms);
    log.append_as_leader(idempotent_batch(7, 0, 1, {"B"}), LeaderEpoch(0), AppendOrigin::client,
                         now_ms);
    log.raise_high_watermark(Offset(2));
    log.close();
  }
  Log log({"orders", 0}, storage, LogConfig{}, now_ms);
  CHECK(log.high_watermark() == Offset(2));
  const auto append = [&](const protocol::BatchRef& b) {
    return log.append_as_leader(b, LeaderEpoch(0), AppendOrigin::client, now_ms);
  };
  CHECK(append(idempotent_batch(7, 0, 1, {"B"})).duplicate);
  CHECK(append(idempotent_batch(7, 0, 0, {"A"})).error ==
        protocol::ErrorCode::out_of_order_sequence_number);
}

TEST_CASE("A follower's high watermark stays within its log and may go back") {
  Fixture f;
  CHECK(f.log.follow_high_watermark(Offset(50)));
  CHECK(f.log.high_watermark() == Offset(5));
  CHECK(f.log.follow_high_watermark(Offset(3)));
  CHECK_FALSE(f.log.follow_high_watermark(Offset(3)));
  CHECK(f.log.high_watermark() == Offset(3));
}

TEST_CASE("Raising the log start hides what lies before it and moves the oldest epoch") {
  Fixture f;
  f.log.raise_start_offset(Offset(3));
  CHECK(f.log.start_offset() == Offset(3));
  CHECK(f.log.high_watermark() == Offset(3));
  CHECK(f.log.leader_epochs().entries().front() == EpochEntry{LeaderEpoch(1), Offset(3)});
  CHECK(f.log.find_timestamp(now_ms)->offset == Offset(3));
}

}  // namespace kafkasim::broker::testing

// When a log begins a new segment, and what readers see of segments.
#include "tests/broker/log_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::ErrorCode;
using protocol::Offset;

constexpr std::int64_t plenty = 1'000'000;

std::string rolls(LogConfig config, std::initializer_list<std::int64_t> timestamps,
                  std::int64_t pause_ms = 0) {
  LogLab lab(config);
  for (const std::int64_t timestamp : timestamps) {
    lab.append(batch({"A"}, timestamp));
    lab.now += pause_ms;
  }
  return lab.bases();
}

}  // namespace

TEST_CASE("A segment that cannot take the next batch gives way to one that begins with it") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  CHECK(lab.bases() == "0 2 4");
  CHECK(lab.log->size_in_bytes() == 5 * size_of(batch({"A"})));
  CHECK(lab.log->take_rolled() == std::vector<Offset>{Offset(2), Offset(4)});
  CHECK(lab.log->take_rolled().empty());
  LogLab exact(segments_of(1));
  exact.append_each("ABC");
  CHECK(exact.bases() == "0 1 2");
}

TEST_CASE("A segment is rolled by the times of its records, not by the clock") {
  LogConfig hour;
  hour.segment_ms = 3'600'000;
  const std::int64_t t = now_ms;
  CHECK(rolls(hour, {t, t + 3'600'000}) == "0");
  CHECK(rolls(hour, {t - 3'600'001, t}) == "0 1");
  CHECK(rolls(hour, {t, t - 3'600'001}) == "0");         // older records never roll
  CHECK(rolls(hour, {t, t, t, t}, 7'200'000) == "0");    // an idle partition neither
  CHECK(rolls(hour, {-1, -1, -1}, 1'800'001) == "0 2");  // without times the clock counts
  CHECK(rolls(hour, {t - 3'600'001, t, t + 1}) == "0 1");
}

TEST_CASE("A compacted log rolls in time for its longest compaction lag") {
  LogConfig config;
  config.compacted = true;
  config.max_compaction_lag_ms = 1000;
  CHECK(config.max_segment_ms() == 1000);
  config.compacted = false;
  CHECK(config.max_segment_ms() == 604'800'000);
}

TEST_CASE("Jitter shortens the time of a segment, for one seed always by the same") {
  LogConfig config;
  config.segment_ms = 10'000;
  config.segment_jitter_ms = 10'000;
  const auto times = [&](std::optional<std::uint64_t> seed) {
    LogLab lab(config);
    if (seed) lab.log->set_jitter_seed(*seed);
    for (int i = 0; i < 60; ++i) lab.append(batch({"A"}, now_ms + i * 1000));
    return lab.bases();
  };
  CHECK(times({}) == "0 11 22 33 44 55");
  CHECK(times(1) == times(1));
  CHECK(times(1) != times(2));
  CHECK(times(1).size() > times({}).size());
}

TEST_CASE("A full index ends a segment") {
  LogConfig config;
  config.index_interval_bytes = 0;  // an entry for each batch but the first
  config.segment_index_bytes = 64;
  LogLab offsets(config);
  offsets.append_each("ABCDEFGHIJ");
  CHECK(offsets.bases() == "0 9");  // eight offsets of eight bytes each
  LogLab times(config);
  for (int i = 0; i < 10; ++i) times.append(batch({"A"}, now_ms + i));
  CHECK(times.bases() == "0 5");  // five times of twelve bytes, and one place is kept free
}

TEST_CASE("A refused duplicate can leave a fresh empty segment, which is made anew if it is old") {
  LogLab lab(segments_of(1));
  const auto first = idempotent_batch(7, 0, 0, {"A"});
  lab.append(first);
  const AppendResult again = lab.append(first);
  CHECK(again.duplicate);
  CHECK(again.first_offset == Offset(0));
  CHECK(lab.bases() == "0 1");
  CHECK(lab.log->end_offset() == Offset(1));
  CHECK(lab.append(first).duplicate);
  CHECK(lab.bases() == "0 1");
  CHECK(lab.append(idempotent_batch(7, 0, 5, {"B"})).error ==
        ErrorCode::out_of_order_sequence_number);
  lab.append(idempotent_batch(7, 0, 1, {"B"}));
  CHECK(lab.bases() == "0 1");
}

TEST_CASE("A read ends with its segment, and a reader in an older one need not wait") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  const auto read = [&](std::int64_t from) {
    return text(lab.log->read(Offset(from), plenty, Offset(5), false).records);
  };
  CHECK(read(0) == "0:A 1:B");
  CHECK(read(1) == "1:B");
  CHECK(read(2) == "2:C 3:D");
  CHECK(read(5) == "");
  CHECK(lab.log->bytes_between(Offset(3), Offset(5), plenty) == plenty);
  CHECK(lab.log->bytes_between(Offset(4), Offset(5), plenty) == size_of(batch({"A"})));
}

TEST_CASE("A lookup by time goes to the first segment that is as new, then to the record") {
  LogConfig config = segments_of(3);
  config.index_interval_bytes = 0;
  LogLab lab(config);
  // 10 50 20 | 30 40 60 | 15 60
  for (const int t : {10, 50, 20, 30, 40, 60, 15, 60}) lab.append(batch({"A"}, t));
  REQUIRE(lab.bases() == "0 3 6");
  const struct {
    std::int64_t time;
    std::int64_t offset;
  } rows[] = {{0, 0}, {10, 0}, {11, 1}, {30, 1}, {50, 1}, {51, 5}, {60, 5}};
  for (const auto& row : rows) {
    INFO(row.time);
    REQUIRE(lab.log->find_timestamp(row.time));
    CHECK(lab.log->find_timestamp(row.time)->offset == Offset(row.offset));
  }
  CHECK_FALSE(lab.log->find_timestamp(61));
  CHECK(lab.log->find_max_timestamp()->offset == Offset(5));
  lab.log->truncate_to(Offset(5));
  CHECK(lab.bases() == "0 3");
  CHECK(lab.log->find_max_timestamp()->offset == Offset(1));
  CHECK_FALSE(lab.log->find_timestamp(51));
}

TEST_CASE("A log with a codec of its own stores the batch anew, in another size") {
  LogConfig config;
  config.compression = protocol::Compression::gzip;
  LogLab lab(config);
  const auto sent = batch({"a long value that a codec makes shorter"});
  lab.append(sent);
  const protocol::RecordBatch& kept = *lab.storage.batches.front().batch;
  CHECK(kept.compression == protocol::Compression::gzip);
  CHECK(kept.size_in_bytes < sent->size_in_bytes);
  CHECK(lab.all() == "0:a long value that a codec makes shorter");

  auto packed = open_batch({"a long value that a codec makes shorter"});
  packed->compression = protocol::Compression::gzip;
  packed->size_in_bytes = kept.size_in_bytes;
  config.max_message_bytes = kept.size_in_bytes;
  config.compression = protocol::Compression::none;
  LogLab strict(config);
  const AppendResult refused = strict.append(protocol::BatchRef(packed.release()));
  CHECK(refused.error == ErrorCode::message_too_large);
  CHECK(refused.message == "Message batch size is " + std::to_string(sent->size_in_bytes) +
                               " bytes in append to partition orders-0 which exceeds the maximum "
                               "configured size of " +
                               std::to_string(kept.size_in_bytes) + ".");
}

TEST_CASE("The checks of an append come in Kafka's order") {
  LogConfig config = segments_of(1);
  config.max_message_bytes = 90;
  LogLab lab(config);
  lab.append(idempotent_batch(7, 0, 0, {"A"}));
  // Too large comes before malformed, malformed before too large for a segment, and all of them
  // before the sequence; only then may a segment be rolled.
  auto huge_control = open_batch({"A", "B", "C", "D", "E"});
  huge_control->control = protocol::ControlType::commit;
  CHECK(lab.append(protocol::BatchRef(huge_control.release())).error ==
        ErrorCode::message_too_large);
  auto control = open_batch({"A", "B"});
  control->control = protocol::ControlType::commit;
  CHECK(lab.append(protocol::BatchRef(control.release())).error == ErrorCode::invalid_record);
  CHECK(lab.append(idempotent_batch(7, 0, 9, {"A", "B"})).error ==
        ErrorCode::record_list_too_large);
  CHECK(lab.bases() == "0");
  CHECK(lab.append(idempotent_batch(7, 0, 9, {"B"})).error ==
        ErrorCode::out_of_order_sequence_number);
  CHECK(lab.bases() == "0 1");
  CHECK(lab.log->end_offset() == Offset(1));
}

TEST_CASE("A log is flushed when enough records or enough time wait for it") {
  LogConfig config;
  config.flush_messages = 3;
  config.flush_ms = 1000;
  LogLab lab(config);
  lab.append_each("AB");
  CHECK_FALSE(lab.log->flush_due());
  lab.append_each("C");
  CHECK(lab.log->flush_due() == Offset(3));
  CHECK_FALSE(lab.log->flush_due_by_time(now_ms + 999));
  CHECK(lab.log->flush_due_by_time(now_ms + 1000) == Offset(3));
  lab.log->flushed(Offset(3), now_ms + 500);
  CHECK_FALSE(lab.log->flush_due());
  CHECK_FALSE(lab.log->flush_due_by_time(now_ms + 1000));
  CHECK(lab.log->unflushed_from() == Offset(3));
}

}  // namespace kafkasim::broker::testing

// Which segments retention deletes, in which order, and what becomes of the log's start.
#include "tests/broker/log_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::Offset;

// A B | C D | E, all replicated.
struct Fixture : LogLab {
  explicit Fixture(LogConfig c = segments_of(2)) : LogLab(c) {
    append_each("ABCDE");
    replicate_all();
  }
  std::string deleted_at(std::int64_t ms) {
    std::string out;
    for (const Deleted& d : log->delete_old_segments(ms)) {
      if (!out.empty()) out += "; ";
      out += std::string(d.reason) + ": " + text(d.batches);
    }
    return out;
  }
};

LogConfig by_time(std::int64_t ms) {
  LogConfig config = segments_of(2);
  config.retention_ms = ms;
  return config;
}

LogConfig by_size(int batches) {
  LogConfig config = segments_of(2);
  config.retention_bytes = batches * size_of(batch({"A"}));
  return config;
}

}  // namespace

TEST_CASE("A segment goes when its newest record is older than the retention time") {
  Fixture f(by_time(1000));
  CHECK(f.deleted_at(now_ms + 1000) == "");
  CHECK(f.deleted_at(now_ms + 1001) == "retention.ms: 0:A 1:B 2:C 3:D 4:E");
  CHECK(f.bases() == "5");  // the active segment too, after a new one was begun
  CHECK(f.log->start_offset() == Offset(5));
  CHECK(f.log->end_offset() == Offset(5));
  CHECK(f.deleted_at(now_ms + 9999) == "");  // an empty last segment stays
}

TEST_CASE("One record of the future keeps its segment and all later ones") {
  LogLab lab(by_time(1000));
  lab.append_each("AB");
  lab.append(batch({"C"}, now_ms + 60'000));
  lab.append_each("DE");
  lab.replicate_all();
  lab.log->delete_old_segments(now_ms + 2000);
  CHECK(lab.bases() == "2 4");
  lab.log->delete_old_segments(now_ms + 61'001);
  CHECK(lab.readable() == "");
}

TEST_CASE("Records without a time age with their file") {
  LogLab lab(by_time(1000));
  lab.append_each("AB", -1);
  lab.now += 500;
  lab.append_each("CD", -1);
  lab.replicate_all();
  lab.log->delete_old_segments(now_ms + 1001);
  CHECK(lab.bases() == "2");
}

TEST_CASE("Retention by size keeps at least what it is allowed to keep") {
  const struct {
    int allowed;
    const char* left;
  } rows[] = {{5, "0:A 1:B 2:C 3:D 4:E"},
              {4, "0:A 1:B 2:C 3:D 4:E"},
              {3, "2:C 3:D 4:E"},
              {2, "2:C 3:D 4:E"},
              {1, "4:E"},
              {0, ""}};
  for (const auto& row : rows) {
    INFO(row.allowed);
    Fixture f(by_size(row.allowed));
    f.log->delete_old_segments(now_ms);
    CHECK(f.readable() == row.left);
  }
}

TEST_CASE("What is not replicated yet is not deleted") {
  LogLab lab(by_time(1000));
  lab.append_each("ABCDE");
  lab.log->raise_high_watermark(Offset(3));
  lab.log->delete_old_segments(now_ms + 5000);
  CHECK(lab.bases() == "2 4");
  CHECK(lab.log->start_offset() == Offset(2));
}

TEST_CASE("Segments go by the log start first, then by size, then by time") {
  LogConfig config = by_size(2);
  config.retention_ms = 1000;
  Fixture f(config);
  REQUIRE(f.log->raise_start_offset(Offset(2)));
  const auto all = f.log->delete_old_segments(now_ms + 1001);
  REQUIRE(all.size() == 2);
  CHECK(std::string(all[0].reason) == "log start offset");
  CHECK(all[0].segments == 1);
  CHECK(all[0].batches.empty());  // they could not be read any more
  CHECK(std::string(all[1].reason) == "retention.ms");
  CHECK(text(all[1].batches) == "2:C 3:D 4:E");
}

TEST_CASE("A log that is only compacted loses segments by its start alone") {
  LogConfig config = by_size(0);
  config.retention_ms = 0;
  config.deletes = false;
  Fixture f(config);
  CHECK(f.deleted_at(now_ms + 5000) == "");
  f.log->raise_start_offset(Offset(3));
  CHECK(f.deleted_at(now_ms + 5000) == "log start offset: ");
  CHECK(f.all() == "2:C 3:D 4:E");
  CHECK(f.log->start_offset() == Offset(3));
}

TEST_CASE("A raised log start hides records at once and their segments go later") {
  Fixture f;
  const auto raised = f.log->raise_start_offset(Offset(3));
  REQUIRE(raised);
  CHECK(text(raised->batches) == "0:A 1:B 2:C");
  CHECK(raised->segments == 0);
  CHECK_FALSE(f.log->raise_start_offset(Offset(3)));
  CHECK(f.all() == "0:A 1:B 2:C 3:D 4:E");
  CHECK(f.readable() == "3:D 4:E");
}

TEST_CASE("The end of an aborted transaction leaves the index with its segment") {
  LogLab lab(segments_of(2));
  lab.append(transactional_batch(7, 0, {"A"}));
  lab.append(marker(7, protocol::ControlType::abort), AppendOrigin::coordinator);
  lab.append_each("BC");
  lab.replicate_all();
  REQUIRE(lab.bases() == "0 1 2");
  CHECK(lab.log->aborted_between(Offset(0), Offset(9)).size() == 1);
  lab.log->raise_start_offset(Offset(2));
  lab.log->delete_old_segments(now_ms);
  CHECK(lab.log->aborted_between(Offset(0), Offset(9)).empty());
}

TEST_CASE("Deleting a producer's records does not forget its sequence until a restart does") {
  LogConfig config = segments_of(1);
  config.retention_ms = 1000;
  LogLab lab(config);
  const auto sent = idempotent_batch(7, 0, 0, {"A"});
  lab.append(sent);
  lab.replicate_all();
  lab.now += 5000;
  lab.log->delete_old_segments(lab.now);
  REQUIRE(lab.readable().empty());
  CHECK(lab.append(sent).duplicate);
  CHECK(lab.append(idempotent_batch(7, 0, 5, {"B"})).error ==
        protocol::ErrorCode::out_of_order_sequence_number);
  lab.crash();
  CHECK(lab.append(idempotent_batch(7, 0, 5, {"B"})).appended());
}

}  // namespace kafkasim::broker::testing

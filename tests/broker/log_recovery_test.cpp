// What opening a log makes of a clean stop, a crash, a power loss and a torn write, and what
// truncation does to the marks on disk.
#include "tests/broker/log_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;

constexpr int own = 7;  // a producer

std::int32_t last_sequence(const LogLab& lab) {
  const ProducerStateEntry* entry = lab.log->producers().find(protocol::ProducerId(own));
  return entry == nullptr ? -1 : entry->last_sequence();
}

}  // namespace

TEST_CASE("A new log and a log that was closed need no recovery") {
  LogLab lab(segments_of(2));
  CHECK(lab.log->recovery().was_clean);
  lab.append_each("ABC");
  lab.replicate_all();
  lab.restart();
  CHECK(lab.log->recovery().was_clean);
  CHECK(lab.log->recovery().bytes_scanned == 0);
  CHECK(lab.log->high_watermark() == Offset(3));
  CHECK(lab.log->unflushed_from() == Offset(3));
  lab.crash();
  CHECK_FALSE(lab.log->recovery().was_clean);  // the mark of the clean stop is used up
}

TEST_CASE("A crash loses checkpoints and nothing else") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  lab.log->raise_high_watermark(Offset(2));
  lab.log->checkpoint_high_watermark();
  lab.log->raise_start_offset(Offset(1));
  lab.log->checkpoint_start_offset();
  lab.log->flushed(Offset(4));
  lab.log->checkpoint_recovery_point();
  lab.replicate_all();
  lab.log->raise_start_offset(Offset(3));
  lab.log->flushed(Offset(5));

  lab.crash();
  CHECK(lab.all() == "0:A 1:B 2:C 3:D 4:E");
  CHECK(lab.log->end_offset() == Offset(5));
  CHECK(lab.log->high_watermark() == Offset(2));
  CHECK(lab.log->start_offset() == Offset(1));  // deleted records are back
  CHECK(lab.log->unflushed_from() == Offset(4));
  CHECK(lab.log->recovery().from == Offset(4));  // of the segment with the recovery point
  CHECK(lab.log->recovery().bytes_scanned == size_of(batch({"E"})));
  CHECK(lab.log->recovery().cut.empty());
}

TEST_CASE("Segments that were deleted do not come back, whatever the checkpoint says") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  lab.replicate_all();
  lab.log->raise_start_offset(Offset(3));
  lab.log->delete_old_segments(now_ms);
  lab.crash();
  CHECK(lab.log->start_offset() == Offset(2));
  CHECK(lab.readable() == "2:C 3:D 4:E");
}

TEST_CASE("A power loss takes everything that was not flushed") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  lab.replicate_all();
  lab.log->checkpoint_high_watermark();
  lab.log->flushed(Offset(2));
  CHECK(text(lab.lose_power()) == "2:C 3:D 4:E");
  CHECK(lab.all() == "0:A 1:B");
  CHECK(lab.bases() == "0 2");
  CHECK(lab.log->end_offset() == Offset(2));
  CHECK(lab.log->high_watermark() == Offset(2));  // its checkpoint was ahead of the disk
  CHECK(text(lab.lose_power()) == "");

  LogLab unflushed;
  unflushed.append_each("AB");
  CHECK(text(unflushed.lose_power()) == "0:A 1:B");
  CHECK(unflushed.log->end_offset() == Offset(0));
  CHECK_FALSE(unflushed.log->leader_epochs().latest_epoch().is_set());
}

TEST_CASE("Recovery cuts the log at the first torn batch, with all later segments") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  lab.log->flushed(Offset(3));
  lab.log.reset();
  corrupt_tail(lab.storage);
  lab.open();
  CHECK(text(lab.log->recovery().cut) == "3:D 4:E");
  CHECK(lab.all() == "0:A 1:B 2:C");
  CHECK(lab.bases() == "0 2");
  CHECK(lab.log->end_offset() == Offset(3));
  CHECK(lab.log->recovery().bytes_scanned == 5 * size_of(batch({"A"})));
  lab.crash();
  CHECK(lab.log->recovery().cut.empty());
}

TEST_CASE("What lies before the recovery point, or was stopped cleanly, is not looked at") {
  LogLab lab(segments_of(1));
  lab.append_each("AB");
  lab.log->flushed(Offset(2));
  lab.log->checkpoint_recovery_point();
  lab.append_each("C");
  lab.log->truncate_to(Offset(2));
  lab.log.reset();
  lab.storage.corrupt_from = Offset(0);
  lab.open();
  CHECK(lab.all() == "0:A 1:B");

  LogLab clean;
  clean.append_each("AB");
  clean.log->close();
  corrupt_tail(clean.storage);
  clean.crash();
  CHECK(clean.all() == "0:A 1:B");
}

TEST_CASE("A log that ends before its checkpointed start is removed and begins there") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  lab.replicate_all();
  lab.log->raise_start_offset(Offset(4));
  lab.log->checkpoint_start_offset();
  lab.log->flushed(Offset(3));
  CHECK(text(lab.lose_power()) == "3:D 4:E");
  CHECK(lab.all() == "");
  CHECK(text(lab.log->recovery().cut) == "0:A 1:B 2:C");
  CHECK(lab.bases() == "4");
  CHECK(lab.log->start_offset() == Offset(4));
  CHECK(lab.log->end_offset() == Offset(4));
  CHECK(lab.log->high_watermark() == Offset(4));
  CHECK(lab.log->producers().producers().empty());
}

TEST_CASE("Truncation goes back over segments and takes the marks on disk along") {
  LogLab lab(segments_of(2));
  for (int i = 0; i < 6; ++i) lab.append(idempotent_batch(own, 0, i, {"A"}));
  REQUIRE(lab.bases() == "0 2 4");
  lab.replicate_all();
  lab.log->flushed(Offset(6));
  lab.log->checkpoint_recovery_point();
  CHECK(text(lab.log->truncate_to(Offset(3))) == "3:A 4:A 5:A");
  CHECK(lab.bases() == "0 2");
  CHECK(lab.snapshots() == "2");
  CHECK(lab.storage.recovery_point_checkpoint == Offset(3));
  CHECK(lab.storage.flushed_to == Offset(3));
  CHECK(lab.log->unflushed_from() == Offset(3));
  CHECK(last_sequence(lab) == 2);
  CHECK(lab.append(idempotent_batch(own, 0, 3, {"B"})).first_offset == Offset(3));
  CHECK(text(lab.lose_power()) == "3:B");
}

TEST_CASE("Truncation before the first segment empties the log") {
  LogLab lab(segments_of(2));
  lab.append_each("ABCDE");
  lab.replicate_all();
  lab.log->raise_start_offset(Offset(4));
  lab.log->delete_old_segments(now_ms);
  CHECK(text(lab.log->truncate_to(Offset(1))) == "4:E");
  CHECK(lab.bases() == "1");
  CHECK(lab.log->start_offset() == Offset(1));
}

TEST_CASE("Producers are written down on a roll, on a clean stop and by recovery") {
  LogLab lab(segments_of(2));
  for (int i = 0; i < 5; ++i) lab.append(idempotent_batch(own, 0, i, {"A"}));
  CHECK(lab.bases() == "0 2 4");
  CHECK(lab.snapshots() == "2 4");
  lab.restart();
  CHECK(lab.snapshots() == "2 4 5");
  CHECK(last_sequence(lab) == 4);
  lab.append(idempotent_batch(own, 0, 5, {"A"}));
  lab.append(idempotent_batch(own, 0, 6, {"A"}));
  lab.crash();  // a new segment was begun at 6; the snapshot at 5 is no segment's any more
  CHECK(lab.snapshots() == "2 4 6 7");
  CHECK(last_sequence(lab) == 6);
  lab.storage.producer_snapshots.clear();
  lab.crash();  // before and after each segment from the one with the recovery point, 5, on
  CHECK(lab.snapshots() == "4 6 7");
}

TEST_CASE("After any restart only the last batch of a producer is known as a duplicate") {
  const auto sent = [](int i) { return idempotent_batch(own, 0, i, {"A"}); };
  for (const bool clean : {true, false}) {
    INFO(clean);
    LogLab lab;
    for (int i = 0; i < 3; ++i) lab.append(sent(i));
    CHECK(lab.append(sent(1)).duplicate);
    if (clean) lab.log->close();
    lab.crash();
    CHECK(lab.append(sent(2)).duplicate);
    CHECK(lab.append(sent(1)).error == ErrorCode::out_of_order_sequence_number);
  }
}

TEST_CASE("Truncation reads the producers from the snapshot before, then the batches behind it") {
  LogLab lab(segments_of(3));
  for (int i = 0; i < 6; ++i) lab.append(idempotent_batch(own, 0, i, {"A"}));
  REQUIRE(lab.bases() == "0 3");
  lab.log->truncate_to(Offset(5));
  const auto known = [&](int i) {
    return lab.append(idempotent_batch(own, 0, i, {"A"})).duplicate;
  };
  CHECK(known(4));
  CHECK(known(3));
  CHECK(known(2));  // the last one that the snapshot at 3 knows
  CHECK_FALSE(known(1));
}

TEST_CASE("A producer that expired is not read back from a snapshot") {
  LogConfig config;
  config.producer_expiration_ms = 1000;
  LogLab lab(config);
  lab.append(idempotent_batch(own, 0, 0, {"A"}));
  lab.log->close();
  lab.now += 1000;
  lab.crash();
  CHECK(lab.log->producers().producers().empty());
}

TEST_CASE("A producer with an open transaction outlives its expiration and a restart") {
  LogConfig config;
  config.producer_expiration_ms = 1000;
  LogLab lab(config);
  lab.append(transactional_batch(own, 0, {"A"}));
  lab.append_each("B");
  lab.replicate_all();
  lab.now += 5000;
  lab.log->remove_expired_producers(lab.now);
  CHECK(last_sequence(lab) == 0);
  lab.restart();
  CHECK(last_sequence(lab) == 0);
  CHECK(lab.log->last_stable_offset() == Offset(0));
  lab.append(marker(own, protocol::ControlType::abort), AppendOrigin::coordinator);
  lab.replicate_all();
  CHECK(lab.log->last_stable_offset() == Offset(3));
  lab.log->remove_expired_producers(now_ms + 1000);
  CHECK(lab.log->producers().producers().empty());
}

TEST_CASE("Aborted transactions are still known after a restart that reads a snapshot") {
  LogLab lab;
  lab.append(transactional_batch(own, 0, {"A"}));
  lab.append(marker(own, protocol::ControlType::abort), AppendOrigin::coordinator);
  for (const bool clean : {true, false}) {
    if (clean) lab.log->close();
    lab.crash();
    CHECK(lab.log->aborted_between(Offset(0), Offset(2)).size() == 1);
  }
  lab.log->truncate_to(Offset(1));
  CHECK(lab.log->aborted_between(Offset(0), Offset(2)).empty());
}

TEST_CASE("A log start inside a batch survives truncation and restarts") {
  LogLab lab;
  lab.append(idempotent_batch(own, 0, 0, {"A", "B", "C"}));
  lab.append(idempotent_batch(own, 0, 3, {"D"}));
  lab.replicate_all();
  lab.log->raise_start_offset(Offset(2));
  lab.log->truncate_to(Offset(3));
  CHECK(last_sequence(lab) == 2);
  CHECK(lab.readable() == "0:A,B,C");
  lab.restart();
  CHECK(lab.log->start_offset() == Offset(2));
  CHECK(last_sequence(lab) == 2);
  lab.crash();
  CHECK(lab.log->start_offset() == Offset(2));
  CHECK(last_sequence(lab) == 2);
}

}  // namespace kafkasim::broker::testing

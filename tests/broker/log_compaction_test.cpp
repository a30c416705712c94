// What compaction keeps, when, and what stays known of producers and transactions.
#include "tests/broker/log_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::BatchRef;
using protocol::ControlType;
using protocol::Offset;

constexpr int own = 7;  // a producer
constexpr std::int64_t day_ms = 86'400'000;

LogConfig compacting() {
  LogConfig config;
  config.deletes = false;
  config.compacted = true;
  config.segment_ms = 1000;
  config.min_cleanable_dirty_ppm = 0;
  return config;
}

BatchRef sequenced(std::int32_t sequence, std::vector<protocol::Record> records,
                   bool transactional = false) {
  auto made = open_batch_of(std::move(records));
  made->producer_id = protocol::ProducerId(own);
  made->producer_epoch = protocol::ProducerEpoch(0);
  made->base_sequence = sequence;
  made->transactional = transactional;
  return BatchRef(made.release());
}

struct Compacted : LogLab {
  explicit Compacted(LogConfig c = compacting()) : LogLab(c) {}

  void put(std::vector<protocol::Record> records) { append(batch_of(std::move(records))); }
  // Ends the active segment and replicates everything, so that all before is cleanable. The record
  // that it takes has a key of its own.
  void seal() {
    tick += 5000;
    const std::string key = "end" + std::to_string(tick);
    put({keyed(key.c_str(), nullptr, now_ms + tick)});
    replicate_all();
  }
  std::string cleaned(std::int64_t ms = now_ms) {
    log->clean(ms);
    return all();
  }
  std::string cleanable_range(std::int64_t ms = now_ms) const {
    const Cleanable c = log->cleanable(ms);
    return std::to_string(c.first_dirty.value()) + ".." +
           std::to_string(c.first_uncleanable.value());
  }
  std::int64_t tick = 0;
};

}  // namespace

TEST_CASE("Of each key the last record stays, at its offset, in a batch of the same range") {
  Compacted log;
  log.put({keyed("a", "1"), keyed("b", "1"), keyed("a", "2")});
  log.put({keyed("b", "2"), keyed("c", "1")});
  log.put({keyed("a", "3")});
  log.seal();
  const std::int64_t before = log.log->size_in_bytes();
  const auto old = log.storage.batches[0].batch;
  const Cleaned cleaned = log.log->clean(now_ms);
  CHECK(log.all() == "3:b=2,c=1 5:a=3 6:null");
  CHECK(cleaned.from == Offset(0));
  CHECK(cleaned.clean_until == Offset(6));
  CHECK(cleaned.records_removed == 3);
  CHECK(text(cleaned.removed) == "0:a=1,b=1,a=2");
  CHECK(before - log.log->size_in_bytes() == cleaned.bytes_before - cleaned.bytes_after);
  CHECK(old->records.size() == 3);  // who read the old batch keeps it
  CHECK(log.log->end_offset() == Offset(7));

  log.put({keyed("c", "2", now_ms + 5000)});
  log.seal();
  log.log->clean(now_ms);
  CHECK(log.all() == "3:b=2 5:a=3 6:null 7:c=2 8:null");
  const auto& partly = log.storage.batches[0];
  CHECK(partly.last_offset() == Offset(4));
  CHECK(partly.batch->size_in_bytes < old->size_in_bytes);
}

TEST_CASE("A read at an offset that is gone returns the next that is there") {
  Compacted log;
  log.put({keyed("a", "1")});
  log.put({keyed("a", "2")});
  log.put({keyed("a", "3")});
  log.seal();
  CHECK(log.cleaned() == "2:a=3 3:null");
  CHECK(text(log.log->read(Offset(0), 100'000, Offset(4), false).records) == "2:a=3");
  CHECK(log.log->find_timestamp(now_ms)->offset == Offset(2));
}

TEST_CASE("The active segment, what is unstable and what is young are not compacted") {
  LogConfig config = compacting();
  config.min_compaction_lag_ms = 10'000;
  Compacted log(config);
  log.put({keyed("a", "1")});
  log.put({keyed("a", "2")});
  CHECK(log.cleanable_range() == "0..0");
  log.tick = 0;
  log.put({keyed("a", "3", now_ms + 5000)});
  log.put({keyed("a", "4", now_ms + 10'000)});
  REQUIRE(log.bases() == "0 2 3");
  CHECK(log.cleanable_range(now_ms + day_ms) == "0..0");  // nothing is replicated
  log.log->raise_high_watermark(Offset(2));
  CHECK(log.cleanable_range(now_ms + day_ms) == "0..2");
  log.replicate_all();
  CHECK(log.cleanable_range(now_ms + day_ms) == "0..3");
  CHECK(log.cleanable_range(now_ms + 10'000) == "0..2");
  CHECK(log.cleanable_range(now_ms + 9'999) == "0..0");
  CHECK(log.log->clean(now_ms).removed.empty());
}

TEST_CASE("An open transaction keeps its segment and all later ones from being compacted") {
  Compacted log;
  log.put({keyed("a", "1")});
  log.put({keyed("a", "2", now_ms + 2000)});
  log.append(sequenced(0, {keyed("b", "1", now_ms + 2000)}, true));
  log.tick = 2000;
  log.seal();
  log.seal();
  REQUIRE(log.bases() == "0 1 3 4");
  CHECK(log.log->high_watermark() == Offset(5));
  CHECK(log.cleanable_range() == "0..1");
  log.append(marker(own, ControlType::commit), AppendOrigin::coordinator);
  log.replicate_all();
  CHECK(log.cleanable_range() != "0..1");
}

TEST_CASE("A log is due when it is dirty enough, or when its oldest dirty record waits too long") {
  LogConfig config = compacting();
  config.min_cleanable_dirty_ppm = 500'000;
  Compacted log(config);
  log.put({keyed("a", "1"), keyed("b", "1"), keyed("c", "1")});
  log.seal();
  Cleanable found = log.log->cleanable(now_ms);
  CHECK(found.clean_bytes == 0);
  CHECK(found.dirty_ppm() == 1'000'000);
  CHECK(found.is_due);
  log.log->clean(now_ms);
  found = log.log->cleanable(now_ms);
  CHECK(found.cleanable_bytes == 0);
  CHECK_FALSE(found.is_due);
  log.seal();
  found = log.log->cleanable(now_ms);
  CHECK(found.dirty_ppm() < 500'000);
  CHECK_FALSE(found.is_due);

  config.max_compaction_lag_ms = day_ms;
  log.log->set_config(config);
  CHECK_FALSE(log.log->cleanable(now_ms + 5000 + day_ms).is_due);
  found = log.log->cleanable(now_ms + 5001 + day_ms);
  CHECK(found.overdue_ms == 1);
  CHECK(found.is_due);
}

TEST_CASE("A tombstone stays for its time after the first cleaning that saw it, then goes") {
  LogConfig config = compacting();
  config.delete_retention_ms = 1000;
  Compacted log(config);
  log.put({keyed("a", "1")});
  log.put({keyed("b", "1"), keyed("a", nullptr)});
  log.seal();
  CHECK(log.cleaned(now_ms) == "1:b=1,null 3:null");
  CHECK(log.storage.batches.front().batch->delete_horizon_ms == now_ms + 1000);
  log.seal();
  CHECK(log.cleaned(now_ms + 999) == "1:b=1,null 3:null 4:null");
  log.seal();
  CHECK(log.cleaned(now_ms + 1000) == "1:b=1 3:null 4:null 5:null");
}

TEST_CASE("The last batch of an active producer stays, empty, so that its sequence is known") {
  Compacted log;
  log.append(sequenced(0, {keyed("a", "1")}));
  log.append(sequenced(1, {keyed("b", "1"), keyed("a", "2")}));
  log.put({keyed("a", "3")});
  log.put({keyed("b", "2")});
  log.seal();
  CHECK(log.cleaned() == "1: 3:a=3 4:b=2 5:null");
  CHECK(log.storage.batches.front().last_offset() == Offset(2));
  CHECK(log.storage.batches.front().batch->size_in_bytes == protocol::batch_header_size);
  log.storage.producer_snapshots.clear();
  log.crash();
  CHECK(log.append(sequenced(1, {keyed("b", "1"), keyed("a", "2")})).duplicate);
  CHECK(log.append(sequenced(3, {keyed("b", "3")})).appended());
}

TEST_CASE("The last batch of a round stays, empty") {
  Compacted log;
  log.put({keyed("a", "2")});
  log.put({keyed("b", "1")});
  log.put({keyed("b", nullptr)});
  LogConfig config = compacting();
  config.delete_retention_ms = 0;
  log.log->set_config(config);
  log.seal();
  log.log->clean(now_ms);
  CHECK(log.all() == "0:a=2 2:null 3:null");
  log.storage.cleaner_checkpoint = Offset();
  CHECK(log.cleaned(now_ms) == "0:a=2 2: 3:null");
  CHECK(log.storage.batches[1].next_offset() == Offset(3));
}

TEST_CASE("Records of aborted transactions go, and their marker after them") {
  LogConfig config = compacting();
  config.delete_retention_ms = 1000;
  Compacted log(config);
  log.put({keyed("a", "0")});
  log.append(sequenced(0, {keyed("a", "1")}, true));
  log.append(marker(own, ControlType::abort), AppendOrigin::coordinator);
  log.append(sequenced(1, {keyed("b", "1")}, true));
  log.append(marker(own, ControlType::commit), AppendOrigin::coordinator);
  log.seal();
  // The aborted record counts for nothing: a=0 is still the last of its key.
  CHECK(log.cleaned(now_ms) == "0:a=0 2:marker 3:b=1 4:marker 5:null");
  CHECK(log.log->aborted_between(Offset(0), Offset(5)).size() == 1);
  log.seal();
  // No batch of the aborted transaction was met this time: its marker may go in a while.
  CHECK(log.cleaned(now_ms) == "0:a=0 2:marker 3:b=1 4:marker 5:null 6:null");
  CHECK(log.log->aborted_between(Offset(0), Offset(5)).empty());
  log.seal();
  CHECK(log.cleaned(now_ms + 1000) == "0:a=0 3:b=1 4:marker 6:null 7:null");
}

TEST_CASE("Small neighbours become one segment") {
  LogConfig config = compacting();
  config.segment_bytes = 400;
  Compacted log(config);
  for (int i = 0; i < 6; ++i) log.put({keyed("a", "1", now_ms + i * 5000)});
  log.tick = 30'000;
  log.seal();
  REQUIRE(log.bases() == "0 1 2 3 4 5 6");
  log.log->clean(now_ms);
  // Five of them fit; the sixth alone has a record left.
  CHECK(log.bases() == "0 5 6");
  CHECK(log.all() == "5:a=1 6:null");
  CHECK(log.snapshots() == "5 6");
  CHECK(log.log->segments().front().size_in_bytes == 0);
}

TEST_CASE("A log that is compacted and deletes does both") {
  LogConfig config = compacting();
  config.deletes = true;
  config.retention_ms = day_ms;
  Compacted log(config);
  log.put({keyed("a", "1"), keyed("b", "1")});
  log.put({keyed("a", "2", now_ms + 5000)});
  log.tick = 5000;
  log.seal();
  CHECK(log.cleaned() == "0:b=1 2:a=2 3:null");
  log.log->delete_old_segments(now_ms + day_ms + 5001);
  CHECK(log.all() == "3:null");  // the last value of b too
}

TEST_CASE("After truncation what follows is dirty again") {
  Compacted log;
  log.put({keyed("a", "1")});
  log.put({keyed("a", "2", now_ms + 5000)});
  log.tick = 5000;
  log.seal();
  log.log->clean(now_ms);
  REQUIRE(log.storage.cleaner_checkpoint == Offset(2));
  log.log->truncate_to(Offset(1));
  CHECK(log.storage.cleaner_checkpoint <= Offset(1));
  CHECK(log.all() == "");
}

}  // namespace kafkasim::broker::testing

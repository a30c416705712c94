// A log under random work, crashes and power losses, against a plain list of records: whatever its
// segments, snapshots and checkpoints do, readers must find what the list says.
#include <algorithm>
#include <map>

#include "sim/rng.hpp"
#include "tests/broker/log_lab.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {
namespace {

using protocol::Offset;
using protocol::StoredBatch;

constexpr std::int64_t plenty = 1'000'000'000;
constexpr std::int64_t never_horizon_ms = std::int64_t{1} << 40;
constexpr int own = 7;  // a producer

struct Entry {
  std::int64_t batch_end = 0;  // offset behind its batch
  std::string key;
  std::string label;
  std::int64_t timestamp_ms = 0;
};
using Entries = std::map<std::int64_t, Entry>;

struct Sequence {
  std::int32_t last = -1;
  bool is_there = true;  // false: compaction removed its batch
};

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : rng_(seed), lab_(config()) {}

  void step() {
    const auto choice = rng_.below(100);
    if (choice < 45) {
      append();
    } else if (choice < 60) {
      raise_high_watermark();
    } else if (choice < 68) {
      flush();
    } else if (choice < 74) {
      checkpoint();
    } else if (choice < 80) {
      truncate();
    } else if (choice < 83) {
      lab_.log->raise_start_offset(Offset(pick(start(), lab_.log->high_watermark().value())));
    } else if (choice < 88) {
      retain();
    } else if (choice < 92) {
      clean();
    } else {
      stop(choice);
    }
    lab_.now += rng_.between(std::int64_t{0}, std::int64_t{400});
    check();
  }

  std::map<std::string, int> counts;  // how often something of each kind really happened

 private:
  static LogConfig config() {
    LogConfig config;
    config.segment_bytes = 700;
    config.segment_ms = 20'000;
    config.index_interval_bytes = 150;
    config.retention_bytes = 2500;
    config.retention_ms = 15'000;
    config.compacted = true;
    config.delete_retention_ms = never_horizon_ms;
    return config;
  }

  std::int64_t pick(std::int64_t low, std::int64_t high) { return rng_.between(low, high); }
  std::int64_t start() const { return lab_.log->start_offset().value(); }
  std::int64_t end() const { return lab_.log->end_offset().value(); }

  void append() {
    std::vector<protocol::Record> records;
    const auto count = rng_.below(4) + 1;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string key(1, static_cast<char>('a' + rng_.below(26)));
      const std::string value = std::to_string(++written_);
      records.push_back(keyed(key.c_str(), rng_.chance(1, 8) ? nullptr : value.c_str(),
                              lab_.now + pick(-3000, 3000)));
    }
    auto made = open_batch_of(std::move(records));
    const ProducerStateEntry* known = lab_.log->producers().find(protocol::ProducerId(own));
    if (rng_.chance(1, 3)) {
      made->producer_id = protocol::ProducerId(own);
      made->producer_epoch = protocol::ProducerEpoch(0);
      made->base_sequence = known == nullptr ? 0 : known->last_sequence() + 1;
    }
    const protocol::BatchRef sent(made.release());
    const AppendResult result = lab_.append(sent);
    REQUIRE(result.appended());
    for (const protocol::Record& r : sent->records) {
      list_[result.first_offset.value() + r.offset_delta] = {result.last_offset.value() + 1,
                                                             std::string(r.key.view()),
                                                             protocol::label(r), r.timestamp_ms};
    }
    if (sent->has_producer_id())
      sequences_[result.last_offset.value()] = {sent->last_sequence(), true};
  }

  void raise_high_watermark() {
    lab_.log->raise_high_watermark(Offset(pick(lab_.log->high_watermark().value(), end())));
  }

  void flush() {
    const std::int64_t to = pick(lab_.log->unflushed_from().value(), end());
    lab_.log->flushed(Offset(to), lab_.now);
    flushed_ = std::max(flushed_, to);
  }

  void checkpoint() {
    switch (rng_.below(3)) {
      case 0:
        return lab_.log->checkpoint_high_watermark();
      case 1:
        lab_.log->checkpoint_recovery_point();
        return;
      default:
        start_checkpoint_ = start();
        return lab_.log->checkpoint_start_offset();
    }
  }

  void forget_from(std::int64_t to) {
    std::erase_if(list_, [&](const auto& e) { return e.second.batch_end > to; });
    std::erase_if(sequences_, [&](const auto& s) { return s.first >= to; });
  }

  void truncate() {
    const std::int64_t to = pick(std::max(start(), end() - 8), end());
    if (to < end()) ++counts["truncations"];
    lab_.log->truncate_to(Offset(to));
    forget_from(to);
    flushed_ = std::min(flushed_, to);
    if (torn_ >= to) torn_ = -1;
    if (to < end()) FAIL("the log ends behind what was cut");
  }

  void retain() {
    const std::int64_t watermark = lab_.log->high_watermark().value();
    for (const Deleted& d : lab_.log->delete_old_segments(lab_.now)) {
      CHECK(d.new_start.value() <= watermark);
      ++counts[d.reason];
    }
    forget_deleted();
  }

  void forget_deleted() {
    const std::int64_t first = lab_.log->segments().front().base_offset.value();
    std::erase_if(list_, [&](const auto& e) { return e.first < first; });
    std::erase_if(sequences_, [&](const auto& s) { return s.first < first; });
    if (torn_ < first) torn_ = -1;
  }

  void clean() {
    const Cleanable range = lab_.log->cleanable(lab_.now);
    std::map<std::string, std::int64_t> last;
    for (const auto& [offset, entry] : list_) {
      if (offset >= range.first_dirty.value() && offset < range.first_uncleanable.value())
        last[entry.key] = offset;
    }
    const Cleaned cleaned = lab_.log->clean(lab_.now);
    if (range.first_uncleanable <= range.first_dirty) {
      CHECK(cleaned.removed.empty());
      return;
    }
    if (cleaned.records_removed > 0) ++counts["cleanings"];
    std::erase_if(list_, [&](const auto& e) {
      const auto newest = last.find(e.second.key);
      return newest != last.end() && e.first < newest->second;
    });
    flushed_ = std::max(flushed_, range.first_uncleanable.value());
    if (torn_ < range.first_uncleanable.value()) torn_ = -1;
    note_cleaned_sequences();
  }

  // Of a producer that is known the last batch stays, of others every batch may go.
  void note_cleaned_sequences() {
    const auto& batches = lab_.storage.batches;
    const auto is_there = [&](std::int64_t last_offset) {
      return std::any_of(batches.begin(), batches.end(), [&](const StoredBatch& b) {
        return b.last_offset().value() == last_offset;
      });
    };
    const ProducerStateEntry* known = lab_.log->producers().find(protocol::ProducerId(own));
    const bool is_active = known != nullptr && !sequences_.empty() &&
                           known->last_offset().value() == sequences_.rbegin()->first;
    const bool was_there = is_active && sequences_.rbegin()->second.is_there;
    for (auto& [offset, sequence] : sequences_) sequence.is_there = is_there(offset);
    if (was_there) CHECK(sequences_.rbegin()->second.is_there);
  }

  void stop(std::uint64_t choice) {
    if (choice >= 98) {
      lab_.log->close();
      flushed_ = end();
      start_checkpoint_ = start();
      ++counts["clean stops"];
      lab_.crash();
    } else if (choice >= 95) {
      lab_.crash();
      cut_torn();
      ++counts["crashes"];
    } else {
      lose_power(choice == 94);
    }
    if (lab_.storage.batches.empty() && start() == start_checkpoint_) {
      // Nothing is left above the start that was written down.
      CHECK(std::all_of(list_.begin(), list_.end(),
                        [&](const auto& e) { return e.first < start_checkpoint_; }));
      if (!list_.empty()) ++counts["begun anew"];
      list_.clear();
      sequences_.clear();
    }
    flushed_ = std::min(flushed_, end());
    forget_deleted();
    CHECK(start() == std::max(start_checkpoint_, lab_.log->segments().front().base_offset.value()));
  }

  std::int64_t end_of_list() const { return list_.empty() ? 0 : list_.rbegin()->second.batch_end; }

  // Recovery sees a torn batch when its segment is one of those that it looks at.
  void cut_torn() {
    if (torn_ < 0 || lab_.log->recovery().from.value() > torn_) return;
    ++counts["cuts"];
    std::erase_if(list_, [&](const auto& e) { return e.first >= torn_; });
    std::erase_if(sequences_, [&](const auto& s) { return s.first >= torn_; });
    torn_ = -1;
  }

  void lose_power(bool torn) {
    lab_.log.reset();
    if (torn) {
      ++counts["torn"];
      corrupt_tail(lab_.storage);
      // What reached the disk is whole, but for the last batch when all of it did.
      for (const StoredBatch& b : lab_.storage.batches) {
        torn_ = b.base_offset.value();
        if (b.next_offset().value() > flushed_) break;
      }
      lab_.open();
      cut_torn();
    } else {
      const auto lost = lose_unflushed(lab_.storage);
      if (!lost.empty()) ++counts["losses"];
      forget_from(flushed_);
      if (torn_ >= flushed_) torn_ = -1;
      lab_.open();
      cut_torn();
    }
  }

  // ---- comparing ----

  std::string expected() const {
    std::string out;
    for (const auto& [offset, entry] : list_) {
      if (offset >= start()) out += std::to_string(offset) + ":" + entry.label + " ";
    }
    return out;
  }

  std::string read_to_the_end() {
    std::string out;
    Offset at = lab_.log->start_offset();
    while (at < lab_.log->end_offset()) {
      const LogRead read = lab_.log->read(at, pick(1, 400), lab_.log->end_offset(), true);
      if (read.records.empty()) break;
      for (const StoredBatch& b : read.records) {
        for (const protocol::Record& r : b.batch->records) {
          const Offset offset = b.base_offset + r.offset_delta;
          if (offset >= at) out += std::to_string(offset.value()) + ":" + protocol::label(r) + " ";
        }
      }
      at = read.records.back().next_offset();
    }
    return out;
  }

  void check() {
    REQUIRE(read_to_the_end() == expected());
    CHECK(start() <= lab_.log->high_watermark().value());
    CHECK(lab_.log->high_watermark().value() <= end());
    CHECK(lab_.log->unflushed_from().value() <= end());
    CHECK(end() >= end_of_list());
    check_segments();
    check_lookup();
    check_producer();
  }

  // At least the last batch that is still there is known. A snapshot may know of a later one, which
  // compaction removed while a still later one stood in the log, until that was cut off.
  void check_producer() {
    auto newest = sequences_.end();
    for (auto s = sequences_.begin(); s != sequences_.end(); ++s) {
      if (s->second.is_there && s->first >= start()) newest = s;
    }
    if (newest == sequences_.end()) return;
    const ProducerStateEntry* known = lab_.log->producers().find(protocol::ProducerId(own));
    REQUIRE(known != nullptr);
    const bool matches = std::any_of(newest, sequences_.end(), [&](const auto& s) {
      return s.second.last == known->last_sequence() && s.first == known->last_offset().value();
    });
    CHECK(matches);
  }

  void check_segments() {
    const auto& segments = lab_.log->segments();
    auto batch = lab_.storage.batches.begin();
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const bool is_last = i + 1 == segments.size();
      std::int64_t size = 0;
      std::int64_t newest = -1;
      for (; batch != lab_.storage.batches.end() &&
             (is_last || batch->base_offset < segments[i + 1].base_offset);
           ++batch) {
        REQUIRE(batch->base_offset >= segments[i].base_offset);
        size += batch->batch->size_in_bytes;
        newest = std::max(newest, batch->batch->max_timestamp_ms);
      }
      REQUIRE(segments[i].size_in_bytes == size);
      REQUIRE(segments[i].largest_timestamp_ms == newest);
      REQUIRE(size <= lab_.config.segment_bytes);
    }
    REQUIRE(batch == lab_.storage.batches.end());
  }

  // The first segment that is as new decides, even when what is new in it cannot be read any more.
  void check_lookup() {
    const std::int64_t time = lab_.now + pick(-20'000, 3000);
    const auto& segments = lab_.log->segments();
    std::int64_t from = -1;
    std::int64_t to = end();
    for (std::size_t i = 0; i < segments.size() && from < 0; ++i) {
      if (segments[i].age_timestamp_ms() < time) continue;
      from = segments[i].base_offset.value();
      if (i + 1 < segments.size()) to = segments[i + 1].base_offset.value();
    }
    std::int64_t expected = -1;
    for (const auto& [offset, entry] : list_) {
      if (from < 0 || offset < std::max(from, start()) || offset >= to) continue;
      if (entry.timestamp_ms < time) continue;
      expected = offset;
      break;
    }
    const auto found = lab_.log->find_timestamp(time);
    CHECK((found ? found->offset.value() : -1) == expected);
  }

  sim::Rng rng_;
  LogLab lab_;
  Entries list_;                                // physically there, also before the log start
  std::map<std::int64_t, Sequence> sequences_;  // by last offset of the producer's batches
  std::int64_t flushed_ = 0;
  std::int64_t start_checkpoint_ = 0;
  std::int64_t torn_ = -1;  // a batch on disk that is not what was written; -1 = none
  std::int64_t written_ = 0;
};

}  // namespace

TEST_CASE("A log under random work and faults holds what a plain list of records holds") {
  std::map<std::string, int> counts;
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    Walk walk(seed);
    for (int i = 0; i < 2500; ++i) {
      INFO("seed " << seed << " step " << i);
      walk.step();
    }
    for (const auto& [what, times] : walk.counts) counts[what] += times;
  }
  // The walk goes everywhere.
  for (const char* what : {"truncations", "retention.bytes", "retention.ms", "log start offset",
                           "cleanings", "clean stops", "crashes", "losses", "torn", "cuts"}) {
    INFO(what);
    CHECK(counts[what] >= 10);
  }
}

}  // namespace kafkasim::broker::testing

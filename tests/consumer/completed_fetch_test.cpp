// Walking through what a fetch brought: where it starts, what is skipped, where it ends.
#include "consumer/completed_fetch.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer;
using protocol::IsolationLevel;
using protocol::Offset;
using protocol::ProducerId;

namespace {

struct Log {
  protocol::FetchPartitionResponse answer;
  std::int64_t end = 0;
  std::int64_t append_time_ms = -1;  // -1 = the records carry their own times

  protocol::RecordBatch batch(const std::vector<std::string>& values) {
    protocol::RecordBatch result;
    for (const std::string& value : values) {
      protocol::Record record;
      record.value = protocol::Bytes(value);
      result.records.push_back(std::move(record));
    }
    protocol::seal(result);
    return result;
  }
  void add(protocol::RecordBatch content) {
    protocol::StoredBatch stored;
    stored.base_offset = Offset(end);
    stored.leader_epoch = protocol::LeaderEpoch(3);
    stored.append_time_ms = append_time_ms;
    end += content.offset_count();
    stored.batch = protocol::make_ref<protocol::RecordBatch>(std::move(content));
    answer.records.push_back(std::move(stored));
  }
  void add(const std::vector<std::string>& values) { add(batch(values)); }
  void add_transactional(std::int64_t producer, const std::vector<std::string>& values) {
    protocol::RecordBatch content = batch(values);
    content.producer_id = ProducerId(producer);
    content.transactional = true;
    add(std::move(content));
  }
  void add_marker(std::int64_t producer, protocol::ControlType type) {
    protocol::RecordBatch content = batch({"marker"});
    content.producer_id = ProducerId(producer);
    content.transactional = true;
    content.control = type;
    add(std::move(content));
  }
};

std::vector<ConsumedRecord> take(CompletedFetch& fetch, int limit) {
  std::vector<ConsumedRecord> taken;
  const int count = fetch.take(limit, taken);
  CHECK(count == static_cast<int>(taken.size()));
  return taken;
}

std::vector<std::string> values(CompletedFetch& fetch, int limit = 100) {
  std::vector<std::string> result;
  for (const ConsumedRecord& record : take(fetch, limit))
    result.emplace_back(record.record.value.view());
  return result;
}

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("a fetch that starts inside a batch leaves out the records before its offset") {
  Log log;
  log.add({"A", "B", "C"});
  CompletedFetch fetch(log.answer, Offset(1), IsolationLevel::read_uncommitted);
  CHECK(values(fetch) == Values{"B", "C"});
  CHECK(fetch.next_offset() == Offset(3));
  CHECK(fetch.last_epoch() == protocol::LeaderEpoch(3));
}

TEST_CASE("records come in pieces, and the fetch is consumed when a piece is short") {
  Log log;
  log.add({"A", "B"});
  log.add({"C"});
  CompletedFetch fetch(log.answer, Offset(0), IsolationLevel::read_uncommitted);
  CHECK(values(fetch, 2) == Values{"A", "B"});
  CHECK(fetch.next_offset() == Offset(2));
  CHECK_FALSE(fetch.is_consumed());
  CHECK(values(fetch, 2) == Values{"C"});
  CHECK(fetch.is_consumed());
}

TEST_CASE("control batches are never handed out, but the position passes them") {
  Log log;
  log.add_transactional(7, {"A"});
  log.add_marker(7, protocol::ControlType::commit);
  CompletedFetch fetch(log.answer, Offset(0), IsolationLevel::read_uncommitted);
  CHECK(values(fetch) == Values{"A"});
  CHECK(fetch.next_offset() == Offset(2));
}

TEST_CASE("readers of committed records do not see aborted ones, others do") {
  Log log;
  log.add_transactional(7, {"A"});
  log.add_transactional(8, {"B"});
  log.add({"plain"});
  log.add_marker(7, protocol::ControlType::abort);
  log.add_marker(8, protocol::ControlType::commit);
  log.add_transactional(7, {"C"});
  log.add_marker(7, protocol::ControlType::commit);
  log.answer.aborted_transactions.push_back({ProducerId(7), Offset(0)});
  CompletedFetch committed(log.answer, Offset(0), IsolationLevel::read_committed);
  CHECK(values(committed) == Values{"B", "plain", "C"});
  CHECK(committed.next_offset() == Offset(7));
  CompletedFetch all(log.answer, Offset(0), IsolationLevel::read_uncommitted);
  CHECK(values(all) == Values{"A", "B", "plain", "C"});
}

TEST_CASE("a second aborted transaction of one producer is skipped as well") {
  Log log;
  log.add_transactional(7, {"A"});
  log.add_marker(7, protocol::ControlType::abort);
  log.add_transactional(7, {"B"});
  log.add_marker(7, protocol::ControlType::commit);
  log.add_transactional(7, {"C"});
  log.add_marker(7, protocol::ControlType::abort);
  log.answer.aborted_transactions.push_back({ProducerId(7), Offset(4)});
  log.answer.aborted_transactions.push_back({ProducerId(7), Offset(0)});
  CompletedFetch fetch(log.answer, Offset(0), IsolationLevel::read_committed);
  CHECK(values(fetch) == Values{"B"});
  CHECK(fetch.next_offset() == Offset(6));
}

TEST_CASE("the position passes offsets that compaction took from the end of a batch") {
  Log log;
  protocol::RecordBatch batch = log.batch({"A", "B", "C"});
  batch.records.pop_back();
  log.add(std::move(batch));
  CompletedFetch fetch(log.answer, Offset(0), IsolationLevel::read_uncommitted);
  CHECK(values(fetch) == Values{"A", "B"});
  CHECK(fetch.next_offset() == Offset(3));
}

TEST_CASE("records of a topic with append times carry those") {
  Log log;
  log.append_time_ms = 99;
  log.add({"A"});
  CompletedFetch fetch(log.answer, Offset(0), IsolationLevel::read_uncommitted);
  CHECK(take(fetch, 1).at(0).record.timestamp_ms == 99);
}

TEST_CASE("an answer without records is consumed at once and stays where it is") {
  CompletedFetch fetch({}, Offset(5), IsolationLevel::read_uncommitted);
  CHECK(take(fetch, 10).empty());
  CHECK(fetch.is_consumed());
  CHECK(fetch.next_offset() == Offset(5));
}

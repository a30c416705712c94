// The producer state manager against recorded behaviour of Kafka's own, error texts included.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "broker/producer_state_manager.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

namespace kafkasim::broker {
namespace {

using nlohmann::json;
using protocol::ControlType;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::RecordBatch;
using protocol::StoredBatch;

const std::map<std::string, ErrorCode> error_by_exception = {
    {"OutOfOrderSequenceException", ErrorCode::out_of_order_sequence_number},
    {"InvalidProducerEpochException", ErrorCode::invalid_producer_epoch},
    {"InvalidTxnStateException", ErrorCode::invalid_txn_state},
    {"TransactionCoordinatorFencedException", ErrorCode::transaction_coordinator_fenced},
};

// One recorded run: the log is only an end offset, replication is instant.
struct Run {
  explicit Run(std::int64_t expiration_ms) : state({"t", 0}, expiration_ms) {}

  void step(const json& step);

 private:
  StoredBatch batch_of(const json& step) const;
  void append(const json& step, AppendOrigin origin);
  void check_state(const json& step) const;
  void check_producer(const ProducerStateEntry& entry, const json& expected) const;

  ProducerStateManager state;
  Offset end{0};
  std::int64_t now_ms = 1'000'000;
  ProducerId last_producer;
};

StoredBatch Run::batch_of(const json& step) const {
  auto batch = std::make_unique<RecordBatch>();
  batch->producer_id = ProducerId(step.at("producer_id").get<std::int64_t>());
  batch->producer_epoch = ProducerEpoch(step.at("epoch").get<std::int16_t>());
  batch->max_timestamp_ms = step.at("t");
  if (step.at("op") == "marker") {
    batch->last_offset_delta = 0;
    batch->transactional = true;
    batch->control = step.at("type") == "COMMIT" ? ControlType::commit : ControlType::abort;
    batch->coordinator_epoch = step.at("coordinator_epoch");
  } else {
    batch->base_sequence = step.at("base_sequence");
    batch->last_offset_delta = step.at("count").get<std::int32_t>() - 1;
    batch->transactional = step.at("transactional");
    CHECK(batch->last_sequence() == step.at("last_sequence"));
  }
  return {end, protocol::LeaderEpoch(0), -1, protocol::BatchRef(batch.release())};
}

void Run::append(const json& step, AppendOrigin origin) {
  const StoredBatch stored = batch_of(step);
  last_producer = stored.batch->producer_id;
  const ProducerVerdict verdict = state.check(stored, origin);
  const std::string expected = step.at("verdict");
  if (expected == "DUPLICATE") {
    REQUIRE(verdict.duplicate);
    CHECK(verdict.duplicate->first_offset().value() == step.at("duplicate_first_offset"));
    CHECK(verdict.duplicate->last_offset.value() == step.at("duplicate_last_offset"));
    return;
  }
  CHECK(verdict.message == step.value("message", ""));
  if (expected != "OK") {
    CHECK(verdict.error == error_by_exception.at(expected));
    return;
  }
  REQUIRE(verdict.may_append());
  CHECK(stored.base_offset.value() == step.at("base_offset"));
  const auto completed = state.update(stored);
  end = stored.next_offset();
  REQUIRE(completed.has_value() == step.contains("completed_txn"));
  if (completed) {
    const json& txn = step.at("completed_txn");
    CHECK(completed->first_offset.value() == txn.at("first_offset"));
    CHECK(completed->last_offset.value() == txn.at("last_offset"));
    CHECK(completed->aborted == txn.at("aborted"));
    CHECK(completed->last_stable_offset.value() == txn.at("last_stable_offset"));
  }
  if (stored.batch->is_control()) state.on_high_watermark(end);
}

void Run::check_producer(const ProducerStateEntry& entry, const json& expected) const {
  CHECK(entry.epoch().value() == expected.at("epoch"));
  CHECK(entry.first_sequence() == expected.at("first_seq"));
  CHECK(entry.last_sequence() == expected.at("last_seq"));
  CHECK(entry.last_offset().value() == expected.at("last_offset"));
  CHECK(entry.coordinator_epoch() == expected.at("coordinator_epoch"));
  CHECK(entry.txn_first_offset().value() == expected.value("txn_first_offset", std::int64_t{-1}));
  CHECK(entry.batches().size() == expected.at("cached_batches").get<std::size_t>());
}

void Run::check_state(const json& step) const {
  CHECK(state.producers().size() == step.at("producer_count").get<std::size_t>());
  if (step.contains("alive")) {
    json alive = json::array();
    for (const auto& [id, entry] : state.producers()) alive.push_back(id.value());
    CHECK(alive == step.at("alive"));
  }
  if (step.contains("producer") && step.at("producer").is_object() &&
      !step.at("producer").empty()) {
    const ProducerStateEntry* entry = state.find(last_producer);
    if (step.at("op") == "snapshot_reload" && entry == nullptr) return;
    REQUIRE(entry != nullptr);
    if (step.at("op") != "snapshot_reload") check_producer(*entry, step.at("producer"));
  }
  if (step.contains("first_unstable_offset")) {
    CHECK(state.first_unstable_offset().value() == step.at("first_unstable_offset"));
    CHECK(state.first_undecided_offset().value() == step.at("first_undecided_offset"));
  }
}

void Run::step(const json& step) {
  const std::string op = step.at("op");
  if (op == "append") {
    append(step, AppendOrigin::client);
  } else if (op == "marker") {
    append(step, AppendOrigin::coordinator);
  } else if (op == "advance_and_expire") {
    now_ms += step.at("ms").get<std::int64_t>();
    CHECK(now_ms == step.at("t"));
    state.remove_expired(now_ms);
  } else {
    REQUIRE(op == "snapshot_reload");
    const ProducerSnapshot snapshot = state.snapshot();
    state.reset(Offset(0));
    state.load(snapshot, now_ms);
    const json& expected = step.at("producer");
    // The record shows one producer, by its place in the log.
    if (expected.is_object() && expected.contains("last_offset")) {
      for (const auto& [id, entry] : state.producers()) {
        if (entry.last_offset().value() == expected.at("last_offset"))
          check_producer(entry, expected);
      }
    }
  }
  check_state(step);
}

StoredBatch data(std::int64_t producer, std::int16_t epoch, std::int32_t sequence,
                 std::int32_t count, std::int64_t offset) {
  auto batch = std::make_unique<RecordBatch>();
  batch->producer_id = ProducerId(producer);
  batch->producer_epoch = ProducerEpoch(epoch);
  batch->base_sequence = sequence;
  batch->last_offset_delta = count - 1;
  return {Offset(offset), protocol::LeaderEpoch(0), -1, protocol::BatchRef(batch.release())};
}

}  // namespace

TEST_CASE("The producer state answers as Kafka's does in recorded runs") {
  std::ifstream file(kafkasim::tests::vectors("producer_state_manager.jsonl"));
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const json recorded = json::parse(line);
    INFO("case " << recorded.at("case"));
    Run run(recorded.at("producer_expiration_ms"));
    for (const json& step : recorded.at("steps")) {
      INFO(step.dump());
      run.step(step);
    }
  }
  REQUIRE(cases >= 50);
}

TEST_CASE("Replication stores what a client could not, and the state follows the log") {
  ProducerStateManager state({"t", 0}, 60'000);
  state.update(data(7, 1, 0, 1, 0));
  const StoredBatch gap = data(7, 0, 50, 1, 1);
  CHECK(state.check(gap, AppendOrigin::client).error == ErrorCode::invalid_producer_epoch);
  CHECK(state.check(gap, AppendOrigin::replication).may_append());
  state.update(gap);
  CHECK(state.find(ProducerId(7))->last_sequence() == 50);
}

TEST_CASE("Sequences go on at 0 after 2147483647, also inside one batch") {
  ProducerStateManager state({"t", 0}, 60'000);
  state.update(data(7, 0, 2147483646, 3, 0));  // 2147483646, 2147483647, 0
  CHECK(state.find(ProducerId(7))->last_sequence() == 0);
  CHECK(state.find(ProducerId(7))->first_sequence() == 2147483646);
  CHECK(state.check(data(7, 0, 2147483646, 3, 3), AppendOrigin::client).duplicate.has_value());
  CHECK(state.check(data(7, 0, 1, 1, 3), AppendOrigin::client).may_append());
}

TEST_CASE("A coordinator's data is checked for its epoch but not for its sequence") {
  ProducerStateManager state({"t", 0}, 60'000);
  state.update(data(7, 1, 0, 1, 0));
  CHECK(state.check(data(7, 1, 9, 1, 1), AppendOrigin::coordinator).may_append());
  CHECK(state.check(data(7, 0, 1, 1, 1), AppendOrigin::coordinator).error ==
        ErrorCode::invalid_producer_epoch);
}

}  // namespace kafkasim::broker

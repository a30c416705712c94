// The producer state manager against recorded runs of Kafka's own, error texts included. The log is
// only an end offset; replication is instant, so what a marker ends is stable at once.
#include "broker/producer_state_manager.hpp"

#include <fmt/format.h>

#include <cctype>
#include <stdexcept>
#include <string>

#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using broker::AppendOrigin;
using broker::ProducerStateEntry;
using broker::ProducerStateManager;
using nlohmann::json;
using protocol::ControlType;
using protocol::Offset;
using protocol::ProducerId;
using protocol::RecordBatch;
using protocol::StoredBatch;

// "INVALID_TXN_STATE" of "InvalidTxnStateException".
std::string error_of_exception(const std::string& exception) {
  std::string error;
  for (const char letter : exception.substr(0, exception.rfind("Exception"))) {
    const auto code = static_cast<unsigned char>(letter);
    if (std::isupper(code) != 0 && !error.empty()) error += '_';
    error += static_cast<char>(std::toupper(code));
  }
  // Kafka's name of the exception is longer than that of its code.
  return error == "OUT_OF_ORDER_SEQUENCE" ? "OUT_OF_ORDER_SEQUENCE_NUMBER" : error;
}

json shown(const ProducerStateEntry& entry) {
  json state = {{"epoch", entry.epoch().value()},
                {"first_seq", entry.first_sequence()},
                {"last_seq", entry.last_sequence()},
                {"last_offset", entry.last_offset().value()},
                {"coordinator_epoch", entry.coordinator_epoch()},
                {"cached_batches", entry.batches().size()}};
  if (entry.txn_first_offset().is_set())
    state["txn_first_offset"] = entry.txn_first_offset().value();
  return state;
}

class Run {
 public:
  Run(std::int64_t expiration_ms, Findings& findings)
      : findings_(findings), state_({"t", 0}, expiration_ms) {}

  void step(const json& step) {
    const std::string op = step.at("op");
    if (step.contains("producer_id")) producer_ = ProducerId(step.at("producer_id"));
    if (op == "append") {
      now_ms_ = step.at("t");
      append(step, AppendOrigin::client);
    } else if (op == "marker") {
      now_ms_ = step.at("t");
      append(step, AppendOrigin::coordinator);
    } else if (op == "advance_and_expire") {
      now_ms_ += step.at("ms").get<std::int64_t>();
      findings_.expect("t", step.at("t"), now_ms_);
      state_.remove_expired(now_ms_);
    } else if (op == "snapshot_reload") {
      const broker::ProducerSnapshot snapshot = state_.snapshot();
      state_.reset(Offset(0));
      state_.load(snapshot, now_ms_);
    } else {
      findings_.fail("an operation that the replay does not know");
    }
    check_state(step);
  }

 private:
  StoredBatch batch_of(const json& step) const {
    auto batch = std::make_unique<RecordBatch>();
    batch->producer_id = producer_;
    batch->producer_epoch = protocol::ProducerEpoch(step.at("epoch").get<std::int16_t>());
    batch->max_timestamp_ms = step.at("t");
    if (step.at("op") == "marker") {
      batch->last_offset_delta = 0;
      batch->transactional = true;
      batch->control = step.at("type") == "COMMIT" ? ControlType::commit : ControlType::abort;
      batch->coordinator_epoch = step.at("coordinator_epoch");
    } else {
      if (step.at("count").get<std::int32_t>() < 1) throw std::invalid_argument("no record");
      batch->base_sequence = step.at("base_sequence");
      batch->last_offset_delta = step.at("count").get<std::int32_t>() - 1;
      batch->transactional = step.at("transactional");
      findings_.expect("last_sequence", step.at("last_sequence"), batch->last_sequence());
    }
    return {end_, protocol::LeaderEpoch(0), -1, protocol::BatchRef(batch.release())};
  }

  void append(const json& step, AppendOrigin origin) {
    const StoredBatch stored = batch_of(step);
    const broker::ProducerVerdict verdict = state_.check(stored, origin);
    const std::string expected = step.at("verdict");
    std::string got = "OK";
    if (verdict.duplicate) {
      got = "DUPLICATE";
      findings_.expect("duplicate_first_offset", step.value("duplicate_first_offset", json()),
                       verdict.duplicate->first_offset().value());
      findings_.expect("duplicate_last_offset", step.value("duplicate_last_offset", json()),
                       verdict.duplicate->last_offset.value());
    } else if (!verdict.may_append()) {
      got = protocol::name(verdict.error);
      findings_.expect("message", step.value("message", ""), verdict.message);
    }
    const bool answered = expected == "OK" || expected == "DUPLICATE";
    findings_.expect("verdict", answered ? expected : error_of_exception(expected), got);
    if (got == "OK") store(step, stored);
  }

  void store(const json& step, const StoredBatch& stored) {
    findings_.expect("base_offset", step.value("base_offset", json()), stored.base_offset.value());
    const auto completed = state_.update(stored);
    end_ = stored.next_offset();
    json ended;
    if (completed) {
      ended = {{"first_offset", completed->first_offset.value()},
               {"last_offset", completed->last_offset.value()},
               {"aborted", completed->aborted},
               {"last_stable_offset", completed->last_stable_offset.value()}};
    }
    findings_.expect("completed_txn", step.value("completed_txn", json()), ended);
    if (stored.batch->is_control()) state_.on_high_watermark(end_);
  }

  void check_state(const json& step) {
    findings_.expect("producer_count", step.at("producer_count"), state_.producers().size());
    if (step.contains("alive")) {
      json alive = json::array();
      for (const auto& [id, entry] : state_.producers()) alive.push_back(id.value());
      findings_.expect("alive", step.at("alive"), alive);
    }
    if (step.contains("producer")) {
      if (step.at("op") == "snapshot_reload") {
        check_some_producer(step.at("producer"));
      } else {
        check_producer(step.at("producer"));
      }
    }
    if (step.contains("first_unstable_offset")) {
      findings_.expect("first_unstable_offset", step.at("first_unstable_offset"),
                       state_.first_unstable_offset().value());
      findings_.expect("first_undecided_offset", step.at("first_undecided_offset"),
                       state_.first_undecided_offset().value());
    }
  }

  void check_producer(const json& expected) {
    const ProducerStateEntry* const entry = state_.find(producer_);
    const json none = expected.is_null() ? json() : json::object();
    findings_.expect("producer", expected, entry == nullptr ? none : shown(*entry));
  }

  // After a reload the recording shows one producer without saying which.
  void check_some_producer(const json& expected) {
    if (expected.is_null() || expected.empty()) return;
    json all = json::array();
    for (const auto& [id, entry] : state_.producers()) {
      all.push_back(shown(entry));
      if (all.back() == expected) return;
    }
    findings_.expect("producer, one of", expected, all);
  }

  Findings& findings_;
  ProducerStateManager state_;
  Offset end_{0};
  std::int64_t now_ms_ = 1'000'000;
  ProducerId producer_;
};

}  // namespace

void replay_producer_state(const json& recorded, Findings& findings) {
  Run run(recorded.at("producer_expiration_ms"), findings);
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    run.step(step);
    if (!findings.mismatches().empty()) return;  // what follows would only repeat it
  }
}

}  // namespace kafkasim::conformance

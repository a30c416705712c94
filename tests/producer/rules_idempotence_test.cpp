// The idempotent producer: ids, sequences, what may be sent while earlier batches are in doubt, and
// when the epoch goes up.
#include "producer/transaction_manager.hpp"
#include "tests/producer/lab.hpp"

using namespace kafkasim;
using namespace kafkasim::producer;
using namespace std::chrono_literals;
using protocol::ErrorCode;

namespace {

const Settings one_record_batches{{"batch.size", "1"}, {"linger.ms", "0"}};

protocol::ProduceResponse failure(const protocol::Request& request, ErrorCode error,
                                  std::int64_t log_start) {
  auto response =
      std::get<protocol::ProduceResponse>(protocol::error_response(request.body, error));
  for (protocol::ProducePartitionResponse& part : response.partitions)
    part.log_start_offset = protocol::Offset(log_start);
  return response;
}

// The first Produce requests get these errors, one each; NONE: the usual answer.
void errors(Lab& lab, std::vector<ErrorCode> codes) {
  lab.on_produce = [codes](int number, const protocol::Request& r) -> std::optional<Lab::Reply> {
    const auto i = static_cast<std::size_t>(number - 1);
    if (i >= codes.size() || codes[i] == ErrorCode::none) return std::nullopt;
    return Lab::error(codes[i], r);
  };
}

// A transaction manager with an id, and batches of one record.
struct Manager {
  explicit Manager(std::int16_t epoch = 0) {
    transactions.bump_epoch_and_ask_for_id_if_needed();
    give_id(1000, epoch);
  }
  void give_id(std::int64_t id, std::int16_t epoch) {
    REQUIRE(transactions.has_request());
    transactions.request_sent();
    protocol::InitProducerIdResponse response;
    response.producer_id = protocol::ProducerId(id);
    response.producer_epoch = protocol::ProducerEpoch(epoch);
    CHECK(transactions.handle(response));
  }
  BatchPtr drained(int records = 1) {
    auto batch = queued(records);
    REQUIRE_FALSE(transactions.must_wait(*batch));
    transactions.assign_sequence(batch);
    batch->drained();
    return batch;
  }
  BatchPtr queued(int records = 1) {
    ++serial;
    auto batch = std::make_shared<Batch>(partition, 10'000, 0, sim::zero, serial, serial,
                                         protocol::Compression::none, 1000);
    for (int i = 0; i < records; ++i) {
      protocol::Record record;
      record.value_size = 10;
      CHECK(batch->append(record, 0));
    }
    return batch;
  }
  bool retries(const BatchPtr& batch, ErrorCode error, std::int64_t log_start = -1) {
    protocol::ProducePartitionResponse response;
    response.error = error;
    if (log_start >= 0) response.log_start_offset = protocol::Offset(log_start);
    return transactions.can_retry(*batch, response);
  }
  // One round of the sender.
  void round() {
    transactions.resolve_sequences();
    transactions.bump_epoch_and_ask_for_id_if_needed();
  }
  int epoch() const { return transactions.producer().epoch.value(); }

  protocol::TopicPartition partition{"orders", 0};
  TransactionManager transactions;
  std::uint64_t serial = 0;
};

}  // namespace

TEST_CASE("sequences count the records of each partition from 0, and are given as batches leave") {
  Lab lab(Settings{{"linger.ms", "10"}}, 2);
  lab.send_all({"A", "B"}, 0);
  lab.send_all({"C", "D", "E"}, 1);
  lab.run_until(100ms);
  lab.send("F", 0);
  lab.send("G", 1);
  lab.run_until(1s);
  REQUIRE(lab.asked.size() == 2);
  CHECK(lab.asked[0].find("0/0: A B, 1/0: C D E") != std::string::npos);
  CHECK(lab.asked[1].find("0/2: F") != std::string::npos);
  CHECK(lab.asked[1].find("1/3: G") != std::string::npos);
  CHECK(lab.lines("producer-id").size() == 1);
}

TEST_CASE("while batches are sent again there is one in flight, in order of sequence") {
  Lab lab(one_record_batches);
  errors(lab, {ErrorCode::not_enough_replicas, ErrorCode::not_enough_replicas,
               ErrorCode::not_enough_replicas});
  lab.send_all({"A", "B", "C"});
  lab.run_until(10s);
  CHECK(lab.stored() == Lines{"A", "B", "C"});
  REQUIRE(lab.asked.size() == 6);
  for (std::size_t i = 3; i < 6; ++i) {
    const std::string sequence = "0/" + std::to_string(i - 3) + ":";
    CHECK(lab.asked[i].find(sequence) != std::string::npos);
    // The next is not sent before the one before has been answered, two milliseconds later.
    if (i > 3) CHECK(lab.asked[i].substr(0, 8) != lab.asked[i - 1].substr(0, 8));
  }
}

TEST_CASE("a batch refused for good raises the epoch, and the partition starts at 0 again") {
  Lab lab(one_record_batches);
  errors(lab, {ErrorCode::none, ErrorCode::invalid_record});
  lab.send("A");
  lab.run_until(100ms);
  lab.send("B");
  lab.run_until(200ms);
  lab.send("C");
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@0", "B INVALID_RECORD", "C@1"});
  CHECK(lab.epochs == std::vector<int>{0, 0, 1});
  CHECK(lab.asked[2].find("0/0: C") != std::string::npos);
}

TEST_CASE("the epoch of other partitions follows when nothing of theirs is in flight") {
  Lab lab(one_record_batches, 2);
  errors(lab, {ErrorCode::none, ErrorCode::none, ErrorCode::invalid_record});
  lab.send("A", 1);
  lab.run_until(100ms);
  lab.send("B", 1);
  lab.run_until(200ms);
  lab.send("C", 0);
  lab.run_until(300ms);
  lab.send("D", 1);
  lab.run_until(1s);
  REQUIRE(lab.asked.size() == 4);
  CHECK(lab.asked[1].find("1/1: B") != std::string::npos);
  CHECK(lab.asked[3].find("1/0: D") != std::string::npos);
  CHECK(lab.epochs[3] == 1);
}

TEST_CASE("a duplicate that the broker knows nothing more of is a success without an offset") {
  Lab lab(one_record_batches);
  errors(lab, {ErrorCode::duplicate_sequence_number});
  lab.send("A");
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@-1"});
  CHECK(lab.asked.size() == 1);
}

TEST_CASE("a split batch keeps its sequences") {
  Lab lab(Settings{{"batch.size", "300"}, {"linger.ms", "5"}, {"compression.type", "gzip"}});
  // The ratio is known better after the first batches, so that later ones hold more than
  // batch.size.
  for (int i = 0; i < 60; ++i) {
    lab.send_all({"w", "w", "w", "w", "w", "w", "w", "w"});
    lab.run_until(20ms * (i + 1));
  }
  const std::size_t before = lab.stored().size();
  REQUIRE(before == 480);
  const int first = static_cast<int>(lab.asked.size()) + 1;
  lab.on_produce = [=](int number, const protocol::Request& request) -> std::optional<Lab::Reply> {
    if (number == first) return Lab::error(ErrorCode::message_too_large, request);
    return std::nullopt;
  };
  lab.send_all({"A", "B", "C", "D", "E", "F"});
  lab.run_until(5s);
  const Lines& stored = lab.stored();
  REQUIRE(stored.size() == before + 6);
  CHECK(Lines(stored.end() - 6, stored.end()) == Lines{"A", "B", "C", "D", "E", "F"});
  const auto at = static_cast<std::size_t>(first);
  REQUIRE(lab.asked.size() >= at + 2);
  // The first part starts where the whole one started, the next where that one ends.
  CHECK(lab.asked[at].find("0/480: A") != std::string::npos);
  const std::size_t parts = lab.asked[at].find(" C") == std::string::npos ? 2 : 3;
  CHECK(lab.asked[at + 1].find("0/" + std::to_string(480 + parts) + ":") != std::string::npos);
  CHECK(lab.epochs.back() == 0);
}

TEST_CASE("a batch that expires in a retry holds back new ones until its fate is known") {
  Manager m;
  const BatchPtr first = m.drained();
  first->reenqueued(sim::zero, 100ms);
  m.transactions.failed(*first, Failure{ErrorCode::request_timed_out, ""}, false);
  m.transactions.mark_unresolved(*first);
  const BatchPtr next = m.queued();
  CHECK(m.transactions.must_wait(*next));
  // Nothing in flight and nothing acked: there may be a gap, so the epoch goes up.
  m.round();
  CHECK(m.epoch() == 1);
  CHECK_FALSE(m.transactions.must_wait(*next));
  m.transactions.assign_sequence(next);
  CHECK(next->base_sequence() == 0);
}

TEST_CASE("the ack of a later batch settles the doubt about an expired one") {
  Manager m;
  const BatchPtr first = m.drained();
  const BatchPtr second = m.drained();
  first->reenqueued(sim::zero, 100ms);
  m.transactions.failed(*first, Failure{ErrorCode::request_timed_out, ""}, false);
  m.transactions.mark_unresolved(*first);
  m.round();
  CHECK(m.transactions.must_wait(*m.queued()));
  m.transactions.completed(*second, protocol::Offset(1));
  m.round();
  CHECK(m.epoch() == 0);
  CHECK(m.drained()->base_sequence() == 2);
}

TEST_CASE("a bump renumbers what is in flight, and the last epoch ends in a new id") {
  Manager m(32767);
  const BatchPtr first = m.drained(2);
  const BatchPtr second = m.drained();
  const BatchPtr third = m.drained();
  m.transactions.failed(*first, Failure{ErrorCode::invalid_record, ""}, true);
  m.round();
  CHECK_FALSE(m.transactions.producer().is_set());
  CHECK(second->base_sequence() == 0);
  CHECK(third->base_sequence() == 1);
  CHECK(second->sequence_was_reset());
  CHECK(m.transactions.must_wait(*m.queued()));
  m.give_id(2000, 0);
  CHECK(m.transactions.producer().id == protocol::ProducerId(2000));
  // The others are still under the old numbers: no new batch before they are through.
  CHECK(m.transactions.must_wait(*m.queued()));
  m.transactions.completed(*second, protocol::Offset(0));
  m.transactions.completed(*third, protocol::Offset(1));
  const BatchPtr fresh = m.drained();
  CHECK(fresh->base_sequence() == 0);
  CHECK(fresh->producer().id == protocol::ProducerId(2000));
}

TEST_CASE("out of order means wait for one's turn, but a gap for who is next in line") {
  Manager m;
  const BatchPtr first = m.drained();
  const BatchPtr second = m.drained();
  // The second only had to fail because the first did.
  CHECK(m.retries(second, ErrorCode::out_of_order_sequence_number));
  m.round();
  CHECK(m.epoch() == 0);
  // The first follows what was acked last.
  CHECK(m.retries(first, ErrorCode::out_of_order_sequence_number));
  m.round();
  CHECK(m.epoch() == 1);
  CHECK(first->base_sequence() == 0);
  CHECK(second->base_sequence() == 1);
  // Answers to the old numbers raise no further epoch.
  CHECK(m.retries(second, ErrorCode::out_of_order_sequence_number));
  CHECK(m.retries(first, ErrorCode::out_of_order_sequence_number));
  m.round();
  CHECK(m.epoch() == 1);
}

TEST_CASE("behind a batch in doubt only the one that follows it proves a gap") {
  Manager m;
  const BatchPtr first = m.drained();
  const BatchPtr second = m.drained();
  const BatchPtr third = m.drained();
  first->reenqueued(sim::zero, 100ms);
  m.transactions.failed(*first, Failure{ErrorCode::request_timed_out, ""}, false);
  m.transactions.mark_unresolved(*first);
  CHECK(m.retries(third, ErrorCode::out_of_order_sequence_number));
  m.round();
  CHECK(m.epoch() == 0);
  CHECK(m.retries(second, ErrorCode::out_of_order_sequence_number));
  m.round();
  CHECK(m.epoch() == 1);
}

TEST_CASE("an unknown producer tries again, with a new epoch once the start of the log is told") {
  Manager m;
  const BatchPtr batch = m.drained();
  CHECK(m.retries(batch, ErrorCode::unknown_producer_id));
  m.round();
  CHECK(m.epoch() == 0);
  CHECK(m.retries(batch, ErrorCode::unknown_producer_id, 5));
  m.round();
  CHECK(m.epoch() == 1);
  // What comes for the numbers of before says nothing new.
  CHECK(m.retries(batch, ErrorCode::unknown_producer_id, 5));
  m.round();
  CHECK(m.epoch() == 1);
}

TEST_CASE("out of attempts the sequence stays used, refused for good it does not") {
  Manager m;
  m.transactions.failed(*m.drained(), Failure{ErrorCode::not_enough_replicas, ""}, false);
  m.round();
  CHECK(m.epoch() == 0);
  CHECK(m.drained()->base_sequence() == 1);
  m.transactions.failed(*m.drained(), Failure{ErrorCode::record_list_too_large, ""}, true);
  m.round();
  CHECK(m.epoch() == 1);
}

TEST_CASE("an unknown producer out of attempts does not upset the batches behind it") {
  Settings settings = one_record_batches;
  settings.emplace_back("retries", "1");
  settings.emplace_back("delivery.timeout.ms", "3000");
  settings.emplace_back("request.timeout.ms", "1000");
  Lab lab(settings);
  lab.on_produce = [](int number, const protocol::Request& r) -> std::optional<Lab::Reply> {
    if (number <= 4) return Lab::Reply{failure(r, ErrorCode::unknown_producer_id, 5), false, false};
    if (number <= 7) return Lab::error(ErrorCode::not_enough_replicas, r);
    return std::nullopt;
  };
  lab.send_all({"A", "B", "C", "D"});
  lab.run_until(20s);
  CHECK(lab.results.size() == 4);
  lab.send("E");
  lab.run_until(30s);
  CHECK(lab.results.size() == 5);
  CHECK(lab.results[4].substr(0, 2) == "E@");
  CHECK(lab.shop.is_idle());
}

namespace {

// The first InitProducerId requests get this error.
void refuse_ids(Lab& lab, ErrorCode error, int times) {
  lab.on_other = [=](const protocol::Request& request) mutable -> std::optional<Lab::Reply> {
    if (!std::holds_alternative<protocol::InitProducerIdRequest>(request.body) || times-- <= 0)
      return std::nullopt;
    return Lab::error(error, request);
  };
}

}  // namespace

TEST_CASE("a request for an id that may be repeated is, after its pause") {
  Lab lab(one_record_batches);
  refuse_ids(lab, ErrorCode::coordinator_load_in_progress, 2);
  lab.send("A");
  lab.run_until(150ms);
  CHECK(lab.results.empty());
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A@0"});
}

TEST_CASE("without permission for an id what waits fails, and the next record may be lucky") {
  Lab lab(one_record_batches);
  refuse_ids(lab, ErrorCode::cluster_authorization_failed, 10);
  lab.send("A");
  lab.run_until(1s);
  CHECK(lab.results == Lines{"A CLUSTER_AUTHORIZATION_FAILED"});
  lab.send("B");
  lab.run_until(2s);
  CHECK(lab.results.back() == "B@0");
}

TEST_CASE("an answer about an id that makes no sense is the end of the producer") {
  Lab lab(one_record_batches);
  refuse_ids(lab, ErrorCode::invalid_required_acks, 1000);
  lab.send("A");
  lab.run_until(1s);
  lab.send("B");
  lab.run_until(2s);
  CHECK(lab.results == Lines{"A UNKNOWN_SERVER_ERROR", "B UNKNOWN_SERVER_ERROR"});
  CHECK(
      lab.messages[0] ==
      "Unexpected error in InitProducerIdResponse; Produce request specified an invalid value for "
      "required acks.");
}

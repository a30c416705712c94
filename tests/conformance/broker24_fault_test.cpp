// What a replay of a cluster with one fault accepts, and what it refuses.
#include <nlohmann/json.hpp>

#include "tests/conformance/fault_run.hpp"
#include "tests/conformance/kinds.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

json experiment(const std::string& in_flight, bool idempotent, const std::string& fault) {
  return {{"producer",
           {{"acks", "all"},
            {"enable.idempotence", idempotent ? "true" : "false"},
            {"max.in.flight.requests.per.connection", in_flight},
            {"request.timeout.ms", "3000"},
            {"delivery.timeout.ms", "20000"}}},
          {"records", 12},
          {"pace_ms", 0},
          {"fault", fault}};
}

// As recorded: two records changed places, or one is there twice.
json lost_ack(const std::string& in_flight, const json& log, const json& ack_order, int duplicated,
              int out_of_order) {
  json row = experiment(in_flight, false, "answer to Produce #3 dropped, connection closed");
  row.update({{"log_count", log.size()},
              {"log", log},
              {"ack_order", ack_order},
              {"acked", 12},
              {"failed", 0},
              {"duplicated", duplicated},
              {"lost_acked", 0},
              {"failed_but_in_log", 0},
              {"first_occurrence_out_of_order", out_of_order},
              {"errors", json::object()}});
  return row;
}

const json in_order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

std::size_t mismatches(const json& row) {
  const std::vector<json> file = {row};
  return replay(*find_kind("broker24_fault_burst"), row, file).mismatches().size();
}

std::string first_mismatch(const json& row) {
  const std::vector<json> file = {row};
  const Findings found = replay(*find_kind("broker24_fault_burst"), row, file);
  return found.mismatches().empty() ? "" : found.mismatches().front();
}

}  // namespace

TEST_CASE("With one request in flight a lost ack stores one record twice and nothing else") {
  json row = lost_ack("1", {0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, in_order, 1, 0);
  CHECK(mismatches(row) == 0);
  json other = row;
  other["duplicated"] = 0;
  CHECK(mismatches(other) > 0);
  other = row;
  other["log"] = in_order;
  CHECK(mismatches(other) > 0);
  other = row;
  other["errors"] = {{"TimeoutException", 1}};
  CHECK(mismatches(other) > 0);
  other = row;
  other.erase("acked");
  CHECK(mismatches(other) > 0);
}

TEST_CASE("With five in flight the records behind a lost ack come back in reverse") {
  json row = lost_ack("5", {0, 1, 2, 3, 4, 6, 5, 4, 3, 2, 7, 8, 9, 10, 11},
                      {0, 1, 6, 5, 4, 3, 2, 7, 8, 9, 10, 11}, 3, 1);
  CHECK(mismatches(row) == 0);
  row["log"] = {0, 1, 2, 3, 4, 5, 6, 4, 3, 2, 7, 8, 9, 10, 11};
  CHECK(first_mismatch(row).find("is the recorded one") != std::string::npos);
}

TEST_CASE("A broker of 2.4 refuses an unknown producer's later batches, which keeps their order") {
  const Experiment read = read_experiment(
      experiment("5", true, "Produce #1 answered NOT_ENOUGH_REPLICAS without reaching the broker"));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const FaultOutcome outcome = run_experiment(read, seed);
    CHECK(outcome.struck);
    CHECK(json(outcome.log) == in_order);
    CHECK(json(outcome.ack_order) == in_order);
  }
}

TEST_CASE("A run ends and accounts for every record, whatever the fault and the producer") {
  for (const char* fault :
       {"answer to Produce #1 dropped", "answer to Produce #12 dropped, connection closed",
        "answer to Produce #5 delayed by 700 ms", "answer to Produce #2 delayed by 4 s",
        "Produce #4 delayed by 4 s", "Produce #2 never reaches the broker",
        "Produce #7 never reaches the broker, connection closed", "Metadata #1 dropped",
        "Produce #3 answered MESSAGE_TOO_LARGE without reaching the broker",
        "Produce #3 answered OUT_OF_ORDER_SEQUENCE_NUMBER without reaching the broker",
        "answer to Produce #3 replaced by NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        "Produce #1 to #9 answered KAFKA_STORAGE_ERROR without reaching the broker",
        "Produce #900 never reaches the broker", "none"}) {
    for (const bool idempotent : {false, true}) {
      for (const char* in_flight : {"1", "5"}) {
        INFO(fault << ", idempotent " << idempotent << ", in flight " << in_flight);
        const Experiment read = read_experiment(experiment(in_flight, idempotent, fault));
        const FaultOutcome outcome = run_experiment(read, 1);
        CHECK(outcome.unheard == 0);
        CHECK(static_cast<std::int64_t>(outcome.ack_order.size()) + outcome.failed == 12);
        CHECK(run_experiment(read, 1) == outcome);
      }
    }
  }
}

TEST_CASE("A row that says what cannot be replayed fails with the reason") {
  json row = lost_ack("1", in_order, in_order, 0, 0);
  row["fault"] = "Produce #3 is eaten by a dog";
  CHECK(first_mismatch(row).rfind("cannot be replayed: ", 0) == 0);
  row = lost_ack("nonsense", in_order, in_order, 0, 0);
  CHECK(first_mismatch(row).rfind("cannot be replayed: ", 0) == 0);
  row = lost_ack("6", in_order, in_order, 0, 0);
  row["producer"]["enable.idempotence"] = "true";
  CHECK(first_mismatch(row).rfind("cannot be replayed: ", 0) == 0);
  row = lost_ack("1", in_order, in_order, 0, 0);
  row["producer"]["acks"] = "0";
  CHECK(first_mismatch(row) == "cannot be replayed: a request with acks=0 has no answer");
  row["records"] = -1;
  CHECK(first_mismatch(row).rfind("cannot be replayed: ", 0) == 0);
  row.erase("fault");
  CHECK(mismatches(row) > 0);
}

}  // namespace kafkasim::conformance

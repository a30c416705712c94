// What replays of groups accept, and what they refuse.
#include <nlohmann/json.hpp>

#include "tests/conformance/kinds.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

json redelivery(const std::string& mode, std::int64_t committed) {
  const std::int64_t next = committed < 0 ? 0 : committed;
  return {{"scenario", "consumer_crash_redelivery"},
          {"mode", mode},
          {"session.timeout.ms", 2000},
          {"max.poll.records", 6},
          {"first_consumer_polls", {{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}}},
          {"committed_at_crash", committed},
          {"second_consumer_first_record_after_ms", 1990},
          {"second_consumer_first_offset", next},
          {"redelivered", 12 - next},
          {"skipped", 0}};
}

json rebalance(json events) {
  return {{"scenario", "rebalance_callbacks"},
          {"assignor", "RangeAssignor"},
          {"static_members", false},
          {"events", std::move(events)}};
}

json told(const char* consumer, const char* event, json partitions) {
  return {{"consumer", consumer}, {"event", event}, {"partitions", std::move(partitions)}};
}

std::vector<std::string> mismatches(const char* kind, const json& row) {
  const std::vector<json> file = {row};
  return replay(*find_kind(kind), row, file).mismatches();
}

std::vector<std::string> of_redelivery(const json& row) {
  return mismatches("broker24_fault_redelivery", row);
}

}  // namespace

TEST_CASE("What a crashed consumer had not committed is read again by the next") {
  CHECK(of_redelivery(redelivery("no_commit", -1)).empty());
  CHECK(of_redelivery(redelivery("commit_after_processing", 6)).empty());
  CHECK(of_redelivery(redelivery("commit_after_processing", 12)).empty());
  CHECK_FALSE(of_redelivery(redelivery("no_commit", 6)).empty());
  CHECK_FALSE(of_redelivery(redelivery("commit_after_processing", 7)).empty());
}

TEST_CASE("What was committed before it was handled is skipped") {
  json row = redelivery("commit_before_processing", 12);
  CHECK_FALSE(of_redelivery(row).empty());
  row["skipped"] = 6;
  CHECK(of_redelivery(row).empty());
}

TEST_CASE("The next consumer waits for the session of the crashed one, not longer") {
  json row = redelivery("no_commit", -1);
  row["second_consumer_first_record_after_ms"] = 400;
  CHECK_FALSE(of_redelivery(row).empty());
  row["second_consumer_first_record_after_ms"] = 3000;
  CHECK_FALSE(of_redelivery(row).empty());
}

TEST_CASE("Each consumer must be told what was recorded, in its order") {
  const char* kind = "broker24_fault_rebalance";
  json events = json::array({{{"step", "A starts"}},
                             told("A", "assigned", {0, 1, 2}),
                             {{"step", "A closes"}},
                             told("A", "revoked", {0, 1, 2})});
  CHECK(mismatches(kind, rebalance(events)).empty());
  events.back()["event"] = "lost";
  CHECK_FALSE(mismatches(kind, rebalance(events)).empty());
}

TEST_CASE("A row of a group that cannot be replayed says why") {
  const char* kind = "broker24_fault_rebalance";
  const auto first = [&](const json& row) {
    const std::vector<std::string> found = mismatches(kind, row);
    return found.empty() ? "" : found.front();
  };
  CHECK(first(rebalance(json::array({{{"step", "A dances"}}}))).find("cannot be replayed") !=
        std::string::npos);
  CHECK(first(rebalance(json::array({{{"step", "A closes"}}}))).find("was never started") !=
        std::string::npos);
  CHECK(first(rebalance(json::array(
                  {{{"step", "A starts"}}, {{"step", "A does not poll for 999999 s"}}})))
            .find("takes too long") != std::string::npos);
  CHECK(first(rebalance(json::array())).find("cannot be replayed") != std::string::npos);
  CHECK(of_redelivery(redelivery("sometimes", 6)).front().find("mode 'sometimes'") !=
        std::string::npos);
  CHECK_FALSE(of_redelivery(json::object()).empty());
}

}  // namespace kafkasim::conformance

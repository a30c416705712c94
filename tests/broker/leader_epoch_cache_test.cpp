// The leader epoch cache against recorded behaviour of Kafka's own.
#include "broker/leader_epoch_cache.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using nlohmann::json;
using protocol::LeaderEpoch;
using protocol::Offset;

LeaderEpoch epoch_at(const json& step, const char* key) {
  return LeaderEpoch(step.at(key).get<std::int32_t>());
}
Offset offset_at(const json& step, const char* key) {
  return Offset(step.at(key).get<std::int64_t>());
}

json entries_of(const LeaderEpochCache& cache) {
  json entries = json::array();
  for (const EpochEntry& e : cache.entries())
    entries.push_back({e.epoch.value(), e.start_offset.value()});
  return entries;
}

void run_step(LeaderEpochCache& cache, const json& step) {
  const std::string op = step.at("op");
  if (op == "assign") {
    cache.assign(epoch_at(step, "epoch"), offset_at(step, "start_offset"));
  } else if (op == "truncate_from_end") {
    cache.truncate_from_end(offset_at(step, "end_offset"));
  } else if (op == "truncate_from_start") {
    cache.truncate_from_start(offset_at(step, "start_offset"));
  } else {
    REQUIRE(op == "end_offset_for");
    const auto end =
        cache.end_offset_for(epoch_at(step, "requested_epoch"), offset_at(step, "log_end_offset"));
    CHECK(end.epoch.value() == step.at("result_epoch"));
    CHECK(end.end_offset.value() == step.at("result_offset"));
    CHECK(cache.epoch_for_offset(offset_at(step, "epoch_for_offset_query")).value() ==
          step.at("epoch_for_offset"));
  }
  CHECK(entries_of(cache) == step.at("entries"));
}

}  // namespace

TEST_CASE("The leader epoch cache answers as Kafka's does in 80 recorded runs") {
  std::ifstream file("tests/vectors/leader_epoch_cache.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const json run = json::parse(line);
    INFO("case " << run.at("case"));
    LeaderEpochCache cache;
    for (const json& step : run.at("steps")) {
      INFO(step.dump());
      run_step(cache, step);
    }
  }
  REQUIRE(cases == 80);
}

TEST_CASE("An epoch that had no records leaves no entry behind when the log is cut at its start") {
  LeaderEpochCache cache;
  cache.assign(LeaderEpoch(1), Offset(0));
  cache.assign(LeaderEpoch(2), Offset(5));
  cache.truncate_from_end(Offset(5));
  CHECK(cache.latest_epoch() == LeaderEpoch(1));
  CHECK(cache.end_offset_for(LeaderEpoch(1), Offset(5)).end_offset == Offset(5));
}

}  // namespace kafkasim::broker

// The leader epoch cache against recorded runs of Kafka's own.
#include "broker/leader_epoch_cache.hpp"

#include <fmt/format.h>

#include <string>

#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using broker::LeaderEpochCache;
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
  for (const broker::EpochEntry& entry : cache.entries())
    entries.push_back({entry.epoch.value(), entry.start_offset.value()});
  return entries;
}

void run_step(LeaderEpochCache& cache, const json& step, Findings& findings) {
  const std::string op = step.at("op");
  if (op == "assign") {
    cache.assign(epoch_at(step, "epoch"), offset_at(step, "start_offset"));
  } else if (op == "truncate_from_end") {
    cache.truncate_from_end(offset_at(step, "end_offset"));
  } else if (op == "truncate_from_start") {
    cache.truncate_from_start(offset_at(step, "start_offset"));
  } else if (op == "clear") {
    cache.clear();
  } else if (op == "end_offset_for") {
    const auto end =
        cache.end_offset_for(epoch_at(step, "requested_epoch"), offset_at(step, "log_end_offset"));
    findings.expect("result_epoch", step.at("result_epoch"), end.epoch.value());
    findings.expect("result_offset", step.at("result_offset"), end.end_offset.value());
  } else if (op != "epoch_for_offset") {
    findings.fail("an operation that the replay does not know");
  }
  // A question that may stand in any step.
  if (step.contains("epoch_for_offset_query")) {
    findings.expect("epoch_for_offset", step.at("epoch_for_offset"),
                    cache.epoch_for_offset(offset_at(step, "epoch_for_offset_query")).value());
  }
  findings.expect("entries", step.at("entries"), entries_of(cache));
}

}  // namespace

void replay_leader_epoch_cache(const json& recorded, Findings& findings) {
  LeaderEpochCache cache;
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    run_step(cache, step, findings);
  }
}

}  // namespace kafkasim::conformance

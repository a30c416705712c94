// Anomalies that follow from others and are judged only where a scenario names them: effect-twice,
// two-owners.
#include <fmt/format.h>

#include <set>

#include "scenarios/engine/anomalies_find.hpp"

namespace kafkasim::scenarios {

namespace {

// Whose effects these are: the group's, or those of a consumer without one.
const std::string& sink_of(const Handling& handling) {
  return handling.group->empty() ? *handling.who : *handling.group;
}

}  // namespace

void find_effect_twice(const Truth& truth, std::vector<Finding>& out) {
  std::map<std::string, std::map<RecordIndex, std::vector<const Handling*>>> effects;
  for (const Handling& handling : truth.ledger().handlings()) {
    if (handling.has_effect) effects[sink_of(handling)][handling.record].push_back(&handling);
  }
  for (const auto& [sink, records] : effects) {
    for (const auto& [record, times] : records) {
      if (times.size() < 2) continue;
      Finding found = finding(Anomaly::effect_twice, truth.fate(record));
      found.whose = sink;
      found.partition = times.front()->partition;
      found.cause = fmt::format("{} had an effect outside Kafka {} and {} again {}", *times[0]->who,
                                at(times[0]->time), *times[1]->who, at(times[1]->time));
      if (times.size() > 2) found.cause = fmt::format("{} times: {}", times.size(), found.cause);
      for (const Handling* handling : times) {
        found.times.push_back(handling->time);
        found.offsets.push_back(handling->offset);
      }
      out.push_back(std::move(found));
    }
  }
}

void find_two_owners(const Truth& truth, std::vector<Finding>& out) {
  std::set<std::pair<std::string, RecordIndex>> seen;
  for (const Handling& handling : truth.ledger().handlings()) {
    if (handling.owner == nullptr) continue;
    if (!seen.insert({*handling.group, handling.record}).second) continue;
    Finding found = finding(Anomaly::two_owners, truth.fate(handling.record));
    found.whose = *handling.group;
    found.partition = handling.partition;
    found.offsets = {handling.offset};
    found.times = {handling.time};
    found.cause =
        fmt::format("handled by {} {} from {}, which belonged to {} by then", *handling.who,
                    at(handling.time), spot(handling.partition, handling.offset), *handling.owner);
    out.push_back(std::move(found));
  }
}

std::vector<Finding> find_named(Anomaly anomaly, const Ledger& ledger, const FinalState& state) {
  const Truth truth(ledger, state);
  std::vector<Finding> found;
  if (anomaly == Anomaly::effect_twice) find_effect_twice(truth, found);
  if (anomaly == Anomaly::two_owners) find_two_owners(truth, found);
  return found;
}

}  // namespace kafkasim::scenarios

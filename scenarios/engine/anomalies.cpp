// All anomalies together, in a fixed order.
#include "scenarios/engine/anomalies.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/anomalies_find.hpp"
#include "scenarios/engine/causes.hpp"

namespace kafkasim::scenarios {

std::vector<Finding> find_anomalies(const Ledger& ledger, const FinalState& state) {
  const Truth truth(ledger, state);
  std::vector<Finding> found;
  find_lost(truth, found);
  find_duplicated(truth, found);
  find_reordered(truth, found);
  find_handled_twice(truth, found);
  find_skipped_and_stuck(truth, found);
  find_handled_out_of_order(truth, found);
  find_phantoms(truth, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const Finding& a, const Finding& b) { return a.anomaly < b.anomaly; });
  for (Finding& each : found) std::sort(each.times.begin(), each.times.end());
  name_causes(truth, found);
  return found;
}

std::string_view meaning(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::lost:
      return "acked, and in no log at the end";
    case Anomaly::duplicated:
      return "stored at two or more offsets";
    case Anomaly::reordered:
      return "stored behind a record of its producer that was sent later";
    case Anomaly::handled_twice:
      return "handled more than once by one group";
    case Anomaly::skipped:
      return "below the group's committed offset and never handled";
    case Anomaly::handled_out_of_order:
      return "handled after a later record of the same key";
    case Anomaly::phantom:
      return "handled, but not in the log at the end";
    case Anomaly::aborted_visible:
      return "handled though its transaction was aborted";
    case Anomaly::torn:
      return "visible while another record of its transaction never can be";
    case Anomaly::stuck:
      return "replicated, and not handled at the end though the group is alive";
    case Anomaly::effect_twice:
      return "its handling had an effect outside Kafka more than once";
    case Anomaly::two_owners:
      return "handled by a member while another member of the group owned its partition";
  }
  return "";
}

Finding finding(Anomaly anomaly, const RecordFate& fate) {
  Finding out;
  out.anomaly = anomaly;
  out.record = fate.name;
  out.tag = fate.tag;
  out.whose = *fate.producer;
  out.partition.topic = fate.topic;
  for (const Step& step : fate.life) {
    if (step.partition >= 0) out.partition.partition = step.partition;
  }
  return out;
}

std::string at(sim::Time time) { return fmt::format("at {} s", seconds(time)); }

std::string spot(const TopicPartition& partition, protocol::Offset offset) {
  return fmt::format("offset {} of {}", offset.value(), to_string(partition));
}

}  // namespace kafkasim::scenarios

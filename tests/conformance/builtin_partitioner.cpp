// The sticky partitioner, given the random numbers that Kafka's was given.
#include "producer/builtin_partitioner.hpp"

#include <fmt/format.h>

#include <set>

#include "tests/conformance/kinds.hpp"
#include "tests/support/led_topics.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

}  // namespace

void replay_builtin_partitioner(const json& recorded, Findings& findings) {
  const client::Metadata metadata = client::led_topics(
      {"t"}, recorded.at("partitions"), recorded.at("without_leader").get<std::set<int>>());
  std::int32_t drawn = 0;
  producer::BuiltInPartitioner partitioner("t", recorded.at("sticky_batch_size"),
                                           [&drawn] { return drawn; });
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    if (step.at("op") == "append") {
      drawn = step.at("random");
      findings.expect("partition", step.at("partition"), partitioner.current(metadata));
      drawn = step.at("random_for_switch");
      partitioner.appended(step.at("bytes"), step.at("enable_switch"), metadata);
    } else if (step.value("disabled", false)) {
      partitioner.forget_load();
    } else if (step.at("op") == "update_load") {
      partitioner.update_load(step.at("queue_sizes"), step.at("partition_ids"));
    } else {
      findings.fail("an operation that the replay does not know");
    }
  }
}

}  // namespace kafkasim::conformance

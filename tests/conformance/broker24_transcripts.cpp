// Conversations with a real cluster of Kafka 2.4, request by request.
#include <fmt/format.h>

#include "tests/conformance/kinds.hpp"
#include "tests/conformance/transcript.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::int64_t clock_error_ms = 25;

// Two requests that were sent at once on one connection; only the times of their answers were
// recorded. By the recording's note: a fetch that waits at the end of the log, and behind it a
// metadata request.
void replay_pipeline(Stage& stage, const std::string& topic, const json& first, const json& second,
                     Findings& findings) {
  const std::int64_t recorded = first.at("after_ms");
  protocol::FetchRequest fetch;
  fetch.max_wait_ms = static_cast<std::int32_t>(recorded / 100 * 100);
  fetch.min_bytes = 1;
  protocol::FetchPartition& partition = fetch.partitions.emplace_back();
  partition.partition = {topic, 0};
  partition.fetch_offset =
      stage.cluster().replica(protocol::BrokerId(0), partition.partition)->log_end_offset;
  protocol::MetadataRequest metadata;
  metadata.topics = {topic};
  const ExchangePtr fetched = stage.send("pipeline", 0, fetch);
  const ExchangePtr described = stage.send("pipeline", 0, metadata);
  stage.run_until([&] { return described->is_over(); }, 60s);
  for (const auto& [exchange, step] : {std::pair(fetched, &first), std::pair(described, &second)}) {
    if (!exchange->answer) {
      findings.fail("after_ms: no answer");
      continue;
    }
    const auto got =
        std::chrono::round<std::chrono::milliseconds>(exchange->ended - fetched->sent).count();
    const std::int64_t expected = step->at("after_ms");
    if (std::abs(got - expected) > clock_error_ms)
      findings.fail(fmt::format("after_ms: expected {}, got {}", expected, got));
  }
  if (fetched->ended > described->ended) findings.fail("the answers came in the wrong order");
}

std::string topic_of(const json& recorded) {
  for (const json& step : recorded.at("steps")) {
    if (step.value("api", "") == "CreateTopics")
      return step.at("request").at("topics").at(0).at("name");
  }
  return "";
}

}  // namespace

void replay_broker_transcript(const json& recorded, Findings& findings) {
  Stage stage;
  Transcript transcript(stage, findings, Followers::real);
  const json& steps = recorded.at("steps");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const json& step = steps[i];
    findings.at(fmt::format("step {} {}", i, step.value("api", "")));
    if (step.contains("response_correlation_id")) {
      const bool has_next = i + 1 < steps.size() && steps[i + 1].contains("after_ms");
      if (!has_next) {
        findings.note("one answer of a pipeline whose requests were not recorded");
      } else {
        replay_pipeline(stage, topic_of(recorded), step, steps[i + 1], findings);
        ++i;
      }
    } else if (!transcript.step(step)) {
      findings.fail("a step that the replay does not know: " + step.dump());
    }
  }
}

}  // namespace kafkasim::conformance

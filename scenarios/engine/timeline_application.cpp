// What the application around a consumer does besides handling records, in a student's words.
#include <fmt/format.h>

#include "protocol/events.hpp"
#include "scenarios/engine/timeline_words.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

Happening told(Weight weight, std::string text) {
  Happening out;
  out.weight = weight;
  out.text = std::move(text);
  return out;
}

std::string partitions_text(const std::vector<TopicPartition>& partitions) {
  std::string out;
  for (const TopicPartition& partition : partitions)
    out += (out.empty() ? "" : " ") + to_string(partition);
  return out.empty() ? "nothing" : out;
}

// "C (orders-0 offset 2)".
template <class Event>
std::string record_text(const Event& event) {
  return fmt::format("{} ({} offset {})", protocol::label(event.record), to_string(event.partition),
                     event.offset.value());
}

}  // namespace

std::optional<Happening> of_application(const sim::TraceEvent& event) {
  if (const auto* e = event.as<events::Handled>(); e != nullptr && !e->has_effect) {
    return told(Weight::notable,
                fmt::format("handled {} again: nothing new outside Kafka", record_text(*e)));
  }
  if (const auto* e = event.as<events::HandlingFailed>()) {
    return told(Weight::trouble, fmt::format("failed to handle {}, attempt {}: {}", record_text(*e),
                                             e->attempt, e->then));
  }
  if (const auto* e = event.as<events::Parked>()) {
    return told(Weight::notable, fmt::format("parked {} in {}", record_text(*e), e->topic));
  }
  if (const auto* e = event.as<events::FetchingPaused>()) {
    return told(Weight::notable, fmt::format("paused {}: {} records wait for a worker",
                                             partitions_text(e->partitions), e->queued));
  }
  if (const auto* e = event.as<events::FetchingResumed>()) {
    return told(Weight::notable, fmt::format("resumed {}: {} records wait for a worker",
                                             partitions_text(e->partitions), e->queued));
  }
  if (const auto* e = event.as<events::QueueDropped>()) {
    return told(Weight::trouble,
                fmt::format("threw away {} records of {} that waited for a worker{}", e->records,
                            partitions_text(e->partitions),
                            e->reason.empty() ? "" : " (" + e->reason + ")"));
  }
  return std::nullopt;
}

}  // namespace kafkasim::scenarios

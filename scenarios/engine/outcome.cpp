// Small questions that an outcome answers itself.
#include "scenarios/engine/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::scenarios {

namespace {

// Quotes a path for a shell where it has to be.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '_' || c == '-';
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

const PartitionState* FinalState::find(const TopicPartition& partition) const {
  const auto found =
      std::find_if(partitions.begin(), partitions.end(),
                   [&](const PartitionState& p) { return p.partition == partition; });
  return found == partitions.end() ? nullptr : &*found;
}

const GroupState* FinalState::group(std::string_view name) const {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const GroupState& g) { return g.name == name; });
  return found == groups.end() ? nullptr : &*found;
}

const ProducerState* FinalState::producer(std::string_view name) const {
  const auto found = std::find_if(producers.begin(), producers.end(),
                                  [&](const ProducerState& p) { return p.name == name; });
  return found == producers.end() ? nullptr : &*found;
}

const ConsumerState* FinalState::consumer(std::string_view name) const {
  const auto found = std::find_if(consumers.begin(), consumers.end(),
                                  [&](const ConsumerState& c) { return c.name == name; });
  return found == consumers.end() ? nullptr : &*found;
}

const ReplicaState* deciding_replica(const PartitionState& partition) {
  const ReplicaState* best = nullptr;
  for (const ReplicaState& replica : partition.replicas) {
    if (!partition.leader.empty() && replica.broker == partition.leader) return &replica;
    const auto last_epoch = [](const ReplicaState& r) {
      return r.log.empty() ? protocol::LeaderEpoch() : r.log.back().leader_epoch;
    };
    if (best == nullptr || last_epoch(replica) > last_epoch(*best) ||
        (last_epoch(replica) == last_epoch(*best) && replica.log_end > best->log_end)) {
      best = &replica;
    }
  }
  return best;
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::as_expected:
      return 0;
    case Verdict::not_as_expected:
      return 1;
    case Verdict::invariant_broken:
      return 3;
  }
  return 3;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::as_expected:
      return "as expected";
    case Verdict::not_as_expected:
      return "NOT as expected";
    case Verdict::invariant_broken:
      return "an invariant broke";
  }
  return "";
}

std::string reproduce_line(const Outcome& outcome) {
  std::string out =
      fmt::format("kafkasim run {} --seed {}", shell_word(outcome.file), outcome.seed);
  if (!outcome.variant.empty()) out += " --variant " + shell_word(outcome.variant);
  return out;
}

std::string seconds(sim::Time time) {
  const std::int64_t us =
      std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::int64_t ms = us >= 0 ? us / 1000 : -((-us + 999) / 1000);
  const std::int64_t magnitude = ms < 0 ? -ms : ms;
  return fmt::format("{}{}.{:03}", ms < 0 ? "-" : "", magnitude / 1000, magnitude % 1000);
}

}  // namespace kafkasim::scenarios

// Recorded runs of Kafka's own producer against the same scripted brokers: the same requests at the
// same times, the same outcomes for every record, the same logs.
#include <fmt/format.h>

#include <algorithm>

#include "tests/conformance/kinds.hpp"
#include "tests/conformance/producer_trace_world.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

// Each line behind its time; lines of one instant in alphabetical order. Where connections to
// several nodes have news at one instant, the order of the recorded client is that of a hash set.
Lines by_instant(const json& trace) {
  Lines lines = producer::readable(trace);
  for (std::size_t i = 0; i < lines.size(); ++i)
    lines[i] = fmt::format("{:09} {}", trace[i].at("t").get<int>(), lines[i]);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The recorded client spun where ours waits: its times are then only known to a millisecond.
bool same_but_for_spinning(const std::string& expected, const std::string& got) {
  const auto parsed = [](const std::string& line) {
    return json::parse(line.substr(line.find('{')));
  };
  json wanted = parsed(expected);
  json seen = parsed(got);
  const int apart = wanted.at("t").get<int>() - seen.at("t").get<int>();
  wanted.erase("t");
  seen.erase("t");
  return apart >= -1 && apart <= 1 && wanted == seen;
}

void replay(const json& script, Lines (*lines_of)(const json& trace), Findings& findings) {
  const producer::Replay run = producer::replay(script);
  const Lines expected = lines_of(script.at("trace"));
  const Lines got = lines_of(run.trace);
  for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    if (i < expected.size() && i < got.size() && script.value("busy_spin_ms", 0) > 0 &&
        same_but_for_spinning(expected[i], got[i])) {
      continue;
    }
    const json wanted = i < expected.size() ? json(expected[i]) : json();
    const json seen = i < got.size() ? json(got[i]) : json();
    findings.at(fmt::format("event {}", i));
    if (!findings.expect("trace", wanted, seen)) break;  // what follows would only repeat it
  }
  findings.at("at the end");
  findings.expect("final_logs", script.at("final_logs"), run.final_logs);
}

}  // namespace

void replay_producer_trace(const json& recorded, Findings& findings) {
  replay(recorded, producer::readable, findings);
}

void replay_random_producer_trace(const json& recorded, Findings& findings) {
  replay(recorded, by_instant, findings);
}

}  // namespace kafkasim::conformance

// Recorded runs of Kafka's own producer against the same scripted brokers: the same requests at the
// same times, the same outcomes for every record, the same logs.
#include <algorithm>
#include <fstream>

#include "tests/producer/trace_world.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::producer;

namespace {

std::vector<Json> scripts(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  std::vector<Json> out;
  std::string line;
  while (std::getline(in, line)) out.push_back(Json::parse(line));
  return out;
}

// Each line behind its time; lines of one instant in alphabetical order. Where connections to
// several nodes have news at one instant, the order of the recorded client is that of a hash set.
std::vector<std::string> by_instant(const Json& trace) {
  std::vector<std::string> lines = readable(trace);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string time = std::to_string(trace[i].at("t").get<int>());
    lines[i] = std::string(9 - time.size(), '0') + time + " " + lines[i];
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void compare(const std::vector<std::string>& seen, const std::vector<std::string>& expected) {
  for (std::size_t i = 0; i < std::min(expected.size(), seen.size()); ++i) {
    INFO("event " << i);
    REQUIRE(seen[i] == expected[i]);
  }
  CHECK(seen.size() == expected.size());
}

}  // namespace

TEST_CASE("the producer does what Kafka's producer did, request by request") {
  const std::vector<Json> all = scripts("tests/vectors/producer_traces.jsonl");
  CHECK(all.size() > 70);
  for (const Json& script : all) {
    INFO(script.at("name").get<std::string>());
    const Replay run = replay(script);
    compare(readable(run.trace), readable(script.at("trace")));
    CHECK(run.final_logs == script.at("final_logs"));
  }
}

TEST_CASE("the producer does at each instant of random runs what Kafka's producer did") {
  const std::vector<Json> all = scripts("tests/vectors/producer_traces_random.jsonl");
  CHECK(all.size() > 20);
  for (const Json& script : all) {
    INFO(script.at("name").get<std::string>());
    const Replay run = replay(script);
    compare(by_instant(run.trace), by_instant(script.at("trace")));
    CHECK(run.final_logs == script.at("final_logs"));
  }
}

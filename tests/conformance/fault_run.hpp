// One run of a recorded experiment in a simulated cluster: a producer sends numbered records
// through proxies to three brokers, one of which commits the fault. What is left of it: the log,
// and what the application heard.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sim/time.hpp"
#include "tests/conformance/fault_text.hpp"

namespace kafkasim::conformance {

struct Experiment {
  std::vector<std::pair<std::string, std::string>> producer;  // settings, by Kafka's names
  std::int64_t records = 0;
  sim::Duration pace{};  // between one send and the next
  Fault fault;

  // One request in flight, or idempotence: how fast things are does not matter to what comes out.
  bool is_certain() const;
};

// From a row of a file. Throws std::invalid_argument, "cannot be replayed: ...".
Experiment read_experiment(const nlohmann::json& recorded);

struct FaultOutcome {
  std::vector<std::int64_t> log;               // numbers of the records, in the order of the log
  std::vector<std::int64_t> ack_order;         // in which the application heard of success
  std::map<std::string, std::int64_t> errors;  // "TimeoutException: The request timed out."
  std::int64_t failed = 0;
  std::int64_t unheard = 0;  // neither acked nor failed in ten minutes
  bool struck = false;       // the fault has happened
  friend bool operator==(const FaultOutcome&, const FaultOutcome&) = default;
};

// The same seed gives the same outcome. Seeds differ in how fast the network, the brokers and the
// application are, as a loaded machine makes them differ.
FaultOutcome run_experiment(const Experiment& experiment, std::uint64_t seed);

}  // namespace kafkasim::conformance

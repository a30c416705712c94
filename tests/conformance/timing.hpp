// How exactly the times of a recording hold for us. It ran in real time on a busy machine; we run
// in virtual time without the cost of work.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/conformance/findings.hpp"

namespace kafkasim::conformance {

// What a time is the time of.
struct Timed {
  std::string api;
  const nlohmann::json* request = nullptr;   // as recorded
  const nlohmann::json* response = nullptr;  // as recorded
  bool asynchronous = false;                 // other steps went on meanwhile
  bool isr_is_too_small = false;             // the high watermark stands still, in 2.4 it rose
};

// Notes a mismatch when `got` milliseconds cannot be what was recorded.
void check_elapsed(const Timed& timed, std::int64_t recorded, std::int64_t got, Findings& findings);

}  // namespace kafkasim::conformance

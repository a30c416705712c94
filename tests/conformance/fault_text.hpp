// The one fault of a recorded experiment, as its English text says it: which request, and what a
// proxy between client and broker does about it.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/error_code.hpp"
#include "sim/time.hpp"

namespace kafkasim::conformance {

struct Fault {
  enum class Kind {
    none,
    answer_lost,      // the broker has answered, the client does not hear it
    answer_late,      // with all answers behind it
    answer_replaced,  // by an error; the broker did what was asked
    refused,          // answered with an error, the broker never saw it
    request_lost,     // the broker never sees it
    request_late,     // with all requests behind it
  };

  Kind kind = Kind::none;
  std::string api;         // "Produce"
  std::int64_t first = 1;  // which requests of that API, counted from 1 over all connections
  std::int64_t last = 1;
  bool closes = false;  // answer_lost, request_lost: the connection ends then; else it is silent
  protocol::ErrorCode error = protocol::ErrorCode::none;  // answer_replaced, refused
  sim::Duration delay{};                                  // answer_late, request_late

  bool strikes(std::string_view name, std::int64_t number) const {
    return kind != Kind::none && name == api && first <= number && number <= last;
  }
  bool needs_answer() const {
    return kind == Kind::answer_lost || kind == Kind::answer_late ||
           kind == Kind::answer_replaced || kind == Kind::refused;
  }
};

// Throws std::invalid_argument, "cannot be replayed: ...", for a text that says something else.
Fault read_fault(const std::string& text);

}  // namespace kafkasim::conformance

// Requests of a recording to our messages, and our answers to the recording's fields. A message of
// ours has no version: what old versions say in other fields is translated here, and an answer is
// given with the fields of all versions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "protocol/message.hpp"

namespace kafkasim::conformance {

struct Translated {
  std::optional<protocol::RequestBody> body;
  std::string refusal;  // why our messages cannot say it; empty = they can
};

// `api` as Kafka calls it, "Produce".
Translated request_from_json(const std::string& api, int version, const nlohmann::json& request);

// `request` is that of the recording: some answers look differently for different questions.
nlohmann::json response_to_json(const protocol::ResponseBody& response, int version,
                                const nlohmann::json& request);

}  // namespace kafkasim::conformance

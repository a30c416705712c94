// Record batches between the bytes of a recording and our values. Left out: compressed content
// (such a batch keeps its size and count, its records are blank) and record headers (they count in
// the size only).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/record_batch.hpp"

namespace kafkasim::conformance {

std::string from_base64(std::string_view text);
std::string to_base64(std::string_view bytes);

struct DecodedBatches {
  std::vector<protocol::StoredBatch> batches;
  // Why the bytes cannot be said with our values; empty = they can.
  std::string refusal;
};

// Batches that follow one another; an incomplete one at the end is left away if `may_be_cut`, as a
// fetch may return it.
DecodedBatches decode_batches(std::string_view bytes, bool may_be_cut);

// What the recording says of a batch in `records_summary`.
nlohmann::json summary_of(const protocol::StoredBatch& stored);
// Offset, timestamp, key and value of each record; null for a compressed batch.
nlohmann::json content_of(const protocol::StoredBatch& stored);

}  // namespace kafkasim::conformance

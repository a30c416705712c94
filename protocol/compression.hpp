// What compression makes of sizes: a fixed factor for each codec, in place of the real algorithms.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/record_batch.hpp"

namespace kafkasim::protocol {

// Size of compressed records in thousandths of the uncompressed size.
std::int32_t compressed_thousandths(Compression compression);
// The codec of that name ("none", "gzip" ...); nothing when there is none.
std::optional<Compression> codec_named(std::string_view name);
// Bytes of the batch's records as they are, uncompressed, without the batch's header.
std::int64_t records_size(const RecordBatch& batch);
// Bytes of a batch with that many bytes of records under its codec, header included.
std::int32_t batch_size(std::int64_t uncompressed, Compression compression);
std::int32_t batch_size(const RecordBatch& batch);

}  // namespace kafkasim::protocol

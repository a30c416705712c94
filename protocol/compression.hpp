// What compression makes of sizes: a fixed factor for each codec, in place of the real algorithms.
#pragma once

#include <cstdint>

#include "protocol/record_batch.hpp"

namespace kafkasim::protocol {

// Size of compressed records in thousandths of the uncompressed size.
std::int32_t compressed_thousandths(Compression compression);
// Bytes of the batch's records as they are, uncompressed, without the batch's header.
std::int64_t records_size(const RecordBatch& batch);
// Bytes of the batch with its records under its codec, header included.
std::int32_t batch_size(const RecordBatch& batch);

}  // namespace kafkasim::protocol

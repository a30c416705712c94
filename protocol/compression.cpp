// Factors of the codecs, and sizes of batches by them.
#include "protocol/compression.hpp"

namespace kafkasim::protocol {

std::int32_t compressed_thousandths(Compression compression) {
  switch (compression) {
    case Compression::none:
      return 1000;
    case Compression::gzip:
      return 400;
    case Compression::snappy:
      return 600;
    case Compression::lz4:
      return 600;
    case Compression::zstd:
      return 400;
  }
  return 1000;
}

std::int64_t records_size(const RecordBatch& batch) {
  std::int64_t size = 0;
  if (batch.records.empty()) return size;
  const std::int64_t base_timestamp = batch.records.front().timestamp_ms;
  for (const Record& record : batch.records) {
    size += record_size(record.offset_delta, record.timestamp_ms - base_timestamp,
                        record.key.size(), record.value_size);
  }
  return size;
}

std::int32_t batch_size(const RecordBatch& batch) {
  const std::int64_t packed =
      records_size(batch) * compressed_thousandths(batch.compression) / 1000;
  return batch_header_size + static_cast<std::int32_t>(packed);
}

}  // namespace kafkasim::protocol

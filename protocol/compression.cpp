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

std::optional<Compression> codec_named(std::string_view name) {
  if (name == "none") return Compression::none;
  if (name == "gzip") return Compression::gzip;
  if (name == "snappy") return Compression::snappy;
  if (name == "lz4") return Compression::lz4;
  if (name == "zstd") return Compression::zstd;
  return std::nullopt;
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

std::int32_t batch_size(std::int64_t uncompressed, Compression compression) {
  const std::int64_t packed = uncompressed * compressed_thousandths(compression) / 1000;
  return batch_header_size + static_cast<std::int32_t>(packed);
}

std::int32_t batch_size(const RecordBatch& batch) {
  return batch_size(records_size(batch), batch.compression);
}

}  // namespace kafkasim::protocol

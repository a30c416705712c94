// The bytes of format v2, read.
#include "tests/conformance/record_batches.hpp"

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

namespace kafkasim::conformance {
namespace {

using nlohmann::json;
using protocol::RecordBatch;

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::size_t log_overhead = 12;  // offset and length, which the length does not count

struct BrokenBytes : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size(); }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw BrokenBytes("bytes that end inside of a record");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::int64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const char byte : take(width)) value = value << 8 | static_cast<unsigned char>(byte);
    const auto unused = static_cast<unsigned>(64 - 8 * width);
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::int64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    throw BrokenBytes("a varint that does not end");
  }
  protocol::Bytes bytes() {
    const std::int64_t size = varint();
    if (size < 0) return {};
    return protocol::Bytes(take(static_cast<std::size_t>(size)));
  }

 private:
  std::string_view bytes_;
};

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
  }
  return ~crc;
}

protocol::Record read_record(Reader& reader, std::int64_t base_timestamp) {
  const auto size = static_cast<std::size_t>(reader.varint());
  Reader body(reader.take(size));
  protocol::Record record;
  body.take(1);  // attributes
  record.timestamp_ms = base_timestamp + body.varint();
  record.offset_delta = static_cast<std::int32_t>(body.varint());
  record.key = body.bytes();
  record.value = body.bytes();
  record.value_size = record.value.size();
  return record;
}

void read_attributes(std::int64_t attributes, RecordBatch& batch) {
  const auto codec = attributes & 7;
  if (codec > 4) throw BrokenBytes("a compression that does not exist");
  batch.compression = static_cast<protocol::Compression>(codec);
  if ((attributes & 8) != 0) batch.timestamp_type = protocol::TimestampType::log_append_time;
  batch.transactional = (attributes & 16) != 0;
  if ((attributes & 32) != 0) batch.control = protocol::ControlType::abort;
}

void read_records(Reader& reader, RecordBatch& batch, std::int64_t base_timestamp,
                  std::int64_t count) {
  if (batch.compression != protocol::Compression::none) {
    for (std::int64_t i = 0; i < count; ++i) {
      protocol::Record& blank = batch.records.emplace_back();
      blank.timestamp_ms = base_timestamp;
      blank.offset_delta = static_cast<std::int32_t>(i);
      blank.key = protocol::Bytes("");
      blank.value = protocol::Bytes("");
      blank.value_size = 0;
    }
    return;
  }
  while (reader.left() > 0) batch.records.push_back(read_record(reader, base_timestamp));
  if (count != static_cast<std::int64_t>(batch.records.size()))
    throw BrokenBytes("a count of records that is not true");
  if (!batch.is_control()) return;
  // The type of a marker stands in its key.
  const std::string_view key = batch.records.front().key.view();
  if (key.size() == 4) {
    Reader type(key.substr(2));
    batch.control = static_cast<protocol::ControlType>(type.number(2));
  }
}

protocol::StoredBatch read_batch(std::string_view bytes) {
  Reader reader(bytes);
  protocol::StoredBatch stored;
  stored.base_offset = protocol::Offset(reader.number(8));
  reader.number(4);
  stored.leader_epoch = protocol::LeaderEpoch(static_cast<std::int32_t>(reader.number(4)));
  if (reader.number(1) != 2) throw BrokenBytes("an old format of batches");
  const auto checksum = static_cast<std::uint32_t>(reader.number(4));
  if (checksum != crc32c(bytes.substr(21))) throw BrokenBytes("a wrong checksum");
  auto batch = std::make_unique<RecordBatch>();
  read_attributes(reader.number(2), *batch);
  batch->last_offset_delta = static_cast<std::int32_t>(reader.number(4));
  const std::int64_t base_timestamp = reader.number(8);
  batch->max_timestamp_ms = reader.number(8);
  batch->producer_id = protocol::ProducerId(reader.number(8));
  batch->producer_epoch = protocol::ProducerEpoch(static_cast<std::int16_t>(reader.number(2)));
  batch->base_sequence = static_cast<std::int32_t>(reader.number(4));
  const std::int64_t count = reader.number(4);
  batch->size_in_bytes = static_cast<std::int32_t>(bytes.size());
  read_records(reader, *batch, base_timestamp, count);
  stored.batch = protocol::BatchRef(batch.release());
  return stored;
}

}  // namespace

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : text) {
    const auto digit = digits.find(letter);
    if (digit == std::string_view::npos) continue;  // the padding
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits <<= 8;
      if (i + j < bytes.size()) bits |= static_cast<unsigned char>(bytes[i + j]);
    }
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > bytes.size() ? '=' : digits[bits >> (18 - 6 * j) & 63];
  }
  return text;
}

DecodedBatches decode_batches(std::string_view bytes, bool may_be_cut) {
  DecodedBatches decoded;
  while (!bytes.empty()) {
    if (bytes.size() < log_overhead) {
      if (!may_be_cut) decoded.refusal = "bytes that end inside of a batch";
      return decoded;
    }
    Reader head(bytes.substr(8, 4));
    const std::int64_t length = head.number(4);
    if (length < 0 || bytes.size() - log_overhead < static_cast<std::size_t>(length)) {
      if (!may_be_cut) decoded.refusal = "bytes that end inside of a batch";
      return decoded;
    }
    const std::size_t size = log_overhead + static_cast<std::size_t>(length);
    try {
      decoded.batches.push_back(read_batch(bytes.substr(0, size)));
    } catch (const BrokenBytes& broken) {
      decoded.refusal = broken.what();
      return decoded;
    }
    bytes.remove_prefix(size);
  }
  return decoded;
}

json summary_of(const protocol::StoredBatch& stored) {
  const RecordBatch& batch = *stored.batch;
  return {{"magic", 2},
          {"base_offset", stored.base_offset.value()},
          {"last_offset", stored.last_offset().value()},
          {"size", batch.size_in_bytes},
          {"leader_epoch", stored.leader_epoch.value()},
          {"producer_id", batch.producer_id.value()},
          {"epoch", batch.producer_epoch.value()},
          {"base_sequence", batch.base_sequence},
          {"transactional", batch.transactional},
          {"control", batch.is_control()}};
}

json content_of(const protocol::StoredBatch& stored) {
  if (stored.batch->compression != protocol::Compression::none) return nullptr;
  json records = json::array();
  for (const protocol::Record& record : stored.batch->records) {
    json shown = {{"offset", (stored.base_offset + record.offset_delta).value()},
                  {"timestamp", record.timestamp_ms}};
    if (!record.key.is_null()) shown["key"] = to_base64(record.key.view());
    if (record.value_size >= 0) shown["value"] = to_base64(record.value.view());
    records.push_back(std::move(shown));
  }
  return records;
}

}  // namespace kafkasim::conformance

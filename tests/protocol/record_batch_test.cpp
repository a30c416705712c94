// Sizes, sequences and labels of records and batches.
#include "protocol/record_batch.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

Record record(std::string_view label, std::int64_t timestamp = 1000) {
  Record out;
  out.value = Bytes(label);
  out.value_size = static_cast<std::int32_t>(label.size());
  out.timestamp_ms = timestamp;
  return out;
}

RecordBatch batch(std::vector<Record> records) {
  RecordBatch out;
  out.records = std::move(records);
  seal(out);
  return out;
}

}  // namespace

TEST_CASE("sequences wrap to zero after the largest number") {
  CHECK(add_sequence(5, 3) == 8);
  CHECK(add_sequence(2147483647, 1) == 0);
  CHECK(add_sequence(2147483646, 3) == 1);
}

TEST_CASE("the last sequence of a batch follows from its first") {
  RecordBatch three = batch({record("A"), record("B"), record("C")});
  CHECK(three.last_sequence() == -1);
  three.base_sequence = 2147483646;
  CHECK(three.last_sequence() == 0);
}

TEST_CASE("record sizes count the variable-length numbers") {
  // A value of 60 bytes: 66 bytes of body, a length of two bytes.
  CHECK(record_size(0, 0, -1, 60) == 68);
  CHECK(record_size(0, 0, -1, 0) == 7);
  CHECK(record_size(0, 0, -1, -1) == 7);
  CHECK(record_size(0, 0, 3, 10) == 1 + 6 + 3 + 10);
  CHECK(record_size(64, 0, -1, 0) == 8);
  CHECK(record_size(0, 8192, -1, 0) == 9);
}

TEST_CASE("the upper bound of a record covers what it really takes") {
  for (const int size : {0, 1, 63, 64, 8191, 8192, 100000}) {
    CHECK(record_size_upper_bound(5, size) >=
          batch_header_size + record_size(1 << 30, 1LL << 40, 5, size));
  }
}

TEST_CASE("sealing numbers the records and measures the batch") {
  const RecordBatch two = batch({record("A", 1000), record("BB", 900)});
  CHECK(two.records[1].offset_delta == 1);
  CHECK(two.last_offset_delta == 1);
  CHECK(two.offset_count() == 2);
  CHECK(two.max_timestamp_ms == 1000);
  CHECK(two.size_in_bytes ==
        batch_header_size + record_size(0, 0, -1, 1) + record_size(1, -100, -1, 2));
}

TEST_CASE("labels name the first records and count the rest") {
  CHECK(labels(batch({record("A"), record("B")})) == "A B");
  CHECK(labels(batch({record("A"), record("B"), record("C")}), 2) == "A B and 1 more");
  Record unnamed;
  unnamed.tag = (std::uint64_t{7} << 32) | 12;
  CHECK(label(unnamed) == "#12");
  RecordBatch marker;
  marker.control = ControlType::abort;
  CHECK(labels(marker) == "<abort marker>");
}

TEST_CASE("a stored batch knows where it ends") {
  StoredBatch stored;
  stored.base_offset = Offset(10);
  stored.batch = make_ref<RecordBatch>(batch({record("A"), record("B")}));
  CHECK(stored.last_offset() == Offset(11));
  CHECK(stored.next_offset() == Offset(12));
}

TEST_CASE("batches are shared, not copied") {
  const BatchRef one = make_ref<RecordBatch>(batch({record("A")}));
  const BatchRef other = one;
  CHECK(one == other);
  CHECK(one.get() == other.get());
}

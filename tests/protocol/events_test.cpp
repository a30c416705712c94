// How events read in a trace.
#include "protocol/events.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;
namespace events = kafkasim::protocol::events;

namespace {

const TopicPartition orders_0{"orders", 0};

Record record(std::string_view label) {
  Record out;
  out.value = Bytes(label);
  out.value_size = static_cast<std::int32_t>(label.size());
  return out;
}

BatchRef batch(const std::vector<std::string>& labels) {
  RecordBatch out;
  for (const std::string& label : labels) out.records.push_back(record(label));
  seal(out);
  return make_ref<RecordBatch>(std::move(out));
}

StoredBatch stored(std::int64_t offset, const std::vector<std::string>& labels) {
  return StoredBatch{Offset(offset), LeaderEpoch(1), -1, batch(labels)};
}

template <class Event>
std::string text(const Event& event) {
  std::string out;
  event.describe(out);
  return out;
}

}  // namespace

TEST_CASE("what a producer does reads as a sentence without its name") {
  CHECK(text(events::Sent{"orders", record("A")}) == "orders: A");
  CHECK(text(events::Acked{orders_0, Offset(0), batch({"A", "B"})}) == "orders-0 offset 0: A B");
  CHECK(text(events::Acked{orders_0, Offset(), batch({"A"}), false}) ==
        "orders-0: A (written, no answer expected)");
  CHECK(text(events::Failed{"orders", -1, record("A"), ErrorCode::request_timed_out, "too late",
                            false}) == "orders: A REQUEST_TIMED_OUT (too late)");
  CHECK(text(events::Failed{"orders", 0, record("A"), ErrorCode::request_timed_out, "", true}) ==
        "orders-0: A REQUEST_TIMED_OUT, may be in the log");
  CHECK(text(events::Retried{orders_0, ErrorCode::network_exception, 2, batch({"A"})}) ==
        "orders-0: A after NETWORK_EXCEPTION, attempt 2");
  CHECK(text(events::MetError{"Produce", ErrorCode::not_enough_replicas}) ==
        "Produce: NOT_ENOUGH_REPLICAS");
  CHECK(text(events::ProducerIdAssigned{ProducerId(1000), ProducerEpoch(0)}) == "id 1000 epoch 0");
}

TEST_CASE("what a broker does to a log names offsets and records") {
  CHECK(text(events::Appended{orders_0, stored(3, {"A"})}) == "orders-0 offset 3: A");
  CHECK(text(events::Copied{orders_0, stored(3, {"A"})}) == "orders-0 offset 3: A");
  CHECK(text(events::HighWatermarkMoved{
            orders_0, Offset(3), Offset(5), {stored(3, {"A"}), stored(4, {"B"})}}) ==
        "orders-0 high watermark 3 to 5: A B");
  CHECK(text(events::Truncated{orders_0, Offset(3), {stored(3, {"A"})}}) ==
        "orders-0 to offset 3, removed: A");
  CHECK(text(events::Truncated{orders_0, Offset(3), {}}) == "orders-0 to offset 3");
}

TEST_CASE("long lists of records end with a count") {
  const std::vector<std::string> ten{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  CHECK(text(events::Truncated{orders_0, Offset(0), {stored(0, ten)}}) ==
        "orders-0 to offset 0, removed: 0 1 2 3 4 5 6 7 and 2 more");
}

TEST_CASE("what the controller decides names brokers") {
  CHECK(text(events::Elected{orders_0, BrokerId(2), LeaderEpoch(1), false}) ==
        "orders-0 leader broker-2 epoch 1");
  CHECK(text(events::Elected{orders_0, BrokerId(2), LeaderEpoch(1), true}) ==
        "orders-0 leader broker-2 epoch 1 (unclean)");
  CHECK(text(events::Elected{orders_0, BrokerId(), LeaderEpoch(1), false}) ==
        "orders-0 leader none epoch 1");
  CHECK(text(events::IsrChanged{orders_0, {BrokerId(1), BrokerId(3)}}) == "orders-0 isr 1,3");
  CHECK(text(events::TopicCreated{"orders", 1}) == "orders with 1 partition");
}

TEST_CASE("what groups and consumers do names members, positions and reasons") {
  CHECK(text(events::GroupStateChanged{"billing", "Stable", 2, ""}) ==
        "billing Stable generation 2");
  CHECK(text(events::OffsetCommitted{"billing", orders_0, Offset(4), "m1"}) ==
        "billing orders-0=4 by m1");
  CHECK(text(events::Joined{"billing", 2, {orders_0}}) == "billing generation 2: orders-0");
  CHECK(text(events::Joined{"billing", 3, {orders_0}, true}) == "billing member epoch 3: orders-0");
  CHECK(text(events::MemberFenced{"billing", 3, ErrorCode::fenced_member_epoch}) ==
        "billing member epoch 3: FENCED_MEMBER_EPOCH");
  CHECK(text(events::PartitionsAssigned{{}}) == "nothing");
  CHECK(text(events::PartitionsRevoked{{orders_0}, true}) == "orders-0 (lost)");
  CHECK(text(events::PositionReset{orders_0, Offset(), Offset(0), "earliest"}) ==
        "orders-0 from none to 0: earliest");
  CHECK(text(events::Polled{orders_0, Offset(2), record("A")}) == "orders-0 offset 2: A");
  CHECK(text(events::Handled{"billing", orders_0, Offset(2), record("A")}) ==
        "orders-0 offset 2: A (group billing)");
}

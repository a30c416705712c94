// Batches: when they are full, when a node is ready, what a drain takes, what comes back.
#include "producer/accumulator.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using producer::Accumulator;
using producer::BatchPtr;
using protocol::BrokerId;
using protocol::TopicPartition;

namespace {

constexpr sim::Time start = sim::zero;

// Three partitions: 0 and 2 on broker 1, 1 on broker 2.
struct Lab {
  explicit Lab(producer::Config c = small()) : config(std::move(c)) { lead({1, 2, 1}, 0); }

  static producer::Config small() {
    producer::Config config;
    config.batch_size = 200;
    config.buffer_memory = 10'000;
    config.linger = 10ms;
    config.idempotent = false;
    config.adaptive_partitioning = false;
    return config;
  }
  void lead(const std::vector<int>& leaders, int epoch) {
    protocol::MetadataResponse response;
    for (const int id : {1, 2}) {
      response.brokers.push_back(
          protocol::NodeEndpoint{BrokerId(id), "broker-" + std::to_string(id), ""});
    }
    protocol::MetadataTopic topic;
    topic.name = "t";
    for (std::size_t i = 0; i < leaders.size(); ++i) {
      protocol::MetadataPartition partition;
      partition.partition = static_cast<std::int32_t>(i);
      if (leaders[i] > 0) partition.leader_id = BrokerId(leaders[i]);
      partition.leader_epoch = protocol::LeaderEpoch(epoch);
      topic.partitions.push_back(partition);
    }
    response.topics.push_back(topic);
    metadata.set_topics({"t"});
    metadata.update(response, metadata.next_request(start), start);
  }
  Accumulator::Appended append(int partition, std::string_view label, sim::Time now = start,
                               int size = 60) {
    protocol::Record record;
    record.value = protocol::Bytes(label);
    record.value_size = size;
    record.timestamp_ms = sim::to_epoch_ms(now);
    auto out = accumulator.append("t", partition, record, 0, 0, now, metadata);
    if (out.needs_memory == 0) return out;
    REQUIRE(pool.try_allocate(out.needs_memory));
    return accumulator.append("t", partition, record, 0, out.needs_memory, now, metadata);
  }
  std::vector<std::string> drain(int node, sim::Time now = start, std::int32_t max_size = 1 << 20) {
    last = accumulator.drain(client::NodeId(node), metadata, max_size, now);
    std::vector<std::string> out;
    for (const BatchPtr& batch : last) {
      out.push_back(std::to_string(batch->partition().partition) + ":" +
                    protocol::labels(*batch->sealed()));
    }
    return out;
  }
  bool ready(int node, sim::Time now) {
    return accumulator.ready(metadata, now).nodes.contains(client::NodeId(node));
  }

  producer::Config config;
  client::Metadata metadata{client::Metadata::Config{}, client::Backoff(100ms, 1s, nullptr)};
  producer::BufferPool pool{config.buffer_memory, config.batch_size};
  Accumulator accumulator{config, pool, nullptr, client::Backoff(100ms, 1s, nullptr),
                          [] { return 0; }};
  std::vector<BatchPtr> last;
};

}  // namespace

TEST_CASE("a batch takes records until one does not fit") {
  Lab lab;
  CHECK(lab.append(0, "A").new_batch);
  CHECK_FALSE(lab.append(0, "B").new_batch);
  const auto third = lab.append(0, "C");
  CHECK(third.new_batch);
  CHECK(third.batch_is_full);
  CHECK(lab.drain(1) == std::vector<std::string>{"0:A B"});
  CHECK(lab.drain(1) == std::vector<std::string>{"0:C"});
}

TEST_CASE("a record larger than batch.size gets a batch of its own size") {
  Lab lab;
  lab.append(0, "big", start, 5000);
  CHECK(lab.pool.available() < 10'000 - 5000);
  CHECK(lab.ready(1, start) == false);
  CHECK(lab.drain(1) == std::vector<std::string>{"0:big"});
}

TEST_CASE("a node is ready when a batch is full, or has lingered") {
  Lab lab;
  lab.append(0, "A");
  CHECK_FALSE(lab.ready(1, start + 9ms));
  CHECK(lab.accumulator.ready(lab.metadata, start + 4ms).next_check == 6ms);
  CHECK(lab.ready(1, start + 10ms));
  lab.append(1, "B");
  lab.append(1, "C");
  CHECK_FALSE(lab.ready(2, start));
  lab.append(1, "D");
  CHECK(lab.ready(2, start));
}

TEST_CASE(
    "a drain takes one batch of every partition of the node, whether it has lingered or not") {
  Lab lab;
  lab.append(0, "A");
  lab.append(2, "B", start + 9ms);
  lab.append(1, "C");
  CHECK(lab.drain(1, start + 10ms) == std::vector<std::string>{"0:A", "2:B"});
  CHECK(lab.drain(2, start + 10ms) == std::vector<std::string>{"1:C"});
}

TEST_CASE("a drain starts where the last one ended and stops at the size of a request") {
  Lab lab;
  for (const char* label : {"A", "B", "C", "D"}) lab.append(0, label);
  for (const char* label : {"E", "F"}) lab.append(2, label);
  CHECK(lab.drain(1, start, 250) == std::vector<std::string>{"0:A B"});
  CHECK(lab.drain(1, start, 250) == std::vector<std::string>{"2:E F"});
  CHECK(lab.drain(1, start, 250) == std::vector<std::string>{"0:C D"});
}

TEST_CASE("a muted partition is left alone") {
  Lab lab;
  lab.append(0, "A");
  lab.accumulator.mute(TopicPartition{"t", 0});
  CHECK_FALSE(lab.ready(1, start + 1s));
  CHECK(lab.drain(1, start + 1s).empty());
  lab.accumulator.unmute(TopicPartition{"t", 0});
  CHECK(lab.ready(1, start + 1s));
}

TEST_CASE("a batch that comes back goes to the front and waits for its backoff") {
  Lab lab;
  for (const char* label : {"A", "B", "C", "D"}) lab.append(0, label);
  lab.drain(1);
  lab.accumulator.reenqueue(lab.last.front(), start);
  CHECK_FALSE(lab.ready(1, start + 99ms));
  CHECK(lab.drain(1, start + 99ms).empty());
  CHECK(lab.ready(1, start + 100ms));
  CHECK(lab.drain(1, start + 100ms) == std::vector<std::string>{"0:A B"});
}

TEST_CASE("a new leader ends the backoff of a batch, once") {
  Lab lab;
  lab.append(0, "A");
  lab.accumulator.ready(lab.metadata, start);
  lab.drain(1);
  lab.accumulator.reenqueue(lab.last.front(), start);
  CHECK(lab.accumulator.ready(lab.metadata, start + 10ms).nodes.empty());
  lab.lead({2, 2, 1}, 1);
  CHECK(lab.ready(2, start + 10ms));
  CHECK(lab.drain(2, start + 10ms) == std::vector<std::string>{"0:A"});
  lab.accumulator.reenqueue(lab.last.front(), start + 10ms);
  CHECK_FALSE(lab.ready(2, start + 20ms));
}

TEST_CASE("partitions without a leader wait, and their topic is named") {
  Lab lab;
  lab.lead({0, 2, 1}, 1);
  lab.append(0, "A");
  const auto ready = lab.accumulator.ready(lab.metadata, start + 1s);
  CHECK(ready.nodes.empty());
  CHECK(ready.topics_without_leader.contains("t"));
}

TEST_CASE("everything is sendable while someone waits for memory, on flush, and on close") {
  Lab lab;
  lab.append(0, "A");
  CHECK_FALSE(lab.ready(1, start));
  const auto waiter = lab.pool.wait_for(10'000);
  CHECK(lab.ready(1, start));
  lab.pool.leave(waiter);
  CHECK_FALSE(lab.ready(1, start));
  lab.accumulator.begin_flush();
  CHECK(lab.ready(1, start));
  lab.accumulator.end_flush();
  CHECK_FALSE(lab.ready(1, start));
  lab.accumulator.close();
  CHECK(lab.ready(1, start));
}

TEST_CASE("a split batch keeps its records in order and its place at the front") {
  producer::Config config = Lab::small();
  config.batch_size = 400;
  Lab lab(config);
  for (const char* label : {"A", "B", "C", "D", "E"}) lab.append(0, label);
  lab.drain(1);
  const BatchPtr big = lab.last.front();
  REQUIRE(big->record_count() == 4);
  lab.config.batch_size = 200;
  CHECK(lab.accumulator.split_and_reenqueue(big) == 2);
  lab.accumulator.deallocate(*big);
  CHECK(lab.drain(1) == std::vector<std::string>{"0:A B"});
  CHECK(lab.last.front()->created() == big->created());
  CHECK(lab.last.front()->attempts() == 0);
  CHECK(lab.drain(1) == std::vector<std::string>{"0:C D"});
  CHECK(lab.drain(1, start + 10ms) == std::vector<std::string>{"0:E"});
}

TEST_CASE("a flush waits for the parts of a batch that was split meanwhile") {
  producer::Config config = Lab::small();
  config.batch_size = 400;
  Lab lab(config);
  for (const char* label : {"A", "B", "C", "D"}) lab.append(0, label);
  const std::uint64_t limit = lab.accumulator.next_serial();
  lab.drain(1);
  lab.config.batch_size = 200;
  const BatchPtr big = lab.last.front();
  lab.accumulator.split_and_reenqueue(big);
  lab.accumulator.deallocate(*big);
  CHECK(lab.accumulator.has_incomplete_before(limit));
  for (int i = 0; i < 2; ++i) {
    lab.drain(1);
    lab.accumulator.deallocate(*lab.last.front());
  }
  CHECK_FALSE(lab.accumulator.has_incomplete_before(limit));
  CHECK(lab.pool.available() == 10'000);
}

TEST_CASE("queued batches expire in order once the delivery timeout has passed") {
  producer::Config config = Lab::small();
  config.delivery_timeout = 1s;
  Lab lab(config);
  lab.append(0, "A");
  lab.append(1, "B", start + 500ms);
  CHECK(lab.accumulator.take_expired(start + 999ms).empty());
  lab.accumulator.reset_next_expiry();
  CHECK(lab.accumulator.take_expired(start + 1s).size() == 1);
  CHECK(lab.accumulator.next_expiry() == start + 1500ms);
}

TEST_CASE("compressed batches hold more records once the ratio is known") {
  producer::Config config = Lab::small();
  config.compression = protocol::Compression::gzip;
  Lab lab(config);
  for (int round = 0; round < 200; ++round) {
    lab.append(0, "x", start);
    lab.drain(1, start + 1s);
    for (const BatchPtr& batch : lab.last) lab.accumulator.deallocate(*batch);
  }
  for (const char* label : {"A", "B", "C", "D"}) lab.append(0, label);
  CHECK(lab.drain(1) == std::vector<std::string>{"0:A B C"});
  // The header, and four tenths of three records of 68 bytes.
  CHECK(lab.last.front()->sealed()->size_in_bytes == protocol::batch_header_size + 3 * 68 * 4 / 10);
}

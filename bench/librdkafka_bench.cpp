// One million records through librdkafka's own mock cluster, with its real client: what the
// simulator's throughput is measured against. Empty where librdkafka is not installed.
#include "bench/throughput.hpp"

#ifdef KAFKASIM_HAS_RDKAFKA

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace kafkasim::bench {

namespace {

constexpr const char* topic_name = "orders";
constexpr int poll_ms = 1;
constexpr std::chrono::seconds patience{60};
// The mock keeps at most 5 MiB of a partition, so the producer must not run far ahead.
constexpr std::int64_t max_ahead = 40'000;

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using ClientPtr = std::unique_ptr<rd_kafka_t, DestroyClient>;
struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

class Settings {
 public:
  Settings() : conf_(rd_kafka_conf_new()) {}
  ~Settings() {
    if (conf_ != nullptr) rd_kafka_conf_destroy(conf_);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  void set(const char* name, const std::string& value) {
    char error[256];
    if (rd_kafka_conf_set(conf_, name, value.c_str(), error, sizeof(error)) != RD_KAFKA_CONF_OK)
      failure_ = error;
  }
  // Null on failure.
  ClientPtr open(rd_kafka_type_t type) {
    char error[256] = "";
    if (!failure_.empty()) return nullptr;
    ClientPtr client(rd_kafka_new(type, conf_, error, sizeof(error)));
    if (client) conf_ = nullptr;  // belongs to the client now
    return client;
  }

 private:
  rd_kafka_conf_t* conf_;
  std::string failure_;
};

// Reads until it has `seen` as many records as `wanted`, or the patience ends.
void consume(rd_kafka_t* client, std::int64_t wanted, std::atomic<std::int64_t>& seen) {
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> messages(10'000);
  const auto start = std::chrono::steady_clock::now();
  while (seen.load() < wanted && std::chrono::steady_clock::now() - start < patience) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue, poll_ms, messages.data(), messages.size());
    std::int64_t good = 0;
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++good;
      rd_kafka_message_destroy(message);
    }
    seen += good;
  }
  rd_kafka_queue_destroy(queue);
}

bool produce(rd_kafka_t* client, std::int64_t records, std::size_t size,
             const std::atomic<std::int64_t>& seen) {
  const std::string value(size, 'x');
  const TopicPtr topic(rd_kafka_topic_new(client, topic_name, nullptr));
  if (!topic) return false;
  const auto start = std::chrono::steady_clock::now();
  for (std::int64_t i = 0; i < records;) {
    while (i - seen.load(std::memory_order_relaxed) > max_ahead) {
      if (std::chrono::steady_clock::now() - start > patience) return false;
      std::this_thread::yield();
    }
    const bool accepted =
        rd_kafka_produce(topic.get(), 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                         value.size(), nullptr, 0, nullptr) == 0;
    const rd_kafka_resp_err_t error = accepted ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client, 1);
    } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return false;
    } else {
      ++i;
    }
  }
  return rd_kafka_flush(client, 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

std::optional<double> librdkafka_nanoseconds(std::int64_t records, std::size_t size) {
  Settings producing;
  producing.set("test.mock.num.brokers", "3");
  producing.set("acks", "all");
  producing.set("log_level", "3");
  const ClientPtr producer = producing.open(RD_KAFKA_PRODUCER);
  if (!producer) return std::nullopt;
  rd_kafka_mock_cluster_t* cluster = rd_kafka_handle_mock_cluster(producer.get());
  if (cluster == nullptr) return std::nullopt;
  rd_kafka_mock_topic_create(cluster, topic_name, 1, 3);

  Settings consuming;
  consuming.set("bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster));
  consuming.set("group.id", "billing");
  consuming.set("enable.auto.commit", "false");
  // The mock cluster holds an empty fetch for all of its time, whatever arrives meanwhile.
  consuming.set("fetch.wait.max.ms", "1");
  consuming.set("auto.offset.reset", "earliest");
  consuming.set("log_level", "3");
  const ClientPtr consumer = consuming.open(RD_KAFKA_CONSUMER);
  if (!consumer) return std::nullopt;
  rd_kafka_poll_set_consumer(consumer.get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic_name, 0)->offset = 0;
  rd_kafka_assign(consumer.get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  // Connected and fetching before the clock starts.
  std::this_thread::sleep_for(std::chrono::seconds(1));

  std::atomic<std::int64_t> seen{0};
  const auto start = std::chrono::steady_clock::now();
  std::thread reader([&] { consume(consumer.get(), records, seen); });
  const bool produced = produce(producer.get(), records, size, seen);
  reader.join();
  const auto taken = std::chrono::steady_clock::now() - start;
  rd_kafka_consumer_close(consumer.get());
  if (!produced || seen < records) return std::nullopt;
  return std::chrono::duration<double, std::nano>(taken).count();
}

}  // namespace kafkasim::bench

#else

namespace kafkasim::bench {

std::optional<double> librdkafka_nanoseconds(std::int64_t, std::size_t) { return std::nullopt; }

}  // namespace kafkasim::bench

#endif

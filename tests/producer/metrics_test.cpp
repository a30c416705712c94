// What a producer measures, against a small broker whose every answer takes two milliseconds there
// and back.
#include "producer/metrics_table.hpp"

#include <map>
#include <optional>
#include <set>

#include "tests/producer/lab.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::FakeBroker;
using producer::Metrics;
using producer::MetricsSnapshot;
using producer::Settings;
using protocol::ErrorCode;

namespace {

// "2", "2.5" or "-".
std::string value(const MetricsSnapshot& metrics, const std::string& name) {
  for (const producer::NamedMetric& metric : producer::all_metrics(metrics)) {
    if (metric.name == name) return client::metric_text(metric.value);
  }
  return "no metric " + name;
}

struct Lab {
  explicit Lab(const Settings& settings = {}) : config(producer::configured(settings)) { boot(); }
  void boot() {
    process = &host.boot();
    if (shop) metrics.ended(shop->wire());
    shop = std::make_unique<producer::Producer>(world, host, *process, "shop", config, &metrics);
    shop->start();
  }
  void run_until(sim::Duration time) { world.loop().run_until(sim::zero + time); }
  // Sends a record of that many bytes now.
  void send(std::int32_t size = 100, std::optional<int> partition = 0) {
    protocol::Record record;
    record.value = protocol::Bytes("A");
    record.value_size = size;
    sim::spawn(*process,
               send_one(this, producer::OutgoingRecord("orders", partition, std::move(record))));
  }
  static sim::Task<> send_one(Lab* lab, producer::OutgoingRecord record) {
    co_await lab->shop->send(std::move(record), 1);
  }
  std::string operator[](const std::string& name) const { return value(shop->metrics(), name); }

  sim::World world{1, sim::LatencyRange{sim::Duration(1ms), sim::Duration(1ms)}};
  FakeBroker broker{world, 1};
  sim::Host& host = world.add_host("shop");
  producer::Config config;
  Metrics metrics;
  sim::Process* process = nullptr;
  std::unique_ptr<producer::Producer> shop;
};

// The first `times` Produce requests are answered with `error`, or not at all.
FakeBroker::Script first_produce(int times, std::optional<ErrorCode> error) {
  return
      [times, error](const protocol::Request& request) mutable -> std::optional<FakeBroker::Reply> {
        if (!std::holds_alternative<protocol::ProduceRequest>(request.body) || times-- <= 0)
          return std::nullopt;
        FakeBroker::Reply reply;
        reply.silent = !error;
        if (error) reply.body = protocol::error_response(request.body, *error);
        return reply;
      };
}

}  // namespace

TEST_CASE("records, batches, bytes and times of one batch are counted and measured") {
  Lab lab(Settings{{"linger.ms", "20"}});
  for (int i = 0; i < 3; ++i) lab.send(100);
  lab.run_until(1s);
  CHECK(lab["record-send-total"] == "3");
  CHECK(lab["record-ack-total"] == "3");
  CHECK(lab["batch-send-total"] == "1");
  CHECK(lab["produce-request-total"] == "1");
  CHECK(lab["records-per-request-avg"] == "3");
  CHECK(lab["records-per-batch-max"] == "3");
  // 61 bytes of header; a record with a value of 100 bytes takes 109.
  CHECK(lab["batch-size-avg"] == lab["byte-total"]);
  CHECK(lab["batch-size-max"] == "388");
  CHECK(lab["batch-size-min"] == "388");
  CHECK(lab["compression-rate-avg"] == "1");
  // After linger.ms it connects to the leader: connection and ApiVersions, 2 ms each.
  CHECK(lab["record-queue-time-max"] == "24");
  CHECK(lab["request-latency-avg"] == "2");
  CHECK(lab["request-latency-p99"] == "2");
  CHECK(lab["record-ack-time-avg"] == "26");
  CHECK(lab["requests-in-flight"] == "0");
  CHECK(lab["requests-in-flight-max"] == "1");
  CHECK(lab["produce-throttle-time-max"] == "0");
  CHECK(lab["record-error-total"] == "0");
  // ApiVersions to the bootstrap server and to the leader, Metadata, InitProducerId, Produce.
  CHECK(lab["request-total"] == "5");
  CHECK(lab.shop->wire().bytes > 388);
}

TEST_CASE("a send that waits for metadata is measured, one that need not wait is not") {
  Lab lab(Settings{{"linger.ms", "0"}});
  lab.send();
  lab.run_until(1s);
  lab.send();
  lab.run_until(2s);
  // Connect, ApiVersions, Metadata: three times there and back.
  CHECK(lab["send-wait-time-max"] == "6");
  CHECK(lab["metadata-wait-time-ns-total"] == "6000000");
  CHECK(lab.shop->metrics().send_wait.count == 1);
  CHECK(lab["bufferpool-wait-time-ns-total"] == "0");
}

TEST_CASE("metadata that never comes is a wait and an error, and no wait that Kafka would count") {
  Lab lab(Settings{{"max.block.ms", "2000"}});
  lab.broker.leaders.clear();
  lab.send();
  lab.run_until(5s);
  CHECK(lab.shop->metrics().send_wait.sum == 2'000'000);
  CHECK(lab["metadata-wait-time-ns-total"] == "0");
  CHECK(lab["record-error-total"] == "1");
  CHECK(lab["record-failed-total"] == "1");
  CHECK(lab.shop->metrics().failed_records.at(ErrorCode::request_timed_out) == 1);
  CHECK(lab["record-send-total"] == "0");
  CHECK(lab["batch-size-avg"] == "-");
  CHECK(lab["record-send-rate"] == "-");
}

TEST_CASE("a retry counts the records again, with its cause") {
  Lab lab;
  lab.broker.script = first_produce(2, ErrorCode::not_enough_replicas);
  lab.send();
  lab.send();
  lab.run_until(5s);
  CHECK(lab["record-retry-total"] == "4");
  CHECK(lab["batch-retry-total"] == "2");
  CHECK(lab["record-send-total"] == "6");
  CHECK(lab["batch-send-total"] == "3");
  CHECK(lab["record-ack-total"] == "2");
  CHECK(lab["record-error-total"] == "0");
  CHECK(lab.shop->metrics().refused_batches ==
        std::map<ErrorCode, std::int64_t>{{ErrorCode::not_enough_replicas, 2}});
  // Each attempt counts, from the creation of the batch.
  CHECK(lab.shop->metrics().queue_time.count == 3);
  CHECK(lab.shop->metrics().queue_time.greatest > 200'000);
}

TEST_CASE("a record that is refused for good is an error, by its name") {
  Lab lab;
  lab.broker.script = first_produce(1, ErrorCode::invalid_record);
  lab.send();
  lab.run_until(1s);
  CHECK(lab["record-error-total"] == "1");
  CHECK(lab["record-failed-total"] == "1");
  CHECK(lab["record-retry-total"] == "0");
  CHECK(lab.shop->metrics().failed_records ==
        std::map<ErrorCode, std::int64_t>{{ErrorCode::invalid_record, 1}});
}

TEST_CASE("what expires is counted, and a request without an answer has no latency") {
  Lab lab(Settings{
      {"delivery.timeout.ms", "3000"}, {"request.timeout.ms", "1000"}, {"linger.ms", "0"}});
  lab.broker.script = first_produce(1000, std::nullopt);
  lab.send();
  lab.send();
  lab.run_until(10s);
  CHECK(lab["record-expired-total"] == "2");
  CHECK(lab["record-failed-total"] == "2");
  CHECK(lab["record-ack-total"] == "0");
  CHECK(lab["request-latency-avg"] == "-");
  CHECK(lab["record-ack-time-max"] == "-");
  CHECK(lab.shop->metrics().failed_records ==
        std::map<ErrorCode, std::int64_t>{{ErrorCode::request_timed_out, 2}});
}

TEST_CASE("a batch that is too large for the broker is split and counted once") {
  Lab lab(Settings{{"linger.ms", "5"}});
  lab.broker.script = first_produce(1, ErrorCode::message_too_large);
  lab.send();
  lab.send();
  lab.run_until(5s);
  CHECK(lab["batch-split-total"] == "1");
  CHECK(lab["record-send-total"] == "4");
  CHECK(lab["record-retry-total"] == "0");
  CHECK(lab["record-ack-total"] == "2");
  CHECK(lab["record-error-total"] == "0");
}

TEST_CASE("the buffer shows what was taken of it, and who had to wait for how long") {
  Lab lab(Settings{{"buffer.memory", "500"}, {"batch.size", "250"}, {"linger.ms", "50"}});
  for (int i = 0; i < 3; ++i) lab.send(150);
  lab.run_until(7ms);
  CHECK(lab["buffer-available-bytes"] == "0");
  CHECK(lab["waiting-threads"] == "1");
  lab.run_until(10s);
  CHECK(lab["buffer-total-bytes"] == "500");
  CHECK(lab["buffer-available-bytes"] == "500");
  CHECK(lab["buffer-used-bytes-max"] == "500");
  CHECK(lab["waiting-threads"] == "0");
  CHECK(lab["buffer-exhausted-total"] == "0");
  CHECK(lab.shop->metrics().counters.buffer_wait > 2ms);
  CHECK(lab["record-ack-total"] == "3");
}

TEST_CASE("a send for which no memory came free in time is counted as exhausted") {
  Lab lab(Settings{{"buffer.memory", "300"}, {"batch.size", "200"}, {"max.block.ms", "1000"}});
  lab.broker.script = first_produce(1000, std::nullopt);
  lab.send(120);
  lab.send(120);
  lab.run_until(2s);
  CHECK(lab["buffer-exhausted-total"] == "1");
  CHECK(lab["record-error-total"] == "1");
  CHECK(lab["requests-in-flight"] == "1");
  CHECK(lab["waiting-threads"] == "0");
}

TEST_CASE("records per request add up the batches of one node") {
  Lab lab(Settings{{"linger.ms", "20"}});
  lab.broker.leaders = {protocol::BrokerId(1), protocol::BrokerId(1)};
  lab.send(100, 0);
  lab.send(100, 0);
  lab.send(100, 1);
  lab.run_until(1s);
  CHECK(lab["produce-request-total"] == "1");
  CHECK(lab["batch-send-total"] == "2");
  CHECK(lab["records-per-request-max"] == "3");
  CHECK(lab["records-per-batch-avg"] == "1.5");
}

TEST_CASE("compression shows as the ratio of the records' bytes") {
  Lab lab(Settings{{"compression.type", "gzip"}});
  lab.send(10'000);
  lab.run_until(1s);
  const std::int64_t factor = protocol::compressed_thousandths(protocol::Compression::gzip);
  CHECK(factor < 1000);
  CHECK(lab["compression-rate-avg"] == client::metric_text(factor));
  CHECK(lab.shop->metrics().batch_size.greatest < 10'000);
}

namespace {

sim::Task<> flush(Lab* lab) { co_await lab->shop->flush(sim::zero + 10s); }
sim::Task<> close(Lab* lab) { co_await lab->shop->close(2s); }

}  // namespace

TEST_CASE("the time in flush() is counted") {
  Lab lab(Settings{{"linger.ms", "5000"}});
  lab.send();
  lab.run_until(100ms);
  sim::spawn(*lab.process, flush(&lab));
  lab.run_until(1s);
  // Connect, ApiVersions, Produce.
  CHECK(lab["flush-time-ns-total"] == "6000000");
}

TEST_CASE("what close() drops has failed, but is no error that Kafka counts; nor is a later send") {
  Lab lab;
  lab.broker.script = first_produce(1000, std::nullopt);
  lab.send();
  lab.run_until(100ms);
  sim::spawn(*lab.process, close(&lab));
  lab.run_until(5s);
  lab.send();
  lab.run_until(6s);
  CHECK(lab["record-failed-total"] == "2");
  CHECK(lab["record-error-total"] == "0");
}

TEST_CASE(
    "a batch that expires in flight and is refused later is two errors to Kafka, one failure") {
  Lab lab(Settings{{"delivery.timeout.ms", "1500"},
                   {"request.timeout.ms", "1500"},
                   {"linger.ms", "0"},
                   {"enable.idempotence", "false"}});
  lab.broker.script = first_produce(1000, std::nullopt);
  lab.send();
  lab.run_until(10s);
  CHECK(lab["record-failed-total"] == "1");
  CHECK(lab["record-expired-total"] == "1");
  CHECK(lab["record-error-total"] == "2");
}

TEST_CASE("an application that is killed and starts again goes on counting") {
  Lab lab(Settings{{"linger.ms", "0"}});
  lab.send();
  lab.run_until(1s);
  const std::int64_t requests = lab.shop->metrics().wire.requests;
  lab.process->crash();
  lab.run_until(2s);
  lab.boot();
  lab.send();
  lab.run_until(3s);
  CHECK(lab["record-ack-total"] == "2");
  CHECK(lab["batch-send-total"] == "2");
  CHECK(lab.shop->metrics().request_latency.count == 2);
  CHECK(lab.shop->metrics().wire.requests == 2 * requests);
  CHECK(lab.shop->metrics().active > 2s);
  CHECK(lab.shop->metrics().active < 3s);
}

TEST_CASE("rates are over the time from the start to the last request or ack") {
  Metrics metrics;
  metrics.started(sim::zero + 10s);
  metrics.started(sim::zero + 20s);
  for (int i = 1; i <= 4; ++i) {
    metrics.sent_batch(250, 10'061, 61, 20'000, 3ms);
    metrics.sent_request(i, sim::zero + 10s + i * 1s);
  }
  metrics.acked(1000, 1s, sim::zero + 15s);
  const MetricsSnapshot snapshot = metrics.snapshot({}, {});
  CHECK(snapshot.active == 5s);
  CHECK(value(snapshot, "record-send-rate") == "200");
  CHECK(value(snapshot, "byte-rate") == "8048.8");
  CHECK(value(snapshot, "compression-rate-avg") == "0.5");
  CHECK(value(snapshot, "requests-in-flight-max") == "4");
}

TEST_CASE("a rate over days does not overflow") {
  Metrics metrics;
  metrics.started(sim::zero);
  for (int i = 0; i < 1000; ++i) metrics.sent_batch(1'000'000, 2'000'000'000, 61, 1, 0s);
  metrics.sent_request(1, sim::zero + std::chrono::hours(240));
  CHECK(value(metrics.snapshot({}, {}), "record-send-rate") == "1157.407");
  CHECK(value(metrics.snapshot({}, {}), "byte-rate") == "2314814.814");
}

TEST_CASE("times are shown in milliseconds down to the microsecond") {
  Metrics metrics;
  metrics.answered(1234us, 0);
  metrics.answered(1235us, 7);
  const MetricsSnapshot snapshot = metrics.snapshot({}, {});
  CHECK(value(snapshot, "request-latency-min") == "1.234");
  CHECK(value(snapshot, "request-latency-avg") == "1.234");
  CHECK(value(snapshot, "request-latency-max") == "1.235");
  CHECK(value(snapshot, "produce-throttle-time-avg") == "3.5");
  CHECK(value(snapshot, "produce-throttle-time-max") == "7");
}

TEST_CASE("no two metrics share a name, and each has a label and a unit") {
  const std::vector<std::string> names = producer::metric_names();
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK(names.size() == producer::metric_defs().size() +
                            producer::spread_defs().size() * std::size(producer::spread_ends));
  for (const producer::MetricDef& def : producer::metric_defs()) {
    CHECK_FALSE(def.label.empty());
    CHECK_FALSE(def.unit.empty());
  }
}

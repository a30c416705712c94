// The application and the loop of a replay, and how traces are compared.
#include "tests/conformance/producer_trace_world.hpp"

#include <algorithm>
#include <stdexcept>

#include "tests/conformance/exceptions.hpp"

namespace kafkasim::producer {

namespace {

constexpr std::int32_t largest_value = 1 << 30;

using std::chrono::milliseconds;

sim::Time time_of(int ms) { return sim::zero + milliseconds(ms); }
int ms_of(sim::Time time) {
  const auto ms = std::chrono::ceil<milliseconds>(time.time_since_epoch()).count();
  return static_cast<int>(std::min<std::int64_t>(ms, 1'000'000'000));
}

using conformance::exception_of;

Config read_script(const Json& c) {
  const auto ms = [&](const char* key) {
    return sim::Duration(milliseconds(c.at(key).get<std::int64_t>()));
  };
  Config config;
  config.acks = static_cast<protocol::Acks>(c.at("acks").get<int>());
  config.idempotent = c.at("enable.idempotence");
  config.retries = c.at("retries");
  config.max_in_flight = c.at("max.in.flight.requests.per.connection");
  config.batch_size = c.at("batch.size");
  config.linger = ms("linger.ms");
  config.delivery_timeout = ms("delivery.timeout.ms");
  config.request_timeout = ms("request.timeout.ms");
  config.retry_backoff = ms("retry.backoff.ms");
  config.retry_backoff_max = ms("retry.backoff.max.ms");
  config.adaptive_partitioning = false;
  config.metadata.max_idle = std::chrono::minutes(5);
  config.network.max_in_flight = config.max_in_flight;
  config.network.request_timeout = config.request_timeout;
  config.network.reconnect_backoff = ms("reconnect.backoff.ms");
  config.network.reconnect_backoff_max = ms("reconnect.backoff.max.ms");
  config.network.rebootstraps = false;
  config.network.wakes_for_request_timeouts = false;
  config.network.before_all = sim::zero;
  return config;
}

class World final : public SenderListener {
 public:
  World(const Json& script, Json& trace)
      : config_(read_script(script.at("config"))),
        network_(script, trace),
        metadata_(config_.metadata,
                  client::Backoff(config_.retry_backoff, config_.retry_backoff_max, nullptr)),
        client_(config_.network, network_, metadata_, nullptr),
        pool_(config_.buffer_memory, config_.batch_size),
        accumulator_(config_, pool_, config_.idempotent ? &transactions_ : nullptr,
                     client::Backoff(config_.retry_backoff, config_.retry_backoff_max, nullptr),
                     [] { return 0; }),
        sender_(config_, client_, accumulator_, config_.idempotent ? &transactions_ : nullptr,
                *this, metrics_) {
    network_.before_request = [this] { flush_failures(); };
    metadata_.add_topic("t", sim::zero);
    client::Metadata::Ask ask = metadata_.next_request(sim::zero);
    ask.is_partial = false;
    metadata_.update(network_.metadata(), ask, sim::zero);
    for (const Json& record : script.at("workload")) {
      ++pending_;
      network_.at(record.at("at"), [this, &record] { append(record); });
    }
    limit_ = script.value("end_ms", 1'000'000);
  }

  void run() {
    for (int round = 0; round < 100'000 && !(pending_ == 0 && client_.in_flight() == 0); ++round) {
      if (network_.now() > limit_) return;
      const Sender::Pause pause = sender_.begin(time_of(network_.now()));
      flush_failures();
      wait(pause);
      if (!pause.listens) continue;
      network_.deliver(client_);
      sender_.end(time_of(network_.now()));
      flush_failures();
    }
  }

  const Json& final_logs() const { return network_.final_logs(); }

  void on_acked(Batch& batch, protocol::Offset base) override {
    flush_failures();
    for (std::size_t i = 0; i < batch.records().size(); ++i) {
      const auto offset = base.is_set() ? base.value() + static_cast<std::int64_t>(i) : -1;
      network_.log({{"ev", "complete"}, {"record", batch.records()[i].tag}, {"offset", offset}});
      --pending_;
    }
  }
  void on_failed(Batch& batch, const std::vector<Failure>& failures, bool) override {
    for (std::size_t i = 0; i < batch.records().size(); ++i) {
      const Failure& failure = failures.size() == 1 ? failures.front() : failures[i];
      failed_[batch.records()[i].tag] = {{"ev", "complete"},
                                         {"record", batch.records()[i].tag},
                                         {"error", exception_of(failure.error)},
                                         {"message", failure.message}};
      --pending_;
    }
  }
  void on_retried(Batch&, protocol::ErrorCode) override {}
  void on_error(std::string_view, protocol::ErrorCode) override {}
  void on_producer_id(const ProducerIdAndEpoch&) override {}

 private:
  void append(const Json& workload) {
    protocol::Record record;
    record.tag = workload.at("id").get<std::uint64_t>();
    record.timestamp_ms = network_.now();
    record.value_size = workload.at("size");
    if (record.value_size < 0 || record.value_size > largest_value)
      throw std::invalid_argument("a record of that size");
    const std::int32_t partition = workload.at("p");
    auto appended = accumulator_.append("t", partition, record, record.tag, 0,
                                        time_of(network_.now()), metadata_);
    if (appended.needs_memory > 0) {
      if (!pool_.try_allocate(appended.needs_memory))
        throw std::logic_error("the script fills the buffer");
      appended = accumulator_.append("t", partition, record, record.tag, appended.needs_memory,
                                     time_of(network_.now()), metadata_);
    }
    if (appended.batch_is_full || appended.new_batch) woken_ = true;
  }

  void wait(const Sender::Pause& pause) {
    const int until = ms_of(pause.until);
    woken_ = woken_ && pause.listens;
    if (!pause.listens) {
      network_.run_until(until);
      return;
    }
    network_.run_until(network_.now());
    while (!woken_ && !network_.has_news() && network_.now() < until) {
      network_.run_until(std::min(until, network_.next()));
    }
    woken_ = false;
  }

  // Records that fail at one instant are written down in the order of their numbers.
  void flush_failures() {
    for (const auto& [id, line] : failed_) network_.log(line);
    failed_.clear();
  }

  Config config_;
  ScriptedNetwork network_;
  client::Metadata metadata_;
  client::NetworkClient client_;
  BufferPool pool_;
  TransactionManager transactions_;
  Accumulator accumulator_;
  Metrics metrics_;
  Sender sender_;
  bool woken_ = false;
  int pending_ = 0;
  int limit_ = 0;
  std::map<std::uint64_t, Json> failed_;
};

void sort_by_partition(Json& list) {
  std::sort(list.begin(), list.end(),
            [](const Json& a, const Json& b) { return a.at("tp") < b.at("tp"); });
}

}  // namespace

Replay replay(const Json& script) {
  Replay out;
  World world(script, out.trace);
  world.run();
  out.final_logs = world.final_logs();
  return out;
}

std::vector<std::string> readable(const Json& trace) {
  std::vector<std::string> lines;
  for (Json event : trace) {
    for (const char* key : {"version", "transactional_id", "why"}) event.erase(key);
    if (event.at("ev") == "request" && event.at("api") == "InitProducerId") {
      event.erase("producer_id");
      event.erase("epoch");
    }
    if (event.contains("batches")) sort_by_partition(event.at("batches"));
    if (event.contains("result") && event.at("result").is_array())
      sort_by_partition(event.at("result"));
    lines.push_back(event.dump());
  }
  return lines;
}

}  // namespace kafkasim::producer

// A producer against a small scripted broker, for the tests of its rules: what was asked of the
// broker, what the application heard, in lines that read well.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "producer/producer.hpp"
#include "protocol/events.hpp"
#include "tests/client/fake_broker.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::producer {

using Lines = std::vector<std::string>;
using Settings = std::vector<std::pair<std::string, std::string>>;

inline Config configured(const Settings& settings) {
  protocol::ConfigValues values(protocol::producer_config_defs());
  for (const auto& [name, text] : settings) {
    const std::string error = values.set(name, text);
    INFO(error);
    REQUIRE(error.empty());
  }
  return read_config(values, "shop", {"broker-1"});
}

class Lab {
 public:
  using Reply = client::FakeBroker::Reply;

  // Partitions 0 and on of topic "orders", all led by broker 1.
  explicit Lab(const Settings& settings = {}, int count = 1) : Lab(configured(settings)) {
    broker.leaders.assign(static_cast<std::size_t>(count), protocol::BrokerId(1));
  }
  explicit Lab(const Config& config) : shop(world, host, process, "shop", config) {
    world.trace().keep_lines(true);
    broker.script = [this](const protocol::Request& request) { return answer(request); };
    shop.set_listener([this](const SendResult& result) { note(result); });
    shop.start();
  }

  void run_until(sim::Duration time) { world.loop().run_until(sim::zero + time); }

  // Sends a record now, with a value of 60 bytes.
  void send(const std::string& label, std::optional<int> partition = 0, int size = 60,
            const std::string& topic = "orders") {
    protocol::Record record;
    record.value = protocol::Bytes(label);
    record.value_size = size;
    sim::spawn(process, send_one(this, OutgoingRecord(topic, partition, std::move(record))));
  }
  void send_all(const Lines& labels, std::optional<int> partition = 0) {
    for (const std::string& label : labels) send(label, partition);
  }
  void flush() { sim::spawn(process, flush(this)); }
  void close(sim::Duration timeout) { sim::spawn(process, close(this, timeout)); }

  // Lines of the trace with that event.
  Lines lines(const std::string& event) const {
    Lines out;
    for (const std::string& line : world.trace().lines()) {
      if (line.find(" " + event + " ") != std::string::npos) out.push_back(line);
    }
    return out;
  }
  const Lines& stored(int partition = 0) {
    return broker.log[protocol::TopicPartition{"orders", partition}];
  }
  static Reply error(protocol::ErrorCode code, const protocol::Request& request) {
    return Reply{protocol::error_response(request.body, code), false, false};
  }

  // Answers a Produce request, the first being number 1; nothing: as usual.
  std::function<std::optional<Reply>(int number, const protocol::Request& request)> on_produce;
  // Answers any other request likewise.
  std::function<std::optional<Reply>(const protocol::Request& request)> on_other;

  Lines asked;  // Produce requests: "0.005000 0/0: A B, 1/0: C" (partition/sequence: labels)
  std::vector<int> epochs;  // of the first batch of each
  Lines results;            // "A@0", "B NOT_ENOUGH_REPLICAS?"; "?" = may be stored all the same
  Lines messages;
  std::vector<std::int32_t> partitions;  // of the results
  std::vector<std::int64_t> timestamps;  // of the results
  Lines ends;                            // of flush and close: "flushed at 0.006000"

  sim::World world{1, sim::LatencyRange{sim::Duration(std::chrono::milliseconds(1)),
                                        sim::Duration(std::chrono::milliseconds(1))}};
  client::FakeBroker broker{world, 1};
  sim::Host& host = world.add_host("shop");
  sim::Process& process = host.boot();
  Producer shop;

 private:
  std::optional<Reply> answer(const protocol::Request& request) {
    const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
    if (produce == nullptr) return on_other ? on_other(request) : std::nullopt;
    std::string line = sim::to_string(world.now()) + " ";
    for (const protocol::ProducePartition& part : produce->partitions) {
      if (&part != &produce->partitions.front()) line += ", ";
      line += std::to_string(part.partition.partition) + "/" +
              std::to_string(part.records->base_sequence) + ":";
      for (const protocol::Record& record : part.records->records)
        line += " " + protocol::label(record);
    }
    asked.push_back(std::move(line));
    epochs.push_back(produce->partitions.front().records->producer_epoch.value());
    return on_produce ? on_produce(static_cast<int>(asked.size()), request) : std::nullopt;
  }
  void note(const SendResult& result) {
    std::string text = protocol::label(result.record);
    text += result.acked() ? "@" + std::to_string(result.offset.value())
                           : " " + std::string(protocol::name(result.error));
    if (result.maybe_stored) text += "?";
    results.push_back(std::move(text));
    messages.emplace_back(result.message);
    partitions.push_back(result.partition);
    timestamps.push_back(result.record.timestamp_ms);
  }
  static sim::Task<> send_one(Lab* lab, OutgoingRecord record) {
    co_await lab->shop.send(std::move(record));
  }
  static sim::Task<> flush(Lab* lab) {
    const bool done = co_await lab->shop.flush(sim::zero + std::chrono::hours(1));
    lab->ends.push_back((done ? "flushed at " : "not flushed at ") +
                        sim::to_string(lab->world.now()));
  }
  static sim::Task<> close(Lab* lab, sim::Duration timeout) {
    co_await lab->shop.close(timeout);
    lab->ends.push_back("closed at " + sim::to_string(lab->world.now()));
  }
};

}  // namespace kafkasim::producer

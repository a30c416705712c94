// Sending one record and waiting for what becomes of it.
#include "scenarios/engine/dead_letter_producer.hpp"

#include <utility>

#include "protocol/config_rules.hpp"
#include "sim/check.hpp"

namespace kafkasim::scenarios {

namespace {

producer::Config config_of(const std::string& name, std::vector<std::string> bootstrap) {
  protocol::ConfigValues values(protocol::producer_config_defs());
  const protocol::ConfigConflict conflict = protocol::resolve_producer_config(values);
  CHECKED(!conflict, "the defaults of a producer: {}", conflict.text);
  return producer::read_config(values, name, std::move(bootstrap));
}

}  // namespace

DeadLetterProducer::DeadLetterProducer(sim::World& world, sim::Host& host, sim::Process& process,
                                       const std::string& name, std::vector<std::string> bootstrap,
                                       std::string topic, SharedHandling& shared)
    : topic_(std::move(topic)),
      shared_(shared),
      producer_(world, host, process, name, config_of(name, std::move(bootstrap))) {
  producer_.set_listener([this](const producer::SendResult& result) {
    heard_[result.ticket] = result.acked();
    news_.notify_all();
  });
  producer_.start();
}

sim::Task<bool> DeadLetterProducer::park(consumer::ConsumedRecord record) {
  const producer::Ticket ticket = ++tickets_;
  protocol::Record copy;
  copy.tag = record.record.tag == 0 ? 0 : shared_.dead_letter_tag(record.record.tag);
  copy.key = record.record.key;
  copy.value = record.record.value;
  copy.value_size = record.record.value_size;
  producer::OutgoingRecord outgoing(topic_, std::move(copy));
  co_await producer_.send(std::move(outgoing), ticket);
  // It fails at the latest when delivery.timeout.ms has passed.
  while (!heard_.contains(ticket)) co_await news_.wait(sim::never);
  const bool acked = heard_.at(ticket);
  heard_.erase(ticket);
  co_return acked;
}

}  // namespace kafkasim::scenarios

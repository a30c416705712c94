// The producer with which an application writes records that it cannot handle to a dead-letter
// topic: Java's with its defaults (acks=all), in the application's own process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "consumer/application_options.hpp"
#include "producer/producer.hpp"
#include "scenarios/engine/shared_handling.hpp"
#include "sim/wait.hpp"

namespace kafkasim::scenarios {

class DeadLetterProducer final : public consumer::DeadLetters {
 public:
  // `shared` must outlive it; as producer::Producer for the rest. Starts at once.
  DeadLetterProducer(sim::World& world, sim::Host& host, sim::Process& process,
                     const std::string& name, std::vector<std::string> bootstrap, std::string topic,
                     SharedHandling& shared);

  const std::string& topic() const override { return topic_; }
  // The record keeps its name, key and size. False when it failed for good.
  sim::Task<bool> park(consumer::ConsumedRecord record) override;

 private:
  const std::string topic_;
  SharedHandling& shared_;
  producer::Producer producer_;
  producer::Ticket tickets_ = 0;
  std::map<producer::Ticket, bool> heard_;  // was it acked?
  sim::Signal news_;
};

}  // namespace kafkasim::scenarios

// What the members of a group share about handling records: which attempts have failed so far, and
// what happened outside Kafka. It outlives their processes, as a database and a broken record do.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "consumer/application_options.hpp"
#include "protocol/record_batch.hpp"
#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

class SharedHandling {
 public:
  // `number` tells the groups of a scenario apart.
  explicit SharedHandling(std::uint64_t number) : number_(number) {}

  // What this attempt of a consumer with that description comes to.
  consumer::HandlingResult handle(const Consumer& spec, const protocol::Record& record);
  // The copy of a record in a dead-letter topic is a record of its own, the same each time.
  protocol::RecordTag dead_letter_tag(protocol::RecordTag original);

 private:
  const std::uint64_t number_;
  std::map<std::string, std::int64_t> failures_;  // by record, as all here
  std::set<std::string> effects_;
  std::map<protocol::RecordTag, protocol::RecordTag> dead_letters_;
};

}  // namespace kafkasim::scenarios

// Who chooses the partition of a record that does not name one: a producer has one partitioner for
// all of its topics. The sticky choice of Kafka's own, which depends on what is appended, is not
// here but in builtin_partitioner.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/metadata.hpp"
#include "producer/config.hpp"
#include "protocol/bytes.hpp"
#include "sim/rng.hpp"
#include "sim/time.hpp"

namespace kafkasim::producer {

class Partitioner {
 public:
  Partitioner() = default;
  Partitioner(const Partitioner&) = delete;
  Partitioner& operator=(const Partitioner&) = delete;
  virtual ~Partitioner() = default;

  // Does an answer depend on how often it was asked?
  virtual bool counts_questions() const { return true; }
  // The partition of a record with that key (null: none); nothing when the sticky partitioner is to
  // choose as the record is appended. Requires: the topic has partitions in `metadata`.
  virtual std::optional<std::int32_t> choose(const std::string& topic, const protocol::Bytes& key,
                                             const client::Metadata& metadata, sim::Time now) = 0;
};

// The one that `config` asks for. `random` must outlive it.
std::unique_ptr<Partitioner> make_partitioner(const Config& config, sim::Rng* random);

}  // namespace kafkasim::producer

// Replicas of orders-0 on brokers 1, 2, 3 without network and controller, watched by the checker of
// invariants. A test brings them into a state that the brokers would never reach, and hears which
// invariant it breaks.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/invariants/invariant_checker.hpp"
#include "broker/invariants/replica_watch.hpp"
#include "sim/check.hpp"
#include "sim/process.hpp"
#include "tests/broker/partition_support.hpp"

namespace kafkasim::broker::testing {

class InvariantLab {
 public:
  // Leader 1 in epoch 1, all in sync, min.insync.replicas 2.
  InvariantLab() {
    config.min_insync_replicas = 2;
    register_brokers(image, 3);
    MetadataDelta delta;
    image.apply(TopicRecord{"orders", topic_id}, image.next_offset(), delta);
    decide(1, 1, {1, 2, 3});
    for (int id = 1; id <= 3; ++id) open(id);
    lead(1, 1, {1, 2, 3});
    follow(2, 1, 1);
    follow(3, 1, 1);
    REQUIRE(look() == "fine");
  }

  struct Replica {
    Replica(InvariantLab& lab, int id, LogStorage& storage)
        : process(lab.loop.make_process("broker-" + std::to_string(id))),
          partition({"orders", 0}, protocol::BrokerId(id), storage, lab.config, lab.image, 30s,
                    now_ms),
          watch(&lab.checker, process, protocol::BrokerId(id), topic_id, partition) {
      partition.inspect(&watch, lab.mutations);
    }
    Log& log() { return partition.log(); }
    sim::Process& process;
    Partition partition;
    ReplicaWatch watch;
  };

  // The broker starts (again) and opens its log.
  void open(int id) {
    replicas.erase(id);
    replicas.emplace(id, std::make_unique<Replica>(*this, id, storages[id]));
  }
  Replica& operator[](int id) { return *replicas.at(id); }

  // ---- the controller ----
  void decide(int leader, int leader_epoch, std::initializer_list<int> isr,
              std::initializer_list<int> elr = {}) {
    // Long enough for who left the ISR to count as slow.
    now += 60s;
    MetadataDelta delta;
    PartitionRecord record;
    record.topic_id = topic_id;
    record.replicas = ids({1, 2, 3});
    record.isr = ids(isr);
    record.leader = protocol::BrokerId(leader);
    record.leader_epoch = protocol::LeaderEpoch(leader_epoch);
    record.partition_epoch = protocol::PartitionEpoch(++partition_epoch);
    image.apply(record, image.next_offset(), delta);
    if (elr.size() > 0) {
      PartitionChangeRecord change;
      change.topic_id = topic_id;
      change.elr = ids(elr);
      image.apply(change, image.next_offset(), delta);
      ++partition_epoch;
    }
    checker.decided(image, delta, config.min_insync_replicas);
  }
  void fence(int id) {
    MetadataDelta delta;
    BrokerRegistrationChangeRecord change;
    change.broker_id = protocol::BrokerId(id);
    change.broker_epoch = image.broker(change.broker_id)->epoch;
    change.fenced = true;
    image.apply(change, image.next_offset(), delta);
    checker.decided(image, delta, config.min_insync_replicas);
  }

  // ---- what a broker does ----
  void lead(int id, int epoch, std::initializer_list<int> isr) {
    (*this)[id].partition.make_leader(registration(id, epoch, partition_epoch, isr, {1, 2, 3}),
                                      topic_id, now);
  }
  void follow(int id, int leader, int epoch) {
    (*this)[id].partition.make_follower(registration(leader, epoch, partition_epoch, {1, 2, 3}));
  }
  void append(int id, std::initializer_list<const char*> values) {
    (*this)[id].partition.append_as_leader(batch(values), protocol::Acks::leader,
                                           AppendOrigin::client, now, now_ms);
  }
  // The leader hears a fetch at that offset.
  void hear_fetch(int leader, int replica, std::int64_t offset) {
    protocol::FetchPartition fetch;
    fetch.partition = {"orders", 0};
    fetch.fetch_offset = protocol::Offset(offset);
    ReadParams params;
    params.replica_id = protocol::BrokerId(replica);
    params.replica_epoch = image.broker(params.replica_id)->epoch;
    params.max_bytes = 1'000'000;
    params.note_position = true;
    (*this)[leader].partition.read(fetch, params, protocol::BrokerEpoch(0), now);
  }
  // The follower copies all that it lacks, and takes over the leader's high watermark.
  void copy(int leader, int replica) {
    Log& from = (*this)[leader].log();
    protocol::FetchPartitionResponse response;
    response.high_watermark = from.high_watermark();
    response.records = from.batches_between((*this)[replica].log().end_offset(), from.end_offset());
    (*this)[replica].partition.append_fetched(response);
  }
  void fetch(int leader, int replica) {
    copy(leader, replica);
    hear_fetch(leader, replica, (*this)[replica].log().end_offset().value());
    copy(leader, replica);
  }
  // Broker 1 leads A, B, C; all have them and know that they are replicated.
  void replicate_abc() {
    for (const char* value : {"A", "B", "C"}) append(1, {value});
    for (const int replica : {2, 3}) copy(1, replica);
    for (const int replica : {2, 3}) hear_fetch(1, replica, 3);
    for (const int replica : {2, 3}) copy(1, replica);
    REQUIRE(look() == "fine");
    REQUIRE((*this)[3].log().high_watermark() == protocol::Offset(3));
  }
  // The machine loses power, and its log what was not flushed: everything from `from` on.
  void lose(int id, std::int64_t from) {
    replicas.erase(id);
    {
      Log log({"orders", 0}, storages[id], config, now_ms);
      log.truncate_to(protocol::Offset(from));
      log.checkpoint_high_watermark();
    }
    open(id);
  }

  // What the checker says after the event: "fine", or the invariant that is broken.
  std::string look() {
    try {
      checker.after_event();
      return "fine";
    } catch (const sim::InvariantBroken& error) {
      text = error.what();
      const std::string first = text.substr(0, text.find('\n'));
      return first.substr(first.find(": ") + 2);
    }
  }

  static constexpr protocol::Uuid topic_id{7, 7};
  sim::Loop loop;
  InvariantChecker checker{loop};
  MetadataImage image;
  LogConfig config;
  Mutations mutations;
  int partition_epoch = 0;
  sim::Time now = sim::zero;
  std::string text;  // all that was said last
  std::map<int, LogStorage> storages;
  std::map<int, std::unique_ptr<Replica>> replicas;
};

inline std::string broken(Invariant invariant) { return std::string(words(invariant)); }

}  // namespace kafkasim::broker::testing

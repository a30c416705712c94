// A simulated cluster set up as the recorded one was, with consumers of one group that start,
// close, crash and stop polling as a recorded experiment wants it. What they are told and what they
// read is written down.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/cluster.hpp"
#include "consumer/consumer.hpp"
#include "producer/producer.hpp"
#include "sim/world.hpp"

namespace kafkasim::conformance {

// How fast a run is.
struct GroupSpeed {
  std::uint64_t seed = 0;
  sim::LatencyRange clients{std::chrono::microseconds(300), std::chrono::microseconds(600)};
  sim::LatencyRange replicas{std::chrono::microseconds(100), std::chrono::microseconds(120)};
};

using ConsumerSettings = std::vector<std::pair<std::string, std::string>>;

class GroupRun {
 public:
  // One topic with that many partitions, each on one broker, and a host for everything that the
  // recording did from outside. Throws when the cluster does not come up.
  GroupRun(int partitions, const GroupSpeed& speed);
  ~GroupRun();
  GroupRun(const GroupRun&) = delete;
  GroupRun& operator=(const GroupRun&) = delete;

  // One call of a member's listener.
  struct Told {
    std::string consumer;
    std::string event;  // assigned, revoked, lost
    std::vector<std::int32_t> partitions;
    friend bool operator==(const Told&, const Told&) = default;
  };
  // What a member has read: the offsets of each poll, and after how many polls it had committed.
  struct Reading {
    std::vector<std::vector<std::int64_t>> polls;
    std::size_t committed_polls = 0;
    sim::Time first{};        // when the first records came
    std::int64_t found = -1;  // what was committed when they came, of partition 0; -1 = nothing
  };

  // Appends records without values to partition 0; returns when they are stored.
  void append(int records);
  // Runs a member that polls all the time; after a poll with records it commits, if it is to, and
  // then pauses. A dead one of that name may have been there before.
  void start(const std::string& name, const ConsumerSettings& settings, bool commits = false,
             sim::Duration pause = {});
  void close(const std::string& name);
  void crash(const std::string& name);
  void stop_polling(const std::string& name, sim::Duration time);
  // From its `call`-th call on, counted from 1 and from now, nothing of what the member says
  // arrives for `length`; what it is told arrives.
  void stand_still(const std::string& name, int call, sim::Duration length);
  const Reading& reading(const std::string& name) const;

  sim::Time now() const { return world_.now(); }
  void run_for(sim::Duration time) { world_.loop().run_until(world_.now() + time); }
  // Runs until the condition holds; false after `limit`.
  template <class Condition>
  bool run_until(Condition done, sim::Duration limit) {
    const sim::Time end = world_.now() + limit;
    while (!done()) {
      if (world_.loop().next_event_time() > end || !world_.loop().step()) return false;
    }
    return true;
  }
  // What was told since the last time.
  std::vector<Told> take_told();

 private:
  class Member;

  Member& member(const std::string& name) const;
  static sim::Task<> send(producer::Producer* producer, int records);

  GroupSpeed speed_;
  sim::World world_;
  broker::Cluster cluster_;
  sim::Host& outside_;
  std::map<std::string, std::unique_ptr<Member>> members_;
  std::vector<Told> told_;
};

}  // namespace kafkasim::conformance

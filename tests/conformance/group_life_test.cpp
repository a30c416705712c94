// Groups of our consumers on our brokers, whose members come, go, crash and stand still at any
// moment of a rebalance: nobody is given what another still has, and in the end everything is owned
// once.
#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/rng.hpp"
#include "tests/conformance/group_run.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;

constexpr int partitions = 7;
constexpr std::uint64_t lives = 25;  // of each kind of group

struct Kind {
  std::string assignor;
  bool is_static = false;
};

ConsumerSettings settings_of(const Kind& kind, const std::string& name) {
  ConsumerSettings settings = {
      {"group.id", "g"},
      {"enable.auto.commit", "true"},
      {"auto.commit.interval.ms", "700"},
      {"partition.assignment.strategy", "org.apache.kafka.clients.consumer." + kind.assignor},
      {"session.timeout.ms", "3000"},
      {"heartbeat.interval.ms", "700"},
      {"max.poll.interval.ms", "5000"}};
  if (kind.is_static) settings.emplace_back("group.instance.id", name);
  return settings;
}

// Who owns what, from what listeners are told.
struct Owners {
  std::map<std::string, std::set<std::int32_t>> of;
  // Those whom the group may have given up on without their knowing.
  std::set<std::string> doubtful;
  std::string wrong;

  void take(const GroupRun::Told& told) {
    std::set<std::int32_t>& own = of[told.consumer];
    if (told.event != "assigned" && told.event != "revoked" && told.event != "lost") {
      wrong += fmt::format("{} is told {}; ", told.consumer, told.event);
    }
    for (const std::int32_t partition : told.partitions) {
      if (told.event != "assigned") {
        if (own.erase(partition) == 0)
          wrong += fmt::format("{} gives up {} it has not; ", told.consumer, partition);
        continue;
      }
      for (const auto& [name, others] : of) {
        if (others.contains(partition) && !doubtful.contains(name))
          wrong += fmt::format("{} gets {} of {}; ", told.consumer, partition, name);
      }
      own.insert(partition);
    }
    // An answer to a rebalance: in the group again.
    if (told.event == "lost") doubtful.erase(told.consumer);
  }
};

class Life {
 public:
  Life(Kind kind, std::uint64_t seed)
      : kind_(std::move(kind)), rng_(sim::Rng(seed).fork("life")), run_(partitions, speed(seed)) {}

  std::string run() {
    const std::int64_t steps = rng_.between(4, 12);
    for (std::int64_t i = 0; i < steps; ++i) {
      step();
      pass(rng_.chance(1, 3) ? 8s : 10ms * rng_.between(0, 300));
    }
    if (running_.empty()) start();
    pass(40s);
    std::set<std::int32_t> owned;
    for (const std::string& name : running_)
      owned.insert(owners_.of[name].begin(), owners_.of[name].end());
    if (owned.size() != partitions)
      owners_.wrong +=
          fmt::format("{} of {} partitions are owned in the end", owned.size(), partitions);
    return owners_.wrong;
  }

 private:
  static GroupSpeed speed(std::uint64_t seed) {
    GroupSpeed speed;
    speed.seed = seed;
    return speed;
  }
  void start() {
    const std::string name = fmt::format("m{}", next_++);
    running_.push_back(name);
    run_.start(name, settings_of(kind_, name));
  }
  void step() {
    const std::uint64_t what = rng_.below(6);
    if (running_.empty() || (what < 2 && running_.size() < 5)) {
      start();
      return;
    }
    const std::size_t at = rng_.below(running_.size());
    const std::string name = running_[at];
    if (what == 5) {
      owners_.doubtful.insert(name);
      run_.stop_polling(name, 1s * rng_.between(1, 9));
      return;
    }
    if (what == 4) {
      owners_.doubtful.insert(name);
      run_.stand_still(name, static_cast<int>(rng_.between(1, 2)), 1s * rng_.between(1, 5));
      return;
    }
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    if (what == 3) {
      run_.crash(name);
      owners_.of.erase(name);  // nobody is there any more
    } else {
      run_.close(name);
      owners_.doubtful.insert(name);
    }
  }
  void pass(sim::Duration time) {
    run_.run_for(time);
    for (const GroupRun::Told& told : run_.take_told()) owners_.take(told);
  }

  Kind kind_;
  sim::Rng rng_;
  GroupRun run_;
  std::vector<std::string> running_;
  Owners owners_;
  int next_ = 0;
};

}  // namespace

TEST_CASE("Whatever happens in the middle of a rebalance, no partition is given away twice") {
  for (const Kind& kind :
       {Kind{"CooperativeStickyAssignor", false}, Kind{"CooperativeStickyAssignor", true},
        Kind{"StickyAssignor", false}, Kind{"RangeAssignor", true}}) {
    for (std::uint64_t seed = 0; seed < lives; ++seed) {
      INFO(kind.assignor << (kind.is_static ? " static" : " dynamic") << ", seed " << seed);
      CHECK(Life(kind, seed).run() == "");
    }
  }
}

}  // namespace kafkasim::conformance

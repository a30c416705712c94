// The striped placement: racks in turn with a start that moves by one for each partition; in each
// rack its brokers in turn with a start that moves as well, unfenced ones first.
#include "broker/controller/replica_placer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;

template <class T>
void shuffle(std::vector<T>& items, sim::Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[rng.below(i)]);
}

// Hands out each broker once per round, beginning one further each round.
class BrokerRing {
 public:
  void add(BrokerId broker) { brokers_.push_back(broker); }
  void start_anywhere(sim::Rng& rng) {
    std::sort(brokers_.begin(), brokers_.end());
    if (!brokers_.empty()) start_ = rng.below(brokers_.size());
  }
  void shuffle_brokers(sim::Rng& rng) { shuffle(brokers_, rng); }

  std::optional<BrokerId> next(std::int32_t round) {
    if (brokers_.empty()) return std::nullopt;
    if (round != round_) {
      round_ = round;
      taken_ = 0;
      start_ = (start_ + 1) % brokers_.size();
    }
    if (taken_ == brokers_.size()) return std::nullopt;
    return brokers_[(start_ + taken_++) % brokers_.size()];
  }

 private:
  std::vector<BrokerId> brokers_;
  std::size_t start_ = 0;
  std::size_t taken_ = 0;
  std::int32_t round_ = 0;
};

struct Rack {
  BrokerRing unfenced;
  BrokerRing fenced;

  std::optional<BrokerId> next(std::int32_t round) {
    const std::optional<BrokerId> broker = unfenced.next(round);
    return broker ? broker : fenced.next(round);
  }
};

class Racks {
 public:
  Racks(const std::vector<UsableBroker>& brokers, sim::Rng& rng) : rng_(rng) {
    std::map<std::string, Rack> by_name;
    for (const UsableBroker& broker : brokers) {
      Rack& rack = by_name[broker.rack];
      (broker.fenced ? rack.fenced : rack.unfenced).add(broker.id);
      if (!broker.fenced) ++unfenced_;
    }
    for (auto& [name, rack] : by_name) {
      rack.fenced.start_anywhere(rng_);
      rack.unfenced.start_anywhere(rng_);
      racks_.push_back(std::move(rack));
    }
    start_ = rng_.below(racks_.size());
  }

  // The replicas of the next partition. Requires: an unfenced broker, and as many brokers as
  // replicas.
  std::vector<BrokerId> place(std::int32_t replication_factor) {
    // After as many partitions as there are unfenced brokers the pattern would repeat.
    if (round_ == unfenced_ && unfenced_ > 1) shuffle_everything();
    if (start_ == racks_.size()) start_ = 0;
    std::vector<BrokerId> replicas;
    const std::size_t leader_rack = place_leader(replicas);
    bool leader_rack_had_its_turn = false;
    std::size_t rack = start_;
    std::size_t misses = 0;
    while (std::cmp_less(replicas.size(), replication_factor)) {
      CHECKED(misses <= 2 * racks_.size(), "no rack has a broker left for a replica");
      ++misses;
      if (rack == leader_rack && !leader_rack_had_its_turn) {
        leader_rack_had_its_turn = true;
      } else if (const auto broker = racks_[rack].next(round_)) {
        replicas.push_back(*broker);
        misses = 0;
      }
      rack = (rack + 1) % racks_.size();
    }
    ++round_;
    ++start_;
    return replicas;
  }

 private:
  std::size_t place_leader(std::vector<BrokerId>& replicas) {
    for (std::size_t i = 0; i < racks_.size(); ++i) {
      const std::size_t rack = (start_ + i) % racks_.size();
      if (const auto broker = racks_[rack].unfenced.next(round_)) {
        replicas.push_back(*broker);
        return rack;
      }
    }
    CHECKED(false, "no unfenced broker can lead a new partition");
    return 0;
  }

  void shuffle_everything() {
    shuffle(racks_, rng_);
    for (Rack& rack : racks_) {
      rack.fenced.shuffle_brokers(rng_);
      rack.unfenced.shuffle_brokers(rng_);
    }
    round_ = 0;
  }

  sim::Rng& rng_;
  std::vector<Rack> racks_;
  std::size_t start_ = 0;
  std::int32_t round_ = 0;
  std::int32_t unfenced_ = 0;
};

}  // namespace

std::variant<Assignment, std::string> place_replicas(const std::vector<UsableBroker>& brokers,
                                                     std::int32_t num_partitions,
                                                     std::int32_t replication_factor,
                                                     sim::Rng& rng) {
  if (replication_factor <= 0) {
    return fmt::format("Invalid replication factor {}: the replication factor must be positive.",
                       replication_factor);
  }
  if (std::all_of(brokers.begin(), brokers.end(),
                  [](const UsableBroker& broker) { return broker.fenced; })) {
    return "All brokers are currently fenced.";
  }
  if (std::cmp_greater(replication_factor, brokers.size())) {
    return fmt::format(
        "The target replication factor of {} cannot be reached because only {} broker(s) are "
        "registered.",
        replication_factor, brokers.size());
  }
  Racks racks(brokers, rng);
  Assignment assignment;
  for (std::int32_t i = 0; i < num_partitions; ++i)
    assignment.push_back(racks.place(replication_factor));
  return assignment;
}

}  // namespace kafkasim::broker

// Moving a partition to other brokers, in lists: a reassignment adds the new replicas first, and
// once they are in sync takes the old ones away. Left out: throttles, directories.
#pragma once

#include <optional>
#include <vector>

#include "broker/metadata_image.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

using BrokerIds = std::vector<protocol::BrokerId>;

bool contains(const BrokerIds& brokers, protocol::BrokerId broker);
// `brokers` in their order, without those in `left_out`.
BrokerIds without(const BrokerIds& brokers, const BrokerIds& left_out);

// The lists of a partition while it moves.
struct Reassignment {
  BrokerIds replicas;  // the target in its order, then those that leave
  BrokerIds removing;  // ascending
  BrokerIds adding;    // ascending

  bool in_progress() const { return !removing.empty() || !adding.empty(); }
};

Reassignment reassignment_of(const PartitionRegistration& partition);
Reassignment plan_reassignment(const BrokerIds& current, const BrokerIds& target);

// What remains when a reassignment is done.
struct Placement {
  BrokerIds replicas;
  BrokerIds isr;
};

// The end of the reassignment if `isr` allows it: all that stay are in sync, and at least one is.
std::optional<Placement> complete(const Reassignment& reassignment, const BrokerIds& isr);

// How a reassignment is taken back. When all in-sync replicas are among the added ones the first of
// the old ones must lead with what it has: `unclean`.
struct Revert {
  Placement placement;
  bool unclean = false;
};
Revert revert(const PartitionRegistration& partition);

}  // namespace kafkasim::broker

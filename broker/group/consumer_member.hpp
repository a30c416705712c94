// One member of a consumer group of the newer protocol (KIP-848) as its coordinator knows it: what
// the member said of itself, and how far it has come from its assignment to its target. Plain
// values; the last function here is the whole way from one to the other.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/group/target_partitions.hpp"
#include "protocol/group_messages.hpp"

namespace kafkasim::broker {

enum class ConsumerMemberState {
  stable,                 // has all of its target, or there is a newer target that it has not seen
  unrevoked_partitions,   // has been told to give partitions back and has not said that it did
  unreleased_partitions,  // waits for partitions that other members still hold
};

// As Kafka writes it: "UNREVOKED_PARTITIONS".
std::string_view to_string(ConsumerMemberState state);

// What a member says of itself when it joins, and when something of it changes.
struct ConsumerMemberInfo {
  std::string group_instance_id;  // empty = a dynamic member
  std::string rack_id;            // empty = none
  std::string client_id;
  std::string client_host;
  std::string server_assignor;  // empty = leaves the choice to others
  std::int32_t rebalance_timeout_ms = -1;
  std::set<std::string> topics;

  bool is_static() const { return !group_instance_id.empty(); }
  friend bool operator==(const ConsumerMemberInfo&, const ConsumerMemberInfo&) = default;
};

// What a member has. It holds `assigned` and `pending_revocation`: nobody else gets these.
struct ConsumerMemberPlace {
  // The group epoch that it has reached; 0 = joins, -1 = is leaving, -2 = a static member that is
  // away and will be back.
  std::int32_t epoch = 0;
  std::int32_t previous_epoch = -1;
  ConsumerMemberState state = ConsumerMemberState::stable;
  TargetPartitions assigned;
  TargetPartitions pending_revocation;

  bool is_reconciled_to(std::int32_t target_epoch) const {
    return state == ConsumerMemberState::stable && epoch == target_epoch;
  }
  friend bool operator==(const ConsumerMemberPlace&, const ConsumerMemberPlace&) = default;
};

struct ConsumerMember {
  std::string member_id;
  ConsumerMemberInfo info;
  ConsumerMemberPlace place;
};

// Does somebody hold this partition?
using PartitionIsHeld = std::function<bool(const protocol::Uuid& topic, int partition)>;
// What a member says that it owns; none = it says nothing of that.
using OwnedPartitions = std::optional<std::vector<protocol::TopicIdPartitions>>;

// One step of a member toward its target: first it gives back what it shall not keep, and stays in
// its epoch until it says that it has; then it is in the epoch of the target and gets what is free.
ConsumerMemberPlace reconciled(const ConsumerMemberPlace& place, std::int32_t target_epoch,
                               const TargetPartitions& target, const PartitionIsHeld& is_held,
                               const OwnedPartitions& owned);

// All that it owns is among `assigned`; false when it does not say.
bool owns_only(const OwnedPartitions& owned, const TargetPartitions& assigned);

}  // namespace kafkasim::broker

// The invariants of one consumer group of the newer protocol (KIP-848), compared with how it was
// when it was last looked at: what its target covers, who holds a partition, how members come to
// the target, and their epochs. A change of one member is looked at alone, in proportion to what it
// holds; a new target is looked at as a whole, as it was made as a whole.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "broker/group/consumer_group.hpp"
#include "broker/invariants/invariant.hpp"

namespace kafkasim::broker {

class ConsumerGroupCheck {
 public:
  // The group may have changed; when only one member can have, it is `only`.
  void look(const ConsumerGroup& group, const std::optional<std::string>& only);
  // What was decided last may have been taken back, or another coordinator has taken over: the next
  // look takes the group as it is.
  void forget();

  // The epoch of a member as of the last look; none when there was none.
  std::optional<std::int32_t> epoch_of(const std::string& member_id) const;
  bool has_members() const { return !places_.empty(); }

 private:
  using Partition = std::pair<protocol::Uuid, int>;

  void look_at_all(const ConsumerGroup& group);
  void look_at(const ConsumerGroup& group, const ConsumerMember& member);
  static void check_epoch(const ConsumerGroup& group, const ConsumerMember& member,
                          const ConsumerMemberPlace& before);
  void check_arrived(const ConsumerGroup& group, const ConsumerMember& member) const;
  void check_target(const ConsumerGroup& group) const;
  void check_stable(const ConsumerGroup& group) const;
  void take(const ConsumerGroup& group, const ConsumerMember& member);
  void give_up(const std::string& member_id, const ConsumerMemberPlace& place);
  [[noreturn]] static void broken(Invariant invariant, const ConsumerGroup& group,
                                  const std::string& what);

  bool known_ = false;
  std::uint64_t version_ = 0;
  std::int32_t target_epoch_ = 0;
  bool was_stable_ = false;
  std::map<std::string, ConsumerMemberPlace> places_;
  std::map<Partition, std::string> holders_;
};

}  // namespace kafkasim::broker

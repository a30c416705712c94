// Members and assignments of the coordinator's assignors as tests write them: by id, with values.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/group/assignor.hpp"

namespace kafkasim::tests {

// The ids are not copied.
inline broker::ServerAssignorMember assignor_member(std::string_view id,
                                                    std::vector<protocol::Uuid> topics,
                                                    broker::TargetPartitions current = {},
                                                    std::string_view instance = {}) {
  return {id, instance, std::make_shared<const std::vector<protocol::Uuid>>(std::move(topics)),
          broker::share(std::move(current))};
}

struct AssignedByServer {
  std::string error;
  std::map<std::string, broker::TargetPartitions> members;
};

inline AssignedByServer by_member(const std::vector<broker::ServerAssignorMember>& members,
                                  const broker::ServerAssignment& made) {
  AssignedByServer out{made.error, {}};
  for (std::size_t i = 0; i < made.targets.size(); ++i) {
    out.members[std::string(members.at(i).member_id)] = *made.targets[i];
  }
  return out;
}

inline AssignedByServer assigned(std::string_view assignor,
                                 const broker::ServerAssignorTopics& topics,
                                 const std::vector<broker::ServerAssignorMember>& members) {
  return by_member(members, broker::find_server_assignor(assignor)->assign(topics, members));
}

}  // namespace kafkasim::tests

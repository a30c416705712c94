// One controller as it stands on its host, for reports and checks.
#pragma once

#include <string>

#include "broker/controller/raft.hpp"
#include "broker/controller/raft_log.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::broker {

// Whether it runs or not.
struct VoterView {
  std::string name;
  protocol::BrokerId id;
  bool is_up = false;
  bool is_active = false;                // as it believes itself
  RaftRole role = RaftRole::unattached;  // of one that is up
  protocol::LeaderEpoch epoch;           // of the quorum; survives
  protocol::BrokerId leader;             // of that epoch, as known there
  protocol::Offset log_end_offset;
  protocol::Offset high_watermark;  // 0 = it is not up, or knows of none since it started
  const ControllerStorage* storage = nullptr;  // the log
};

}  // namespace kafkasim::broker

// Requests and responses among the voters of the metadata log: Vote, BeginQuorumEpoch,
// EndQuorumEpoch. Fields are Kafka's, of the one partition that has such a quorum
// (__cluster_metadata-0). The log itself travels in Fetch. Left out: directory ids, endpoints (a
// voter's place is known), adding and removing voters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/ids.hpp"

namespace kafkasim::protocol {

struct VoteRequest {
  std::string cluster_id;
  BrokerId voter_id;              // whom it is for
  LeaderEpoch replica_epoch;      // of the candidate; of a pre-vote: the epoch it is in
  BrokerId replica_id;            // who asks
  LeaderEpoch last_offset_epoch;  // of the last batch of its log; 0 = the log is empty
  Offset last_offset;             // its log end offset
  bool pre_vote = false;          // "would you vote for me?": binds nobody
};

struct VoteResponse {
  ErrorCode error = ErrorCode::none;
  BrokerId leader_id;  // not set = none is known
  LeaderEpoch leader_epoch;
  bool vote_granted = false;
};

struct BeginQuorumEpochRequest {  // "I lead this epoch"
  std::string cluster_id;
  BrokerId voter_id;  // whom it is for
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
};

struct BeginQuorumEpochResponse {
  ErrorCode error = ErrorCode::none;
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
};

struct EndQuorumEpochRequest {  // "I lead no longer"
  std::string cluster_id;
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
  std::vector<BrokerId> preferred_successors;  // the one with the longest log first
};

struct EndQuorumEpochResponse {
  ErrorCode error = ErrorCode::none;
  BrokerId leader_id;
  LeaderEpoch leader_epoch;
};

}  // namespace kafkasim::protocol

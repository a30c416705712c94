// The table of what brokers of this simulator serve to clients and to each other.
#include "broker/api_versions.hpp"

namespace kafkasim::broker {

protocol::ApiVersionsResponse answer_api_versions() {
  protocol::ApiVersionsResponse response;
  response.api_keys = {
      {0, 0, 12},  // Produce; versions below 3 are named but refused
      {1, 4, 17},  // Fetch
      {2, 1, 10},  // ListOffsets
      {3, 0, 13},  // Metadata
      {8, 2, 9},   // OffsetCommit
      {9, 1, 9},   // OffsetFetch
      {10, 0, 6},  // FindCoordinator
      {11, 2, 9},  // JoinGroup
      {12, 0, 4},  // Heartbeat
      {13, 0, 5},  // LeaveGroup
      {14, 0, 5},  // SyncGroup
      {18, 0, 4},  // ApiVersions
      {19, 2, 7},  // CreateTopics
      {22, 0, 5},  // InitProducerId
      {23, 2, 4},  // OffsetForLeaderEpoch
  };
  return response;
}

}  // namespace kafkasim::broker

// The table of what brokers of this simulator serve to clients and to each other.
#include "broker/api_versions.hpp"

#include <algorithm>
#include <string_view>

namespace kafkasim::broker {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters and digits, and inside also '-' and '.'.
bool is_software_name(std::string_view name) {
  return !name.empty() && is_letter_or_digit(name.front()) && is_letter_or_digit(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

}  // namespace

protocol::ApiVersionsResponse answer_api_versions(const protocol::ApiVersionsRequest& request) {
  protocol::ApiVersionsResponse response;
  if (!is_software_name(request.client_software_name) ||
      !is_software_name(request.client_software_version)) {
    response.error = protocol::ErrorCode::invalid_request;
    return response;
  }
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
      {20, 1, 6},  // DeleteTopics
      {21, 0, 2},  // DeleteRecords
      {22, 0, 5},  // InitProducerId
      {23, 2, 4},  // OffsetForLeaderEpoch
      {37, 0, 3},  // CreatePartitions
      {42, 0, 2},  // DeleteGroups
      {43, 0, 2},  // ElectLeaders
      {44, 0, 1},  // IncrementalAlterConfigs
      {45, 0, 0},  // AlterPartitionReassignments
      {46, 0, 0},  // ListPartitionReassignments
      {47, 0, 0},  // OffsetDelete
      {68, 0, 1},  // ConsumerGroupHeartbeat
  };
  return response;
}

}  // namespace kafkasim::broker

// The tables.
#include "tests/conformance/differences.hpp"

#include <algorithm>
#include <array>

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

constexpr int unknown_topic_or_partition = 3;
constexpr int not_leader = 6;
constexpr int request_timed_out = 7;
constexpr int invalid_topic = 17;
constexpr int not_enough_replicas = 19;
constexpr int not_enough_replicas_after_append = 20;
constexpr int rebalance_in_progress = 27;
constexpr int unknown_producer_id = 59;

bool is_longer_text(const Place&, const json& expected, const json& got) {
  if (!got.is_string() || got.get_ref<const std::string&>().empty()) return false;
  if (expected.is_null()) return true;
  return got.get_ref<const std::string&>().find(expected.get<std::string>()) != std::string::npos;
}

bool both_texts(const Place&, const json& expected, const json& got) {
  return expected.is_string() && got.is_string() && !got.get_ref<const std::string&>().empty();
}

bool is_text_of_failure(const Place& place, const json& expected, const json&) {
  return expected.is_string() && place.parent_expected->at("errorCode") != 0;
}

bool is_illegal_name(const Place&, const json& expected, const json& got) {
  return expected == unknown_topic_or_partition && got == invalid_topic;
}

bool is_early_heartbeat(const Place& place, const json& expected, const json& got) {
  return place.group_awaits_sync && expected == rebalance_in_progress && got == 0;
}

// Each API of ours existed then; the versions are those of the release.
bool is_newer_table(const Place&, const json& expected, const json& got) {
  if (expected.empty() || got.empty()) return false;
  for (const json& ours : got) {
    bool known = false;
    for (const json& theirs : expected) known = known || theirs.at("apiKey") == ours.at("apiKey");
    if (!known && ours.at("apiKey") <= 47) return false;
  }
  return true;
}

bool is_old_format(const Place& place, const json& expected, const json& got) {
  if (place.version >= 4 || expected.empty() || got.empty()) return false;
  return expected.back().at("last_offset") == got.back().at("last_offset");
}

// Consumers of version 11 say where they are, and are served by followers, too.
bool is_read_from_follower(const Place& place, const json& expected, const json& got) {
  return place.version < 11 && place.request->value("replicaId", -1) < 0 && expected.is_object() &&
         expected.at("errorCode") == not_leader && got.at("errorCode") != not_leader;
}

// An acks=all write whose ISR shrank below the minimum while it waited.
bool is_stuck_write(const Place& place, const json& expected, const json& got) {
  return place.isr_is_too_small && expected == not_enough_replicas_after_append &&
         got == request_timed_out;
}

bool is_held_back(const Place& place, const json& expected, const json& got) {
  return place.isr_is_too_small && expected.is_number() && got.is_number() && got < expected;
}

// A follower that has everything: 2.4 answers at once when it has a newer high watermark to tell
// than last time, with the one from before this fetch.
bool is_read_again(const Place& place, const json& expected, const json& got) {
  if (place.request->value("replicaId", -1) < 0 || !expected.is_number() || !got.is_number())
    return false;
  return place.parent_expected->at("records_summary").empty() && got > expected;
}

bool has_less_replicated(const Place& place, const json& expected, const json& got) {
  return place.isr_is_too_small && expected.is_array() && got.is_array() &&
         got.size() < expected.size() && std::equal(got.begin(), got.end(), expected.begin());
}

// 2.4 knows no such special time: it takes it for a time before all records.
bool is_newest_record(const Place& place, const json& expected, const json& got) {
  return place.request->at("topics").dump().find("\"timestamp\":-3") != std::string::npos &&
         expected.is_number() && got.is_number() && got >= expected;
}

// Our followers may be further than the recorded ones; behind them only while nothing has shown yet
// that the recorded ones fetch.
bool is_differently_replicated(const Place& place, const json& expected, const json& got) {
  if (!expected.is_number() || !got.is_number()) return false;
  return place.topic_is_fresh || (place.write_is_under_way && got > expected);
}

bool has_different_replicated(const Place& place, const json& expected, const json& got) {
  if (!expected.is_array() || !got.is_array()) return false;
  const json& shorter = expected.size() < got.size() ? expected : got;
  const json& longer = expected.size() < got.size() ? got : expected;
  if (!std::equal(shorter.begin(), shorter.end(), longer.begin())) return false;
  return place.topic_is_fresh || (place.write_is_under_way && got.size() > expected.size());
}

constexpr std::array differences = {
    Difference{"ApiVersions", "apiKeys", "the versions of 2.4, all APIs",
               "the versions of 4.0, those APIs that are simulated", is_newer_table},
    Difference{"CreateTopics", "errorMessage", "the words of the controller with ZooKeeper",
               "the words of the KRaft controller", both_texts},
    Difference{"Fetch", "records_summary", "below version 4: converted to the old format",
               "brokers of 4.0 convert no more; the batches are compared by their end",
               is_old_format},
    Difference{"Fetch", "highWatermark",
               "a fresh topic, or a write not waited for: followers have not come yet",
               "how far they are depends on when they fetch next", is_differently_replicated},
    Difference{"Fetch", "lastStableOffset", "as the high watermark", "as the high watermark",
               is_differently_replicated},
    Difference{"Fetch", "records_summary", "as the high watermark", "as the high watermark",
               has_different_replicated},
    Difference{"Fetch", "highWatermark", "rises although the ISR is below the minimum",
               "stands still until the ISR is large enough again", is_held_back},
    Difference{"Fetch", "lastStableOffset", "as the high watermark", "as the high watermark",
               is_held_back},
    Difference{"Fetch", "records_summary", "up to the high watermark", "up to the high watermark",
               has_less_replicated},
    Difference{"Fetch", "highWatermark", "a follower at the end hears at once of the one before",
               "it waits for records, and hears of the one after its fetch", is_read_again},
    Difference{"Fetch", "lastStableOffset", "as the high watermark", "as the high watermark",
               is_read_again},
    Difference{"Fetch", "partitions", "below version 11: followers serve no consumers",
               "they serve all: our consumers are of a later version", is_read_from_follower},
    Difference{"FindCoordinator", "errorMessage", "the text that belongs to the error code",
               "error codes have no texts here", is_text_of_failure},
    Difference{"Heartbeat", "errorCode",
               "REBALANCE_IN_PROGRESS between the members' joining and the leader's assignment",
               "NONE: since 2.5 a member that waits for its assignment is as good as stable",
               is_early_heartbeat},
    Difference{"ListOffsets", "offset",
               "a fresh topic, or a write not waited for: followers have not come yet",
               "how far they are depends on when they fetch next", is_differently_replicated},
    Difference{"ListOffsets", "offset",
               "the high watermark rises although the ISR is below the "
               "minimum",
               "it stands still until the ISR is large enough again", is_held_back},
    Difference{"ListOffsets", "offset", "time -3 is before all records",
               "time -3 asks for the newest record", is_newest_record},
    Difference{"ListOffsets", "timestamp", "time -3 is before all records",
               "time -3 asks for the newest record", is_newest_record},
    Difference{"Metadata", "errorCode", "UNKNOWN_TOPIC_OR_PARTITION for an illegal name",
               "INVALID_TOPIC_EXCEPTION, since names are looked at in any case", is_illegal_name},
    Difference{"Produce", "errorCode",
               "NOT_ENOUGH_REPLICAS_AFTER_APPEND as soon as the ISR has shrunk",
               "REQUEST_TIMED_OUT: the high watermark does not reach the write", is_stuck_write},
    Difference{"Produce", "errorMessage", "what is wrong with the first bad record",
               "how many are bad, with up to three of them", is_longer_text},
    Difference{"Produce", "batchIndexErrorMessage", "nothing", "what is wrong with the record",
               is_longer_text},
};

struct NotCarried {
  std::string_view api;  // "*" = all
  std::string_view field;
  std::string_view why;
};

constexpr std::array not_carried = {
    NotCarried{"*", "host", "hosts are simulated"},
    NotCarried{"*", "port", "hosts are simulated"},
    NotCarried{"Fetch", "sessionId", "fetch sessions are left out"},
    NotCarried{"InitProducerId", "producerId", "of that run"},
    NotCarried{"Metadata", "clusterId", "of that run"},
    NotCarried{"Metadata", "controllerId", "in KRaft any live broker, which forwards"},
    NotCarried{"Metadata", "clusterAuthorizedOperations", "authorization is left out"},
    NotCarried{"Metadata", "topicAuthorizedOperations", "authorization is left out"},
};

struct NotSent {
  std::string_view api;
  std::string_view reason;
  bool (*applies)(const json& partition, int replicas, int min_insync_replicas);
};

bool first_sequence_was_refused(const json& partition, int, int) {
  return partition.at("errorCode") == unknown_producer_id;
}

bool isr_can_never_be_large_enough(const json& partition, int replicas, int min_insync_replicas) {
  return partition.at("errorCode") == not_enough_replicas && min_insync_replicas > replicas;
}

constexpr std::array not_sent = {
    NotSent{"Produce",
            "2.4 refuses a producer's first batch unless it begins at sequence 0, today's broker "
            "takes any",
            first_sequence_was_refused},
    NotSent{"Produce",
            "2.4 waits for min.insync.replicas that the partition does not have, today's broker "
            "for at most all replicas",
            isr_can_never_be_large_enough},
};

// Old versions that meant something else. Those that only said the same with fewer fields are sent.
struct NotServed {
  std::string_view api;
  int since = 0;
  std::string_view reason;
};

constexpr std::array not_served = {
    NotServed{"ListOffsets", 1, "version 0 asked for offsets of segments; 4.0 has it no more"},
    NotServed{"OffsetCommit", 1, "version 0 wrote to ZooKeeper; 4.0 has it no more"},
    NotServed{"OffsetFetch", 1, "version 0 read from ZooKeeper; 4.0 has it no more"},
};

constexpr std::array<std::string_view, 8> changing = {
    "AlterConfigs",
    "AlterPartitionReassignments",
    "CreatePartitions",
    "DeleteRecords",
    "DeleteTopics",
    "ElectLeaders",
    "IncrementalAlterConfigs",
    "Produce",
};

}  // namespace

const Difference* explained(const Place& place, const json& expected, const json& got) {
  for (const Difference& row : differences) {
    if (row.api == place.api && row.field == place.field && row.accepts(place, expected, got))
      return &row;
  }
  return nullptr;
}

bool is_not_carried(std::string_view api, std::string_view field) {
  for (const NotCarried& row : not_carried) {
    if ((row.api == "*" || row.api == api) && row.field == field) return true;
  }
  return false;
}

std::string why_not_sent(const std::string& api, int version, const json& recorded_response,
                         int replicas, int min_insync_replicas) {
  for (const NotServed& row : not_served) {
    if (row.api == api && version < row.since) return std::string(row.reason);
  }
  for (const json& topic : recorded_response.value("responses", json::array())) {
    for (const json& partition : topic.value("partitionResponses", json::array())) {
      for (const NotSent& row : not_sent) {
        if (row.api == api && row.applies(partition, replicas, min_insync_replicas))
          return std::string(row.reason);
      }
    }
  }
  return "";
}

bool changes_topics(std::string_view api) {
  for (const std::string_view each : changing) {
    if (each == api) return true;
  }
  return false;
}

}  // namespace kafkasim::conformance

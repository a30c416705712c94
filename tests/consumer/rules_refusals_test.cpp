// What the application hears when a request of its consumer is refused: exceptions and their words
// are Kafka's, request by request.
#include "protocol/error_text.hpp"
#include "tests/consumer/consumer_lab.hpp"
#include "tests/consumer/fake_epoch_group.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};
const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};
const Settings with_epochs = with(by_hand, "group.protocol", "consumer");

struct Case {
  ErrorCode error;
  std::string exception;
  std::string message;
};

struct RefusalLab : Lab {
  explicit RefusalLab(const Settings& settings = by_hand) {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B"});
    add("a", settings).subscribe({"orders"});
  }
  ~RefusalLab() {
    for (auto& [name, client] : clients) client.host->crash();
  }
  // Answers requests of that kind with the error, as long as `left` lasts.
  template <class Request>
  void refuse(ErrorCode error, int count = 1) {
    left = count;
    cluster.script = [this, error](
                         int, const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      if (!std::holds_alternative<Request>(r.body) || left-- <= 0) return std::nullopt;
      return protocol::error_response(r.body, error);
    };
  }
  // Of the next poll that fails.
  consumer::Failure failure() {
    for (int i = 0; i < 5; ++i) {
      if (const auto failure = poll("a", 1s).failure) return *failure;
    }
    return {};
  }
  void expect(const Case& c) {
    INFO(protocol::name(c.error));
    const consumer::Failure met = failure();
    CHECK(met.exception == c.exception);
    CHECK(met.message == c.message);
    CHECK_FALSE(met.retriable);
  }

  int left = 0;
};

const std::string fenced_text =
    "The broker rejected this static consumer since another consumer with the same "
    "group.instance.id has registered with a different member.id.";

}  // namespace

TEST_CASE("errors have the names of Kafka's exceptions") {
  CHECK(protocol::exception_name(ErrorCode::unknown_member_id) == "UnknownMemberIdException");
  CHECK(protocol::exception_name(ErrorCode::not_leader_or_follower) ==
        "NotLeaderOrFollowerException");
  CHECK(protocol::exception_name(ErrorCode::invalid_topic_exception) == "InvalidTopicException");
  CHECK(protocol::exception_name(ErrorCode::network_exception) == "NetworkException");
  CHECK(protocol::exception_name(ErrorCode::request_timed_out) == "TimeoutException");
  CHECK(protocol::exception_name(ErrorCode::unknown_server_error) == "UnknownServerException");
  CHECK(protocol::exception_name(ErrorCode::offset_metadata_too_large) == "OffsetMetadataTooLarge");
  CHECK(protocol::exception_name(ErrorCode::message_too_large) == "RecordTooLargeException");
}

TEST_CASE("what a coordinator that cannot be found is to the application") {
  const Case cases[] = {
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::invalid_group_id, "InvalidGroupIdException",
       "The configured groupId is invalid."},
  };
  for (const Case& c : cases) {
    RefusalLab lab;
    lab.cluster.script = [&](int,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      if (!std::holds_alternative<protocol::FindCoordinatorRequest>(r.body)) return std::nullopt;
      protocol::FindCoordinatorResponse response;
      response.coordinators.emplace_back();
      response.coordinators.back().error = c.error;
      return response;
    };
    lab.expect(c);
  }
}

TEST_CASE("what a refused JoinGroup is to the application") {
  const Case cases[] = {
      {ErrorCode::fenced_instance_id, "FencedInstanceIdException", fenced_text},
      {ErrorCode::inconsistent_group_protocol, "InconsistentGroupProtocolException",
       "The group member's supported protocols are incompatible with those of existing members or "
       "first group member tried to join with empty protocol type or empty protocol list."},
      {ErrorCode::invalid_session_timeout, "InvalidSessionTimeoutException",
       "The session timeout is not within the range allowed by the broker (as configured by "
       "group.min.session.timeout.ms and group.max.session.timeout.ms)."},
      {ErrorCode::invalid_group_id, "InvalidGroupIdException",
       "The configured groupId is invalid."},
      {ErrorCode::group_max_size_reached, "GroupMaxSizeReachedException",
       "Consumer group g already has the configured maximum number of members."},
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::unsupported_version, "UnsupportedVersionException",
       "The version of API is not supported."},
      {ErrorCode::offset_metadata_too_large, "KafkaException",
       "Unexpected error in join group response: The metadata field of the offset request was too "
       "large."},
      {ErrorCode::request_timed_out, "KafkaException",
       "Unexpected error in join group response: The request timed out."},
  };
  for (const Case& c : cases) {
    RefusalLab lab;
    lab.refuse<protocol::JoinGroupRequest>(c.error);
    lab.expect(c);
  }
}

TEST_CASE("what a refused SyncGroup is to the application") {
  const Case cases[] = {
      {ErrorCode::fenced_instance_id, "FencedInstanceIdException", fenced_text},
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::coordinator_load_in_progress, "KafkaException",
       "Unexpected error from SyncGroup: The coordinator is loading and hence can't process "
       "requests."},
  };
  for (const Case& c : cases) {
    RefusalLab lab;
    lab.refuse<protocol::SyncGroupRequest>(c.error);
    lab.expect(c);
  }
}

TEST_CASE("what a refused OffsetFetch is to the application") {
  const Case cases[] = {
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::unknown_member_id, "KafkaException",
       "Unexpected error in fetch offset response: The coordinator is not aware of this member."},
      {ErrorCode::group_id_not_found, "KafkaException",
       "Unexpected error in fetch offset response: The group id does not exist."},
  };
  for (const Case& c : cases) {
    RefusalLab lab;
    lab.refuse<protocol::OffsetFetchRequest>(c.error);
    lab.expect(c);
  }
}

TEST_CASE("an OffsetFetch whose error a retry may cure is sent again, after a look for its node") {
  for (const auto& [error, looks_up] : {std::pair(ErrorCode::coordinator_load_in_progress, false),
                                        std::pair(ErrorCode::request_timed_out, false),
                                        std::pair(ErrorCode::coordinator_not_available, true),
                                        std::pair(ErrorCode::not_coordinator, true)}) {
    INFO(protocol::name(error));
    RefusalLab lab;
    lab.refuse<protocol::OffsetFetchRequest>(error);
    CHECK(lab.read("a", 2) == Values{"A", "B"});
    CHECK(lab.cluster.count("OffsetFetch") == 2);
    // A node whose connection was just ended is found, and cannot be reached for a moment.
    const std::size_t looks = lab.cluster.count("FindCoordinator");
    CHECK(looks >= (looks_up ? 2U : 1U));
    CHECK(looks <= (looks_up ? 3U : 1U));
  }
}

TEST_CASE("what an OffsetFetch with a refused partition is to the application") {
  const Case cases[] = {
      {ErrorCode::unknown_topic_or_partition, "KafkaException",
       "Topic or Partition orders-0 does not exist"},
      {ErrorCode::topic_authorization_failed, "TopicAuthorizationException",
       "Not authorized to access topics: [orders]"},
      {ErrorCode::request_timed_out, "KafkaException",
       "Unexpected error in fetch offset response for partition orders-0: The request timed out."},
  };
  for (const Case& c : cases) {
    RefusalLab lab;
    lab.cluster.script = [&](int,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      if (!std::holds_alternative<protocol::OffsetFetchRequest>(r.body)) return std::nullopt;
      protocol::OffsetFetchResponse response;
      response.partitions.push_back({orders, {}, {}, "", c.error});
      return response;
    };
    lab.expect(c);
  }
}

TEST_CASE("topics that may not be read are named together, by each request that meets them") {
  for (const bool fetches : {true, false}) {
    Lab lab;
    lab.cluster.add_topic("orders", 1);
    lab.cluster.add_topic("audit", 1);
    lab.add("a", {{"auto.offset.reset", "earliest"}}).assign({orders, {"audit", 0}});
    lab.cluster.script = [&](int,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      const auto* list = std::get_if<protocol::ListOffsetsRequest>(&r.body);
      const auto* fetch = std::get_if<protocol::FetchRequest>(&r.body);
      if (fetches && fetch != nullptr) {
        protocol::FetchResponse response;
        response.partitions.emplace_back();
        response.partitions.back().partition = fetch->partitions.at(0).partition;
        response.partitions.back().error = ErrorCode::topic_authorization_failed;
        return response;
      }
      if (fetches || list == nullptr) return std::nullopt;
      protocol::ListOffsetsResponse response;
      for (const protocol::ListOffsetsPartition& part : list->partitions) {
        response.partitions.emplace_back();
        response.partitions.back().partition = part.partition;
        response.partitions.back().error = ErrorCode::topic_authorization_failed;
      }
      return response;
    };
    std::optional<consumer::Failure> failure;
    for (int i = 0; i < 5 && !failure; ++i) failure = lab.poll("a", 1s).failure;
    REQUIRE(failure);
    CHECK(failure->exception == "TopicAuthorizationException");
    CHECK(failure->message == (fetches ? "Not authorized to access topics: [audit]"
                                       : "Not authorized to access topics: [audit, orders]"));
  }
}

TEST_CASE("a topic that metadata refuses is told by each answer that refuses it, once") {
  for (const auto& [error, exception, message] :
       {std::tuple(ErrorCode::topic_authorization_failed, "TopicAuthorizationException",
                   "Not authorized to access topics: [orders]"),
        std::tuple(ErrorCode::invalid_topic_exception, "InvalidTopicException",
                   "Invalid topics: [orders]")}) {
    RefusalLab lab;
    lab.refuse<protocol::MetadataRequest>(error);
    const FakeCluster::Script script = lab.cluster.script;
    lab.cluster.script = [&, script](
                             int broker,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      std::optional<protocol::ResponseBody> refused = script(broker, r);
      if (auto* metadata = refused ? std::get_if<protocol::MetadataResponse>(&*refused) : nullptr)
        metadata->brokers.push_back({protocol::BrokerId(1), "broker-1", ""});
      return refused;
    };
    const consumer::Failure met = lab.failure();
    CHECK(met.exception == exception);
    CHECK(met.message == message);
    CHECK_FALSE(lab.poll("a", 100ms).failure);
  }
}

// ---- locally refused ----

TEST_CASE("a commit of who is not in the group says so in Kafka's words and is not sent") {
  RefusalLab lab(with(by_hand, "max.poll.interval.ms", "5000"));
  REQUIRE(lab.read("a", 2).size() == 2);
  SECTION("out of the group") {
    lab.pass(6s);
    lab.forget();
    const auto failure = lab.commit("a");
    REQUIRE(failure);
    CHECK(failure->exception == "CommitFailedException");
    CHECK(failure->message ==
          "Offset commit cannot be completed since the consumer is not part of an active group for "
          "auto partition assignment; it is likely that the consumer was kicked out of the group.");
  }
  SECTION("joining again") {
    lab.cluster.join_delay = 3s;
    lab.of("a").enforce_rebalance();
    lab.poll("a", 10ms);
    lab.forget();
    CHECK_FALSE(lab.commit("a"));  // of what it owns: nothing any more
    const auto failure = lab.commit("a", {{orders, {protocol::Offset(2), {}, ""}}});
    REQUIRE(failure);
    CHECK(failure->exception == "RebalanceInProgressException");
    CHECK(failure->message ==
          "Offset commit cannot be completed since the consumer is undergoing a rebalance for auto "
          "partition assignment. You can try completing the rebalance by calling poll() and then "
          "retry the operation.");
  }
  CHECK(lab.cluster.count("OffsetCommit") == 0);
}

// ---- the consumer protocol ----

TEST_CASE("under the consumer protocol a refused heartbeat has its own text, or else Kafka's") {
  const Case cases[] = {
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::invalid_request, "InvalidRequestException",
       "This most likely occurs because of a request being malformed by the client library or the "
       "message was sent to an incompatible broker. See the broker logs for more details."},
      {ErrorCode::unreleased_instance_id, "UnreleasedInstanceIdException",
       "The instance ID is still used by another member in the consumer group. That member must "
       "leave first."},
      {ErrorCode::unknown_server_error, "UnknownServerException",
       "The server experienced an unexpected error when processing the request."},
      {ErrorCode::request_timed_out, "TimeoutException", "The request timed out."},
  };
  for (const Case& c : cases) {
    RefusalLab lab(with_epochs);
    FakeEpochGroup group(lab.cluster, "orders", 1);
    group.refusals.emplace_back(c.error, "");
    lab.expect(c);
  }
}

TEST_CASE("under the consumer protocol a refused commit is told in the words of that protocol") {
  const Case cases[] = {
      {ErrorCode::fenced_instance_id, "CommitFailedException",
       "OffsetCommit failed due to group instance id fenced: Optional[i1]"},
      {ErrorCode::illegal_generation, "KafkaException",
       "Unexpected error in commit: Specified group generation id is not valid."},
      {ErrorCode::rebalance_in_progress, "KafkaException",
       "Unexpected error in commit: The group is rebalancing, so a rejoin is needed."},
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::offset_metadata_too_large, "OffsetMetadataTooLarge",
       "The metadata field of the offset request was too large."},
  };
  for (const Case& c : cases) {
    INFO(protocol::name(c.error));
    RefusalLab lab(with(with_epochs, "group.instance.id", "i1"));
    FakeEpochGroup group(lab.cluster, "orders", 1);
    REQUIRE(lab.read("a", 2).size() == 2);
    group.commit_refusals = {c.error};
    const auto failure = lab.commit("a");
    REQUIRE(failure);
    CHECK(failure->exception == c.exception);
    CHECK(failure->message == c.message);
  }
}

TEST_CASE("under the consumer protocol asking for offsets as nobody the group knows ends poll") {
  RefusalLab lab(with_epochs);
  FakeEpochGroup group(lab.cluster, "orders", 1);
  const FakeCluster::Script members = lab.cluster.script;
  int asked = 0;
  ErrorCode error = ErrorCode::unknown_member_id;
  lab.cluster.script = [&](int broker,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetFetchRequest>(r.body) || asked++ > 0)
      return members(broker, r);
    return protocol::error_response(r.body, error);
  };
  SECTION("an unknown member") {
    lab.expect({error, "UnknownMemberIdException", "The coordinator is not aware of this member."});
    CHECK(asked == 1);
  }
  SECTION("a stale epoch of one that has another is asked with again") {
    error = ErrorCode::stale_member_epoch;
    CHECK(lab.read("a", 2) == Values{"A", "B"});
    CHECK(asked == 2);
  }
}

// Kafka's rules of being in a group of the classic protocol, one by one: what a poll does in which
// order, when a member joins again, what it commits before, and how it leaves.
#include <algorithm>

#include "protocol/consumer_protocol.hpp"
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using protocol::Offset;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition jobs0{"jobs", 0};
const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};
const Settings automatic = {{"group.id", "g"}, {"auto.offset.reset", "earliest"}};
const Settings static_member = with(by_hand, "group.instance.id", "i1");
const std::string cooperative = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

struct GroupLab : Lab {
  explicit GroupLab(int brokers = 1) : Lab(brokers) { cluster.add_topic("jobs", 2); }
  ~GroupLab() {
    for (auto& [name, client] : clients) client.host->crash();
  }

  consumer::Consumer& member(const std::string& name, const Settings& settings = by_hand) {
    consumer::Consumer& consumer = add(name, settings);
    consumer.subscribe({"jobs"});
    return consumer;
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
  void unsubscribe(const std::string& name) {
    sim::spawn(process(name), run_unsubscribe(clients.at(name).consumer.get()));
  }
  std::int64_t committed() {
    const auto found = cluster.group().offsets.find(jobs0);
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }

  int left = 0;

 private:
  static sim::Task<> run_unsubscribe(consumer::Consumer* consumer) {
    co_await consumer->unsubscribe();
  }
};

}  // namespace

// ---- poll ----

TEST_CASE("a poll finds the coordinator, joins, looks its positions up, and then fetches") {
  GroupLab lab;
  lab.member("a");
  lab.poll("a", 1s);
  Values order;
  for (const std::string& request : lab.cluster.requests()) {
    const std::string api = request.substr(0, request.find(' '));
    const bool is_new = std::find(order.begin(), order.end(), api) == order.end();
    if (is_new && api != "Metadata" && api != "ApiVersions") order.push_back(api);
  }
  CHECK(order ==
        Values{"FindCoordinator", "JoinGroup", "SyncGroup", "OffsetFetch", "ListOffsets", "Fetch"});
}

TEST_CASE("a poll ends in its time while a join goes on; later polls go on with that join") {
  GroupLab lab;
  lab.cluster.join_delay = 10s;
  lab.member("a");
  const sim::Time began = lab.world.now();
  CHECK(lab.poll("a", 1s).records.empty());
  CHECK(lab.world.now() == began + 1s);
  for (int i = 0; i < 5; ++i) lab.poll("a", 1s);
  CHECK(lab.cluster.count("JoinGroup") == 2);  // for a member id, and with it
  CHECK(lab.seen("a", "joined").empty());
  for (int i = 0; i < 5; ++i) lab.poll("a", 1s);
  CHECK(lab.cluster.count("JoinGroup") == 2);
  CHECK(lab.seen("a", "joined").size() == 1);
}

// ---- heartbeats ----

TEST_CASE("heartbeats begin when the join is answered, before there is an assignment") {
  GroupLab lab;
  lab.cluster.join_delay = 1s;
  lab.member("a");
  lab.member("b");
  // The leader is gone before it has assigned anything: the other one waits for it.
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    const auto* sync = std::get_if<protocol::SyncGroupRequest>(&r.body);
    if (sync == nullptr || sync->member_id != "a-1") return std::nullopt;
    lab.clients.at("a").host->crash();
    return protocol::error_response(r.body, ErrorCode::unknown_server_error);
  };
  lab.polling("a");
  lab.polling("b");
  lab.pass(2s);
  lab.pass(9s);
  CHECK(lab.seen("b", "joined").empty());
  // The broker reads it when it has answered the sync: it takes one request after the other.
  const auto since = lab.of("b").metrics().since_heartbeat;
  REQUIRE(since);
  CHECK(*since < 3s);
}

TEST_CASE("without answers for session.timeout.ms the coordinator is looked up, and that is all") {
  GroupLab lab;
  lab.member("a", with(by_hand, "session.timeout.ms", "10000"));
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  const sim::Time last = lab.world.now();
  lab.refuse<protocol::HeartbeatRequest>(ErrorCode::coordinator_load_in_progress, 1'000'000);
  lab.pass(8s);
  CHECK(lab.cluster.count("FindCoordinator") == 0);
  while (lab.cluster.count("FindCoordinator") == 0 && lab.world.now() < last + 20s) lab.pass(100ms);
  CHECK(lab.world.now() >= last + 9s);
  CHECK(lab.world.now() <= last + 11s);
  lab.left = 0;
  lab.pass(10s);
  CHECK(lab.cluster.count("LeaveGroup") == 0);
  CHECK(lab.cluster.count("JoinGroup") == 0);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.of("a").membership().is_stable());
}

TEST_CASE("a heartbeat that may not be sent is one that failed, not the end of the consumer") {
  GroupLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.refuse<protocol::HeartbeatRequest>(ErrorCode::group_authorization_failed, 2);
  lab.pass(10s);
  CHECK_FALSE(application.has_ended());
  CHECK(lab.cluster.count("Heartbeat") >= 4);
  CHECK(lab.seen("a", "revoked").empty());
}

TEST_CASE("a static member that does not poll in time stops its heartbeats and says nothing") {
  GroupLab lab;
  lab.member("a", with(static_member, "max.poll.interval.ms", "5000"));
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stall(lab.world.now() + 20s);
  lab.pass(6s);
  lab.forget();
  lab.pass(12s);
  CHECK(lab.cluster.count("Heartbeat") == 0);
  CHECK(lab.cluster.count("LeaveGroup") == 0);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.of("a").assignment().size() == 2);
  lab.pass(4s);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
  CHECK(lab.seen("a", "joined").size() == 1);
}

// ---- when a member joins again ----

TEST_CASE("a member that does not lead leaves new partitions to the one that does") {
  GroupLab lab;
  lab.cluster.join_delay = 1s;
  lab.member("a");
  lab.member("b", with(by_hand, "metadata.max.age.ms", "5000"));
  lab.polling("a");
  lab.polling("b");
  lab.pass(3s);
  REQUIRE(lab.cluster.group().leader == "a-1");
  lab.forget();
  lab.cluster.add_topic("jobs", 3);
  lab.pass(20s);
  CHECK(lab.seen("b", "joined").empty());
  CHECK(lab.cluster.group().generation == 1);
}

TEST_CASE("a leader with a rack joins again when replicas move to other racks, one without not") {
  for (const bool has_rack : {true, false}) {
    GroupLab lab(2);
    lab.cluster.racks = {"r1", "r2"};
    const Settings often = with(by_hand, "metadata.max.age.ms", "5000");
    lab.member("a", has_rack ? with(often, "client.rack", "r1") : often);
    lab.polling("a");
    lab.pass(1s);
    lab.forget();
    lab.cluster.elect("jobs", 0, 2);  // which is also its only replica
    lab.pass(8s);
    CHECK(lab.cluster.count("JoinGroup") == (has_rack ? 1U : 0U));
  }
}

TEST_CASE("an assignment of topics that are not subscribed any more is not taken over") {
  GroupLab lab;
  lab.cluster.add_topic("tasks", 1);
  std::vector<std::string> reasons;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (const auto* join = std::get_if<protocol::JoinGroupRequest>(&r.body))
      reasons.push_back(join->reason);
    return std::nullopt;
  };
  lab.cluster.join_delay = 2s;
  lab.member("a");
  lab.poll("a", 1s);
  lab.of("a").subscribe({"tasks"});
  for (int i = 0; i < 6; ++i) lab.poll("a", 1s);
  CHECK(lab.seen("a", "joined") == Values{"g generation 2: tasks-0"});
  CHECK(reasons.back() == "received assignment does not match the current subscription");
}

TEST_CASE(
    "a refused join or sync is gone through again at once, with the reason and under its id") {
  struct Case {
    bool is_join;
    ErrorCode error;
    std::string reason;
    std::string member;
  };
  const Case cases[] = {
      {true, ErrorCode::unknown_member_id, "rebalance failed due to UnknownMemberIdException",
       "a-2"},
      {true, ErrorCode::rebalance_in_progress,
       "rebalance failed due to RebalanceInProgressException", "a-1"},
      {true, ErrorCode::coordinator_not_available,
       "rebalance failed due to CoordinatorNotAvailableException", "a-1"},
      {true, ErrorCode::not_coordinator, "rebalance failed due to NotCoordinatorException", "a-1"},
      {true, ErrorCode::coordinator_load_in_progress,
       "rebalance failed due to CoordinatorLoadInProgressException", "a-1"},
      {false, ErrorCode::unknown_member_id, "rebalance failed due to UnknownMemberIdException",
       "a-2"},
      {false, ErrorCode::illegal_generation, "rebalance failed due to IllegalGenerationException",
       "a-1"},
      {false, ErrorCode::rebalance_in_progress,
       "rebalance failed due to RebalanceInProgressException", "a-1"},
      {false, ErrorCode::not_coordinator, "rebalance failed due to NotCoordinatorException", "a-1"},
  };
  for (const Case& c : cases) {
    INFO((c.is_join ? "JoinGroup " : "SyncGroup ") << protocol::name(c.error));
    GroupLab lab;
    lab.member("a");
    int left = 1;
    std::vector<std::string> reasons;
    lab.cluster.script = [&](int,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      const auto* join = std::get_if<protocol::JoinGroupRequest>(&r.body);
      const bool is_sync = std::holds_alternative<protocol::SyncGroupRequest>(r.body);
      if (join != nullptr) reasons.push_back(join->reason);
      const bool meant = c.is_join ? join != nullptr && !join->member_id.empty() : is_sync;
      if (!meant || left-- <= 0) return std::nullopt;
      if (c.error == ErrorCode::unknown_member_id) lab.cluster.group().members.clear();
      return protocol::error_response(r.body, c.error);
    };
    CHECK_FALSE(lab.poll("a", 2s).failure);
    CHECK(lab.seen("a", "joined").size() == 1);
    CHECK(lab.of("a").membership().generation().member_id == c.member);
    const auto asked = std::find(reasons.begin(), reasons.end(), c.reason);
    CHECK(asked != reasons.end());
  }
}

TEST_CASE("a join is waited for 5 s longer than the rebalance may take, or the request timeout") {
  for (const auto& [interval, expected] : {std::pair("20000", 30s), std::pair("60000", 65s)}) {
    GroupLab lab;
    lab.cluster.join_delay = 1h;
    lab.member("a", with(by_hand, "max.poll.interval.ms", interval));
    lab.polling("a");
    lab.pass(expected - 1s);
    CHECK(lab.cluster.count("JoinGroup") == 2);
    lab.pass(3s);
    CHECK(lab.cluster.count("JoinGroup") == 3);
  }
}

TEST_CASE("a member names its topics in order, its rack, and its assignors as it prefers them") {
  GroupLab lab;
  lab.cluster.add_topic("alarms", 1);
  Settings settings = with(by_hand, "client.rack", "r7");
  settings = with(settings, "session.timeout.ms", "12000");
  settings = with(settings, "max.poll.interval.ms", "90000");
  lab.add("a", settings).subscribe({"jobs", "alarms"});
  lab.poll("a", 1s);
  const protocol::JoinGroupRequest& request = lab.cluster.group().members.at("a-1").request;
  CHECK(request.session_timeout_ms == 12000);
  CHECK(request.rebalance_timeout_ms == 90000);
  REQUIRE(request.protocols.size() == 2);
  CHECK(request.protocols[0].name == "range");
  CHECK(request.protocols[1].name == "cooperative-sticky");
  const auto said = protocol::decode_subscription(request.protocols[0].metadata);
  REQUIRE(said);
  CHECK(said->topics == Values{"alarms", "jobs"});
  CHECK(said->rack_id == "r7");
}

// ---- what is committed before ----

TEST_CASE("the commit before a join is tried again until the rebalance timeout, then it joins") {
  for (const bool is_eager : {true, false}) {
    GroupLab lab;
    Settings settings = with(automatic, "max.poll.interval.ms", "5000");
    settings = with(settings, "auto.commit.interval.ms", "3600000");
    if (!is_eager) settings = with(settings, "partition.assignment.strategy", cooperative);
    lab.cluster.append("jobs", 0, {"A"});
    lab.member("a", settings);
    REQUIRE(lab.read("a", 1).size() == 1);
    lab.forget();
    lab.refuse<protocol::OffsetCommitRequest>(ErrorCode::coordinator_load_in_progress, 1'000'000);
    lab.of("a").enforce_rebalance();
    lab.poll("a", 10ms);
    lab.cluster.append("jobs", 0, {"B"});
    lab.pass(500ms);
    const std::size_t handed_out = lab.poll("a", 500ms).records.size();
    CHECK(handed_out == (is_eager ? 0U : 1U));
    for (int i = 0; i < 34; ++i) lab.poll("a", 100ms);
    CHECK(lab.cluster.count("OffsetCommit") >= 3);
    CHECK(lab.cluster.count("JoinGroup") == 0);
    for (int i = 0; i < 20; ++i) lab.poll("a", 100ms);
    CHECK(lab.cluster.count("JoinGroup") == 1);
    CHECK(lab.seen("a", "joined").size() == 1);
    CHECK(lab.committed() == -1);
  }
}

TEST_CASE("a commit before a join that is refused for good holds nothing up") {
  GroupLab lab;
  lab.cluster.append("jobs", 0, {"A"});
  lab.member("a", automatic);
  REQUIRE(lab.read("a", 1).size() == 1);
  lab.forget();
  lab.refuse<protocol::OffsetCommitRequest>(ErrorCode::offset_metadata_too_large);
  lab.of("a").enforce_rebalance();
  lab.poll("a", 200ms);
  CHECK(lab.cluster.count("OffsetCommit") == 1);
  CHECK(lab.seen("a", "joined").size() == 1);
}

TEST_CASE("after a refused commit an unknown member joins without its id, an old one with it") {
  for (const auto& [error, member] : {std::pair(ErrorCode::unknown_member_id, "a-2"),
                                      std::pair(ErrorCode::illegal_generation, "a-1")}) {
    GroupLab lab;
    lab.cluster.append("jobs", 0, {"A"});
    lab.member("a");
    REQUIRE(lab.read("a", 1).size() == 1);
    lab.refuse<protocol::OffsetCommitRequest>(error);
    CHECK(lab.commit("a"));
    if (error == ErrorCode::unknown_member_id) lab.cluster.group().members.clear();
    lab.poll("a", 1s);
    CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
    CHECK(lab.of("a").membership().generation().member_id == member);
    CHECK(lab.of("a").membership().is_stable());
  }
}

// ---- fencing ----

TEST_CASE("being fenced ends a consumer that joins, syncs or commits") {
  const std::string text =
      "The broker rejected this static consumer since another consumer with the same "
      "group.instance.id has registered with a different member.id.";
  for (const int request : {0, 1}) {
    GroupLab lab;
    lab.member("a", static_member);
    if (request == 0) lab.refuse<protocol::JoinGroupRequest>(ErrorCode::fenced_instance_id);
    if (request == 1) lab.refuse<protocol::SyncGroupRequest>(ErrorCode::fenced_instance_id);
    const auto failure = lab.poll("a", 1s).failure;
    REQUIRE(failure);
    CHECK(failure->exception == "FencedInstanceIdException");
    CHECK(failure->message == text);
  }
}

TEST_CASE("a fence that is about a membership of the past ends nothing") {
  GroupLab lab;
  lab.cluster.append("jobs", 0, {"A"});
  lab.member("a", static_member);
  REQUIRE(lab.read("a", 1).size() == 1);
  bool by_heartbeat = false;
  int left = 1;
  // While the answer is under way the member has left and is about to join again.
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    const bool meant = by_heartbeat ? std::holds_alternative<protocol::HeartbeatRequest>(r.body)
                                    : std::holds_alternative<protocol::OffsetCommitRequest>(r.body);
    if (!meant || left-- <= 0) return std::nullopt;
    lab.unsubscribe("a");
    return protocol::error_response(r.body, ErrorCode::fenced_instance_id);
  };
  SECTION("of a commit") {
    const auto failure = lab.commit("a");
    REQUIRE(failure);
    CHECK(failure->exception == "CommitFailedException");
  }
  SECTION("of a heartbeat") {
    by_heartbeat = true;
    lab.pass(4s);
    CHECK(left == 0);
  }
  lab.of("a").subscribe({"jobs"});
  CHECK_FALSE(lab.poll("a", 1s).failure);
  CHECK(lab.of("a").membership().is_stable());
}

// ---- leaving ----

TEST_CASE("leaving is asked once, whatever the answer") {
  GroupLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  lab.refuse<protocol::LeaveGroupRequest>(ErrorCode::coordinator_not_available, 100);
  application.stop();
  lab.pass(1min);
  CHECK(application.has_ended());
  CHECK(lab.cluster.count("LeaveGroup") == 1);
}

TEST_CASE("unsubscribing revokes and leaves, but commits nothing") {
  GroupLab lab;
  lab.cluster.append("jobs", 0, {"A"});
  lab.member("a", automatic);
  REQUIRE(lab.read("a", 1).size() == 1);
  lab.unsubscribe("a");
  lab.pass(1s);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1"});
  CHECK(lab.seen("a", "left") == Values{"g: the consumer unsubscribed from all topics"});
  CHECK(lab.cluster.count("OffsetCommit") == 0);
}

TEST_CASE("with internal.leave.group.on.close=false closing neither revokes nor leaves") {
  GroupLab lab;
  lab.member("a", with(by_hand, "internal.leave.group.on.close", "false"));
  lab.poll("a", 1s);
  lab.close("a");
  CHECK(lab.cluster.count("LeaveGroup") == 0);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.cluster.group().members.size() == 1);
}

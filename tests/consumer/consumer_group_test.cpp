// Membership of a group: joining, dividing the partitions, heartbeats, being thrown out, leaving.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using Values = std::vector<std::string>;

namespace {

const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};

struct GroupLab : Lab {
  explicit GroupLab(int brokers = 1) : Lab(brokers) { cluster.add_topic("jobs", 2); }

  consumer::Consumer& member(const std::string& name, const Settings& settings = by_hand) {
    consumer::Consumer& consumer = add(name, settings);
    consumer.subscribe({"jobs"});
    return consumer;
  }
};

// Answers the next `count` requests of that API with the error.
template <class Request>
FakeCluster::Script refuse(ErrorCode error, int count) {
  auto left = std::make_shared<int>(count);
  return [=](int, const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<Request>(r.body) || (*left)-- <= 0) return std::nullopt;
    return protocol::error_response(r.body, error);
  };
}

}  // namespace

TEST_CASE("a newcomer gets a member id first, leads, and assigns itself everything") {
  GroupLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  CHECK(lab.seen("a", "joined") == Values{"g generation 1: jobs-0 jobs-1"});
  CHECK(lab.seen("a", "assigned") == Values{"jobs-0 jobs-1"});
  CHECK(lab.cluster.count("JoinGroup") == 2);
  CHECK(lab.cluster.count("SyncGroup") == 1);
  CHECK(lab.seen("a", "error").empty());
  CHECK(lab.of("a").membership().generation().member_id == "a-1");
}

TEST_CASE("two members divide the partitions in the order of their member ids") {
  GroupLab lab;
  lab.cluster.join_delay = 1s;
  lab.member("b");
  lab.member("a");
  lab.polling("b");
  lab.polling("a");
  lab.pass(3s);
  CHECK(lab.seen("a", "joined") == Values{"g generation 1: jobs-0"});
  CHECK(lab.seen("b", "joined") == Values{"g generation 1: jobs-1"});
}

TEST_CASE(
    "a member learns of a rebalance by its heartbeat and gives everything back before it joins "
    "again") {
  GroupLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.member("b");
  lab.polling("b");
  lab.pass(4s);
  CHECK(lab.seen("a", "error") == Values{"Heartbeat: REBALANCE_IN_PROGRESS"});
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1"});
  CHECK(lab.seen("a", "joined") == Values{"g generation 2: jobs-0"});
  CHECK(lab.seen("b", "joined") == Values{"g generation 2: jobs-1"});
  CHECK(lab.when("a revoked") < lab.when("a joined"));
}

TEST_CASE("heartbeats go on while the application is stalled") {
  GroupLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stall(lab.world.now() + 20s);
  lab.cluster.forget_requests();
  lab.pass(15s);
  CHECK(lab.cluster.count("Heartbeat") == 5);
  CHECK(lab.of("a").membership().is_stable());
}

TEST_CASE("a stalled member does not join again before it polls") {
  GroupLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  lab.forget();
  application.stall(lab.world.now() + 10s);
  lab.member("b");
  lab.polling("b");
  lab.pass(9s);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.seen("b", "joined").empty());
  lab.pass(2s);
  CHECK(lab.seen("a", "joined").size() == 1);
  CHECK(lab.seen("b", "joined").size() == 1);
}

TEST_CASE(
    "without a poll for max.poll.interval.ms the member leaves; its partitions are lost at the "
    "next poll") {
  GroupLab lab;
  lab.member("a", with(by_hand, "max.poll.interval.ms", "5000"));
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  lab.forget();
  const sim::Time stalled = lab.world.now();
  application.stall(stalled + 8s);
  lab.pass(7s);
  REQUIRE(lab.seen("a", "left") == Values{"g: consumer poll timeout has expired."});
  // Counted from the last poll, which was at most one poll timeout before.
  CHECK(lab.when("a left") >= stalled + 5s - 100ms);
  CHECK(lab.when("a left") <= stalled + 5s + 100ms);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.of("a").assignment().size() == 2);
  lab.pass(2s);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
  CHECK(lab.seen("a", "joined") == Values{"g generation 2: jobs-0 jobs-1"});
  CHECK(lab.of("a").membership().generation().member_id == "a-2");
}

TEST_CASE(
    "a commit after being thrown out is refused with Kafka's words and the consumer goes on") {
  GroupLab lab;
  lab.member("a", with(by_hand, "max.poll.interval.ms", "5000"));
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stall(lab.world.now() + 8s);
  lab.pass(7s);
  const auto failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->exception == "CommitFailedException");
  CHECK(failure->message.find("is not part of an active group for auto partition assignment") !=
        std::string::npos);
  CHECK(lab.seen("a", "commit-failed").size() == 1);
  lab.pass(2s);
  CHECK(lab.of("a").membership().is_stable());
  CHECK_FALSE(lab.commit("a"));
}

TEST_CASE("a commit during a rebalance is refused, and polling is the way out") {
  GroupLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stall(lab.world.now() + 2s);
  lab.cluster.script = refuse<protocol::OffsetCommitRequest>(ErrorCode::rebalance_in_progress, 1);
  const auto failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->exception == "RebalanceInProgressException");
  lab.pass(3s);
  CHECK(lab.seen("a", "joined").size() == 2);
  CHECK_FALSE(lab.commit("a"));
}

TEST_CASE("an unknown member starts anew; an illegal generation keeps the member id") {
  GroupLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.cluster.script = refuse<protocol::HeartbeatRequest>(ErrorCode::illegal_generation, 1);
  lab.pass(4s);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
  CHECK(lab.of("a").membership().generation().member_id == "a-1");
  CHECK(lab.cluster.count("JoinGroup") == 1);
  lab.forget();
  lab.cluster.group().members.clear();
  lab.pass(4s);
  CHECK(lab.seen("a", "error") == Values{"Heartbeat: UNKNOWN_MEMBER_ID"});
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
  CHECK(lab.of("a").membership().generation().member_id == "a-2");
}

TEST_CASE("a static member has no id round and does not leave when it closes") {
  GroupLab lab;
  lab.member("a", with(by_hand, "group.instance.id", "i1"));
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  CHECK(lab.cluster.count("JoinGroup") == 1);
  application.stop();
  lab.pass(1s);
  CHECK(application.has_ended());
  CHECK(lab.cluster.count("LeaveGroup") == 0);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1"});
  CHECK(lab.cluster.group().members.size() == 1);
}

TEST_CASE("a fenced static member ends with that error") {
  GroupLab lab;
  lab.member("a", with(by_hand, "group.instance.id", "i1"));
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  lab.cluster.script = refuse<protocol::HeartbeatRequest>(ErrorCode::fenced_instance_id, 1);
  lab.pass(4s);
  REQUIRE(application.has_ended());
  REQUIRE(application.failure());
  CHECK(application.failure()->exception == "FencedInstanceIdException");
}

TEST_CASE("whoever goes on polling after being fenced joins anew") {
  GroupLab lab;
  lab.member("a", with(by_hand, "group.instance.id", "i1"));
  lab.poll("a", 1s);
  lab.cluster.script = refuse<protocol::HeartbeatRequest>(ErrorCode::fenced_instance_id, 1);
  std::optional<consumer::Failure> failure;
  for (int i = 0; i < 6 && !failure; ++i) failure = lab.poll("a", 1s).failure;
  REQUIRE(failure);
  CHECK(failure->exception == "FencedInstanceIdException");
  lab.forget();
  CHECK_FALSE(lab.poll("a", 2s).failure);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
  CHECK(lab.seen("a", "joined").size() == 1);
}

TEST_CASE("closing gives the partitions back, leaves, and ends the connections") {
  GroupLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stop();
  lab.pass(1s);
  CHECK(application.has_ended());
  CHECK(lab.seen("a", "left") == Values{"g: the consumer is being closed"});
  CHECK(lab.cluster.count("LeaveGroup") == 1);
  CHECK(lab.cluster.group().members.empty());
  lab.cluster.forget_requests();
  lab.pass(1min);
  CHECK(lab.cluster.requests().empty());
}

TEST_CASE("the coordinator's move to another broker is followed without losing the membership") {
  GroupLab lab(2);
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.cluster.coordinator = 2;
  lab.pass(10s);
  CHECK(lab.seen("a", "error") == Values{"Heartbeat: NOT_COORDINATOR"});
  CHECK(lab.cluster.count("Heartbeat to 2") >= 2);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.of("a").membership().is_stable());
}

TEST_CASE("a coordinator that is loading is asked again") {
  GroupLab lab;
  lab.cluster.script =
      refuse<protocol::JoinGroupRequest>(ErrorCode::coordinator_load_in_progress, 3);
  lab.member("a");
  lab.polling("a");
  lab.pass(2s);
  CHECK(lab.seen("a", "joined").size() == 1);
  CHECK(lab.seen("a", "error").size() == 3);
}

TEST_CASE("fetches from the coordinator's broker never hold up heartbeats") {
  GroupLab lab;
  lab.member("a", with(by_hand, "fetch.max.wait.ms", "20000"));
  lab.polling("a");
  lab.pass(1s);
  lab.cluster.forget_requests();
  lab.pass(9s);
  CHECK(lab.cluster.count("Heartbeat") == 3);
  CHECK(lab.cluster.count("Fetch") <= 1);
}

TEST_CASE("the leader rejoins when a topic gets more partitions") {
  GroupLab lab;
  lab.member("a", with(by_hand, "metadata.max.age.ms", "5000"));
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.cluster.add_topic("jobs", 3);
  lab.pass(6s);
  CHECK(lab.seen("a", "joined") == Values{"g generation 2: jobs-0 jobs-1 jobs-2"});
}

TEST_CASE("a changed subscription joins again with the new topics") {
  GroupLab lab;
  lab.cluster.add_topic("tasks", 1);
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.of("a").subscribe({"jobs", "tasks"});
  lab.pass(2s);
  CHECK(lab.seen("a", "joined") == Values{"g generation 2: jobs-0 jobs-1 tasks-0"});
}

TEST_CASE("more members than partitions: one owns nothing and is settled all the same") {
  GroupLab lab;
  lab.cluster.join_delay = 1s;
  for (const char* name : {"a", "b", "c"}) {
    lab.member(name);
    lab.polling(name);
  }
  lab.pass(5s);
  CHECK(lab.seen("c", "joined") == Values{"g generation 1: nothing"});
  CHECK(lab.seen("c", "assigned").empty());
  CHECK(lab.of("c").is_settled());
  CHECK(lab.of("a").is_settled());
}

TEST_CASE("a full group is an error that ends the application") {
  GroupLab lab;
  lab.cluster.script = refuse<protocol::JoinGroupRequest>(ErrorCode::group_max_size_reached, 1);
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(2s);
  REQUIRE(application.failure());
  CHECK(application.failure()->message ==
        "Consumer group g already has the configured maximum number of members.");
}

TEST_CASE("a crash in the middle of anything leaves nothing behind") {
  for (int step = 0; step < 120; ++step) {
    GroupLab lab;
    lab.cluster.append("jobs", 0, {"1", "2"});
    lab.member("a");
    lab.run("a", {});
    for (int i = 0; i < step * 3 && lab.world.loop().step(); ++i) {
    }
    lab.clients.at("a").host->crash();
    lab.forget();
    lab.pass(1s);
    CHECK(lab.events.empty());
  }
}

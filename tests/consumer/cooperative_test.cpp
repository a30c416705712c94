// Members that rebalance cooperatively: they go on reading what they own, and give up only what
// moves.
#include <deque>

#include "consumer/rebalance_listener.hpp"
#include "protocol/consumer_protocol.hpp"
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using consumer::Failure;
using consumer::Partitions;
using protocol::ErrorCode;
using Values = std::vector<std::string>;

namespace {

const Settings cooperative = {{"group.id", "g"},
                              {"auto.offset.reset", "earliest"},
                              {"enable.auto.commit", "false"},
                              {"partition.assignment.strategy",
                               "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"}};

struct Notes : consumer::RebalanceListener {
  sim::Task<std::optional<Failure>> on_partitions_revoked(Partitions partitions) override {
    note("revoked", partitions);
    co_return std::nullopt;
  }
  sim::Task<std::optional<Failure>> on_partitions_assigned(Partitions partitions) override {
    note("assigned", partitions);
    co_return std::nullopt;
  }
  sim::Task<std::optional<Failure>> on_partitions_lost(Partitions partitions) override {
    note("lost", partitions);
    co_return std::nullopt;
  }
  void note(const std::string& what, const Partitions& partitions) {
    std::string line = what;
    for (const protocol::TopicPartition& partition : partitions) line += " " + to_string(partition);
    told.push_back(line);
  }

  std::vector<std::string> told;
};

struct CooperativeLab : Lab {
  CooperativeLab() { cluster.add_topic("jobs", 2); }
  ~CooperativeLab() {
    for (auto& [name, client] : clients) client.host->crash();
  }

  Notes& member(const std::string& name, const Settings& settings = cooperative) {
    consumer::Consumer& consumer = add(name, settings);
    Notes& listener = notes.emplace_back();
    consumer.set_listener(&listener);
    consumer.subscribe({"jobs"});
    return listener;
  }

  std::deque<Notes> notes;
};

// What a member of the fake group said of itself when it joined last.
protocol::ConsumerSubscription said_by(CooperativeLab& lab, const std::string& member) {
  const auto& request = lab.cluster.group().members.at(member).request;
  return protocol::decode_subscription(request.protocols.front().metadata).value();
}

template <class Request>
FakeCluster::Script refuse_once(ErrorCode error) {
  auto left = std::make_shared<int>(1);
  return [=](int, const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<Request>(r.body) || (*left)-- <= 0) return std::nullopt;
    return protocol::error_response(r.body, error);
  };
}

}  // namespace

TEST_CASE("moving a partition takes two rebalances, and the rest stays where it is") {
  CooperativeLab lab;
  Notes& a = lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  Notes& b = lab.member("b");
  lab.polling("b");
  lab.pass(10s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "revoked jobs-1", "assigned", "assigned"});
  CHECK(b.told == Values{"assigned", "assigned jobs-1"});
  CHECK(lab.seen("a", "joined") == Values{"g generation 1: jobs-0 jobs-1", "g generation 2: jobs-0",
                                          "g generation 3: jobs-0"});
  CHECK(lab.seen("b", "joined") == Values{"g generation 2: nothing", "g generation 3: jobs-1"});
  CHECK(lab.seen("a", "revoked") == Values{"jobs-1"});
}

TEST_CASE("a member says what it owns and since which generation") {
  CooperativeLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  CHECK(said_by(lab, "a-1").owned_partitions.empty());
  CHECK(said_by(lab, "a-1").generation_id == -1);
  lab.member("b");
  lab.polling("b");
  lab.pass(10s);
  const protocol::ConsumerSubscription said = said_by(lab, "a-1");
  CHECK(said.owned_partitions == std::vector<protocol::TopicPartition>{{"jobs", 0}});
  CHECK(said.generation_id == 2);
  CHECK(protocol::decode_cooperative_sticky_user_data(said.user_data) == 2);
}

TEST_CASE("a cooperative member goes on reading and committing while others are waited for") {
  CooperativeLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.cluster.join_delay = 20s;
  lab.member("b");
  lab.polling("b");
  lab.pass(8s);  // a has joined again, the join phase goes on
  CHECK_FALSE(lab.of("a").membership().is_stable());
  CHECK(lab.of("a").assignment().size() == 2);
  lab.cluster.append("jobs", 0, {"A"});
  lab.cluster.append("jobs", 1, {"B"});
  lab.pass(2s);
  CHECK(lab.seen("a", "polled").size() == 2);
  // As in Kafka a commit must wait for the end of the rebalance.
  const std::optional<Failure> refused = lab.commit("a");
  REQUIRE(refused.has_value());
  CHECK(refused->exception == "RebalanceInProgressException");
}

TEST_CASE("an eager member reads nothing while others are waited for") {
  CooperativeLab lab;
  Settings eager = cooperative;
  eager.back().second = "org.apache.kafka.clients.consumer.StickyAssignor";
  Notes& a = lab.member("a", eager);
  lab.polling("a");
  lab.pass(1s);
  lab.cluster.join_delay = 20s;
  lab.member("b", eager);
  lab.polling("b");
  lab.pass(8s);
  lab.cluster.append("jobs", 0, {"A"});
  lab.pass(2s);
  CHECK(lab.seen("a", "polled").empty());
  CHECK(a.told.back() == "revoked jobs-0 jobs-1");
}

TEST_CASE("with range in the same list cooperative-sticky is eager") {
  CooperativeLab lab;
  Settings both = cooperative;
  both.pop_back();  // Kafka's default: range, cooperative-sticky
  Notes& a = lab.member("a", both);
  lab.polling("a");
  lab.pass(1s);
  lab.member("b", both);
  lab.polling("b");
  lab.pass(10s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "revoked jobs-0 jobs-1", "assigned jobs-0"});
  CHECK(lab.of("a").settings().rebalance_protocol == consumer::RebalanceProtocol::eager);
}

TEST_CASE("what is no longer subscribed is revoked before the join, the rest is kept") {
  CooperativeLab lab;
  lab.cluster.add_topic("tasks", 1);
  Notes& a = lab.member("a");
  lab.of("a").subscribe({"jobs", "tasks"});
  lab.polling("a");
  lab.pass(1s);
  lab.of("a").subscribe({"jobs"});
  lab.pass(5s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1 tasks-0", "revoked tasks-0", "assigned"});
}

TEST_CASE("a cooperative member that is out of the group loses all it owns, not only what moves") {
  for (const ErrorCode error : {ErrorCode::illegal_generation, ErrorCode::unknown_member_id}) {
    CooperativeLab lab;
    Notes& a = lab.member("a");
    lab.polling("a");
    lab.pass(1s);
    lab.cluster.script = refuse_once<protocol::HeartbeatRequest>(error);
    lab.pass(10s);
    REQUIRE(a.told.size() >= 2);
    CHECK(a.told[1] == "lost jobs-0 jobs-1");
    for (const auto& [id, member] : lab.cluster.group().members)
      CHECK(said_by(lab, id).owned_partitions.empty());
  }
}

TEST_CASE("a cooperative member that does not poll in time loses all it owns") {
  CooperativeLab lab;
  Settings settings = cooperative;
  settings.emplace_back("max.poll.interval.ms", "5000");
  Notes& a = lab.member("a", settings);
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stall(lab.world.now() + 8s);
  lab.pass(12s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "lost jobs-0 jobs-1", "assigned jobs-0 jobs-1"});
}

TEST_CASE("a sync that is refused in the second phase loses nothing that was kept") {
  CooperativeLab lab;
  Notes& a = lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.cluster.script = refuse_once<protocol::SyncGroupRequest>(ErrorCode::rebalance_in_progress);
  lab.member("b");
  lab.polling("b");
  lab.pass(25s);
  for (const std::string& line : a.told) CHECK(line.find("lost") == std::string::npos);
  CHECK(lab.of("a").assignment() == Partitions{{"jobs", 0}});
  CHECK(lab.of("b").assignment() == Partitions{{"jobs", 1}});
}

TEST_CASE("more partitions: the leader joins again, everybody keeps what it has") {
  CooperativeLab lab;
  Settings settings = cooperative;
  settings.emplace_back("metadata.max.age.ms", "5000");
  Notes& a = lab.member("a", settings);
  Notes& b = lab.member("b", settings);
  lab.polling("a");
  lab.polling("b");
  lab.pass(10s);
  a.told.clear();
  b.told.clear();
  lab.cluster.add_topic("jobs", 4);
  lab.pass(15s);
  for (const Notes* notes : {&a, &b}) {
    for (const std::string& line : notes->told) CHECK(line.find("revoked") == std::string::npos);
  }
  CHECK(lab.of("a").assignment().size() == 2);
  CHECK(lab.of("b").assignment().size() == 2);
}

TEST_CASE("an application can ask for a rebalance") {
  CooperativeLab lab;
  Notes& a = lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.of("a").enforce_rebalance();
  lab.pass(2s);
  CHECK(lab.seen("a", "joined").size() == 2);
  CHECK(lab.cluster.group().members.at("a-1").request.reason == "rebalance enforced by user");
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "assigned"});
}

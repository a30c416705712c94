// Membership of a group of the consumer protocol: one request joins, lives, acknowledges and
// leaves.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/consumer/fake_epoch_group.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using Values = std::vector<std::string>;

namespace {

const Settings by_hand = {{"group.id", "g"},
                          {"group.protocol", "consumer"},
                          {"auto.offset.reset", "earliest"},
                          {"enable.auto.commit", "false"}};
const Settings automatic = {
    {"group.id", "g"}, {"group.protocol", "consumer"}, {"auto.offset.reset", "earliest"}};

struct MemberLab : Lab {
  explicit MemberLab(int brokers = 1) : Lab(brokers), group(cluster, "jobs", 2) {
    cluster.add_topic("jobs", 2);
  }
  consumer::Consumer& member(const std::string& name, const Settings& settings = by_hand) {
    consumer::Consumer& consumer = add(name, settings);
    consumer.subscribe({"jobs"});
    return consumer;
  }
  std::string id_of(const std::string& name) {
    return of(name).membership().generation().member_id;
  }
  // The application unsubscribes.
  void unsubscribe(const std::string& name) {
    sim::spawn(process(name), run_unsubscribe(clients.at(name).consumer.get()));
    pass(10ms);
  }
  static sim::Task<> run_unsubscribe(consumer::Consumer* consumer) {
    co_await consumer->unsubscribe();
  }

  FakeEpochGroup group;
};

// Notes what it hears, and takes its time over it.
struct Listener : consumer::RebalanceListener {
  Listener(sim::World& w, sim::Duration t) : world(w), takes(t) {}
  sim::Task<std::optional<consumer::Failure>> hear(std::string what,
                                                   consumer::Partitions partitions) {
    for (const auto& partition : partitions) what += " " + to_string(partition);
    heard.push_back(what);
    const sim::Time over = world.now() + takes;
    co_await sim::sleep_until(over);
    heard.push_back("over");
    co_return std::nullopt;
  }
  sim::Task<std::optional<consumer::Failure>> on_partitions_revoked(
      consumer::Partitions p) override {
    return hear("revoked", std::move(p));
  }
  sim::Task<std::optional<consumer::Failure>> on_partitions_assigned(
      consumer::Partitions p) override {
    return hear("assigned", std::move(p));
  }
  sim::Task<std::optional<consumer::Failure>> on_partitions_lost(consumer::Partitions p) override {
    return hear("lost", std::move(p));
  }

  sim::World& world;
  sim::Duration takes;
  Values heard;
};

}  // namespace

TEST_CASE("one heartbeat joins, the next acknowledges at once, and the others say nothing new") {
  MemberLab lab;
  lab.member("a", with(by_hand, "group.remote.assignor", "range"));
  lab.polling("a");
  lab.pass(1s);
  CHECK(lab.seen("a", "joined") == Values{"g member epoch 1: jobs-0 jobs-1"});
  CHECK(lab.seen("a", "assigned") == Values{"jobs-0 jobs-1"});
  REQUIRE(lab.group.seen.size() == 2);
  const auto& join = lab.group.seen[0];
  CHECK(join.member_epoch == 0);
  CHECK(join.member_id.size() == 22);
  CHECK(join.rebalance_timeout_ms == 300000);
  CHECK(join.subscribed_topics == Values{"jobs"});
  CHECK(join.server_assignor == "range");
  REQUIRE(join.owned);
  CHECK(join.owned->empty());
  const auto& acknowledges = lab.group.seen[1];
  CHECK(acknowledges.member_epoch == 1);
  CHECK(acknowledges.rebalance_timeout_ms == -1);
  CHECK_FALSE(acknowledges.subscribed_topics);
  CHECK_FALSE(acknowledges.server_assignor);
  REQUIRE(acknowledges.owned);
  CHECK(acknowledges.owned->front().partitions == std::vector<std::int32_t>{0, 1});
  CHECK(lab.of("a").is_settled());
  lab.pass(10s);
  REQUIRE(lab.group.seen.size() == 4);
  CHECK_FALSE(lab.group.seen[3].owned);
  CHECK_FALSE(lab.group.seen[3].subscribed_topics);
}

TEST_CASE("a newcomer gets a partition when its owner has given it up, and the rest goes on") {
  MemberLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.member("b");
  lab.polling("b");
  lab.pass(100ms);
  CHECK(lab.seen("b", "joined") == Values{"g member epoch 2: nothing"});
  lab.cluster.append("jobs", 0, {"x"});
  lab.pass(12s);
  CHECK(lab.seen("a", "polled") == Values{"jobs-0 offset 0: x"});
  CHECK(lab.seen("a", "revoked") == Values{"jobs-1"});
  CHECK(lab.seen("a", "joined") == Values{"g member epoch 2: jobs-0"});
  CHECK(lab.seen("b", "joined").back() == "g member epoch 2: jobs-1");
  CHECK(lab.when("a revoked") < lab.when("b assigned"));
  CHECK(lab.of("a").is_settled());
  CHECK(lab.of("b").is_settled());
}

TEST_CASE("without auto-commit and listener a stalled application's partitions are given up") {
  MemberLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  application.stall(lab.world.now() + 30s);
  lab.member("b");
  lab.polling("b");
  lab.pass(15s);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-1"});
  CHECK(lab.seen("b", "assigned") == Values{"jobs-1"});
}

TEST_CASE("with auto-commit a rebalance waits for the poll and commits what was handled") {
  MemberLab lab;
  lab.member("a", with(automatic, "auto.commit.interval.ms", "60000"));
  consumer::Application& application = lab.polling("a");
  lab.cluster.append("jobs", 0, {"x"});
  lab.cluster.append("jobs", 1, {"y", "z"});
  lab.pass(1s);
  CHECK(lab.group.committed(1) == -1);
  application.stall(lab.world.now() + 20s);
  lab.member("b", automatic);
  lab.polling("b");
  lab.pass(19s);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.group.committed(1) == -1);
  lab.pass(20s);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-1"});
  CHECK(lab.group.committed(1) == 2);
  CHECK(lab.seen("b", "assigned") == Values{"jobs-1"});
  CHECK(lab.seen("b", "polled").empty());
}

TEST_CASE("a commit before a rebalance is tried again, also when the epoch was stale") {
  MemberLab lab;
  lab.member("a", with(automatic, "auto.commit.interval.ms", "60000"));
  lab.polling("a");
  lab.cluster.append("jobs", 1, {"y", "z"});
  lab.pass(1s);
  lab.group.commit_refusals = {ErrorCode::coordinator_load_in_progress,
                               ErrorCode::stale_member_epoch};
  lab.member("b", automatic);
  lab.polling("b");
  lab.pass(20s);
  CHECK(lab.group.commit_refusals.empty());
  CHECK(lab.group.committed(1) == 2);
  CHECK(lab.seen("a", "revoked") == Values{"jobs-1"});
}

TEST_CASE("without a poll for max.poll.interval.ms the member leaves, and joins when it polls") {
  MemberLab lab;
  lab.member("a", with(by_hand, "max.poll.interval.ms", "7000"));
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  lab.forget();
  application.stall(lab.world.now() + 20s);
  lab.pass(10s);
  CHECK(lab.seen("a", "left") == Values{"g: consumer poll timeout has expired."});
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
  CHECK(lab.group.seen.back().member_epoch == -1);
  CHECK(lab.group.members.empty());
  const std::size_t heartbeats = lab.group.seen.size();
  lab.pass(9s);
  CHECK(lab.group.seen.size() == heartbeats);
  lab.pass(3s);
  CHECK(lab.seen("a", "joined") == Values{"g member epoch 3: jobs-0 jobs-1"});
}

TEST_CASE("a fenced member loses everything and joins again with epoch 0 under its id") {
  for (const ErrorCode error : {ErrorCode::fenced_member_epoch, ErrorCode::unknown_member_id}) {
    MemberLab lab;
    lab.member("a");
    lab.polling("a");
    lab.pass(1s);
    lab.forget();
    const std::string id = lab.id_of("a");
    lab.group.forget(id);
    lab.group.refusals.emplace_back(error, "");
    lab.group.seen.clear();
    lab.pass(6s);
    CHECK(lab.seen("a", "fenced") ==
          Values{"g member epoch 1: " + std::string(protocol::name(error))});
    CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1 (lost)"});
    CHECK(lab.seen("a", "joined") == Values{"g member epoch 3: jobs-0 jobs-1"});
    REQUIRE(lab.group.seen.size() >= 2);
    CHECK(lab.group.seen[1].member_epoch == 0);
    CHECK(lab.group.seen[1].member_id == id);
    CHECK(lab.group.seen[1].subscribed_topics == Values{"jobs"});
  }
}

TEST_CASE("a static member leaves with -2, a dynamic one with -1, and both wait for the answer") {
  for (const bool is_static : {true, false}) {
    MemberLab lab;
    lab.member("a", is_static ? with(by_hand, "group.instance.id", "i1") : by_hand);
    consumer::Application& application = lab.polling("a");
    lab.pass(1s);
    application.stop();
    lab.pass(1s);
    CHECK(application.has_ended());
    CHECK(lab.group.seen.back().member_epoch == (is_static ? -2 : -1));
    CHECK(lab.group.seen.back().group_instance_id.has_value() == is_static);
    CHECK(lab.seen("a", "left") == Values{"g: the consumer is being closed"});
    CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1"});
    lab.cluster.forget_requests();
    lab.pass(1min);
    CHECK(lab.cluster.requests().empty());
  }
}

TEST_CASE("errors that no retry cures end the application with the broker's words") {
  const std::vector<std::pair<ErrorCode, std::string>> rows = {
      {ErrorCode::unreleased_instance_id, "UnreleasedInstanceIdException"},
      {ErrorCode::fenced_instance_id, "FencedInstanceIdException"},
      {ErrorCode::group_max_size_reached, "GroupMaxSizeReachedException"},
      {ErrorCode::unsupported_assignor, "UnsupportedAssignorException"},
      {ErrorCode::invalid_request, "InvalidRequestException"},
  };
  for (const auto& [error, exception] : rows) {
    MemberLab lab;
    lab.group.refusals.emplace_back(error, "so it is");
    lab.member("a");
    consumer::Application& application = lab.polling("a");
    lab.pass(1s);
    REQUIRE(application.failure());
    CHECK(application.failure()->exception == exception);
    CHECK(application.failure()->message == "so it is");
    lab.cluster.forget_requests();
    lab.pass(10s);
    CHECK(lab.cluster.count("ConsumerGroupHeartbeat") == 0);
  }
}

TEST_CASE("brokers that do not know the protocol are an error that says what to do") {
  MemberLab lab;
  lab.group.refusals.emplace_back(ErrorCode::unsupported_version, "");
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  REQUIRE(application.failure());
  CHECK(application.failure()->exception == "UnsupportedVersionException");
  CHECK(application.failure()->message.find("Set group.protocol=classic on the consumer configs") !=
        std::string::npos);
}

TEST_CASE("a coordinator that is loading is asked again with growing pauses") {
  MemberLab lab;
  for (int i = 0; i < 4; ++i)
    lab.group.refusals.emplace_back(ErrorCode::coordinator_load_in_progress, "");
  lab.member("a");
  lab.polling("a");
  lab.pass(5s);
  CHECK(lab.seen("a", "error").size() == 4);
  CHECK(lab.seen("a", "joined").size() == 1);
  CHECK(lab.group.seen.size() == 6);
}

TEST_CASE("a member with epochs follows its coordinator to another broker and stays a member") {
  MemberLab lab(2);
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.forget();
  lab.cluster.coordinator = 2;
  lab.pass(10s);
  CHECK(lab.seen("a", "error") == Values{"ConsumerGroupHeartbeat: NOT_COORDINATOR"});
  CHECK(lab.cluster.count("ConsumerGroupHeartbeat to 2") >= 1);
  CHECK(lab.seen("a", "revoked").empty());
  CHECK(lab.of("a").is_settled());
}

TEST_CASE("a member whose brokers are all gone looks for them with pauses") {
  MemberLab lab;
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.world.host("broker-1")->crash();
  lab.pass(1min);  // a client that asks again and again without a pause does not get here
  CHECK(lab.of("a").assignment().size() == 2);
  CHECK_FALSE(lab.of("a").is_settled());
}

TEST_CASE("refused commits carry the words of the consumer protocol") {
  MemberLab lab;
  lab.member("a");
  consumer::Application& application = lab.polling("a");
  lab.cluster.append("jobs", 0, {"x"});
  lab.pass(1s);
  CHECK_FALSE(lab.commit("a"));
  CHECK(lab.group.committed(0) == 1);
  application.stall(lab.world.now() + 2s);
  lab.group.commit_refusals = {ErrorCode::stale_member_epoch};
  auto failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->exception == "CommitFailedException");
  CHECK(failure->message ==
        "OffsetCommit failed with stale member epoch.The member epoch is stale. The member must "
        "retry after receiving its updated member epoch via the ConsumerGroupHeartbeat API.");
  lab.group.commit_refusals = {ErrorCode::unknown_member_id};
  failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->message ==
        "OffsetCommit failed with unknown member ID. The coordinator is not aware of this member.");
  CHECK(lab.seen("a", "commit-failed").size() == 2);
  lab.pass(3s);
  CHECK_FALSE(lab.commit("a"));
}

TEST_CASE("a changed subscription is told with the next heartbeat") {
  MemberLab lab;
  lab.cluster.add_topic("tasks", 1);
  lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  lab.of("a").subscribe({"jobs", "tasks"});
  lab.pass(1s);
  CHECK(lab.group.seen.size() == 2);
  CHECK_FALSE(lab.of("a").is_settled());
  lab.pass(4s);
  REQUIRE(lab.group.seen.size() == 3);
  CHECK(lab.group.seen.back().subscribed_topics == Values{"jobs", "tasks"});
  CHECK(lab.of("a").is_settled());
}

TEST_CASE("unsubscribing leaves; subscribing joins again at the next poll") {
  MemberLab lab;
  lab.member("a");
  lab.poll("a", 1s);
  lab.poll("a", 1s);
  REQUIRE(lab.of("a").assignment().size() == 2);
  lab.forget();
  lab.unsubscribe("a");
  CHECK(lab.seen("a", "revoked") == Values{"jobs-0 jobs-1"});
  CHECK(lab.group.seen.back().member_epoch == -1);
  CHECK(lab.group.members.empty());
  CHECK(lab.of("a").assignment().empty());
  lab.of("a").subscribe({"jobs"});
  lab.pass(1s);
  CHECK(lab.group.members.empty());
  lab.poll("a", 1s);
  lab.poll("a", 1s);
  CHECK(lab.of("a").assignment().size() == 2);
  CHECK(lab.seen("a", "joined") == Values{"g member epoch 3: jobs-0 jobs-1"});
}

TEST_CASE("listeners are called inside poll, and what is new is fetched when they are done") {
  MemberLab lab;
  lab.cluster.append("jobs", 0, {"x"});
  lab.member("a");
  Listener listener(lab.world, 2s);
  lab.of("a").set_listener(&listener);
  consumer::Application& application = lab.polling("a");
  lab.pass(1s);
  CHECK(listener.heard == Values{"assigned jobs-0 jobs-1"});
  CHECK(lab.cluster.count("Fetch") == 0);
  CHECK(lab.group.seen.size() == 1);
  lab.pass(2s);
  CHECK(lab.cluster.count("Fetch") >= 1);
  CHECK(lab.group.seen.size() == 2);
  lab.pass(100ms);
  application.stall(lab.world.now() + 10s);
  lab.member("b");
  lab.polling("b");
  lab.pass(9s);
  CHECK(listener.heard.size() == 2);
  CHECK(lab.seen("b", "assigned").empty());
  lab.pass(14s);
  CHECK(listener.heard ==
        Values{"assigned jobs-0 jobs-1", "over", "revoked jobs-1", "over", "assigned", "over"});
  CHECK(lab.seen("b", "assigned") == Values{"jobs-1"});
  lab.of("a").set_listener(nullptr);
}

TEST_CASE("what a fenced member has lost is not handed out after its listener heard of it") {
  MemberLab lab;
  lab.member("a");
  Listener listener(lab.world, 0s);
  lab.of("a").set_listener(&listener);
  lab.poll("a", 1s);
  lab.poll("a", 1s);
  lab.cluster.append("jobs", 0, {"x"});
  lab.group.forget(lab.id_of("a"));
  lab.group.partitions = 0;
  lab.pass(6s);
  CHECK(lab.poll("a", 1s).records.empty());
  CHECK(listener.heard.size() >= 4);
  CHECK(listener.heard[2] == "lost jobs-0 jobs-1");
  CHECK(lab.of("a").assignment().empty());
  lab.of("a").set_listener(nullptr);
}

TEST_CASE("a member is another one after a restart") {
  MemberLab lab;
  lab.member("a");
  lab.poll("a", 1s);
  const std::string before = lab.id_of("a");
  lab.clients.at("a").host->crash();
  lab.clients.at("a").consumer.reset();
  sim::Process& process = lab.clients.at("a").host->boot();
  consumer::Consumer again(lab.world, *lab.clients.at("a").host, process, "a",
                           consumer_config(by_hand), lab.cluster.hosts());
  CHECK(again.membership().generation().member_id != before);
  lab.clients.at("a").host->crash();
}

TEST_CASE("a crash of a member in the middle of anything leaves nothing behind") {
  for (int step = 0; step < 60; ++step) {
    MemberLab lab;
    lab.cluster.append("jobs", 0, {"1", "2"});
    lab.member("a", automatic);
    lab.run("a", {});
    for (int i = 0; i < step * 4 && lab.world.loop().step(); ++i) {
    }
    lab.clients.at("a").host->crash();
    lab.forget();
    lab.pass(1s);
    CHECK(lab.events.empty());
  }
}

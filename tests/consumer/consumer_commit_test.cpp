// When offsets are committed and what of: by the application, by auto-commit, before a rebalance,
// at the close.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};
const Settings automatic = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "true"}};
const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};

struct CommitLab : Lab {
  explicit CommitLab(const Settings& settings) {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B", "C"});
    add("a", settings).subscribe({"orders"});
  }
  consumer::Consumer& consumer() { return *clients.at("a").consumer; }
  std::int64_t committed() {
    const auto found = cluster.group().offsets.find(orders);
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }
};

FakeCluster::Script refuse_commits(ErrorCode error, int count) {
  auto left = std::make_shared<int>(count);
  return [=](int, const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetCommitRequest>(r.body) || (*left)-- <= 0)
      return std::nullopt;
    return protocol::error_response(r.body, error);
  };
}

}  // namespace

TEST_CASE("a commit without offsets commits the positions with the epoch of the last record") {
  CommitLab lab(by_hand);
  lab.cluster.log("orders", 0).epoch = protocol::LeaderEpoch(4);
  lab.cluster.append("orders", 0, {"D"});
  REQUIRE(lab.read("a", 4).size() == 4);
  CHECK_FALSE(lab.commit("a"));
  CHECK(lab.committed() == 4);
  CHECK(lab.cluster.group().offsets.at(orders).committed_leader_epoch == protocol::LeaderEpoch(4));
  CHECK(lab.consumer().committed(orders) == protocol::Offset(4));
  CHECK_FALSE(lab.consumer().has_uncommitted());
}

TEST_CASE("the next member starts at the committed offset") {
  CommitLab lab(by_hand);
  lab.cluster.group().offsets[orders] = {orders, protocol::Offset(2), protocol::LeaderEpoch(0), ""};
  CHECK(lab.read("a", 1) == Values{"C"});
  CHECK(lab.seen("a", "reset").empty());
  // The position has an epoch, so the leader is asked whether it still holds.
  CHECK(lab.cluster.count("OffsetForLeaderEpoch") == 1);
}

TEST_CASE(
    "auto-commit commits inside the first poll after its interval, what earlier polls returned") {
  CommitLab lab({{"group.id", "g"},
                 {"auto.offset.reset", "earliest"},
                 {"enable.auto.commit", "true"},
                 {"auto.commit.interval.ms", "1000"},
                 {"max.poll.records", "1"}});
  REQUIRE(lab.read("a", 1) == Values{"A"});
  lab.pass(5s);
  CHECK(lab.committed() == -1);  // no poll, no commit
  REQUIRE(lab.read("a", 1) == Values{"B"});
  lab.pass(100ms);
  CHECK(lab.committed() == 1);  // B was returned by the poll that committed
  lab.pass(2s);
  REQUIRE(lab.read("a", 1) == Values{"C"});
  lab.pass(100ms);
  CHECK(lab.committed() == 2);
}

TEST_CASE("an auto-commit that fails for now is tried again after retry.backoff.ms") {
  CommitLab lab({{"group.id", "g"},
                 {"auto.offset.reset", "earliest"},
                 {"enable.auto.commit", "true"},
                 {"auto.commit.interval.ms", "1000"}});
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.cluster.script = refuse_commits(ErrorCode::coordinator_load_in_progress, 1);
  lab.pass(1s);
  lab.forget();
  lab.poll("a", 500ms);
  CHECK(lab.committed() == 3);
  CHECK(lab.cluster.count("OffsetCommit") == 2);
  CHECK(lab.seen("a", "commit-failed").empty());
}

TEST_CASE("closing commits what was returned, handled or not") {
  CommitLab lab(automatic);
  REQUIRE(lab.read("a", 3).size() == 3);
  CHECK(lab.committed() == -1);
  lab.close("a");
  CHECK(lab.committed() == 3);
}

TEST_CASE("without auto-commit closing commits nothing") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.close("a");
  CHECK(lab.committed() == -1);
}

TEST_CASE("with auto-commit the positions are committed before a rebalance") {
  CommitLab lab(automatic);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.add("b", automatic).subscribe({"orders"});
  lab.run("b", {});
  lab.pass(3500ms);  // until the heartbeat has told
  CHECK(lab.committed() == -1);
  lab.poll("a", 100ms);
  CHECK(lab.committed() == 3);
  CHECK(lab.seen("a", "revoked") == Values{"orders-0"});
}

TEST_CASE("commit_sync tries again until it succeeds") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.cluster.script = refuse_commits(ErrorCode::coordinator_load_in_progress, 3);
  CHECK_FALSE(lab.commit("a"));
  CHECK(lab.committed() == 3);
  CHECK(lab.seen("a", "error").size() == 3);
}

TEST_CASE("commit_sync gives up after default.api.timeout.ms") {
  CommitLab lab({{"group.id", "g"},
                 {"auto.offset.reset", "earliest"},
                 {"enable.auto.commit", "false"},
                 {"default.api.timeout.ms", "2000"}});
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.cluster.script = refuse_commits(ErrorCode::coordinator_load_in_progress, 1000);
  const sim::Time before = lab.world.now();
  const auto failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->exception == "TimeoutException");
  CHECK(lab.world.now() - before == 2s);
}

TEST_CASE(
    "an asynchronous commit is not tried again, and its failure is reported by a later poll") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.cluster.script = refuse_commits(ErrorCode::coordinator_load_in_progress, 1);
  lab.consumer().commit_async();
  lab.pass(1s);
  CHECK(lab.seen("a", "commit-failed").empty());
  lab.poll("a", 10ms);
  CHECK(lab.seen("a", "commit-failed").size() == 1);
  CHECK(lab.committed() == -1);
  lab.consumer().commit_async();
  lab.pass(1s);
  CHECK(lab.committed() == 3);
}

TEST_CASE("a commit by a reader with partitions assigned by hand carries no generation") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A"});
  lab.add("a", by_hand).assign({orders});
  REQUIRE(lab.read("a", 1).size() == 1);
  CHECK_FALSE(lab.commit("a"));
  CHECK(lab.cluster.group().offsets.at(orders).committed_offset == protocol::Offset(1));
  CHECK(lab.cluster.count("JoinGroup") == 0);
}

TEST_CASE("offsets that a transaction holds back are asked for again") {
  CommitLab lab(by_hand);
  int left = 2;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    const auto* request = std::get_if<protocol::OffsetFetchRequest>(&r.body);
    if (request == nullptr || left-- <= 0) return std::nullopt;
    CHECK(request->require_stable);
    protocol::OffsetFetchResponse response;
    response.partitions.push_back({orders, {}, {}, "", ErrorCode::unstable_offset_commit});
    return response;
  };
  CHECK(lab.read("a", 3) == Values{"A", "B", "C"});
  CHECK(lab.cluster.count("OffsetFetch") == 3);
}

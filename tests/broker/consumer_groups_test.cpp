// Consumer groups (KIP-848) at their coordinator, request by request.
#include "protocol/consumer_protocol.hpp"
#include "tests/broker/consumer_group_lab.hpp"

namespace kafkasim::tests {
namespace {

using namespace std::chrono_literals;
using broker::ConsumerMemberState;
using Lab = ConsumerLab;

// Two members with all their partitions, in epoch 2.
void make_two(Lab& lab) {
  const auto all = Lab::partitions(lab.beat(Lab::joining("a")));
  lab.beat(Lab::joining("b"));
  auto kept = all;
  const Beaten told = lab.beat(Lab::living("a", 1));
  lab.beat(Lab::owning(Lab::living("a", 1), Lab::partitions(told)));
  lab.beat(Lab::living("b", 2));
  REQUIRE(lab.state() == "Stable");
}

}  // namespace

TEST_CASE("the first member of a consumer group gets everything with its first heartbeat") {
  Lab lab({{"t", 4}});
  const Beaten answer = lab.beat(Lab::joining("a"));
  CHECK(answer.error == ErrorCode::none);
  CHECK(answer.member_id == "a");
  CHECK(answer.member_epoch == 1);
  CHECK(answer.heartbeat_interval_ms == 5000);
  CHECK(Lab::count(Lab::partitions(answer)) == 4);
  CHECK(lab.state() == "Stable");
  CHECK(lab.changes == std::vector<std::string>{"Stable 1: a (client) joined"});
}

TEST_CASE("a second member waits until the first has said that it gave partitions back") {
  Lab lab({{"t", 4}});
  lab.beat(Lab::joining("a"));
  const Beaten second = lab.beat(Lab::joining("b"));
  CHECK(second.member_epoch == 2);
  CHECK(second.assignment->empty());
  CHECK(lab.place("b").state == ConsumerMemberState::unreleased_partitions);

  const Beaten told = lab.beat(Lab::living("a", 1));
  CHECK(told.member_epoch == 1);  // until it has revoked
  CHECK(Lab::count(Lab::partitions(told)) == 2);
  CHECK(lab.place("a").state == ConsumerMemberState::unrevoked_partitions);
  CHECK_FALSE(lab.beat(Lab::living("b", 2)).assignment.has_value());

  const Beaten revoked = lab.beat(Lab::owning(Lab::living("a", 1), Lab::partitions(told)));
  CHECK(revoked.member_epoch == 2);
  CHECK(lab.state() == "Reconciling");
  const Beaten got = lab.beat(Lab::living("b", 2));
  CHECK(Lab::count(Lab::partitions(got)) == 2);
  CHECK(lab.state() == "Stable");
}

TEST_CASE("a heartbeat that changes nothing writes nothing and has no assignment in its answer") {
  Lab lab;
  make_two(lab);
  const std::size_t written = lab.log.size();
  CHECK_FALSE(lab.beat(Lab::living("a", 2)).assignment.has_value());
  CHECK(lab.log.size() == written);
  Beat full = Lab::owning(Lab::joining("a"), lab.place("a").assigned);
  full.member_epoch = 2;
  CHECK(lab.beat(full).assignment.has_value());
}

TEST_CASE("a member without an id gets one") {
  Lab lab;
  const Beaten answer = lab.beat(Lab::joining(""));
  CHECK(answer.member_id == "id1");
  CHECK(lab.beat(Lab::living("id1", 1)).error == ErrorCode::none);
}

TEST_CASE("a first request that lacks something is refused in Kafka's words") {
  Lab lab;
  const auto text = [&](const Beat& request) {
    const Beaten answer = lab.beat(request);
    CHECK(answer.error == ErrorCode::invalid_request);
    return answer.error_message;
  };
  Beat request = Lab::joining("a");
  request.rebalance_timeout_ms = -1;
  CHECK(text(request) == "RebalanceTimeoutMs must be provided in first request.");
  request = Lab::joining("a");
  request.owned = std::nullopt;
  CHECK(text(request) == "TopicPartitions must be empty when (re-)joining.");
  CHECK(text(Lab::joining("a", {})) == "SubscribedTopicNames must be set in first request.");
  CHECK(text(Lab::joining("a", {"t"}, "")) == "InstanceId can't be empty.");
  CHECK(text(Lab::living("", 3)) == "MemberId can't be empty.");
  CHECK(text(Lab::living("a", -2)) == "InstanceId can't be null.");
  CHECK(text(Lab::living("a", -3)) == "MemberEpoch is invalid.");
  request = Lab::joining("a");
  request.group_id = "";
  CHECK(text(request) == "GroupId can't be empty.");
  CHECK(lab.find() == nullptr);
}

TEST_CASE("an assignor that the broker does not have is refused, most votes choose among others") {
  Lab lab({{"t", 4}, {"u", 4}});
  Beat request = Lab::joining("a");
  request.server_assignor = "nosuch";
  const Beaten refused = lab.beat(request);
  CHECK(refused.error == ErrorCode::unsupported_assignor);
  CHECK(refused.error_message ==
        "ServerAssignor nosuch is not supported. Supported assignors: uniform, range.");
  request.server_assignor = "range";
  lab.beat(request);
  CHECK(lab.group().assignor() == "range");
  lab.beat(Lab::joining("b"));
  CHECK(lab.group().assignor() == "range");
}

TEST_CASE("a subscription to other topics moves the group to another epoch") {
  Lab lab({{"t", 2}, {"u", 3}});
  lab.beat(Lab::joining("a"));
  Beat request = Lab::living("a", 1);
  request.subscribed_topics = {"t", "u", "missing"};
  const Beaten answer = lab.beat(request);
  CHECK(answer.member_epoch == 2);
  CHECK(Lab::count(Lab::partitions(answer)) == 5);
  CHECK(lab.group().topics().size() == 2);
}

TEST_CASE("new partitions are given out at the next heartbeat of anybody") {
  Lab lab({{"t", 2}});
  lab.beat(Lab::joining("a"));
  lab.grow("t", 3);
  CHECK(lab.group().epoch() == 1);
  const Beaten answer = lab.beat(Lab::living("a", 1));
  CHECK(answer.member_epoch == 2);
  CHECK(Lab::count(Lab::partitions(answer)) == 3);
}

TEST_CASE("who leaves is gone at once, and its partitions are free at the next heartbeat") {
  Lab lab;
  make_two(lab);
  const Beaten left = lab.beat(Lab::living("b", -1));
  CHECK(left.member_epoch == -1);
  CHECK(lab.state() == "Assigning");
  CHECK(lab.group().epoch() == 3);
  const Beaten answer = lab.beat(Lab::living("a", 2));
  CHECK(answer.member_epoch == 3);
  CHECK(Lab::count(Lab::partitions(answer)) == 4);
  lab.beat(Lab::living("a", -1));
  CHECK(lab.state() == "Empty");
  CHECK(lab.beat(Lab::living("a", -1)).error == ErrorCode::unknown_member_id);
}

TEST_CASE("a member that stops beating is fenced when its session ends") {
  Lab lab;
  make_two(lab);
  lab.pass(44s);
  lab.beat(Lab::living("a", 2));
  lab.pass(1s);
  CHECK(lab.group().find("b") == nullptr);
  CHECK(lab.group().find("a") != nullptr);
  const Beaten late = lab.beat(Lab::living("b", 2));
  CHECK(late.error == ErrorCode::unknown_member_id);
  CHECK(late.error_message == "Member b is not a member of group c.");
}

TEST_CASE("a member that does not give back in time is fenced though it beats") {
  Lab lab;
  lab.beat(Lab::joining("a"));
  lab.beat(Lab::joining("b"));
  lab.beat(Lab::living("a", 1));
  for (int i = 0; i < 5; ++i) {
    lab.pass(10s);
    CHECK(lab.beat(Lab::living("a", 1)).error == ErrorCode::none);
    lab.beat(Lab::living("b", 2));
  }
  lab.pass(10s);
  CHECK(lab.group().find("a") == nullptr);
  CHECK(Lab::count(Lab::partitions(lab.beat(Lab::living("b", 2)))) == 4);
}

TEST_CASE("an epoch that is not the member's is fenced, but for a lost answer") {
  Lab lab;
  lab.beat(Lab::joining("a"));
  const Beaten ahead = lab.beat(Lab::living("a", 5));
  CHECK(ahead.error == ErrorCode::fenced_member_epoch);
  CHECK(ahead.error_message.find("a greater member epoch (5)") != std::string::npos);
  lab.grow("t", 5);
  lab.beat(Lab::living("a", 1));  // the answer with epoch 2 is lost
  CHECK(lab.beat(Lab::living("a", 1)).error == ErrorCode::fenced_member_epoch);
  const Beaten again = lab.beat(Lab::owning(Lab::living("a", 1), lab.place("a").assigned));
  CHECK(again.error == ErrorCode::none);
  CHECK(again.member_epoch == 2);
  // Who joins again while the coordinator knows it in a later epoch has to wait for its session.
  CHECK(lab.beat(Lab::joining("a")).error == ErrorCode::fenced_member_epoch);
}

TEST_CASE("a static member that is away keeps its place until its session ends") {
  Lab lab;
  lab.beat(Lab::joining("a", {"t"}, "i"));
  CHECK(lab.beat(Lab::joining("b", {"t"}, "i")).error == ErrorCode::unreleased_instance_id);
  CHECK(lab.beat(Lab::living("b", 1, "i")).error == ErrorCode::fenced_instance_id);
  CHECK(lab.beat(Lab::living("a", 1, "other")).error == ErrorCode::unknown_member_id);
  const Beaten away = lab.beat(Lab::living("a", -2, "i"));
  CHECK(away.member_epoch == -2);
  CHECK(lab.beat(Lab::joining("c")).assignment->empty());
  const Beaten back = lab.beat(Lab::joining("b", {"t"}, "i"));
  CHECK(back.member_epoch == 2);
  CHECK(Lab::count(Lab::partitions(back)) == 2);
  CHECK(lab.group().find("a") == nullptr);
  CHECK(lab.group().static_member("i")->member_id == "b");

  lab.beat(Lab::living("b", -2, "i"));
  lab.pass(46s);
  CHECK(lab.group().static_member("i") == nullptr);
}

TEST_CASE("a full consumer group takes nobody else") {
  broker::GroupSettings settings;
  settings.consumer_max_size = 1;
  Lab lab({{"t", 1}}, settings);
  lab.beat(Lab::joining("a"));
  const Beaten refused = lab.beat(Lab::joining("b"));
  CHECK(refused.error == ErrorCode::group_max_size_reached);
  CHECK(refused.error_message ==
        "The consumer group has reached its maximum capacity of 1 members.");
  CHECK(lab.beat(Lab::living("a", 1)).error == ErrorCode::none);
}

TEST_CASE("offsets are committed and fetched in the member's epoch only") {
  Lab lab;
  CHECK(lab.commit("a", 1) == ErrorCode::group_id_not_found);
  lab.beat(Lab::joining("a"));
  CHECK(lab.commit("a", 1) == ErrorCode::none);
  CHECK(lab.commit("a", 0) == ErrorCode::stale_member_epoch);
  CHECK(lab.commit("b", 1) == ErrorCode::unknown_member_id);
  CHECK(lab.commit("", -1) == ErrorCode::unknown_member_id);
  CHECK(lab.fetch("a", 1).partitions.at(0).committed_offset.value() == 1);
  CHECK(lab.fetch("", -1).partitions.at(0).committed_offset.value() == 1);
  CHECK(lab.fetch("a", 2).error == ErrorCode::stale_member_epoch);
  CHECK(lab.fetch("b", 1).error == ErrorCode::unknown_member_id);
  lab.beat(Lab::living("a", -1));
  CHECK(lab.commit("", -1, 9) == ErrorCode::none);
  CHECK(lab.fetch("", -1).partitions.at(0).committed_offset.value() == 9);
}

TEST_CASE("a name belongs to one protocol at a time, and an empty group makes room") {
  Lab lab;
  protocol::JoinGroupRequest classic;
  classic.group_id = consumers;
  classic.session_timeout_ms = 10'000;
  classic.rebalance_timeout_ms = 60'000;
  classic.protocol_type = "consumer";
  classic.protocols = {{"range", protocol::encode(protocol::ConsumerSubscription())}};
  const auto join = [&](const std::string& id) {
    classic.member_id = id;
    lab.coordinator->join(++lab.token, classic, {"client", "", true, true}, lab.now);
    const broker::GroupToken asked = lab.token;
    lab.settle();
    lab.pass(3s);
    return std::get<protocol::JoinGroupResponse>(lab.replies.at(asked));
  };
  CHECK(lab.commit("", -1, 7) == ErrorCode::none);  // a group that only commits
  lab.beat(Lab::joining("a"));
  CHECK(join("").error == ErrorCode::inconsistent_group_protocol);
  lab.beat(Lab::living("a", -1));
  const std::string id = join("").member_id;
  CHECK(join(id).generation_id == 1);
  CHECK(lab.find() == nullptr);
  const Beaten refused = lab.beat(Lab::joining("a"));
  CHECK(refused.error == ErrorCode::group_id_not_found);
  CHECK(refused.error_message == "Group c is not a consumer group");
  lab.fail_over();
  CHECK(lab.find() == nullptr);
  CHECK(lab.fetch("", -1).partitions.at(0).committed_offset.value() == 7);
  const protocol::LeaveGroupRequest leave{consumers, {{id, "", ""}}};
  lab.coordinator->leave(++lab.token, leave, lab.now);
  lab.settle();
  CHECK(lab.beat(Lab::joining("a")).member_epoch == 1);
}

TEST_CASE("the answer waits for replication, the next heartbeat sees the change before") {
  Lab lab;
  lab.replicating = false;
  const broker::GroupToken first = lab.ask(Lab::joining("a"));
  CHECK_FALSE(lab.replies.contains(first));
  const broker::GroupToken second = lab.ask(Lab::joining("b"));
  CHECK(lab.group().epoch() == 2);
  lab.replicating = true;
  lab.settle();
  CHECK(std::get<Beaten>(lab.replies.at(first)).member_epoch == 1);
  CHECK(std::get<Beaten>(lab.replies.at(second)).member_epoch == 2);
}

TEST_CASE("what cannot be appended has never happened") {
  Lab lab;
  lab.append_error = ErrorCode::not_enough_replicas;
  CHECK(lab.beat(Lab::joining("a")).error == ErrorCode::coordinator_not_available);
  CHECK(lab.find() == nullptr);
  lab.append_error = ErrorCode::none;
  lab.commit("", -1, 7);
  make_two(lab);
  lab.beat(Lab::joining("s", {"t"}, "i"));
  lab.beat(Lab::living("s", -2, "i"));
  const std::string before = lab.dump();
  for (const Beat& request : {Lab::joining("x"), Lab::living("a", -1), Lab::living("b", 2),
                              Lab::joining("r", {"t"}, "i"), Lab::living("s", -1, "i")}) {
    lab.append_error = ErrorCode::not_leader_or_follower;
    CHECK(lab.beat(request).error == ErrorCode::not_coordinator);
    lab.append_error = ErrorCode::none;
    CHECK(lab.dump() == before);
  }
  CHECK(lab.group().static_member("i")->member_id == "s");
  CHECK(lab.commit("a", 2) == ErrorCode::none);
}

TEST_CASE("an end of a session that cannot be stored is tried again") {
  Lab lab;
  lab.beat(Lab::joining("a"));
  lab.append_error = ErrorCode::not_enough_replicas;
  lab.pass(45s);
  CHECK(lab.group().find("a") != nullptr);
  lab.append_error = ErrorCode::none;
  lab.pass(500ms);
  CHECK(lab.group().find("a") == nullptr);
}

TEST_CASE("another coordinator knows the same, and all sessions begin anew") {
  Lab lab;
  lab.beat(Lab::joining("a"));
  lab.beat(Lab::joining("b"));
  const Beaten told = lab.beat(Lab::living("a", 1));
  const std::string before = lab.dump();
  lab.pass(44s);
  lab.fail_over();
  CHECK(lab.dump() == before);
  lab.pass(44s);
  CHECK(lab.dump() == before);
  lab.beat(Lab::living("a", 1));
  lab.beat(Lab::living("b", 2));
  lab.pass(16s);  // since it was told anew to give back
  CHECK(lab.group().find("a") == nullptr);
  CHECK(lab.group().find("b") != nullptr);
}

TEST_CASE("a consumer group whose offsets have expired is forgotten when it is empty") {
  Lab lab;
  lab.beat(Lab::joining("a"));
  lab.commit("a", 1);
  lab.beat(Lab::living("a", -1));
  lab.pass(24h * 7 - 1h);
  CHECK(lab.find() != nullptr);
  lab.pass(2h);
  CHECK(lab.find() == nullptr);
  CHECK(lab.fetch("", -1).partitions.at(0).committed_offset.value() == -1);
  lab.fail_over();
  CHECK(lab.find() == nullptr);
}

TEST_CASE("brokers that do not serve the consumer protocol say so") {
  broker::GroupSettings settings;
  settings.consumer_protocol = false;
  Lab lab({{"t", 1}}, settings);
  CHECK(lab.beat(Lab::joining("a")).error == ErrorCode::unsupported_version);
}

}  // namespace kafkasim::tests

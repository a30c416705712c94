// The leader of a partition: high watermark, acknowledgement, ISR changes.
#include "tests/broker/partition_support.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker::testing {

using protocol::Acks;
using protocol::ErrorCode;
using protocol::Offset;

TEST_CASE(
    "The high watermark is the lowest end of the in-sync replicas and moves on their fetches") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2, 3});
  f.append({"A", "B"});
  CHECK(f.partition.describe() == "leader=1 epoch=0 isr=1,2,3 log=A,B hw=0");
  CHECK_FALSE(f.fetch(2, 2).effects.high_watermark);
  const auto move = f.fetch(3, 2).effects.high_watermark;
  REQUIRE(move);
  CHECK(move->from == Offset(0));
  CHECK(move->to == Offset(2));
  CHECK(f.partition.describe() == "leader=1 epoch=0 isr=1,2,3 log=A,B hw=2");
}

TEST_CASE("The answer to a fetch bears the high watermark from before that fetch") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  f.fetch(2, 0);
  CHECK(f.fetch(2, 1).high_watermark == Offset(0));
  CHECK(f.fetch(2, 1).high_watermark == Offset(1));
}

TEST_CASE("A slow follower moves the high watermark fetch by fetch, as seen on a real broker") {
  PartitionFixture f;
  f.partition.make_leader(registration(1, 0, 0, {1}, {1, 2}), {}, f.now);
  f.append({"A"});
  const auto joining = f.fetch(2, 1).effects.proposal;
  REQUIRE(joining);
  f.accept(*joining);
  for (const char* value : {"B", "C", "D", "E"}) f.append({value});
  const struct Row {
    int fetch;
    int answered;  // high watermark in the answer
    int after;
  } rows[] = {{1, 1, 1}, {2, 1, 2}, {3, 2, 3}, {4, 3, 4}, {5, 4, 5}};
  for (const Row& row : rows) {
    CHECK(f.fetch(2, row.fetch).high_watermark == Offset(row.answered));
    CHECK(f.partition.log().high_watermark() == Offset(row.after));
    f.now += 400ms;
  }
  CHECK_FALSE(f.shrink().proposal);
}

TEST_CASE(
    "Of two waiting batches the one that the follower has is acknowledged, as seen on a real "
    "broker") {
  LogConfig config;
  config.min_insync_replicas = 2;
  PartitionFixture f(config);
  f.partition.make_leader(registration(1, 0, 0, {1, 2}, {1, 2}), {}, f.now);
  f.append({"A"}, Acks::all);
  f.append({"B"}, Acks::leader);
  CHECK(text(f.fetch(2, 0).records) == "0:A 1:B");
  CHECK_FALSE(f.partition.replication_outcome(Offset(1)));
  CHECK(f.fetch(2, 1).high_watermark == Offset(0));
  CHECK(f.partition.replication_outcome(Offset(1)) == ErrorCode::none);
  CHECK(f.fetch(2, 2).high_watermark == Offset(1));
  CHECK(f.partition.log().high_watermark() == Offset(2));
}

TEST_CASE("A leader alone in its ISR replicates by appending") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  CHECK(f.append({"A"}, Acks::all).effects.high_watermark->to == Offset(1));
  CHECK(f.partition.replication_outcome(Offset(1)) == ErrorCode::none);
}

TEST_CASE("acks=all waits for the in-sync replicas, not for all") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"}, Acks::all);
  CHECK_FALSE(f.partition.replication_outcome(Offset(1)));
  f.fetch(2, 1);
  CHECK(f.partition.replication_outcome(Offset(1)) == ErrorCode::none);
}

TEST_CASE("With too small an ISR acks=all is refused, and acks=1 is stored but stays invisible") {
  LogConfig config;
  config.min_insync_replicas = 2;
  PartitionFixture f(config);
  f.lead(0, 0, {1});
  const LeaderAppend refused = f.append({"A"}, Acks::all);
  CHECK(refused.result.error == ErrorCode::not_enough_replicas);
  CHECK(refused.result.message ==
        "The size of the current ISR Set(1) is insufficient to satisfy the min.isr requirement of "
        "2 for partition "
        "orders-0");
  CHECK(f.append({"B"}, Acks::leader).result.appended());
  CHECK(f.partition.describe() == "leader=1 epoch=0 isr=1 log=B hw=0");
  const auto proposal = f.fetch(2, 1).effects.proposal;
  REQUIRE(proposal);
  CHECK(f.partition.describe() == "leader=1 epoch=0 isr=1 log=B hw=0");
  CHECK(f.accept(*proposal).high_watermark->to == Offset(1));
}

TEST_CASE("No more in-sync replicas are asked for than the partition has") {
  LogConfig config;
  config.min_insync_replicas = 2;
  PartitionFixture f(config);
  f.partition.make_leader(registration(1, 0, 0, {1}, {1}), {}, f.now);
  CHECK(f.append({"A"}, Acks::all).result.appended());
  CHECK(f.partition.log().high_watermark() == Offset(1));
}

TEST_CASE(
    "A follower that trails a busy leader by one round stays in sync, one that stops leaves after "
    "the lag time") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2, 3});
  for (int round = 0; round < 6; ++round) {
    f.append({"A"});
    f.now += 10s;
    f.fetch(2, round);  // what was the end at its previous fetch
  }
  const auto proposal = f.shrink().proposal;
  REQUIRE(proposal);
  CHECK(isr_of(*proposal) == "1,2");
}

TEST_CASE("The lag time itself is still in sync, and an idle partition keeps silent followers") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.fetch(2, 0);
  f.now += 1000s;
  CHECK_FALSE(f.shrink().proposal);
  f.fetch(2, 0);
  f.append({"A"});
  f.now += 30s;
  CHECK_FALSE(f.shrink().proposal);
  f.now += 1ns;
  CHECK(f.shrink().proposal);
}

TEST_CASE("A pending shrink does not move the high watermark, its confirmation does") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  f.now += 31s;
  const auto proposal = f.shrink().proposal;
  REQUIRE(proposal);
  CHECK(isr_of(*proposal) == "1");
  CHECK_FALSE(f.shrink().proposal);
  f.append({"B"});
  CHECK(f.partition.log().high_watermark() == Offset(0));
  CHECK(f.accept(*proposal).high_watermark->to == Offset(2));
  CHECK(f.partition.describe() == "leader=1 epoch=0 isr=1 log=A,B hw=2");
}

TEST_CASE(
    "A replica joins when it reached the high watermark and the start of the leader's epoch") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  f.append({"A"});
  f.partition.make_leader(registration(1, 1, 1, {1}), {}, f.now);  // epoch 1 starts at 1
  CHECK_FALSE(f.fetch(2, 0).effects.proposal);
  const auto proposal = f.fetch(2, 1).effects.proposal;
  REQUIRE(proposal);
  CHECK(isr_of(*proposal) == "1,2");
  CHECK(proposal->item.new_isr[1].broker_epoch == protocol::BrokerEpoch(1));
  CHECK(f.partition.isr() == ids({1}));
  CHECK(f.partition.maximal_isr() == ids({1, 2}));
  f.append({"B"});  // the one being added holds back the high watermark already
  CHECK(f.partition.log().high_watermark() == Offset(1));
  f.accept(*proposal);
  CHECK(f.partition.describe() == "leader=1 epoch=1 isr=1,2 log=A,B hw=1");
}

TEST_CASE("Fenced, leaving and outdated brokers do not join") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  change_broker(f.image, 2, true, std::nullopt);
  CHECK_FALSE(f.fetch(2, 0).effects.proposal);
  change_broker(f.image, 2, false, true);
  CHECK_FALSE(f.fetch(2, 0).effects.proposal);
  change_broker(f.image, 2, false, false);
  CHECK(f.fetch(2, 0).effects.proposal);
}

TEST_CASE("A fetch from an earlier life of a broker is refused and leaves no mark") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"});
  protocol::FetchPartition request;
  request.partition = {"orders", 0};
  request.fetch_offset = Offset(1);
  ReadParams params;
  params.replica_id = protocol::BrokerId(2);
  params.replica_epoch = protocol::BrokerEpoch(0);  // now 1
  params.note_position = true;
  CHECK(f.partition.read(request, params, protocol::BrokerEpoch(0), f.now).error ==
        ErrorCode::not_leader_or_follower);
  CHECK(f.partition.log().high_watermark() == Offset(0));
}

TEST_CASE(
    "A refused proposal is taken back, left to the metadata, or sent again, depending on the "
    "error") {
  const struct Row {
    ErrorCode error;
    bool pending;
    bool again;
  } rows[] = {
      {ErrorCode::ineligible_replica, false, false},
      {ErrorCode::operation_not_attempted, false, false},
      {ErrorCode::fenced_leader_epoch, true, false},
      {ErrorCode::invalid_update_version, true, false},
      {ErrorCode::invalid_request, true, false},
      {ErrorCode::unknown_topic_or_partition, true, false},
      {ErrorCode::unknown_topic_id, true, false},
      {ErrorCode::new_leader_elected, true, false},
      {ErrorCode::unknown_server_error, true, true},
      {ErrorCode::not_controller, true, true},
  };
  for (const Row& row : rows) {
    INFO(name(row.error));
    PartitionFixture f;
    f.lead(0, 0, {1});
    const auto proposal = f.fetch(2, 0).effects.proposal;
    REQUIRE(proposal);
    const Effects effects = f.refuse(*proposal, row.error);
    CHECK(f.partition.has_pending_proposal() == row.pending);
    CHECK(effects.proposal.has_value() == row.again);
    CHECK(f.partition.isr() == ids({1}));
  }
}

TEST_CASE("Metadata ends a pending proposal, and its late answer changes nothing") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  const auto proposal = f.fetch(2, 0).effects.proposal;
  REQUIRE(proposal);
  f.lead(0, 1, {1, 3});
  CHECK_FALSE(f.partition.has_pending_proposal());
  f.accept(*proposal);
  CHECK(f.partition.isr() == ids({1, 3}));
}

TEST_CASE(
    "Metadata that only repeats an answer of the controller leaves a newer proposal pending") {
  PartitionFixture f;
  f.lead(0, 0, {1});
  const auto first = f.fetch(2, 0).effects.proposal;
  REQUIRE(first);
  f.accept(*first);
  const auto second = f.fetch(3, 0).effects.proposal;
  REQUIRE(second);
  f.lead(0, 1, {1, 2});
  CHECK(f.partition.joining() == protocol::BrokerId(3));
  f.accept(*second);
  CHECK(f.partition.isr() == ids({1, 2, 3}));
}

TEST_CASE("An older partition epoch changes nothing") {
  PartitionFixture f;
  f.lead(0, 5, {1, 2});
  f.lead(0, 4, {1});
  CHECK(f.partition.isr() == ids({1, 2}));
  CHECK_FALSE(f.follow(2, 1, 4));
  CHECK(f.partition.is_leader());
}

TEST_CASE("When the leadership is lost a waiting write hears so") {
  PartitionFixture f;
  f.lead(0, 0, {1, 2});
  f.append({"A"}, Acks::all);
  f.follow(2, 1, 1);
  CHECK(f.partition.replication_outcome(Offset(1)) == ErrorCode::not_leader_or_follower);
  CHECK(f.append({"B"}).result.error == ErrorCode::not_leader_or_follower);
}

TEST_CASE("Replicated to an ISR that has become too small is not enough") {
  LogConfig config;
  config.min_insync_replicas = 2;
  PartitionFixture f(config);
  f.lead(0, 0, {1, 2});
  f.append({"A"}, Acks::all);
  f.fetch(2, 1);
  f.lead(0, 1, {1});
  CHECK(f.partition.replication_outcome(Offset(1)) == ErrorCode::not_enough_replicas_after_append);
}

}  // namespace kafkasim::broker::testing

// The voters of the controller quorum as plain state machines: elections, the log, and what random
// schedules of losses, crashes and partitions cannot break.
#include "tests/broker/raft_lab.hpp"

namespace kafkasim::broker {
namespace {

protocol::VoteRequest vote_request(BrokerId from, int epoch, bool pre_vote, int log_epoch = 0,
                                   int log_end = 0) {
  protocol::VoteRequest request;
  request.cluster_id = "cluster";
  request.replica_id = from;
  request.replica_epoch = LeaderEpoch(epoch);
  request.last_offset_epoch = LeaderEpoch(log_epoch);
  request.last_offset = Offset(log_end);
  request.pre_vote = pre_vote;
  return request;
}

TEST_CASE("The only voter leads at once, and what it writes is committed") {
  RaftLab lab(1, 1);
  Raft& raft = lab.raft(lab.ids()[0]);
  CHECK(raft.leads_and_committed());
  CHECK(raft.epoch().value() == 1);
  CHECK(raft.high_watermark() == Offset(1));
  lab.write();
  CHECK(raft.high_watermark() == Offset(2));
  lab.crash(lab.ids()[0]);
  lab.boot(lab.ids()[0]);
  CHECK(lab.raft(lab.ids()[0]).epoch().value() == 2);
  CHECK(lab.raft(lab.ids()[0]).high_watermark() == Offset(3));
}

TEST_CASE("Three voters elect one within a few seconds, and the others follow it") {
  RaftLab lab(3, 1);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  CHECK(lab.now() >= sim::zero + 1s);
  lab.run_for(200ms);
  for (const BrokerId id : lab.ids()) {
    CHECK(lab.raft(id).leader() == *lab.leader());
    CHECK(lab.storage(id).epoch.value() == 1);
  }
}

TEST_CASE("A voter votes once in an epoch, also after a restart") {
  RaftLab lab(3, 1);
  const BrokerId voter = lab.ids()[0];
  CHECK(lab.raft(voter).handle(vote_request(lab.ids()[1], 1, false), lab.now()).vote_granted);
  CHECK_FALSE(lab.raft(voter).handle(vote_request(lab.ids()[2], 1, false), lab.now()).vote_granted);
  lab.crash(voter);
  lab.boot(voter);
  CHECK_FALSE(lab.raft(voter).handle(vote_request(lab.ids()[2], 1, false), lab.now()).vote_granted);
  CHECK(lab.raft(voter).handle(vote_request(lab.ids()[1], 1, false), lab.now()).vote_granted);
  CHECK(lab.raft(voter).handle(vote_request(lab.ids()[2], 2, false), lab.now()).vote_granted);
}

TEST_CASE("A pre-vote binds nobody and moves no epoch") {
  RaftLab lab(3, 1);
  Raft& raft = lab.raft(lab.ids()[0]);
  CHECK(raft.handle(vote_request(lab.ids()[1], 0, true), lab.now()).vote_granted);
  CHECK(raft.handle(vote_request(lab.ids()[2], 0, true), lab.now()).vote_granted);
  CHECK(raft.epoch().value() == 0);
  CHECK_FALSE(lab.storage(lab.ids()[0]).voted_for.is_set());
}

TEST_CASE(
    "Nobody votes for a log that is behind its own, and nobody at all while it hears a leader") {
  RaftLab lab(3, 1);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  lab.write();
  lab.run_for(300ms);
  const BrokerId leader = *lab.leader();
  const BrokerId follower = leader == lab.ids()[0] ? lab.ids()[1] : lab.ids()[0];
  const BrokerId third = *std::find_if(lab.ids().begin(), lab.ids().end(),
                                       [&](BrokerId id) { return id != leader && id != follower; });
  Raft& raft = lab.raft(follower);
  CHECK_FALSE(raft.handle(vote_request(third, 1, true, 1, 2), lab.now()).vote_granted);
  CHECK(raft.role() == RaftRole::follower);
  CHECK_FALSE(raft.handle(vote_request(third, 2, false, 1, 1), lab.now()).vote_granted);
  CHECK(raft.epoch().value() == 2);
  CHECK(raft.handle(vote_request(third, 2, false, 1, 2), lab.now()).vote_granted);
}

TEST_CASE("A request of an old epoch is fenced with the leader of the new one") {
  RaftLab lab(3, 1);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  const auto response =
      lab.raft(*lab.leader()).handle(vote_request(lab.ids()[0], 0, true), lab.now());
  CHECK(response.error == protocol::ErrorCode::fenced_leader_epoch);
  CHECK(response.leader_id == *lab.leader());
  CHECK(response.leader_epoch.value() == 1);
}

TEST_CASE("A leader without a majority resigns after one and a half fetch timeouts") {
  RaftLab lab(3, 2);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  lab.run_for(100ms);
  const BrokerId old = *lab.leader();
  const Time cut = lab.now();
  lab.isolate({old});
  REQUIRE(lab.run_until([&] { return !lab.raft(old).leads(); }, 5s));
  CHECK(lab.now() - cut >= 2900ms);
  CHECK(lab.now() - cut <= 3s);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 10s));
  CHECK(*lab.leader() != old);
  lab.heal();
  const auto all_follow = [&] {
    return lab.raft(old).role() == RaftRole::follower && lab.raft(old).leader() == *lab.leader();
  };
  CHECK(lab.run_until(all_follow, 5s));
}

TEST_CASE("What an isolated leader wrote is cut away when it follows its successor") {
  RaftLab lab(3, 3);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  lab.run_for(100ms);
  const BrokerId old = *lab.leader();
  lab.isolate({old});
  for (int i = 0; i < 5; ++i) lab.write();
  CHECK(lab.raft(old).log().end_offset() == Offset(6));
  CHECK(lab.raft(old).high_watermark() == Offset(1));
  REQUIRE(lab.run_until([&] { return lab.leader() && *lab.leader() != old; }, 10s));
  lab.write();
  lab.heal();
  lab.run_for(5s);
  const auto& mine = lab.storage(old).batches;
  const auto& theirs = lab.storage(*lab.leader()).batches;
  REQUIRE(mine.size() == theirs.size());
  for (std::size_t i = 0; i < mine.size(); ++i) CHECK(mine[i].batch.get() == theirs[i].batch.get());
}

TEST_CASE("A voter that comes back from isolation does not disturb the leader") {
  RaftLab lab(3, 4);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  lab.run_for(100ms);
  const BrokerId leader = *lab.leader();
  const BrokerId lonely = leader == lab.ids()[0] ? lab.ids()[1] : lab.ids()[0];
  lab.isolate({lonely});
  lab.run_for(60s);
  CHECK(lab.raft(lonely).epoch().value() == 1);  // pre-votes only
  lab.heal();
  lab.run_for(5s);
  CHECK(lab.raft(leader).leads());
  CHECK(lab.raft(leader).epoch().value() == 1);
  CHECK(lab.raft(lonely).leader() == leader);
}

TEST_CASE("A leader that resigns in order is replaced at once") {
  RaftLab lab(3, 5);
  REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
  lab.run_for(100ms);
  const BrokerId old = *lab.leader();
  const Time begin = lab.now();
  lab.raft(old).resign(lab.now());
  REQUIRE(lab.run_until([&] { return lab.leader() && *lab.leader() != old; }, 5s));
  CHECK(lab.now() - begin < 200ms);
}

TEST_CASE("A leader that restarts does not lead its old epoch again") {
  for (const int voters : {3, 5}) {
    RaftLab lab(voters, 6);
    REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 5s));
    lab.run_for(100ms);
    const BrokerId old = *lab.leader();
    lab.crash(old);
    lab.boot(old);
    CHECK(lab.raft(old).role() == RaftRole::resigned);
    REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 10s));
    CHECK(lab.raft(*lab.leader()).epoch().value() > 1);
  }
}

// ---- random schedules ----

// Some seconds in which anything may happen to a minority, and sometimes to more.
void disturb(RaftLab& lab) {
  sim::Rng& rng = lab.rng();
  const auto some_voter = [&] { return lab.ids()[rng.below(lab.ids().size())]; };
  switch (rng.below(6)) {
    case 0:
      if (const BrokerId id = some_voter(); lab.is_up(id)) lab.crash(id);
      break;
    case 1:
      for (const BrokerId id : lab.ids()) {
        if (!lab.is_up(id)) lab.boot(id);
      }
      break;
    case 2:
      lab.isolate({some_voter()});
      break;
    case 3:
      lab.isolate({some_voter(), some_voter()});
      break;
    case 4:
      lab.heal();
      break;
    default:
      if (const auto leader = lab.leader(); leader && rng.chance(1, 2)) {
        rng.chance(1, 2) ? lab.crash(*leader) : lab.isolate({*leader});
      }
      break;
  }
  const std::uint64_t loss = rng.chance(1, 3) ? 5 + rng.below(20) : 0;
  const Duration delay = rng.chance(1, 4) ? Duration(300ms) : Duration(5ms);
  const std::int64_t steps = rng.between(std::int64_t{50}, std::int64_t{3000});
  for (std::int64_t i = 0; i < steps; ++i) {
    lab.step(delay, loss);
    if (rng.chance(1, 100)) lab.write();
  }
}

TEST_CASE(
    "Whatever is lost, crashes or is cut off, committed entries stay and epochs have one leader") {
  std::size_t elections = 0;
  std::size_t committed = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    RaftLab lab(static_cast<int>(2 + seed % 4), seed);
    for (int round = 0; round < 8; ++round) disturb(lab);
    // Afterwards all is well again, within a bounded time.
    lab.heal();
    for (const BrokerId id : lab.ids()) {
      if (!lab.is_up(id)) lab.boot(id);
    }
    REQUIRE(lab.run_until([&] { return lab.leader().has_value(); }, 60s));
    lab.run_for(3s);
    const std::size_t before = lab.committed();
    lab.write();
    REQUIRE(lab.run_until([&] { return lab.committed() > before; }, 20s));
    lab.run_for(3s);
    const auto& log = lab.storage(*lab.leader()).batches;
    for (const BrokerId id : lab.ids()) CHECK(lab.storage(id).batches.size() == log.size());
    elections += lab.elections();
    committed += lab.committed();
  }
  CHECK(elections > 500);
  CHECK(committed > 5000);
}

TEST_CASE("The same schedule has the same elections") {
  std::vector<std::size_t> committed;
  std::vector<Time> ends;
  for (int run = 0; run < 2; ++run) {
    RaftLab lab(5, 42);
    for (int round = 0; round < 10; ++round) disturb(lab);
    committed.push_back(lab.committed());
    ends.push_back(lab.now());
  }
  CHECK(committed[0] == committed[1]);
  CHECK(ends[0] == ends[1]);
}

}  // namespace
}  // namespace kafkasim::broker

// Each invariant of the controller quorum is seen when it is broken, and named.
#include "broker/invariants/quorum_check.hpp"

#include <string>
#include <vector>

#include "sim/check.hpp"
#include "tests/broker/log_support.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::broker;
using namespace kafkasim::broker::testing;
using protocol::LeaderEpoch;
using protocol::Offset;

namespace {

// Three voters that a test writes down; it hears which invariant that breaks.
struct Quorum {
  Quorum() {
    for (int i = 0; i < 3; ++i) {
      VoterView& view = views.emplace_back();
      view.name = "controller-" + std::to_string(i + 1);
      view.id = protocol::BrokerId(3001 + i);
      view.is_up = true;
      view.role = i == 0 ? RaftRole::leader : RaftRole::follower;
      view.epoch = LeaderEpoch(1);
      view.high_watermark = Offset(0);
      view.storage = &storages[i];
    }
    check.watch([this] { return views; });
    for (ControllerStorage& storage : storages) {
      storage.batches.push_back(stored(0, 1, first));
      storage.batches.push_back(stored(1, 1, second));
    }
  }
  void commit(std::int64_t offset) {
    for (VoterView& view : views) view.high_watermark = Offset(offset);
  }
  std::string run() {
    try {
      check.run();
      return "fine";
    } catch (const sim::InvariantBroken& error) {
      const std::string text = error.what();
      const std::string line = text.substr(0, text.find('\n'));
      return line.substr(line.find(": ") + 2);
    }
  }

  protocol::BatchRef first = batch({"A"});
  protocol::BatchRef second = batch({"B"});
  ControllerStorage storages[3];
  std::vector<VoterView> views;
  QuorumCheck check;
};

std::string sentence(Invariant invariant) { return std::string(words(invariant)); }

}  // namespace

TEST_CASE("a quorum as it should be breaks no invariant") {
  Quorum quorum;
  quorum.commit(1);
  CHECK(quorum.run() == "fine");
  quorum.commit(2);
  CHECK(quorum.run() == "fine");
  quorum.check.applied(protocol::BrokerId(1), {stored(0, 1, quorum.first)});
}

TEST_CASE("two leaders of one epoch of the quorum are seen, of two epochs are not") {
  Quorum quorum;
  REQUIRE(quorum.run() == "fine");
  quorum.views[1].role = RaftRole::leader;
  CHECK(quorum.run() == sentence(Invariant::one_quorum_leader));
  Quorum later;
  later.views[1].role = RaftRole::leader;
  later.views[1].epoch = LeaderEpoch(2);
  CHECK(later.run() == "fine");
}

TEST_CASE("a voter whose epoch or high watermark goes back is seen, unless it has restarted") {
  Quorum quorum;
  quorum.commit(2);
  REQUIRE(quorum.run() == "fine");
  quorum.views[2].high_watermark = Offset(0);
  quorum.storages[2].starts = 1;
  CHECK(quorum.run() == "fine");
  quorum.views[1].high_watermark = Offset(1);
  CHECK(quorum.run() == sentence(Invariant::monotonic_quorum));
  Quorum old;
  REQUIRE(old.run() == "fine");
  old.views[1].epoch = LeaderEpoch(0);
  CHECK(old.run() == sentence(Invariant::monotonic_quorum));
}

TEST_CASE("what is called committed and is not with a majority is seen") {
  Quorum quorum;
  quorum.storages[1].batches.pop_back();
  quorum.storages[2].batches.pop_back();
  quorum.views[0].high_watermark = Offset(2);
  CHECK(quorum.run() == sentence(Invariant::majority_commit));
}

TEST_CASE("committed entries that differ between voters are seen") {
  Quorum quorum;
  quorum.storages[2].batches[1] = stored(1, 1, batch({"X"}));
  quorum.commit(2);
  CHECK(quorum.run() == sentence(Invariant::quorum_log_matching));
}

TEST_CASE("what was committed and is cut off at a majority is seen") {
  Quorum quorum;
  quorum.commit(2);
  REQUIRE(quorum.run() == "fine");
  for (const int voter : {1, 2}) {
    quorum.storages[voter].batches.pop_back();
    quorum.views[static_cast<std::size_t>(voter)].is_up = false;
  }
  CHECK(quorum.run() == sentence(Invariant::committed_survives));
}

TEST_CASE("a log that begins in the middle is seen") {
  Quorum quorum;
  quorum.storages[2].batches.erase(quorum.storages[2].batches.begin());
  CHECK(quorum.run() == sentence(Invariant::whole_quorum_log));
}

TEST_CASE("a broker that reads what is not committed is seen") {
  Quorum quorum;
  quorum.commit(1);
  REQUIRE(quorum.run() == "fine");
  CHECK_THROWS_AS(quorum.check.applied(protocol::BrokerId(1), {stored(1, 1, quorum.second)}),
                  sim::InvariantBroken);
}

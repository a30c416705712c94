// Eligible leader replicas (KIP-966) in a running cluster: who may lead after the in-sync set
// became too small, what an unclean shutdown takes away, and how the same goes without the feature.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/broker/cluster_support.hpp"

namespace kafkasim::broker {

namespace {

constexpr Features with_elr{1};

std::string numbers(std::vector<BrokerId> brokers) {
  std::sort(brokers.begin(), brokers.end());
  std::vector<int> ids;
  for (const BrokerId broker : brokers) ids.push_back(broker.value());
  return fmt::format("{}", fmt::join(ids, ","));
}

// "leader=2 isr=2,3 elr=1 last=1 recovering", what is empty left out.
std::string decided(const TestCluster& lab) {
  const PartitionRegistration& partition = lab.decided();
  std::string out = "leader=none";
  if (partition.leader.is_set()) out = fmt::format("leader={}", partition.leader.value());
  if (!partition.isr.empty()) out += " isr=" + numbers(partition.isr);
  if (!partition.elr.empty()) out += " elr=" + numbers(partition.elr);
  if (!partition.last_known_elr.empty()) out += " last=" + numbers(partition.last_known_elr);
  if (partition.leader_recovery_state == protocol::LeaderRecoveryState::recovering)
    out += " recovering";
  return out;
}

// Three replicas of which two must be in sync; 3 and then 2 stop in order, then 1 loses its power
// and with it all that it had not flushed.
void leave_one_standing(TestCluster& lab) {
  lab.set_up({topic_on("orders", {{1, 2, 3}})});
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  CHECK(lab.produce(1, "B") == ErrorCode::none);
  for (const int broker : {3, 2}) {
    lab.cluster->stop(broker_name(broker));
    CHECK(lab.run_until([&] { return !lab.cluster->is_up(broker_name(broker)); }, 5s));
    lab.run_for(1s);
  }
  CHECK(lab.produce(1, "C") == ErrorCode::not_enough_replicas);
  lab.cluster->power_off(broker_name(1));
  lab.run_for(12s);
}

}  // namespace

TEST_CASE(
    "Without eligible leader replicas the last one standing must lead again, whatever it lost") {
  TestCluster lab(3, {{"min.insync.replicas", "2"}});
  leave_one_standing(lab);
  CHECK(decided(lab) == "leader=none isr=1");
  lab.cluster->restart(broker_name(2));
  lab.cluster->restart(broker_name(3));
  lab.run_for(30s);
  CHECK(decided(lab) == "leader=none isr=1");  // both have A and B, and may not lead
  lab.cluster->restart(broker_name(1));
  lab.run_for(30s);
  CHECK(decided(lab) == "leader=1 isr=1,2,3");
  for (const int broker : {1, 2, 3}) CHECK(lab.log(broker).empty());  // A and B were acked by all
}

TEST_CASE("With eligible leader replicas one that stopped in order leads, and nothing is lost") {
  TestCluster lab(3, {{"min.insync.replicas", "2"}}, 1, 7, with_elr);
  leave_one_standing(lab);
  // 3 left while two remained, which was enough of them: it does not count as eligible.
  CHECK(decided(lab) == "leader=none elr=1,2 last=1");
  lab.cluster->restart(broker_name(3));
  lab.run_for(20s);
  CHECK(decided(lab) == "leader=none elr=1,2 last=1");
  lab.cluster->restart(broker_name(2));
  lab.run_for(20s);
  CHECK(decided(lab) == "leader=2 isr=2,3");
  const auto* elected = lab.find_seen("elected");
  REQUIRE(elected != nullptr);
  for (const auto& line : lab.seen) {
    if (line.what == "elected") CHECK(line.text.find("unclean") == std::string::npos);
  }
  lab.cluster->restart(broker_name(1));
  lab.run_for(30s);
  CHECK(decided(lab) == "leader=2 isr=1,2,3");
  for (const int broker : {1, 2, 3}) CHECK(lab.log(broker) == "A B");
}

TEST_CASE("The controller reports who becomes and who stops being eligible") {
  TestCluster lab(2, {{"min.insync.replicas", "2"}}, 1, 7, with_elr);
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->crash(broker_name(2));
  lab.run_for(12s);
  CHECK(decided(lab) == "leader=1 isr=1 elr=2");
  // Back after a crash it may have lost what it acknowledged: eligible no more, until it is in
  // sync.
  lab.cluster->restart(broker_name(2));
  lab.run_for(20s);
  CHECK(decided(lab) == "leader=1 isr=1,2");
  std::vector<std::string> said;
  for (const auto& line : lab.seen) {
    if (line.what == "elr") said.push_back(line.text);
  }
  CHECK(said == std::vector<std::string>{"orders-0 elr 2", "orders-0 elr none"});
}

TEST_CASE("A broker that stopped in order stays eligible when it registers again") {
  TestCluster lab(2, {{"min.insync.replicas", "2"}}, 1, 7, with_elr);
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->stop(broker_name(2));
  CHECK(lab.run_until([&] { return !lab.cluster->is_up(broker_name(2)); }, 5s));
  lab.cluster->crash(broker_name(1));
  lab.run_for(12s);
  CHECK(decided(lab) == "leader=none elr=1,2 last=1");
  lab.cluster->restart(broker_name(2));
  CHECK(lab.run_until([&] { return lab.decided().leader.is_set(); }, 10s));
  CHECK(decided(lab) == "leader=2 isr=2 elr=1");
}

TEST_CASE(
    "When nobody is eligible any more the last known leader is taken, as an unclean election") {
  TestCluster lab(2, {{"min.insync.replicas", "2"}}, 1, 7, with_elr);
  lab.set_up({topic_on("orders", {{1, 2}})});
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  lab.cluster->crash(broker_name(2));
  lab.run_for(12s);
  lab.cluster->crash(broker_name(1));
  lab.run_for(12s);
  CHECK(decided(lab) == "leader=none elr=1,2 last=1");
  lab.cluster->restart(broker_name(2));
  lab.run_for(20s);
  CHECK(decided(lab) == "leader=none elr=1 last=1");
  lab.seen.clear();
  lab.cluster->restart(broker_name(1));
  CHECK(lab.run_until([&] { return lab.decided().leader.is_set(); }, 20s));
  CHECK(decided(lab) == "leader=1 isr=1 recovering");
  lab.run_for(100ms);
  const auto* elected = lab.find_seen("elected");
  REQUIRE(elected != nullptr);
  CHECK(elected->text.find("unclean") != std::string::npos);
  lab.run_for(20s);  // the leader's next change of the ISR says that it has recovered
  CHECK(decided(lab) == "leader=1 isr=1,2");
  CHECK(lab.log(2) == "A");
}

TEST_CASE("A leader that was elected uncleanly is recovering until it changes the ISR") {
  TestCluster lab(2, {{"unclean.leader.election.enable", "true"}});
  lab.set_up({topic_on("orders", {{1, 2}})});
  lab.cluster->crash(broker_name(2));
  lab.run_for(12s);
  CHECK(lab.produce(1, "A") == ErrorCode::none);
  lab.cluster->crash(broker_name(1));
  lab.run_for(12s);
  CHECK(decided(lab) == "leader=none isr=1");
  lab.cluster->restart(broker_name(2));
  CHECK(lab.run_until([&] { return lab.decided().leader.is_set(); }, 20s));
  CHECK(decided(lab) == "leader=2 isr=2 recovering");
  lab.run_for(30s);
  CHECK(decided(lab) == "leader=2 isr=2 recovering");  // nobody joins: nothing to tell
  lab.cluster->restart(broker_name(1));
  lab.run_for(20s);
  CHECK(decided(lab) == "leader=2 isr=1,2");
  for (const int broker : {1, 2}) CHECK(lab.log(broker).empty());  // A is lost
}

}  // namespace kafkasim::broker

// A leader of a real cluster of Kafka 2.4, with the recording client in the place of its follower,
// broker 2.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tests/conformance/kinds.hpp"
#include "tests/conformance/transcript.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr sim::Duration isr_limit = 30s;
constexpr std::int32_t follower_wait_ms = 100;

class Run {
 public:
  explicit Run(Findings& findings)
      : findings_(findings), transcript_(stage_, findings, Followers::played) {
    stage_.impersonate_follower();
  }

  void step(const json& step) {
    if (step.value("api", "") == "CreateTopics") {
      // Who is dead when a topic is made is not in sync.
      if (follower_is_alive_) stage_.kill_follower();
      follower_is_alive_ = false;
      topic_ = step.at("request").at("topics").at(0).at("name");
    } else if (step.contains("request") && step.at("request").value("replicaId", -1) >= 0) {
      make_follower_alive();
    }
    if (step.contains("observe")) {
      observe(step);
    } else if (step.contains("follower_keeps_fetching_at")) {
      keep_fetching(step);
    } else if (step.contains("waited_for_isr_size")) {
      wait_for_isr(step);
    } else if (!transcript_.step(step)) {
      findings_.fail("a step that the replay does not know: " + step.dump());
    }
  }

 private:
  // 2.4 lets any replica into the ISR that has caught up; today it must be alive for the
  // controller, too.
  void make_follower_alive() {
    if (!follower_is_alive_) stage_.revive_follower();
    follower_is_alive_ = true;
  }

  std::optional<protocol::MetadataPartition> look() {
    protocol::MetadataRequest request;
    request.topics = {topic_};
    request.allow_auto_topic_creation = false;
    const ExchangePtr asked = stage_.send("observer", 0, request);
    stage_.run_until([&] { return asked->is_over(); }, 10s);
    if (!asked->answer) return std::nullopt;
    const auto& response = std::get<protocol::MetadataResponse>(*asked->answer);
    if (response.topics.empty() || response.topics[0].partitions.empty()) return std::nullopt;
    return response.topics[0].partitions[0];
  }

  std::size_t isr_size() {
    const auto seen = look();
    return seen ? seen->isr_nodes.size() : 0;
  }

  static json ids(const std::vector<protocol::BrokerId>& brokers, bool sorted) {
    json list = json::array();
    for (const protocol::BrokerId broker : brokers) list.push_back(broker.value());
    if (sorted) std::sort(list.begin(), list.end());
    return list;
  }

  void observe(const json& step) {
    const auto seen = look();
    if (!seen) {
      findings_.fail("observe: the broker does not know the topic");
      return;
    }
    findings_.expect("leader", step.at("leader"), seen->leader_id.value());
    findings_.expect("leader_epoch", step.at("leader_epoch"), seen->leader_epoch.value());
    findings_.expect("replicas", step.at("replicas"), ids(seen->replica_nodes, false));
    json isr = step.at("isr");
    std::sort(isr.begin(), isr.end());
    // 2.4 shows a shrunk ISR when ZooKeeper has told the controller and that has told the brokers:
    // seconds later. With KRaft the leader's change is in the metadata log before it holds.
    if (shrunk_unseen_ && isr.size() == 2) isr = shrunk_;
    findings_.expect("isr", isr, ids(seen->isr_nodes, true));
  }

  void keep_fetching(const json& step) {
    make_follower_alive();
    const std::size_t wanted = step.at("until_isr_size");
    const sim::Time limit = stage_.now() + isr_limit;
    while (isr_size() != wanted) {
      if (stage_.now() > limit) {
        findings_.expect("until_isr_size", wanted, isr_size());
        return;
      }
      protocol::FetchRequest fetch;
      fetch.replica_id = protocol::BrokerId(2);
      fetch.max_wait_ms = follower_wait_ms;
      fetch.min_bytes = 1;
      protocol::FetchPartition& partition = fetch.partitions.emplace_back();
      partition.partition = {topic_, 0};
      partition.fetch_offset = protocol::Offset(step.at("follower_keeps_fetching_at"));
      partition.log_start_offset = protocol::Offset(0);
      const ExchangePtr fetched = stage_.send("f2", 0, fetch);
      stage_.run_until([&] { return fetched->is_over(); }, 10s);
    }
  }

  // The recording client looked at the metadata until it had seen the change or had enough.
  void wait_for_isr(const json& step) {
    const std::size_t wanted = step.at("waited_for_isr_size");
    const std::chrono::milliseconds waited(step.at("after_ms").get<std::int64_t>());
    const sim::Time earliest = stage_.now() + waited;
    // It may have begun to wait at another moment of the leader's checks.
    const sim::Time latest = earliest + isr_check;
    while (stage_.now() < earliest || (isr_size() != wanted && stage_.now() < latest))
      stage_.run_for(10ms);
    if (!findings_.expect("waited_for_isr_size", wanted, isr_size())) return;
    shrunk_unseen_ = waited >= gave_up_after;
    const auto seen = look();
    if (seen) shrunk_ = ids(seen->isr_nodes, true);
  }

  static constexpr sim::Duration isr_check = 1500ms;  // half of replica.lag.time.max.ms
  static constexpr std::chrono::milliseconds gave_up_after{3000};

  Findings& findings_;
  Stage stage_;
  Transcript transcript_;
  std::string topic_;
  bool follower_is_alive_ = false;
  bool shrunk_unseen_ = false;  // the recording had not seen by then what had happened
  json shrunk_;
};

}  // namespace

void replay_broker_replication(const json& recorded, Findings& findings) {
  Run run(findings);
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.value("api", "")));
    run.step(step);
  }
}

}  // namespace kafkasim::conformance

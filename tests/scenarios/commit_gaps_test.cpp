// What a group is left with when the last commit of a member fails: the run ends, lag remains, and
// the report says which commit it was. And that a start of what runs already is none.
#include "scenarios/engine/commit_gaps.hpp"

#include <algorithm>

#include "tests/scenarios/story.hpp"
#include "tests/scenarios/whole_run.hpp"

namespace kafkasim::scenarios::testing {

namespace {

// worker-a has handled A and B of orders-0, and its commit of them failed at 4 s.
struct Refused : Story {
  Refused() {
    at(1s).joined("worker-a", "workers", 1, "orders-0 orders-1");
    fails(4s, "orders-0", 2);
  }
  void fails(sim::Duration time, std::string_view partition, std::int64_t offset) {
    at(time).tell(
        "worker-a",
        events::CommitFailed{
            "workers", ErrorCode::rebalance_in_progress, "", {{tp(partition), Offset(offset)}}});
  }
  std::vector<CommitGap> gaps(std::int64_t position = 2) {
    at(60s).consumer("worker-a", "workers", "orders-0 orders-1");
    state.consumers.back().positions = {{tp("orders-0"), Offset(position)},
                                        {tp("orders-1"), Offset(0)}};
    return find_commit_gaps(ledger, state);
  }
};

// Members that keep their partitions in a rebalance. `slow` holds up the join phase from 11 s to
// 15 s; meanwhile `quick` gets a record, whose commit its own rebalance forbids.
const std::string refused_commit = R"(
cluster: { brokers: 1 }
topics: { jobs: { partitions: 2, replicas: 1 } }
producers:
  feeder:
    sends:
      - { to: jobs-1, values: [A], start: 10s }
      - { to: jobs-0, values: [B], start: 13s }
consumers:
  quick:
    group: workers
    reads: jobs
    config:
      partition.assignment.strategy: org.apache.kafka.clients.consumer.CooperativeStickyAssignor
      heartbeat.interval.ms: 500
  slow: { like: quick, takes: 5s }
  late: { like: quick, start: 11s }
)";

}  // namespace

TEST_CASE("a failed commit leaves its owner behind, as long as nothing makes it good") {
  Refused story;
  const std::vector<CommitGap> gaps = story.gaps();
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].who == "worker-a");
  CHECK(gaps[0].partition == tp("orders-0"));
  CHECK(gaps[0].tried == Offset(2));
  CHECK_FALSE(gaps[0].committed.is_set());
  CHECK(gap_notes(gaps) ==
        std::vector<std::string>{
            "group workers stays behind in orders-0 (nothing of 2 committed): worker-a's commit at "
            "4.000 s failed (REBALANCE_IN_PROGRESS), its application does not try it again, and no "
            "record came after it to be committed with; whoever reads there next handles those "
            "records again"});
}

TEST_CASE("partitions of one failed commit are told in one sentence") {
  Refused story;
  story.at(5s).tell(
      "worker-a", events::CommitFailed{"workers",
                                       ErrorCode::stale_member_epoch,
                                       "",
                                       {{tp("orders-0"), Offset(2)}, {tp("orders-1"), Offset(0)}}});
  story.at(6s).committed("workers", "orders-0", 1);
  const std::vector<CommitGap> gaps = story.gaps();
  REQUIRE(gaps.size() == 2);
  const std::vector<std::string> notes = gap_notes(gaps);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with(
      "group workers stays behind in orders-0 (1 of 2 committed), orders-1 (nothing of 0 "
      "committed): worker-a's commit at 5.000 s failed (STALE_MEMBER_EPOCH)"));
}

TEST_CASE("what a later commit, or another one's, made good is no gap") {
  Refused story;
  story.at(5s).committed("workers", "orders-0", 2);
  CHECK(story.gaps().empty());
}

TEST_CASE("a commit that failed for its application and is carried out after a later one is told") {
  Refused story;
  story.fails(5s, "orders-0", 1);
  story.at(6s).committed("workers", "orders-0", 2);
  story.at(7s).committed("workers", "orders-0", 1);
  const std::vector<CommitGap> gaps = story.gaps();
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].was_overtaken);
  CHECK(gaps[0].tried == Offset(2));
  CHECK(gap_notes(gaps) ==
        std::vector<std::string>{
            "group workers stays behind in orders-0 (1 of 2 committed): worker-a's commit at 5.000 "
            "s failed (REBALANCE_IN_PROGRESS) but was carried out by the coordinator all the same, "
            "after a later one of the same application, which does not know of it; whoever reads "
            "there next handles those records again"});
}

TEST_CASE("an offset that somebody set back by hand is no gap") {
  Refused story;
  story.at(6s).committed("workers", "orders-0", 2);
  story.at(7s).committed("workers", "orders-0", 1);
  CHECK(story.gaps().empty());
}

TEST_CASE("a failed commit is no excuse for who read on and did not commit again") {
  Refused story;
  CHECK(story.gaps(3).empty());
}

TEST_CASE("a failed commit is no excuse after the partition was given back and came again") {
  Refused story;
  story.at(5s).tell("worker-a", events::PartitionsRevoked{{tp("orders-0")}, false});
  story.at(6s).joined("worker-a", "workers", 2, "orders-0 orders-1");
  CHECK(story.gaps().empty());
}

TEST_CASE("a commit of another partition that failed is no excuse") {
  Refused story;
  CHECK(story.gaps().front().partition == tp("orders-0"));
  Story other;
  other.at(1s).joined("worker-a", "workers", 1, "orders-0");
  other.at(4s).tell(
      "worker-a",
      events::CommitFailed{
          "workers", ErrorCode::rebalance_in_progress, "", {{tp("orders-1"), Offset(2)}}});
  other.consumer("worker-a", "workers", "orders-0");
  other.state.consumers.back().positions = {{tp("orders-0"), Offset(2)}};
  CHECK(find_commit_gaps(other.ledger, other.state).empty());
}

TEST_CASE("a run ends although the last commit of a member was refused, and tells of it") {
  const RunResult result = play(refused_commit + R"(
expect:
  lag: { workers: { jobs-0: 1, jobs-1: 0 } }
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  CHECK(result.outcome.ended_because == "nothing was left to do");
  CHECK(result.outcome.duration < 60s);
  REQUIRE(result.outcome.notes.size() == 1);
  CHECK(result.outcome.notes[0].starts_with(
      "group workers stays behind in jobs-0 (nothing of 1 committed): quick's commit at 13."));
  CHECK(result.outcome.notes[0].find("(REBALANCE_IN_PROGRESS)") != std::string::npos);
}

TEST_CASE("the next record commits what a refused commit left behind") {
  std::string text = refused_commit;
  text.replace(text.find("values: [B]"), 11, "values: [B, C], every: 10s");
  holds(text + "expect: { lag: { workers: 0 } }\n");
}

// The process of worker-a stands still past its session; a record that a fetch had brought it by
// then is handled by the other member, and once more when it runs on.
TEST_CASE("a start event for who runs already is told as such and hides no cause") {
  const RunResult result = play(R"(
cluster:
  brokers: 1
  config:
    group.consumer.min.session.timeout.ms: 6000
    group.consumer.session.timeout.ms: 8000
    group.consumer.min.heartbeat.interval.ms: 1000
    group.consumer.heartbeat.interval.ms: 2000
topics: { jobs: { partitions: 1, replicas: 1 } }
producers: { feeder: { sends: { to: jobs-0, values: [A], start: 5s } } }
consumers:
  worker-a: { group: workers, reads: jobs, config: { group.protocol: consumer } }
  worker-b: { like: worker-a, start: 3s }
events:
  - { at: 4900ms, pause: worker-a, for: 16s }
  - { at: 19s, start: worker-a }
expect: { handled-twice: [A] }
)");
  INFO(text_report(result.outcome, {}));
  CHECK(result.outcome.verdict == Verdict::as_expected);
  REQUIRE(result.outcome.findings.size() == 1);
  CHECK(result.outcome.findings[0].because.find(
            "(worker-a) has sent no heartbeat within its session)") != std::string::npos);
  const auto& entries = result.outcome.timeline.entries;
  CHECK(std::any_of(entries.begin(), entries.end(), [](const TimelineEntry& entry) {
    return entry.text == "start worker-a: it is running, nothing changes";
  }));
}

}  // namespace kafkasim::scenarios::testing

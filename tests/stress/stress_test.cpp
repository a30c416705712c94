// Some drawn scenarios keep all promises, and each planted bug breaks one that is named.
#include <fmt/format.h>

#include "broker/invariants/invariant.hpp"
#include "scenarios/engine/load.hpp"
#include "scenarios/engine/run.hpp"
#include "tests/stress/draw_groups.hpp"
#include "tests/stress/scenario_text.hpp"
#include "tests/stress/stress.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::stress;

TEST_CASE("drawn faults that the configuration survives break no promise") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Result result = run(draw(seed, {}));
    INFO("seed " << seed << ": " << result.failure);
    CHECK(result.ok());
  }
}

TEST_CASE("a drawn scenario written down is a scenario file of the same run") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Drawn drawn = draw(seed, {});
    const std::string name = fmt::format("stress-{}.yaml", seed);
    const scenarios::Loaded loaded = scenarios::load_scenario_text(name, to_yaml(drawn.scenario));
    INFO("seed " << seed);
    REQUIRE(loaded.file);
    const scenarios::RunOptions options;
    CHECK(scenarios::run(loaded.file->scenario, options).outcome.trace_hash ==
          scenarios::run(drawn.scenario, options).outcome.trace_hash);
  }
}

TEST_CASE("drawn lives of groups break no promise, whoever divides the partitions") {
  for (const GroupAssignor& assignor : group_assignors()) {
    DrawOptions options;
    options.groups = true;
    options.assignor = assignor.name;
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      const Result result = run(draw(seed, options));
      INFO(assignor.name << ", seed " << seed << ": " << result.failure);
      CHECK(result.ok());
    }
  }
}

TEST_CASE("a drawn life of a group written down is a scenario file of the same run") {
  DrawOptions options;
  options.groups = true;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Drawn drawn = draw(seed, options);
    const std::string name = fmt::format("stress-{}.yaml", seed);
    const scenarios::Loaded loaded = scenarios::load_scenario_text(name, to_yaml(drawn.scenario));
    INFO("seed " << seed);
    REQUIRE(loaded.file);
    const scenarios::RunOptions run_options;
    CHECK(scenarios::run(loaded.file->scenario, run_options).outcome.trace_hash ==
          scenarios::run(drawn.scenario, run_options).outcome.trace_hash);
  }
}

namespace {

// worker-1 owns orders-0 and has handled both of its records; 1 of 2 is committed.
struct Lags {
  Drawn drawn;
  scenarios::Outcome outcome;
  const protocol::TopicPartition partition{"orders", 0};

  Lags() {
    scenarios::Consumer& consumer = drawn.scenario.consumers.emplace_back();
    consumer.name = "worker-1";
    consumer.group = "workers";
    consumer.reads = {"orders"};
    outcome.ended_because = "nothing was left to do";
    scenarios::PartitionState& state = outcome.state.partitions.emplace_back();
    state.partition = partition;
    state.leader = "broker-1";
    state.isr = {1};
    state.replicas.emplace_back().log_end = protocol::Offset(2);
    state.replicas.front().high_watermark = protocol::Offset(2);
    scenarios::ConsumerState& worker = outcome.state.consumers.emplace_back();
    worker.name = "worker-1";
    worker.group = "workers";
    worker.owned = {partition};
    outcome.state.groups.push_back({"workers", 1, {"orders"}, {{partition, protocol::Offset(1)}}});
  }
  // The owner's last commit, up to that offset, failed.
  std::string with_failed(protocol::ErrorCode error, std::int64_t tried = 2) {
    outcome.commit_gaps = {{"workers", partition, "worker-1", sim::zero, error,
                            protocol::Offset(tried), protocol::Offset(1)}};
    return judge(drawn, outcome);
  }
};

}  // namespace

TEST_CASE("a lag is a broken promise unless a rebalance refused the commit that would end it") {
  using enum protocol::ErrorCode;
  const std::string broken = "workers lags behind orders-0 at the end: it has committed 1 of 2";
  Lags lags;
  CHECK(judge(lags.drawn, lags.outcome) == broken);
  CHECK(lags.with_failed(rebalance_in_progress).empty());
  CHECK(lags.with_failed(stale_member_epoch).empty());
  CHECK(lags.with_failed(request_timed_out) == broken);
  CHECK(lags.with_failed(rebalance_in_progress, 1) == broken);
  lags.outcome.commit_gaps.front().partition.partition = 1;
  CHECK(judge(lags.drawn, lags.outcome) == broken);
}

TEST_CASE("an asynchronous commit that failed may leave a lag, whatever its error was") {
  Lags lags;
  lags.drawn.scenario.consumers.front().commits = scenarios::Commits::after_handling_async;
  CHECK(lags.with_failed(protocol::ErrorCode::not_coordinator).empty());
  CHECK_FALSE(lags.with_failed(protocol::ErrorCode::not_coordinator, 1).empty());
}

TEST_CASE("a partition without an owner is a broken promise unless it is withheld") {
  Lags lags;
  lags.outcome.state.consumers.front().owned.clear();
  CHECK(judge(lags.drawn, lags.outcome) == "orders-0 has no owner at the end");
  lags.outcome.withheld = {{"workers", lags.partition, "worker-1", 2, sim::zero}};
  CHECK(judge(lags.drawn, lags.outcome).empty());
  lags.outcome.withheld.front().group = "others";
  CHECK(judge(lags.drawn, lags.outcome) == "orders-0 has no owner at the end");
}

namespace {

// The invariant that the first drawn life of a group breaks with that bug; of a few.
std::string first_broken(bool broker::Mutations::*bug) {
  broker::Mutations mutations;
  mutations.*bug = true;
  DrawOptions options;
  options.groups = true;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Result result = run(draw(seed, options), mutations);
    const std::string intro = "invariant broken: ";
    if (result.outcome.invariant.starts_with(intro)) {
      const std::string& text = result.outcome.invariant;
      return text.substr(intro.size(), text.find('\n') - intro.size());
    }
  }
  return "none";
}

}  // namespace

TEST_CASE("each planted bug of the group coordinator breaks the invariant that is about it") {
  CHECK(first_broken(&broker::Mutations::accept_old_commits) ==
        words(broker::Invariant::current_commits_only));
  CHECK(first_broken(&broker::Mutations::forget_last_commits) ==
        words(broker::Invariant::commits_stay));
}

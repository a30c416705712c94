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

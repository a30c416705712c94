// Some drawn scenarios keep all promises, and each planted bug breaks one that is named.
#include <fmt/format.h>

#include "scenarios/engine/load.hpp"
#include "scenarios/engine/run.hpp"
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

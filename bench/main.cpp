// kafkasim_bench KAFKASIM FOLDER [PART...]: prints how fast the simulator is, as ratios measured in
// one run. PART names tables (loop, coroutines, throughput, scale, groups, scenarios, conformance);
// all without.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/bench.hpp"

int main(int argc, char** argv) {
  using namespace kafkasim::bench;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2) {
    fmt::print(stderr, "usage: kafkasim_bench KAFKASIM FOLDER [PART...]\n");
    return 2;
  }
  struct Part {
    std::string_view name;
    std::function<void()> run;
  };
  const std::array parts{
      Part{"loop", loop_benchmarks},
      Part{"coroutines", coroutine_benchmarks},
      Part{"throughput", throughput_benchmarks},
      Part{"scale", scale_benchmarks},
      Part{"groups", groups_benchmarks},
      Part{"scenarios", [&] { scenario_benchmarks(arguments[0], arguments[1]); }},
      Part{"conformance", [&] { conformance_benchmarks(arguments[1] + "/../tests/vectors"); }},
  };
  const std::vector<std::string> wanted(arguments.begin() + 2, arguments.end());
  for (const std::string& name : wanted) {
    if (std::any_of(parts.begin(), parts.end(), [&](const Part& p) { return p.name == name; }))
      continue;
    fmt::print(
        stderr,
        "kafkasim_bench: no part '{}'; there are loop, coroutines, throughput, scale, groups, "
        "scenarios and conformance\n",
        name);
    return 2;
  }
  fmt::print(
      "Ratios (x) compare with the first row of their table; absolute times depend on the "
      "machine.\n");
  for (const Part& part : parts) {
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), part.name) != wanted.end())
      part.run();
  }
  return 0;
}

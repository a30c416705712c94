// kafkasim_bench [KAFKASIM FOLDER | scale]: prints how fast the simulator is, as ratios measured in
// one run; with `scale` only that of large clusters.
#include <fmt/format.h>

#include <string>

#include "bench/bench.hpp"

int main(int argc, char** argv) {
  fmt::print(
      "Ratios (x) compare with the first row of their table; absolute times depend on the "
      "machine.\n");
  if (argc == 2 && std::string(argv[1]) == "scale") {
    kafkasim::bench::scale_benchmarks();
    return 0;
  }
  kafkasim::bench::loop_benchmarks();
  kafkasim::bench::coroutine_benchmarks();
  kafkasim::bench::scale_benchmarks();
  if (argc > 2) kafkasim::bench::scenario_benchmarks(argv[1], argv[2]);
  return 0;
}

// Cases per second of each kind of recorded vectors, and whether they agree. Reading the file is
// part of it.
#include <fmt/format.h>

#include <sstream>
#include <string>

#include "bench/bench.hpp"
#include "tests/conformance/kinds.hpp"
#include "tests/conformance/run.hpp"

namespace kafkasim::bench {

void conformance_benchmarks(const std::string& folder) {
  fmt::print("\nConformance\n");
  for (const conformance::Kind& kind : conformance::kinds()) {
    const std::string name(kind.name);
    std::ostringstream out;
    std::ostringstream err;
    conformance::Tally tally;
    const double nanoseconds = measure([&] {
      conformance::run({name, folder + "/" + name + ".jsonl"}, out, err, &tally);
    });
    const std::size_t cases = tally.passed + tally.failed;
    if (cases == 0) {
      fmt::print("  {:<28} nothing to replay: {}", name, err.str());
      continue;
    }
    fmt::print("  {:<28} {:>4} of {:>4} cases agree   {:>9.0f} cases per s\n", name, tally.passed,
               cases, static_cast<double>(cases) / (nanoseconds / 1e9));
  }
}

}  // namespace kafkasim::bench

// The lessons: virtual seconds per wall second inside the program, and each as a whole process.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/bench.hpp"
#include "scenarios/engine/load.hpp"
#include "scenarios/engine/run.hpp"

namespace kafkasim::bench {

namespace {

constexpr int rounds = 15;

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void bench_file(const std::string& program, const std::string& path) {
  const scenarios::Loaded loaded = scenarios::load_scenario(path);
  if (!loaded.file) {
    fmt::print("  {}: cannot be read\n", path);
    return;
  }
  std::vector<double> inside;
  std::vector<double> process;
  double virtual_nanoseconds = 0;
  const std::string command = fmt::format("'{}' run '{}' >/dev/null 2>&1", program, path);
  for (int round = 0; round < rounds; ++round) {
    inside.push_back(measure([&] {
      const scenarios::RunResult result = scenarios::run(loaded.file->scenario, {});
      virtual_nanoseconds = static_cast<double>(result.outcome.duration.count());
    }));
    process.push_back(measure([&] {
      if (std::system(command.c_str()) != 0) fmt::print("  {} failed\n", path);
    }));
  }
  fmt::print("  {:<36} {:>8.0f} virtual s per s   {:>6.1f} ms inside   {:>6.1f} ms as a process\n",
             loaded.file->scenario.name, virtual_nanoseconds / median(inside), median(inside) / 1e6,
             median(process) / 1e6);
}

}  // namespace

void scenario_benchmarks(const std::string& program, const std::string& folder) {
  fmt::print("\nScenarios (goal: under 50 ms as a process)\n");
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) bench_file(program, path);
}

}  // namespace kafkasim::bench

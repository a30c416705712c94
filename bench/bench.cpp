// Measuring and printing.
#include "bench/bench.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace kafkasim::bench {

double measure(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

std::vector<double> compare(const std::vector<Alternative>& alternatives, double operations,
                            int rounds) {
  std::vector<std::vector<double>> times(alternatives.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < alternatives.size(); ++i)
      times[i].push_back(alternatives[i].work());
  }
  std::vector<double> medians;
  for (std::vector<double>& of_one : times) {
    std::sort(of_one.begin(), of_one.end());
    medians.push_back(of_one[of_one.size() / 2] / operations);
  }
  return medians;
}

void print_comparison(const std::string& title, const std::vector<Alternative>& alternatives,
                      const std::vector<double>& nanoseconds) {
  fmt::print("\n{}\n", title);
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    fmt::print("  {:<44} {:>8.1f} ns   x{:.2f}\n", alternatives[i].name, nanoseconds[i],
               nanoseconds[i] / nanoseconds[0]);
  }
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

}  // namespace kafkasim::bench

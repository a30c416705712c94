// What the benchmarks share: wall time of a piece of work, the median of several runs, and rows
// printed as ratios.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace kafkasim::bench {

// Wall nanoseconds of one call.
double measure(const std::function<void()>& work);

// Wall nanoseconds of the part of the work that counts; building what it works on does not.
struct Alternative {
  std::string name;
  std::function<double()> work;
};
// Median nanoseconds per operation of each alternative. The alternatives are run in turn, `rounds`
// times, so that what else the machine does falls on all of them alike.
std::vector<double> compare(const std::vector<Alternative>& alternatives, double operations,
                            int rounds = 5);

// Prints a row for each alternative: ns per operation, and times the first one.
void print_comparison(const std::string& title, const std::vector<Alternative>& alternatives,
                      const std::vector<double>& nanoseconds);

// Resident memory of this process in bytes.
double resident_bytes();
// Of that what is allocated now.
double allocated_bytes();

void loop_benchmarks();
void coroutine_benchmarks();
// Large clusters under a steady load: time and memory against records and partitions, and what
// checking the invariants costs.
void scale_benchmarks();
// Large groups of consumers: forming and settling again, and how that grows.
void groups_benchmarks();
// Records from end to end, beside librdkafka's mock cluster.
void throughput_benchmarks();
// `program`: the kafkasim to start as a process; `folder`: its scenarios.
void scenario_benchmarks(const std::string& program, const std::string& folder);
// `folder`: with a file of recorded vectors for each kind.
void conformance_benchmarks(const std::string& folder);

}  // namespace kafkasim::bench

// stress --seeds A..B [--jobs N] [--brokers N] [--groups] [--assignor NAME] [--plain] [--twice]
// [--mutation NAME] [--write FOLDER]: runs the drawn scenario of each seed and prints a line for
// each that breaks a promise. Jobs are processes of their own: one world is one thread.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/stress/draw_groups.hpp"
#include "tests/stress/scenario_text.hpp"
#include "tests/stress/stress.hpp"

namespace kafkasim::stress {

namespace {

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = 20;
  unsigned jobs = 1;
  std::string folder;  // empty = nothing is written
  bool show = false;
  bool twice = false;  // run each a second time: the same must happen
  DrawOptions draw;
  broker::Mutations mutations;
};

[[noreturn]] void fail(const std::string& text) {
  fmt::print(stderr, "stress: {}\n", text);
  std::exit(2);
}

std::uint64_t number(std::string_view text) {
  char* end = nullptr;
  const std::string owned(text);
  const std::uint64_t value = std::strtoull(owned.c_str(), &end, 10);
  if (owned.empty() || *end != '\0') fail(fmt::format("'{}' is no number", text));
  return value;
}

void read_seeds(std::string_view text, Options& options) {
  const std::size_t dots = text.find("..");
  options.first = number(text.substr(0, dots));
  options.last = dots == std::string_view::npos ? options.first : number(text.substr(dots + 2));
}

void read_mutation(std::string_view name, Options& options) {
  for (const broker::NamedMutation& known : broker::mutation_names) {
    if (known.name != name) continue;
    options.mutations.*known.on = true;
    return;
  }
  fail(fmt::format("no mutation is called '{}'", name));
}

[[noreturn]] void help() {
  std::vector<std::string_view> names;
  for (const GroupAssignor& each : group_assignors()) names.push_back(each.name);
  fmt::print(
      "stress --seeds A..B [OPTION...]: runs drawn scenarios, prints those that break a promise\n"
      "  --jobs N           that many processes\n"
      "  --groups           lives of groups of consumers instead of lives of clusters\n"
      "  --assignor NAME    groups that divide their partitions so: {}\n"
      "  --plain            no workers, librdkafka, second groups\n"
      "  --twice            run each a second time: the same must happen\n"
      "  --brokers N        instead of 3 to 5\n"
      "  --no-power-loss    no machine loses power\n"
      "  --mutation NAME    with this guard taken out\n"
      "  --write FOLDER     write the scenario of each broken promise as a file\n"
      "  --show             print the timelines\n",
      fmt::join(names, ", "));
  std::exit(0);
}

Options read(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view key = argv[i];
    if (key == "--show") {
      options.show = true;
      continue;
    }
    if (key == "--help") help();
    if (key == "--twice") {
      options.twice = true;
      continue;
    }
    if (key == "--groups") {
      options.draw.groups = true;
      continue;
    }
    if (key == "--plain") {
      options.draw.wider = false;
      continue;
    }
    if (key == "--no-power-loss") {
      options.draw.power_loss = false;
      continue;
    }
    if (i + 1 == argc) fail(fmt::format("{} needs a value", key));
    const std::string_view value = argv[++i];
    if (key == "--seeds") {
      read_seeds(value, options);
    } else if (key == "--jobs") {
      options.jobs = static_cast<unsigned>(number(value));
    } else if (key == "--brokers") {
      options.draw.brokers = static_cast<int>(number(value));
    } else if (key == "--assignor") {
      if (find_group_assignor(value) == nullptr) fail(fmt::format("no assignor '{}'", value));
      options.draw.assignor = value;
      options.draw.groups = true;
    } else if (key == "--mutation") {
      read_mutation(value, options);
    } else if (key == "--write") {
      options.folder = value;
    } else {
      fail(fmt::format("'{}' is unknown", key));
    }
  }
  if (options.jobs == 0) fail("--jobs 0");
  return options;
}

void show(const scenarios::Outcome& outcome) {
  for (const scenarios::TimelineEntry& entry : outcome.timeline.entries)
    fmt::print("{:>10}  {:<14} {}\n", scenarios::seconds(entry.time), entry.who, entry.text);
  fmt::print("{}\n", outcome.invariant);
}

// Every `jobs`-th seed from that one on; how many failed.
std::uint64_t run_seeds(const Options& options, unsigned job) {
  std::uint64_t failed = 0;
  for (std::uint64_t seed = options.first + job; seed <= options.last; seed += options.jobs) {
    const Drawn drawn = draw(seed, options.draw);
    Result result = run(drawn, options.mutations);
    if (options.twice && result.ok()) {
      const Result again = run(draw(seed, options.draw), options.mutations);
      if (again.outcome.trace_hash != result.outcome.trace_hash)
        result.failure = "the second run differs from the first";
    }
    if (options.show) show(result.outcome);
    if (!result.ok()) {
      ++failed;
      fmt::print("seed {}: {}\n", seed, result.failure);
      std::fflush(stdout);
    }
    if (options.folder.empty() || (result.ok() && !options.show)) continue;
    std::ofstream file(fmt::format("{}/stress-{}.yaml", options.folder, seed));
    file << to_yaml(drawn.scenario);
  }
  return failed;
}

int run_jobs(const Options& options) {
  constexpr int some_failed = 1;
  if (options.jobs == 1) return run_seeds(options, 0) > 0 ? some_failed : 0;
  for (unsigned job = 0; job < options.jobs; ++job) {
    const pid_t child = fork();
    if (child < 0) fail("no more processes");
    if (child == 0) {
      const std::uint64_t failed = run_seeds(options, job);
      std::fflush(stdout);
      _exit(failed > 0 ? some_failed : 0);
    }
  }
  int worst = 0;
  for (unsigned job = 0; job < options.jobs; ++job) {
    int status = 0;
    if (wait(&status) < 0) fail("a job is gone");
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 3);
  }
  return worst;
}

}  // namespace

}  // namespace kafkasim::stress

int main(int argc, char** argv) {
  const auto options = kafkasim::stress::read(argc, argv);
  const int status = kafkasim::stress::run_jobs(options);
  fmt::print("seeds {} to {}: {}\n", options.first, options.last,
             status == 0 ? "all promises kept" : "not all promises kept");
  return status;
}

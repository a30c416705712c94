// The course of a run: set up, open, let time pass until nothing is left to do or the limit is
// reached, judge.
#include "scenarios/engine/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "scenarios/engine/anomalies.hpp"
#include "scenarios/engine/commit_gaps.hpp"
#include "scenarios/engine/expect.hpp"
#include "scenarios/engine/injector.hpp"
#include "scenarios/engine/lag_watch.hpp"
#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/poll_watch.hpp"
#include "scenarios/engine/snapshot.hpp"
#include "scenarios/engine/staging.hpp"
#include "scenarios/engine/timeline.hpp"
#include "scenarios/engine/withheld.hpp"
#include "sim/check.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr sim::Duration default_limit = std::chrono::minutes(10);
// How often a run without a limit looks whether something is left to do, and for how long nothing
// must be.
constexpr sim::Duration look_every = std::chrono::milliseconds(100);
constexpr int quiet_looks = 10;

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        staging_(scenario, options.seed.value_or(scenario.seed), options.check_invariants,
                 options.mutations),
        injector_(staging_, scenario.events) {}

  RunResult go();

 private:
  void watch();
  void play();
  void check(const Check& due);
  void judge();
  void finish();

  const Scenario& scenario_;
  const RunOptions& options_;
  Staging staging_;
  Ledger ledger_;
  Timeline timeline_;
  Injector injector_;
  std::optional<LagWatch> lags_;
  PollWatch polls_{ledger_};
  RunResult result_;
};

void Run::watch() {
  sim::Trace& trace = staging_.world().trace();
  trace.keep_lines(options_.keep_trace);
  const FinalState beginning = snapshot(staging_, ledger_);
  ledger_.begin(beginning);
  lags_.emplace(scenario_.expect, beginning);
  trace.observe([this](sim::Time time, std::string_view who, const sim::TraceEvent& event) {
    ledger_.observe(time, who, event);
    timeline_.observe(time, who, event);
    lags_->observe(time, event);
    polls_.observe(who, event);
  });
}

void Run::check(const Check& due) {
  FinalState state = snapshot(staging_, ledger_);
  for (ExpectationResult& result : evaluate_check(due, ledger_, state)) {
    result_.outcome.expectations.push_back(std::move(result));
  }
  result_.outcome.tables.push_back(std::move(state.tables));
}

void Run::play() {
  sim::Loop& loop = staging_.world().loop();
  std::vector<const Check*> checks;
  for (const Check& one : scenario_.expect.checks) checks.push_back(&one);
  std::stable_sort(checks.begin(), checks.end(),
                   [](const Check* a, const Check* b) { return a->at < b->at; });
  auto next_check = checks.begin();
  const sim::Time limit = sim::later(sim::zero, scenario_.until.value_or(default_limit));
  int quiet = 0;
  sim::Time look = sim::zero;
  result_.outcome.ended_because = "its time limit";
  while (loop.now() < limit) {
    look = std::min(look + look_every, limit);
    while (next_check != checks.end() && sim::zero + (*next_check)->at <= look) {
      loop.run_until(sim::zero + (*next_check)->at);
      check(**next_check++);
    }
    loop.run_until(look);
    if (scenario_.until || next_check != checks.end()) continue;
    quiet = !injector_.is_pending() && staging_.is_settled() ? quiet + 1 : 0;
    if (quiet < quiet_looks) continue;
    result_.outcome.ended_because = "nothing was left to do";
    break;
  }
  for (; next_check != checks.end(); ++next_check) {
    result_.outcome.expectations.push_back(missed_check(**next_check));
  }
}

void Run::judge() {
  Outcome& outcome = result_.outcome;
  outcome.state = snapshot(staging_, ledger_);
  for (ConsumerState& consumer : outcome.state.consumers) {
    const PollWatch::AcrossRebalances& across = polls_.across_rebalances(consumer.name);
    consumer.polled_again = across.again;
    consumer.poll_skipped = across.skipped;
  }
  outcome.findings = find_anomalies(ledger_, outcome.state);
  std::vector<ExpectationResult> results =
      scenarios::judge(scenario_.expect, ledger_, outcome.state, outcome.findings);
  for (ExpectationResult& result : lags_->results()) results.push_back(std::move(result));
  outcome.expectations.insert(outcome.expectations.begin(), results.begin(), results.end());
  outcome.commit_gaps = find_commit_gaps(ledger_, outcome.state);
  outcome.withheld = find_withheld(ledger_, outcome.state);
  outcome.notes = withheld_notes(outcome.withheld);
  for (std::string& note : gap_notes(outcome.commit_gaps)) outcome.notes.push_back(std::move(note));
  for (const int number : injector_.never_happened()) {
    outcome.notes.push_back(
        fmt::format("event {} never happened: nothing pulled its trigger", number));
  }
  if (const AdminClient* admin = staging_.admin()) {
    outcome.notes.insert(outcome.notes.end(), admin->failures().begin(), admin->failures().end());
  }
}

void Run::finish() {
  Outcome& outcome = result_.outcome;
  sim::World& world = staging_.world();
  outcome.timeline = timeline_.text();
  outcome.trace_hash = world.trace().hash();
  outcome.trace_lines = world.trace().count();
  outcome.events_run = world.loop().events_run();
  outcome.duration = std::max(world.now() - sim::zero, sim::Duration(0));
  if (options_.keep_trace)
    result_.trace.assign(world.trace().lines().begin(), world.trace().lines().end());
  outcome.verdict = verdict_of(outcome);
}

RunResult Run::go() {
  Outcome& outcome = result_.outcome;
  outcome.scenario = scenario_.name;
  outcome.variant = scenario_.variant;
  outcome.file = options_.file;
  outcome.seed = staging_.world().seed();
  outcome.question = scenario_.question;
  outcome.answer = scenario_.answer;
  try {
    if (std::optional<std::string> problem = staging_.set_up()) {
      outcome.ended_because = "the cluster could not be set up";
      outcome.expectations.push_back(
          {"set-up", false, "a cluster that works at time 0", *problem, {}});
    } else {
      watch();
      staging_.open();
      injector_.start();
      play();
      judge();
    }
  } catch (const std::exception& error) {
    outcome.ended_because = "an invariant broke";
    outcome.invariant =
        fmt::format("{}\nat {} s with seed {}; the last lines of the trace:", error.what(),
                    sim::to_string(staging_.world().now()), outcome.seed);
    const auto& lines = staging_.world().trace().lines();
    constexpr std::size_t shown = 20;
    for (std::size_t i = lines.size() - std::min(lines.size(), shown); i < lines.size(); ++i) {
      outcome.invariant += "\n  " + lines[i];
    }
  }
  finish();
  return std::move(result_);
}

}  // namespace

RunResult run(const Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).go();
}

}  // namespace kafkasim::scenarios

// Each key of `expect`, in the order of the scenario language.
#include "scenarios/engine/expect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "consumer/metrics_table.hpp"
#include "producer/metrics_table.hpp"
#include "scenarios/engine/anomalies.hpp"
#include "scenarios/engine/anomalies_truth.hpp"
#include "scenarios/engine/expect_groups.hpp"
#include "scenarios/engine/expect_values.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {

namespace {

using Results = std::vector<ExpectationResult>;

Names names_of(const Ledger& ledger, const std::vector<RecordIndex>& records) {
  Names names;
  for (const RecordIndex record : records) names.push_back(ledger.records()[record].name);
  return names;
}

void judge_acked(const Expectations& expect, const Ledger& ledger, Results& out) {
  for (const auto& [producer, expected] : expect.acked) {
    const auto notes = ledger.producers().find(producer);
    const Names got =
        notes == ledger.producers().end() ? Names() : names_of(ledger, notes->second.acked);
    out.push_back(compare_records("acked " + producer, expected, got, Order::matters));
  }
}

// "D: TIMED_OUT" for each record and error, each pair once.
Names failures_text(const std::vector<std::pair<std::string, protocol::ErrorCode>>& failures) {
  Names out;
  for (const auto& [record, error] : failures) {
    const std::string text = record + ": " + failure_name(error);
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  }
  return out;
}

void judge_failed(const Expectations& expect, const Ledger& ledger, Results& out) {
  for (const auto& [producer, expected] : expect.failed) {
    std::vector<RecordIndex> records;  // each once
    std::set<RecordIndex> seen;
    std::vector<std::pair<std::string, protocol::ErrorCode>> failures;
    const auto notes = ledger.producers().find(producer);
    if (notes != ledger.producers().end()) {
      for (const Failure& failure : notes->second.failed) {
        if (seen.insert(failure.record).second) records.push_back(failure.record);
        failures.emplace_back(ledger.records()[failure.record].name, failure.error);
      }
    }
    const std::string key = "failed " + producer;
    if (expected.value.errors.empty()) {
      out.push_back(compare_records(key, {expected.value.records, expected.position},
                                    names_of(ledger, records), Order::does_not_matter));
      continue;
    }
    std::vector<std::pair<std::string, protocol::ErrorCode>> wanted(expected.value.errors.begin(),
                                                                    expected.value.errors.end());
    out.push_back(compare_lists(key, failures_text(wanted), failures_text(failures),
                                expected.position, Order::does_not_matter));
  }
}

void judge_log(const Expectations& expect, const FinalState& state, Results& out) {
  for (const auto& [partition, expected] : expect.log) {
    Names got;
    if (const PartitionState* found = state.find(partition)) {
      for (const protocol::Record* record : log_at_the_end(*found))
        got.push_back(protocol::label(*record));
    }
    out.push_back(compare_records("log " + to_string(partition), expected, got, Order::matters));
  }
}

// By a consumer of that name, else by all members of the group of that name.
void judge_handled(const Expectations& expect, const Ledger& ledger, const FinalState& state,
                   Results& out) {
  for (const auto& [name, expected] : expect.handled) {
    const bool is_group = state.consumer(name) == nullptr && state.group(name) != nullptr;
    Names got;
    for (const Handling& handling : ledger.handlings()) {
      if ((is_group ? *handling.group : *handling.who) == name) {
        got.push_back(ledger.records()[handling.record].name);
      }
    }
    const Order order = is_group ? Order::does_not_matter : Order::matters;
    out.push_back(compare_records("handled " + name, expected, got, order));
  }
}

// In order of happening, also those of a group.
void judge_effects(const Expectations& expect, const Ledger& ledger, const FinalState& state,
                   Results& out) {
  for (const auto& [name, expected] : expect.effects) {
    const bool is_group = state.consumer(name) == nullptr && state.group(name) != nullptr;
    Names got;
    for (const Handling& handling : ledger.handlings()) {
      if (handling.has_effect && (is_group ? *handling.group : *handling.who) == name)
        got.push_back(ledger.records()[handling.record].name);
    }
    out.push_back(compare_records("effects " + name, expected, got, Order::matters));
  }
}

void judge_groups(const Expectations& expect, const Ledger& ledger, const FinalState& state,
                  Results& out) {
  for (const auto& [group, expected] : expect.committed) {
    const GroupState* found = state.group(group);
    for (const auto& [partition, range] : expected.value) {
      protocol::Offset offset;
      if (found == nullptr || !found->committed_is_whole)
        offset = ledger.committed(group, partition);
      if (found != nullptr && found->committed.contains(partition))
        offset = found->committed.at(partition);
      out.push_back(compare_number(
          fmt::format("committed {} {}", group, to_string(partition)), range,
          offset.is_set() ? std::optional(offset.value()) : std::nullopt, expected.position));
    }
  }
  compare_lag(expect.lag, "", ledger, state, out);
  compare_groups(expect.groups, "", state, out);
}

ExpectationResult judge_isr(const std::string& key, const TopicPartition& partition,
                            const Expected<std::vector<int>>& expected, const FinalState& state) {
  const auto texts = [](std::vector<int> ids) {
    std::sort(ids.begin(), ids.end());
    Names out;
    for (const int id : ids) out.push_back(std::to_string(id));
    return out;
  };
  const PartitionState* found = state.find(partition);
  return compare_lists(key, texts(expected.value), found == nullptr ? Names() : texts(found->isr),
                       expected.position, Order::matters);
}

void judge_cluster(const Expectations& expect, const Ledger& ledger, const FinalState& state,
                   Results& out) {
  for (const auto& [broker, expected] : expect.truncated) {
    const auto records = ledger.truncated().find(broker);
    const Names got =
        records == ledger.truncated().end() ? Names() : names_of(ledger, records->second);
    out.push_back(compare_records("truncated " + broker, expected, got, Order::does_not_matter));
  }
  for (const auto& [client, expected] : expect.errors) {
    const auto texts = [](const std::vector<protocol::ErrorCode>& errors) {
      Names names;
      for (const protocol::ErrorCode error : errors) names.emplace_back(protocol::name(error));
      return names;
    };
    const auto met = ledger.errors().find(client);
    out.push_back(compare_lists("errors " + client, texts(expected.value),
                                met == ledger.errors().end() ? Names() : texts(met->second),
                                expected.position, Order::matters));
  }
  for (const auto& [partition, expected] : expect.leaders) {
    out.push_back(compare_lists("leaders " + to_string(partition), expected.value,
                                ledger.leaders(partition), expected.position, Order::matters));
  }
  for (const auto& [partition, expected] : expect.isr) {
    out.push_back(judge_isr("isr " + to_string(partition), partition, expected, state));
  }
}

void judge_assignments(const Expectations& expect, const Ledger& ledger, Results& out) {
  for (const auto& [group, expected] : expect.assignments) {
    const auto texts = [](const std::vector<Assignment>& assignments) {
      Names names;
      for (const Assignment& assignment : assignments) names.push_back(assignment_text(assignment));
      return names;
    };
    out.push_back(compare_lists("assignments " + group, texts(expected.value),
                                texts(ledger.assignments(group)), expected.position,
                                Order::matters));
  }
}

void judge_metrics(const Expectations& expect, const FinalState& state, Results& out) {
  for (const auto& [client, expected] : expect.metrics) {
    const ProducerState* found = state.producer(client);
    std::map<std::string, client::MetricValue> got;
    if (found != nullptr) {
      for (producer::NamedMetric& metric : producer::all_metrics(found->metrics))
        got.emplace(std::move(metric.name), metric.value);
    }
    if (const ConsumerState* consumer = state.consumer(client)) {
      for (const consumer::MetricDef& def : consumer::metric_defs())
        got.emplace(def.name, def.value(consumer->metrics));
    }
    for (const auto& [name, range] : expected) {
      const client::MetricValue value = got[name];
      out.push_back({fmt::format("metrics {} {}", client, name),
                     value && range.value.contains(*value), to_string(range.value),
                     value ? client::metric_text(value) : "none", range.position});
    }
  }
}

// Some anomalies are looked for only where they are named.
void add_named(const Expectations& expect, const Ledger& ledger, const FinalState& state,
               std::vector<Finding>& findings) {
  for (const auto& [anomaly, expected] : expect.anomalies) {
    if (is_judged_unnamed(anomaly)) continue;
    for (Finding& found : find_named(anomaly, ledger, state)) findings.push_back(std::move(found));
  }
}

void judge_anomalies(const Expectations& expect, std::vector<Finding>& findings, Results& out) {
  for (const auto& [anomaly, expected] : expect.anomalies) {
    Names got;
    std::set<protocol::RecordTag> seen;
    for (const Finding& finding : findings) {
      if (finding.anomaly == anomaly && seen.insert(finding.tag).second)
        got.push_back(finding.record);
    }
    out.push_back(
        compare_records(std::string(to_string(anomaly)), expected, got, Order::does_not_matter));
    const auto* names = std::get_if<Names>(&expected.value);
    for (Finding& finding : findings) {
      if (finding.anomaly != anomaly) continue;
      finding.expected = names == nullptr ? out.back().met
                                          : std::find(names->begin(), names->end(),
                                                      finding.record) != names->end();
    }
  }
}

}  // namespace

std::string failure_name(protocol::ErrorCode error) {
  return error == protocol::ErrorCode::request_timed_out ? "TIMED_OUT"
                                                         : std::string(protocol::name(error));
}

std::vector<ExpectationResult> judge(const Expectations& expect, const Ledger& ledger,
                                     const FinalState& state, std::vector<Finding>& findings) {
  Results out;
  judge_acked(expect, ledger, out);
  judge_failed(expect, ledger, out);
  judge_log(expect, state, out);
  judge_handled(expect, ledger, state, out);
  judge_effects(expect, ledger, state, out);
  compare_polls(expect, state, out);
  judge_groups(expect, ledger, state, out);
  judge_cluster(expect, ledger, state, out);
  judge_assignments(expect, ledger, out);
  judge_metrics(expect, state, out);
  add_named(expect, ledger, state, findings);
  judge_anomalies(expect, findings, out);
  return out;
}

std::vector<ExpectationResult> evaluate_check(const Check& check, const Ledger& ledger,
                                              const FinalState& snapshot) {
  Results out;
  const std::string when = " at " + sim::to_string(check.at);
  for (const auto& [partition, expected] : check.isr) {
    out.push_back(judge_isr("isr " + to_string(partition) + when, partition, expected, snapshot));
  }
  for (const auto& [partition, expected] : check.high_watermark) {
    const PartitionState* found = snapshot.find(partition);
    const ReplicaState* replica = found == nullptr ? nullptr : deciding_replica(*found);
    out.push_back(compare_number(
        "high-watermark " + to_string(partition) + when, expected.value,
        replica == nullptr ? std::nullopt : std::optional(replica->high_watermark.value()),
        expected.position));
  }
  compare_lag(check.lag, when, ledger, snapshot, out);
  compare_groups(check.groups, when, snapshot, out);
  compare_owners(check.assignments, when, snapshot, out);
  return out;
}

ExpectationResult missed_check(const Check& check) {
  return {"check at " + sim::to_string(check.at), false, "the state at that time",
          "the run ended before it", check.position};
}

Verdict verdict_of(const Outcome& outcome) {
  if (!outcome.invariant.empty()) return Verdict::invariant_broken;
  const bool met = std::all_of(outcome.expectations.begin(), outcome.expectations.end(),
                               [](const ExpectationResult& result) { return result.met; });
  const bool closed = std::all_of(outcome.findings.begin(), outcome.findings.end(),
                                  [](const Finding& finding) { return finding.expected; });
  return met && closed ? Verdict::as_expected : Verdict::not_as_expected;
}

}  // namespace kafkasim::scenarios

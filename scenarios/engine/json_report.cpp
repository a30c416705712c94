// The outcome as JSON.
#include "scenarios/engine/json_report.hpp"

#include <fmt/format.h>

#include "consumer/metrics_table.hpp"
#include "producer/metrics_table.hpp"

namespace kafkasim::scenarios {

using Json = nlohmann::ordered_json;

namespace {

std::string_view weight_name(Weight weight) {
  switch (weight) {
    case Weight::routine:
      return "routine";
    case Weight::notable:
      return "notable";
    case Weight::trouble:
      return "trouble";
    case Weight::fault:
      return "fault";
  }
  return "";
}

std::int64_t nanoseconds(sim::Time time) { return time.time_since_epoch().count(); }

Json offsets_json(const std::map<TopicPartition, protocol::Offset>& offsets) {
  Json out = Json::object();
  for (const auto& [partition, offset] : offsets) out[to_string(partition)] = offset.value();
  return out;
}

Json names_json(const std::vector<TopicPartition>& partitions) {
  Json out = Json::array();
  for (const TopicPartition& partition : partitions) out.push_back(to_string(partition));
  return out;
}

Json log_json(const ReplicaState& replica) {
  Json out = Json::array();
  for (const protocol::StoredBatch& stored : replica.log) {
    if (stored.batch->is_control()) {
      out.push_back({{"offset", stored.base_offset.value()},
                     {"leader_epoch", stored.leader_epoch.value()},
                     {"record", protocol::labels(*stored.batch)}});
      continue;
    }
    for (const protocol::Record& record : stored.batch->records) {
      out.push_back({{"offset", (stored.base_offset + record.offset_delta).value()},
                     {"leader_epoch", stored.leader_epoch.value()},
                     {"record", protocol::label(record)}});
    }
  }
  return out;
}

Json partitions_json(const FinalState& state) {
  Json out = Json::array();
  for (const PartitionState& partition : state.partitions) {
    Json replicas = Json::array();
    for (const ReplicaState& replica : partition.replicas) {
      replicas.push_back({{"broker", replica.broker},
                          {"alive", replica.alive},
                          {"leader_epoch", replica.leader_epoch.value()},
                          {"log_start", replica.log_start.value()},
                          {"log_end", replica.log_end.value()},
                          {"high_watermark", replica.high_watermark.value()},
                          {"log", log_json(replica)}});
    }
    out.push_back({{"partition", to_string(partition.partition)},
                   {"leader", partition.leader},
                   {"leader_epoch", partition.leader_epoch.value()},
                   {"isr", partition.isr},
                   {"replicas", std::move(replicas)}});
    if (!partition.elr.empty()) out.back()["elr"] = partition.elr;
  }
  return out;
}

Json controllers_json(const FinalState& state) {
  Json out = Json::array();
  for (const ControllerState& controller : state.controllers) {
    out.push_back({{"controller", controller.name},
                   {"alive", controller.alive},
                   {"active", controller.active},
                   {"epoch", controller.epoch.value()},
                   {"log_end", controller.log_end.value()},
                   {"high_watermark", controller.high_watermark.value()}});
  }
  return out;
}

Json metric_json(const client::MetricValue& value) {
  if (!value) return nullptr;
  if (*value % 1000 == 0) return *value / 1000;
  return static_cast<double>(*value) / 1000;
}

Json errors_json(const std::map<protocol::ErrorCode, std::int64_t>& errors) {
  Json out = Json::object();
  for (const auto& [error, count] : errors) out[std::string(protocol::name(error))] = count;
  return out;
}

Json producers_json(const FinalState& state) {
  Json out = Json::array();
  for (const ProducerState& producer : state.producers) {
    Json metrics = Json::object();
    for (const producer::NamedMetric& metric : producer::all_metrics(producer.metrics))
      metrics[metric.name] = metric_json(metric.value);
    out.push_back({{"producer", producer.name},
                   {"alive", producer.alive},
                   {"metrics", std::move(metrics)},
                   {"failed_records", errors_json(producer.metrics.failed_records)},
                   {"refused_batches", errors_json(producer.metrics.refused_batches)}});
  }
  return out;
}

Json groups_json(const FinalState& state) {
  Json out = Json::array();
  for (const GroupState& group : state.groups) {
    out.push_back({{"group", group.name},
                   {"members_alive", group.members_alive},
                   {"topics", group.topics},
                   {"committed", offsets_json(group.committed)}});
  }
  return out;
}

Json offset_json(protocol::Offset offset) {
  return offset.is_set() ? Json(offset.value()) : Json(nullptr);
}

Json group_table_json(const GroupTable& table) {
  Json members = Json::array();
  for (const GroupTableMember& member : table.members) {
    members.push_back({{"consumer_id", member.consumer_id},
                       {"instance_id", member.instance_id},
                       {"host", member.host},
                       {"client_id", member.client_id},
                       {"epoch", member.epoch},
                       {"assignment", names_json(member.assignment)},
                       {"target", names_json(member.target)}});
  }
  Json offsets = Json::array();
  for (const GroupTableRow& row : table.rows) {
    const std::optional<std::int64_t> lag = row.lag();
    offsets.push_back({{"partition", to_string(row.partition)},
                       {"current_offset", offset_json(row.current)},
                       {"log_end_offset", offset_json(row.log_end)},
                       {"lag", lag ? Json(*lag) : Json(nullptr)},
                       {"consumer_id", row.consumer_id},
                       {"host", row.host},
                       {"client_id", row.client_id}});
  }
  return {{"group", table.group},
          {"coordinator", table.coordinator},
          {"protocol", table.is_classic ? "classic" : "consumer"},
          {"state", table.state},
          {"assignor", table.assignor},
          {"generation", table.generation},
          {"target_epoch", table.target_epoch},
          {"members", std::move(members)},
          {"offsets", std::move(offsets)}};
}

// At the time of each check, and at the end.
Json group_tables_json(const Outcome& outcome) {
  Json out = Json::array();
  const auto add = [&](const GroupTables& tables) {
    Json groups = Json::array();
    for (const GroupTable& table : tables.groups) groups.push_back(group_table_json(table));
    out.push_back({{"time", nanoseconds(tables.at)}, {"groups", std::move(groups)}});
  };
  for (const GroupTables& tables : outcome.tables) add(tables);
  add(outcome.state.tables);
  return out;
}

Json consumers_json(const FinalState& state) {
  Json out = Json::array();
  for (const ConsumerState& consumer : state.consumers) {
    Json metrics = Json::object();
    for (const consumer::MetricDef& def : consumer::metric_defs())
      metrics[std::string(def.name)] = metric_json(def.value(consumer.metrics));
    out.push_back({{"consumer", consumer.name},
                   {"group", consumer.group},
                   {"alive", consumer.alive},
                   {"owned", names_json(consumer.owned)},
                   {"positions", offsets_json(consumer.positions)},
                   {"metrics", std::move(metrics)},
                   {"polled_again", consumer.polled_again},
                   {"poll_skipped", consumer.poll_skipped}});
  }
  return out;
}

Json expectations_json(const Outcome& outcome) {
  Json out = Json::array();
  for (const ExpectationResult& result : outcome.expectations) {
    out.push_back({{"key", result.key},
                   {"met", result.met},
                   {"expected", result.expected},
                   {"got", result.got},
                   {"line", result.position.line},
                   {"column", result.position.column}});
  }
  return out;
}

Json anomalies_json(const Outcome& outcome) {
  Json out = Json::array();
  for (const Finding& finding : outcome.findings) {
    Json offsets = Json::array();
    for (const protocol::Offset offset : finding.offsets) offsets.push_back(offset.value());
    Json times = Json::array();
    for (const sim::Time time : finding.times) times.push_back(nanoseconds(time));
    out.push_back({{"anomaly", to_string(finding.anomaly)},
                   {"record", finding.record},
                   {"whose", finding.whose},
                   {"partition", to_string(finding.partition)},
                   {"offsets", std::move(offsets)},
                   {"times", std::move(times)},
                   {"cause", finding.cause},
                   {"because", finding.because},
                   {"expected", finding.expected}});
  }
  return out;
}

Json timeline_json(const TimelineText& timeline) {
  Json out = Json::array();
  for (const TimelineEntry& entry : timeline.entries) {
    out.push_back({{"time", nanoseconds(entry.time)},
                   {"who", entry.who},
                   {"weight", weight_name(entry.weight)},
                   {"text", entry.text}});
  }
  return out;
}

}  // namespace

Json json_report(const Outcome& outcome) {
  Json out;
  out["scenario"] = outcome.scenario;
  out["variant"] = outcome.variant;
  out["file"] = outcome.file;
  out["seed"] = outcome.seed;
  out["question"] = outcome.question;
  out["answer"] = outcome.answer;
  out["verdict"] = to_string(outcome.verdict);
  out["exit_code"] = exit_code(outcome.verdict);
  out["invariant"] = outcome.invariant;
  out["expectations"] = expectations_json(outcome);
  out["anomalies"] = anomalies_json(outcome);
  out["timeline"] = timeline_json(outcome.timeline);
  out["timeline_left_out"] = outcome.timeline.left_out;
  out["partitions"] = partitions_json(outcome.state);
  out["controllers"] = controllers_json(outcome.state);
  out["producers"] = producers_json(outcome.state);
  out["groups"] = groups_json(outcome.state);
  out["consumers"] = consumers_json(outcome.state);
  out["group_tables"] = group_tables_json(outcome);
  out["trace_hash"] = fmt::format("{:016x}", outcome.trace_hash);
  out["trace_lines"] = outcome.trace_lines;
  out["events"] = outcome.events_run;
  out["duration"] = outcome.duration.count();
  out["ended_because"] = outcome.ended_because;
  out["notes"] = outcome.notes;
  out["reproduce"] = reproduce_line(outcome);
  return out;
}

std::string json_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kafkasim::scenarios

// Tables of logs, controllers and groups.
#include "scenarios/engine/report_logs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/engine/diagnostics.hpp"
#include "scenarios/engine/ledger.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr std::size_t rows_shown = 30;
constexpr std::size_t first_records_shown = 12;  // of a long log
constexpr std::size_t last_records_shown = 8;

struct Cell {
  protocol::Offset offset;
  protocol::LeaderEpoch epoch;
  std::string text;
};

std::vector<Cell> cells_of(const ReplicaState& replica) {
  std::vector<Cell> cells;
  for (const protocol::StoredBatch& stored : replica.log) {
    if (stored.batch->is_control()) {
      std::string marker = protocol::labels(*stored.batch);
      std::replace(marker.begin(), marker.end(), ' ', '-');
      cells.push_back({stored.base_offset, stored.leader_epoch,
                       fmt::format("{}:{}", stored.base_offset.value(), marker)});
      continue;
    }
    for (const protocol::Record& record : stored.batch->records) {
      const protocol::Offset offset = stored.base_offset + record.offset_delta;
      if (offset < replica.log_start) continue;
      cells.push_back({offset, stored.leader_epoch,
                       fmt::format("{}:{}", offset.value(), printable(protocol::label(record)))});
    }
  }
  return cells;
}

bool is_among(const std::vector<int>& brokers, const ReplicaState& replica) {
  const int id = broker_number(replica.broker);
  return std::find(brokers.begin(), brokers.end(), id) != brokers.end();
}

std::string role(const PartitionState& partition, const ReplicaState& replica) {
  if (replica.broker == partition.leader) return replica.alive ? "leader" : "leader, down";
  const bool in_sync = is_among(partition.isr, replica);
  if (is_among(partition.elr, replica)) return replica.alive ? "eligible" : "eligible, down";
  if (!replica.alive) return in_sync ? "in sync, down" : "down";
  return in_sync ? "in sync" : "out of sync";
}

std::string epoch_text(protocol::LeaderEpoch epoch) {
  return epoch.is_set() ? std::to_string(epoch.value()) : "-";
}

std::string offset_text(protocol::Offset offset) {
  return offset.is_set() ? std::to_string(offset.value()) : "-";
}

}  // namespace

std::string log_text(const ReplicaState& replica) {
  const std::vector<Cell> cells = cells_of(replica);
  if (cells.empty()) return replica.log_start.value() > 0 ? "(all removed)" : "(empty)";
  std::string out;
  if (replica.log_start.value() > 0)
    out = fmt::format("(up to {} removed)", replica.log_start.value() - 1);
  protocol::LeaderEpoch epoch;
  bool above = false;
  const bool is_long = cells.size() > first_records_shown + last_records_shown + 1;
  const auto add = [&](const std::string& word) { out += (out.empty() ? "" : " ") + word; };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (is_long && i == first_records_shown) {
      const std::size_t hidden = cells.size() - first_records_shown - last_records_shown;
      add(fmt::format("... {} more ...", hidden));
      i += hidden;
    }
    if (!above && cells[i].offset >= replica.high_watermark) {
      above = true;
      add(">>");
    }
    if (cells[i].epoch != epoch) add("e" + epoch_text(cells[i].epoch));
    epoch = cells[i].epoch;
    add(cells[i].text);
  }
  return out;
}

std::string logs_report(const FinalState& state, std::size_t width, const Paint& paint) {
  if (state.partitions.empty()) return "";
  std::vector<std::vector<std::string>> rows = {
      {"partition", "broker", "role", "epoch", "LEO", "HW", "log"}};
  std::size_t hidden = 0;
  for (const PartitionState& partition : state.partitions) {
    bool is_first = true;
    for (const ReplicaState& replica : partition.replicas) {
      if (rows.size() > rows_shown) {
        ++hidden;
        continue;
      }
      rows.push_back({is_first ? to_string(partition.partition) : "", replica.broker,
                      role(partition, replica), epoch_text(replica.leader_epoch),
                      offset_text(replica.log_end), offset_text(replica.high_watermark),
                      log_text(replica)});
      is_first = false;
    }
  }
  std::string out =
      paint.bold("Logs at the end") +
      paint.dim(
          "  offset:record; eN: written in leader epoch N; >>: above the high watermark (HW)") +
      "\n";
  out += table(rows, {false, false, false, true, true, true, false}, width, paint);
  if (hidden > 0) out += fmt::format("  ... and {} more replicas\n", hidden);
  return out;
}

std::string controllers_report(const FinalState& state, std::size_t width, const Paint& paint) {
  const std::vector<ControllerState>& all = state.controllers;
  if (all.empty() || (all.size() == 1 && all.front().alive && all.front().active)) return "";
  std::vector<std::vector<std::string>> rows = {{"controller", "epoch", "LEO", "HW", "role"}};
  for (const ControllerState& controller : all) {
    const std::string role =
        !controller.alive ? "down" : (controller.active ? "active" : "standby");
    rows.push_back({controller.name, epoch_text(controller.epoch), offset_text(controller.log_end),
                    controller.alive ? offset_text(controller.high_watermark) : "-", role});
  }
  return paint.bold("Controllers at the end") +
         paint.dim("  epoch of the quorum; LEO and HW of the metadata log, as each knows them") +
         "\n" + table(rows, {false, true, true, true, false}, width, paint);
}

std::string groups_report(const FinalState& state, std::size_t width, const Paint& paint) {
  std::vector<std::vector<std::string>> rows = {
      {"group", "partition", "committed", "HW", "lag", "owner"}};
  std::size_t hidden = 0;
  for (const GroupState& group : state.groups) {
    bool is_first = true;
    for (const PartitionState& partition : state.partitions) {
      const bool reads = std::find(group.topics.begin(), group.topics.end(),
                                   partition.partition.topic) != group.topics.end();
      const auto committed = group.committed.find(partition.partition);
      const ReplicaState* replica = deciding_replica(partition);
      if (replica == nullptr || (!reads && committed == group.committed.end())) continue;
      if (rows.size() > rows_shown) {
        ++hidden;
        continue;
      }
      std::string owner;
      for (const ConsumerState& consumer : state.consumers) {
        const bool owns =
            consumer.group == group.name && std::find(consumer.owned.begin(), consumer.owned.end(),
                                                      partition.partition) != consumer.owned.end();
        if (owns)
          owner += (owner.empty() ? "" : " ") + consumer.name + (consumer.alive ? "" : " (down)");
      }
      const bool has = committed != group.committed.end();
      const protocol::Offset from = has ? committed->second : replica->log_start;
      const std::int64_t lag = std::max<std::int64_t>(0, replica->high_watermark - from);
      rows.push_back({is_first ? group.name : "", to_string(partition.partition),
                      has ? offset_text(committed->second) : "none",
                      offset_text(replica->high_watermark), std::to_string(lag),
                      owner.empty() ? "nobody" : owner});
      is_first = false;
    }
  }
  if (rows.size() == 1) return "";
  std::string out = paint.bold("Groups at the end") + "\n";
  out += table(rows, {false, false, true, true, true, false}, width, paint);
  if (hidden > 0) out += fmt::format("  ... and {} more partitions\n", hidden);
  return out;
}

}  // namespace kafkasim::scenarios

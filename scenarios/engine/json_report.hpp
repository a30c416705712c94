// One run as JSON, for --json and for other reports. Keys always stand in this order; times are
// nanoseconds of virtual time, offsets and epochs -1 where they are not known, the hash is text
// because it needs 64 bits:
//
//   scenario, variant, file, seed, question, answer, verdict ("as expected" ...), exit_code,
//   invariant, expectations [ {key, met, expected, got, line, column} ], anomalies    [ {anomaly,
//   record, whose, partition, offsets, times, cause, because, expected} ], timeline     [ {time,
//   who, weight
//   ("routine", "notable", "trouble", "fault"), text} ], timeline_left_out, partitions   [
//   {partition, leader, leader_epoch, isr,
//                   replicas [ {broker, alive, leader_epoch, log_start, log_end, high_watermark,
//                               log [ {offset, leader_epoch, record} ]} ]} ],
//   controllers  [ {controller, alive, active, epoch, log_end, high_watermark} ],
//   producers    [ {producer, alive,
//                   metrics {name: number, or null where there is nothing to take it of},
//                   failed_records {error: records}, refused_batches {error: attempts}} ],
//   groups       [ {group, members_alive, topics, committed {partition: offset}} ],
//   consumers    [ {consumer, group, alive, owned, positions {partition: offset},
//                   metrics {name: number or null},
//                   polled_again [record], poll_skipped [record]} ],
//   group_tables [ {time, groups [ {group, coordinator, protocol ("classic" or "consumer"), state,
//                   assignor, generation, target_epoch, members [ {consumer_id, instance_id, host,
//                   client_id, epoch, assignment, target} ], offsets [ {partition, current_offset,
//                   log_end_offset, lag (each null where it is not known), consumer_id, host,
//                   client_id} ]} ]} ]: at the time of each check and at the end,
//   trace_hash, trace_lines, events, duration, ended_because, notes [text], reproduce
//
// Metrics are those of producer/metrics_table.hpp and consumer/metrics_table.hpp, by Kafka's names,
// in Kafka's units (times in milliseconds, those that end in -ns-total in nanoseconds) with up to
// three decimals.
#pragma once

#include <nlohmann/json.hpp>

#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

nlohmann::ordered_json json_report(const Outcome& outcome);

// The JSON as text with two blanks of indentation and a newline at the end. Bytes that are no UTF-8
// are replaced.
std::string json_text(const nlohmann::ordered_json& json);

}  // namespace kafkasim::scenarios

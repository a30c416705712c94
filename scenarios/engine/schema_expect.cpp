// Expectations and sweeps.
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema {
namespace {

using enum Support;

constexpr Type map_of(std::string_view what, const Type& item, const Type* key = nullptr) {
  return {.shape = Shape::map, .what = what, .item = &item, .key = key};
}

constinit const Type by_client = map_of("a map such as { shop: [A, B, C] }", types::records);
constinit const Type by_consumer = map_of("a map such as { billing: [A, B, C] }", types::records);
constinit const Type by_broker = map_of("a map such as { broker-1: [B] }", types::records);
constinit const Type by_partition =
    map_of("a map such as { orders-0: [A, B, C] }", types::records, &types::partition);

constinit const Type failures_by_record =
    map_of("a map such as { D: TIMED_OUT }", types::error_name);
constinit const Type failure_list{
    .shape = Shape::list, .what = "a list of records", .item = &types::text};
constinit const std::array<const Type*, 3> failure_alternatives{&failures_by_record, &failure_list,
                                                                &types::count_range};
constinit const Type failures{
    .shape = Shape::any_of,
    .what = "a map such as { D: TIMED_OUT }, a list of records, a number or a range",
    .alternatives = failure_alternatives};
constinit const Type failed = map_of("a map such as { shop: { D: TIMED_OUT } }", failures);

constinit const Type offsets =
    map_of("a map such as { orders-0: 4 }", types::count_range, &types::partition);
constinit const Type committed = map_of("a map such as { billing: { orders-0: 4 } }", offsets);
constinit const Type lag_by_partition =
    map_of("a map such as { jobs-0: 0..10 }", types::count_range, &types::partition);
constinit const std::array<const Type*, 2> lag_alternatives{&types::count_range, &lag_by_partition};
constinit const Type lag_of_group{
    .shape = Shape::any_of,
    .what = "a number such as 3, a range such as 3..5 or a map such as { jobs-0: 0..10 }",
    .alternatives = lag_alternatives};
constinit const Type lag = map_of("a map such as { billing: 0 }", lag_of_group);
constinit const Type error_list{
    .shape = Shape::list, .what = "a list of errors", .item = &types::error_name};
constinit const Type errors = map_of("a map such as { shop: [NOT_ENOUGH_REPLICAS] }", error_list);
constinit const Type leader_list{.shape = Shape::list,
                                 .what = "a list of brokers such as [broker-1, broker-2]",
                                 .item = &types::text};
constinit const Type leaders =
    map_of("a map such as { orders-0: [broker-1, broker-2] }", leader_list, &types::partition);
constinit const Type isr =
    map_of("a map such as { orders-0: [2, 3] }", types::broker_ids, &types::partition);

constinit const Type partition_list{
    .shape = Shape::list, .what = "a list of partitions", .item = &types::partition};
constinit const Type assignment = map_of("a map such as { worker-a: [jobs-0] }", partition_list);
constinit const Type assignment_list{.shape = Shape::list,
                                     .what = "a list of such maps, one for each stable assignment",
                                     .item = &assignment};
constinit const Type assignments =
    map_of("a map such as { workers: [ { worker-a: [jobs-0] } ] }", assignment_list);

constinit const Type number_range{.shape = Shape::number_range,
                                  .what = "a number such as 2 or 0.5, or a range such as 100..200"};
constinit const Type metrics_of = map_of("a map such as { record-retry-total: 2 }", number_range);
constinit const Type metrics =
    map_of("a map such as { shop: { record-retry-total: 2 } }", metrics_of);

constinit const Type owners =
    map_of("a map such as { workers: { worker-a: [jobs-0] } }", assignment);

constexpr std::array<std::string_view, 7> group_states{
    "Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "Stable",
    "Dead"};
constinit const Type group_state{
    .shape = Shape::choice, .what = "a state of a group such as Stable", .words = group_states};
constexpr std::array<std::string_view, 5> assignor_names{"range", "roundrobin", "sticky",
                                                         "cooperative-sticky", "uniform"};
constinit const Type assignor{
    .shape = Shape::choice, .what = "an assignor's name such as range", .words = assignor_names};
constinit const std::array group_fields{
    Field{"state", &group_state, false, now, "", "The group's state, as Kafka writes it."},
    Field{"members", &types::count_range, false, now, "", "How many members it has."},
    Field{"generation", &types::count_range, false, now, "",
          "Its generation; with the consumer protocol its group epoch."},
    Field{"protocol", &assignor, false, now, "",
          "The assignor in use; there is none while a classic group rebalances."},
    Field{"coordinator", &types::text, false, now, "", "The broker that coordinates it."},
};
constinit const Type group{.shape = Shape::object,
                           .what = "a map such as { state: Stable, members: 3 }",
                           .fields = group_fields};
constinit const Type groups =
    map_of("a map such as { billing: { state: Stable, members: 3 } }", group);

constinit const std::array always_fields{
    Field{"lag", &lag, false, now, "",
          "How far groups were behind, over all of their partitions or in single ones."},
};
constinit const Type always{.shape = Shape::object,
                            .what = "a map such as { lag: { billing: 0..1000 } }",
                            .fields = always_fields};

constinit const std::array check_fields{
    Field{"at", &types::duration, true, now, "", "When."},
    Field{"isr", &isr, false, now, "", "The in-sync replicas of partitions at that time."},
    Field{"high-watermark", &offsets, false, now, "",
          "The high watermarks of partitions at that time."},
    Field{
        "lag", &lag, false, now, "",
        "How far groups are behind at that time, over all of their partitions or in single ones."},
    Field{"groups", &groups, false, now, "", "What coordinators know of groups at that time."},
    Field{"assignments", &owners, false, now, "",
          "What the members of groups own at that time, as they know it themselves."},
};
constinit const Type check{.shape = Shape::object,
                           .what = "a map such as { at: 3s, lag: { billing: 3..5 } }",
                           .fields = check_fields};
constinit const Type checks{.shape = Shape::list, .what = "a list of checks", .item = &check};

constinit const std::array expect_fields{
    Field{"acked", &by_client, false, now, "",
          "What each producer heard success for, in that order."},
    Field{"failed", &failed, false, now, "",
          "What failed at each producer, with the error where it is named."},
    Field{"log", &by_partition, false, now, "",
          "What partitions hold at the end, below the high watermark."},
    Field{"handled", &by_consumer, false, now, "",
          "What a consumer handled, in order; or a group, in no order."},
    Field{"polled-again", &by_consumer, false, now, "",
          "What a consumer, or the members of a group, got again from poll() after a rebalance; in "
          "no order."},
    Field{
        "poll-skipped", &by_consumer, false, now, "",
        "What a consumer, or the members of a group, passed over between two polls of a partition "
        "that was another's meanwhile; in no order."},
    Field{"committed", &committed, false, now, "", "The committed offsets of groups at the end."},
    Field{"lag", &lag, false, now, "",
          "How far groups are behind at the end, over all of their partitions or in single ones."},
    Field{"groups", &groups, false, now, "", "What coordinators know of groups at the end."},
    Field{"always", &always, false, now, "", "What must be so at all times of the run."},
    Field{"truncated", &by_broker, false, now, "", "What brokers cut off their logs."},
    Field{"errors", &errors, false, now, "",
          "The protocol errors that clients met, each once, in order of first appearance."},
    Field{"leaders", &leaders, false, now, "", "Who led partitions, in order of office."},
    Field{"isr", &isr, false, now, "", "The in-sync replicas of partitions at the end."},
    Field{"assignments", &assignments, false, now, "",
          "Each stable assignment of groups in turn. Members that own nothing are left out. Each "
          "generation counts, also the first of the two that a cooperative rebalance takes, in "
          "which nobody owns the partitions that move; equal neighbours count once. A group of the "
          "consumer protocol has one each time its coordinator calls it stable."},
    Field{"metrics", &metrics, false, now, "",
          "What producers and consumers measured by the end, by Kafka's names of the metrics."},
    Field{"transactions", &types::anything, false, later, "",
          "How many transactions were committed and aborted."},
    Field{
        "effects", &by_consumer, false, now, "",
        "What the handling of a consumer, or of a group, brought about outside Kafka, in order of "
        "happening."},
    Field{"checks", &checks, false, now, "", "The state on the way."},
    Field{"lost", &types::records, false, now, "", "Anomaly: acked, and in no log at the end."},
    Field{"duplicated", &types::records, false, now, "", "Anomaly: stored at two or more offsets."},
    Field{"reordered", &types::records, false, now, "",
          "Anomaly: stored behind a record that was sent later."},
    Field{"handled-twice", &types::records, false, now, "",
          "Anomaly: handled more than once by one group."},
    Field{"skipped", &types::records, false, now, "",
          "Anomaly: below the committed offset and never handled."},
    Field{"handled-out-of-order", &types::records, false, now, "",
          "Anomaly: handled after a later record of its key."},
    Field{"phantom", &types::records, false, now, "",
          "Anomaly: handled, but not in the log at the end."},
    Field{"aborted-visible", &types::records, false, later, "",
          "Anomaly: handled though its transaction was aborted."},
    Field{"torn", &types::records, false, later, "",
          "Anomaly: visible while another record of its transaction never can be."},
    Field{"stuck", &types::records, false, now, "",
          "Anomaly: replicated, and never handled though the group lives."},
    Field{"effect-twice", &types::records, false, now, "",
          "Anomaly: its handling had an effect outside Kafka more than once. Checked only where it "
          "is named."},
    Field{"two-owners", &types::records, false, now, "",
          "Anomaly: handled by a member while another member of the group owned its partition. "
          "Checked only where it is named."},
};
constinit const Type expect{.shape = Shape::object,
                            .what = "a map such as { acked: { shop: [A] } }",
                            .fields = expect_fields};

// ---- sweeps ----

constinit const std::array chaos_fields{
    Field{"latency", &types::duration_range, false, now, "", "The latency of each message."},
    Field{"cuts", &types::count_range, false, now, "", "Connections that break."},
    Field{"crashes", &types::count_range, false, now, "", "Brokers that die."},
    Field{"partitions", &types::count_range, false, now, "", "Silences between groups."},
    Field{"pauses", &types::count_range, false, now, "", "Processes that stop for a while."},
    Field{"power-losses", &types::count_range, false, now, "",
          "Brokers that lose what is not on disk."},
    Field{"stalls", &types::count_range, false, now, "",
          "Application threads that stop for a while."},
    Field{"rejects", &types::count_range, false, now, "",
          "Requests that are answered with an error."},
    Field{"slow-links", &types::count_range, false, now, "", "Links that slow down."},
    Field{"restarts", &types::anything, false, now, "",
          "When what died comes back, such as { after: 1s..10s }."},
};
constinit const Type chaos{
    .shape = Shape::object, .what = "a map such as { cuts: 0..3 }", .fields = chaos_fields};
constinit const std::array sweep_fields{
    Field{"seeds", &types::positive_count, false, now, "", "How many seeds are tried."},
    Field{"chaos", &chaos, false, now, "", "Faults that are drawn for each seed."},
    Field{"never", &types::texts, false, now, "", "Anomalies that no seed may show."},
    Field{"sometimes", &types::texts, false, now, "", "Anomalies that some seed must show."},
    Field{"heal", &types::flag, false, now, "true",
          "At the end all faults end, and the cluster must converge."},
    Field{"events", &types::anything, false, now, "", "none: without the events of the file."},
};
constinit const Type sweep{
    .shape = Shape::object, .what = "a map such as { seeds: 500 }", .fields = sweep_fields};

}  // namespace

const Type& expect_type() { return expect; }
const Type& sweep_type() { return sweep; }

}  // namespace kafkasim::scenarios::schema

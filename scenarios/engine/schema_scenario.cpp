// The top of a scenario file, the cluster and the topics.
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema {
namespace {

using enum Support;

// ---- cluster ----

constinit const Type broker_count{
    .shape = Shape::count, .what = "a number of brokers from 1 to 1000", .low = 1, .high = 1000};
constinit const Type controller_count{
    .shape = Shape::count, .what = "a number of controllers from 1 to 5", .low = 1, .high = 5};
constinit const std::array<std::string_view, 2> semantics_words{"4.0", "4.1"};
constinit const Type semantics{.shape = Shape::choice,
                               .what = "4.0 or 4.1 (others are not supported yet)",
                               .words = semantics_words};
constinit const std::array<std::string_view, 2> feature_words{"0", "1"};
constinit const Type feature_version{
    .shape = Shape::choice, .what = "0 (off) or 1 (on)", .words = feature_words};
constinit const std::array feature_fields{
    Field{"eligible.leader.replicas.version", &feature_version, false, now, "0; 1 with 4.1",
          "Replicas that left the in-sync set below min.insync.replicas may still lead (KIP-966)."},
};
constinit const Type features{.shape = Shape::object,
                              .what = "a map such as { eligible.leader.replicas.version: 1 }",
                              .fields = feature_fields};

constinit const std::array network_fields{
    Field{"latency", &types::duration_range, false, now, "500us..1ms",
          "One way, drawn anew for each message."},
};
constinit const Type network{
    .shape = Shape::object, .what = "a map with 'latency'", .fields = network_fields};

constinit const std::array disk_fields{
    Field{"write", &types::duration, false, now, "0s",
          "How long a write takes; after it, the data is in the page cache."},
    Field{"flush", &types::duration, false, now, "0s",
          "How long a flush takes; after it, the data survives a power loss."},
};
constinit const Type disk{
    .shape = Shape::object, .what = "a map such as { flush: 40ms }", .fields = disk_fields};
constinit const std::array clock_fields{
    Field{"offset", &types::signed_duration, false, now, "0s",
          "How far it is ahead of the right time; -2s is behind it."},
};
constinit const Type host_clock{
    .shape = Shape::object, .what = "a map such as { offset: 2s }", .fields = clock_fields};

constinit const std::array host_fields{
    Field{"config", &types::broker_settings, false, now, "",
          "Kafka's settings of this broker, over those of every broker."},
    Field{"disk", &disk, false, now, "", "How its disk behaves, such as { flush: 40ms }."},
    Field{"clock", &host_clock, false, now, "", "How its clock goes, such as { offset: 2s }."},
};
constinit const Type host{.shape = Shape::object,
                          .what = "a map with 'config', 'disk' or 'clock'",
                          .fields = host_fields};
constinit const Type hosts{
    .shape = Shape::map, .what = "a map from broker names such as broker-2", .item = &host};

constinit const Type byte_rate{.shape = Shape::count,
                               .what = "a number of bytes a second from 1 on",
                               .low = 1,
                               .high = 1'000'000'000'000};
constinit const std::array quota_fields{
    Field{"producer_byte_rate", &byte_rate, true, now, "",
          "Bytes a second that each broker takes from it before it makes it wait."},
};
constinit const Type quota{.shape = Shape::object,
                           .what = "a map such as { producer_byte_rate: 1000 }",
                           .fields = quota_fields};
constinit const Type client_quotas{
    .shape = Shape::map, .what = "a map from client.id, or <default>", .item = &quota};
constinit const std::array quotas_fields{
    Field{"clients", &client_quotas, true, now, "",
          "By the client's name; <default>: for each other "
          "client."},
};
constinit const Type quotas{
    .shape = Shape::object,
    .what = "a map such as { clients: { shop: { producer_byte_rate: 1000 } } }",
    .fields = quotas_fields};

constinit const std::array cluster_fields{
    Field{"brokers", &broker_count, false, now, "3",
          "How many brokers there are: broker-1, broker-2 and so on."},
    Field{"controllers", &controller_count, false, now, "1",
          "How many controllers vote: controller-1 and so on."},
    Field{"racks", &types::texts, false, now, "", "Where the brokers stand; broker i in the i-th."},
    Field{"config", &types::broker_settings, false, now, "", "Kafka's settings of every broker."},
    Field{"hosts", &hosts, false, now, "", "What is special about single brokers."},
    Field{"network", &network, false, now, "", "How long messages are under way."},
    Field{"semantics", &semantics, false, now, "4.0",
          "The behaviour of the protocol, by Kafka's version."},
    Field{"features", &features, false, now, "", "Kafka's features, by their versions."},
    Field{"quotas", &quotas, false, now, "", "Kafka's client quotas."},
};
constinit const Type cluster{
    .shape = Shape::object, .what = "a map such as { brokers: 3 }", .fields = cluster_fields};

// ---- topics ----

constinit const Type partition_count{.shape = Shape::count,
                                     .what = "a number of partitions from 1 to 10000",
                                     .low = 1,
                                     .high = 10000};
constinit const Type replica_count{
    .shape = Shape::count, .what = "a number of replicas from 1 on", .low = 1, .high = 1000};
constinit const Type replica_list{.shape = Shape::list,
                                  .what = "a list of broker numbers such as [1, 2, 3]",
                                  .item = &types::broker_id,
                                  .low = 1};
constinit const Type replica_lists{.shape = Shape::list,
                                   .what = "a list of broker numbers for each partition",
                                   .item = &replica_list,
                                   .low = 1};
constinit const std::array<const Type*, 3> replica_alternatives{&replica_count, &replica_list,
                                                                &replica_lists};
constinit const Type replicas{.shape = Shape::any_of,
                              .what =
                                  "a number such as 3, a list of broker numbers such as [1, 2, 3], "
                                  "or such a list for each partition",
                              .alternatives = replica_alternatives};

constinit const std::array topic_fields{
    Field{"partitions", &partition_count, false, now, "1",
          "How many partitions it has: orders-0, orders-1 and so on."},
    Field{"replicas", &replicas, false, now, "default.replication.factor of the brokers",
          "How many brokers hold each partition, or which (the first is the preferred leader)."},
    Field{"config", &types::topic_settings, false, now, "", "Kafka's settings of the topic."},
    Field{"start", &types::only_never, false, now, "",
          "`never`: it is not there at the start; an event creates it, or the first client that "
          "asks for it."},
};
constinit const Type topic{
    .shape = Shape::object, .what = "a map such as { replicas: 3 }", .fields = topic_fields};
constinit const Type topics{
    .shape = Shape::map, .what = "a map from topic names", .item = &topic, .high = 1000};

// ---- the top ----

constinit const Type name{.shape = Shape::scenario_name,
                          .what = "a name of letters, digits, '-', '_' and '.', at most 100"};

// What is laid over is checked with what lies below it, not alone.
constinit const Type laid_over{.shape = Shape::overlay, .what = "a map with what is changed"};

template <bool in_variant>
const Type& top() {
  static const Type variants{.shape = Shape::map,
                             .what = "a map from names to what is changed",
                             .item = in_variant ? nullptr : &laid_over,
                             .high = 100};
  static const auto common = std::to_array<Field>({
      {"scenario", &name, !in_variant, now, "",
       "The name of the experiment: that of the file without .yaml."},
      {"question", &types::text, false, now, "", "What a student predicts first."},
      {"answer", &types::text, false, now, "", "Shown with the result."},
      {"seed", &types::seed, false, now, "1", "What all chance is drawn from."},
      {"until", &types::duration, false, now, "",
       "Limit of virtual time; without it, until nothing is left to do, at most 10m."},
      {"cluster", &cluster_type(), false, now, "", "Brokers, controllers and network."},
      {"topics", &topics_type(), false, now, "", "The topics that are there from the start."},
      {"producers", &producers_type(), false, now, "", "The clients that write."},
      {"consumers", &consumers_type(), false, now, "", "The clients that read."},
      {"processors", &processors_type(), false, later, "",
       "The clients that read, handle and write."},
      {"events", &events_type(), false, now, "", "What happens, and when."},
      {"expect", &expect_type(), false, now, "",
       "What must be seen; an anomaly that is not named must not happen."},
      {"sweep", &sweep_type(), false, later, "", "How widely it is tried: many seeds, with chaos."},
      {"variants", &variants, false, now, "",
       "The experiment again with something changed: maps are laid over, lists replaced, `expect` "
       "stands alone."},
  });
  // A variant keeps the name and has no variants of its own.
  static const std::span<const Field> all(common);
  static const Type type{.shape = Shape::object,
                         .what = in_variant
                                     ? "a map with what is changed"
                                     : "a map with 'scenario', 'cluster', 'topics' and so on",
                         .fields = in_variant ? all.subspan(1, all.size() - 2) : all};
  return type;
}

}  // namespace

const Type& cluster_type() { return cluster; }
const Type& topics_type() { return topics; }
const Type& scenario_type() { return top<false>(); }
const Type& variant_type() { return top<true>(); }

}  // namespace kafkasim::scenarios::schema

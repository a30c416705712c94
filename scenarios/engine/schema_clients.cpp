// Producers, consumers and processors.
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema {
namespace {

using enum Support;

// ---- producers ----

constinit const Type values{.shape = Shape::list,
                            .what = "a list of records such as [A, B, C]",
                            .item = &types::record,
                            .low = 1};
constinit const Type record_count{.shape = Shape::count,
                                  .what = "a number of records from 1 to 10000000",
                                  .low = 1,
                                  .high = 10'000'000};
constinit const Type key_list{.shape = Shape::list,
                              .what = "a list of keys such as [k1, k2]",
                              .item = &types::line,
                              .low = 1};
constinit const Type key_count{.shape = Shape::count,
                               .what = "a number of keys from 1 to 1000000",
                               .low = 1,
                               .high = 1'000'000};
constinit const std::array<const Type*, 2> key_alternatives{&key_list, &key_count};
constinit const Type keys{
    .shape = Shape::any_of,
    .what = "a list of keys such as [k1, k2], or a number of keys from 1 to 1000000",
    .alternatives = key_alternatives};

constinit const std::array send_fields{
    Field{"to", &types::destination, true, now, "",
          "A topic, whose partition is then chosen, or a partition."},
    Field{"values", &values, false, now, "",
          "The records, which are also their names in every report."},
    Field{"count", &record_count, false, now, "",
          "That many records instead, named shop-1, shop-2 and so on."},
    Field{"key", &types::line, false, now, "", "The key of every record."},
    Field{"keys", &keys, false, now, "",
          "Keys that are used in turn, or how many (key-1, key-2 and so on)."},
    Field{"size", &types::size, false, now, "100B", "Bytes of each value; its name is a label."},
    Field{"tombstones", &types::flag, false, now, "false",
          "The records have no value: in a compacted topic each deletes its key."},
    Field{"every", &types::period, false, now, "0s",
          "Pause between records; 0s is as fast as send() returns."},
    Field{"start", &types::duration, false, now, "0s", "Not before that virtual time."},
};
constinit const Type send{.shape = Shape::object,
                          .what = "a map such as { to: orders, values: [A, B] }",
                          .fields = send_fields};
constinit const Type send_list{.shape = Shape::list,
                               .what = "a list of maps such as { to: orders, values: [A, B] }",
                               .item = &send,
                               .low = 1};
constinit const std::array<const Type*, 2> send_alternatives{&send, &send_list};
constinit const Type sends{
    .shape = Shape::any_of,
    .what = "a map such as { to: orders, values: [A, B] }, or a list of such maps",
    .alternatives = send_alternatives};

constinit const std::array<std::string_view, 2> client_words{"java", "librdkafka"};
constinit const Type client{
    .shape = Shape::choice, .what = "java or librdkafka", .words = client_words};
constinit const std::array<std::string_view, 2> failure_words{"give-up", "resend"};
constinit const Type on_failure{
    .shape = Shape::choice, .what = "give-up or resend", .words = failure_words};

constinit const std::array<std::string_view, 2> end_words{"commit", "abort"};
constinit const Type end_word{
    .shape = Shape::choice, .what = "commit or abort", .words = end_words};
constinit const Type end_list{
    .shape = Shape::list, .what = "a list of commit and abort", .item = &end_word, .low = 1};
constinit const std::array<const Type*, 2> end_alternatives{&end_word, &end_list};
constinit const Type end{.shape = Shape::any_of,
                         .what = "commit, abort or a list of them",
                         .alternatives = end_alternatives};
constinit const std::array transaction_fields{
    Field{"of", &types::positive_count, true, now, "", "Records in each transaction."},
    Field{"end", &end, false, now, "commit", "How each ends; a list is taken in turn."},
};
constinit const Type transactions{.shape = Shape::object,
                                  .what = "a map such as { of: 3, end: commit }",
                                  .fields = transaction_fields};

constinit const std::array producer_fields{
    Field{"sends", &sends, true, now, "",
          "What it sends; a list of maps runs one after the other."},
    Field{"client", &client, false, now, "java",
          "Whose defaults, settings and ways it has: java or librdkafka."},
    Field{"on-failure", &on_failure, false, now, "give-up",
          "What the application does with a failed record."},
    Field{"transactions", &transactions, false, later, "", "Groups its records into transactions."},
    Field{"start", &types::start, false, now, "0s",
          "When it starts; never waits for a `start` event."},
    Field{"partitioner", &types::partitioner, false, now, "",
          "A partitioner of its own: what a key begins with names the partitions."},
    Field{"config", &types::producer_settings, false, now, "", "Kafka's settings of the producer."},
};
constinit const Type producer{
    .shape = Shape::object, .what = "a map with 'sends' and so on", .fields = producer_fields};
constinit const Type producers{
    .shape = Shape::map, .what = "a map from names of producers", .item = &producer, .high = 1000};

// ---- consumers ----

constinit const Type topic_list{
    .shape = Shape::list, .what = "a list of topics", .item = &types::text, .low = 1};
constinit const std::array<const Type*, 2> reads_alternatives{&types::text, &topic_list};
constinit const Type reads{.shape = Shape::any_of,
                           .what = "a topic or a list of topics",
                           .alternatives = reads_alternatives};
constinit const Type partitions{.shape = Shape::list,
                                .what = "a list of partitions such as [orders-0]",
                                .item = &types::partition,
                                .low = 1};
constinit const Type instances{
    .shape = Shape::count, .what = "a number of instances from 1 to 1000", .low = 1, .high = 1000};
constinit const std::array consumer_fields{
    Field{"group", &types::text, false, now, "",
          "Its consumer group; left out: none, then `assign` says what it reads."},
    Field{"reads", &reads, false, now, "", "The topics that it subscribes to."},
    Field{"assign", &partitions, false, now, "",
          "The partitions that it reads without a subscription."},
    Field{"instances", &instances, false, now, "1",
          "That many alike, named billing-1, billing-2 and so on."},
    Field{"client", &client, false, now, "java",
          "Whose defaults, settings and ways it has: java or librdkafka."},
    Field{"takes", &types::duration, false, now, "0s", "How long the handling of a record takes."},
    Field{"commits", &types::commits, false, now, "after-handling",
          "When it commits what it has handled: the batch of a poll (after-handling, or "
          "after-handling-async without waiting for the answer), after-each record, the batch "
          "before-handling it, auto (left to auto-commit), never; with workers also "
          "after-contiguous: before each poll, up to the first record that is not finished."},
    Field{"on-revoked", &types::on_revoked, false, now, "nothing",
          "What it does when a rebalance takes partitions away: commit what it has handled of "
          "them, or nothing. With `commits: after-handling-async` it commits unless told "
          "otherwise."},
    Field{"fails-on", &types::fails_on, false, now, "",
          "Records whose handling fails, and what the application does then."},
    Field{"effect", &types::effect, false, now, "append",
          "What handling does outside Kafka: append does something each time, upsert only the "
          "first time that the group handles the record."},
    Field{"workers", &types::workers, false, now, "",
          "Threads that handle the records which the polling thread hands to them: how many, or "
          "a map with `count` and so on."},
    Field{"start", &types::start, false, now, "0s",
          "When it starts; never waits for a `start` event."},
    Field{"like", &types::text, false, now, "",
          "Another consumer whose keys it takes over where it has none itself."},
    Field{"config", &types::consumer_settings, false, now, "",
          "Kafka's settings of the consumer; auto.offset.reset is earliest here unless said "
          "otherwise."},
};
constinit const Type consumer{.shape = Shape::object,
                              .what = "a map with 'group', 'reads' and so on",
                              .fields = consumer_fields};
constinit const Type consumers{
    .shape = Shape::map, .what = "a map from names of consumers", .item = &consumer, .high = 1000};

// ---- processors ----

constinit const std::array<std::string_view, 2> processor_commit_words{"in-transaction",
                                                                       "after-writing"};
constinit const Type processor_commits{.shape = Shape::choice,
                                       .what = "in-transaction or after-writing",
                                       .words = processor_commit_words};
constinit const std::array processor_config_fields{
    Field{"consumer", &types::consumer_settings, false, now, "",
          "Kafka's settings of its consumer."},
    Field{"producer", &types::producer_settings, false, now, "",
          "Kafka's settings of its producer."},
};
constinit const Type processor_config{.shape = Shape::object,
                                      .what = "a map with 'consumer' and 'producer'",
                                      .fields = processor_config_fields};
constinit const std::array processor_fields{
    Field{"group", &types::text, true, now, "", "Its consumer group."},
    Field{"reads", &reads, true, now, "", "The topics that it reads."},
    Field{"writes", &types::text, true, now, "", "The topic that it writes to."},
    Field{"instances", &instances, false, now, "1", "That many alike."},
    Field{"commits", &processor_commits, false, now, "in-transaction",
          "How it commits what it has read."},
    Field{"config", &processor_config, false, now, "", "Kafka's settings of its two halves."},
};
constinit const Type processor{.shape = Shape::object,
                               .what = "a map with 'group', 'reads' and 'writes'",
                               .fields = processor_fields};
constinit const Type processors{
    .shape = Shape::map, .what = "a map from names of processors", .item = &processor};

}  // namespace

const Type& producers_type() { return producers; }
const Type& consumers_type() { return consumers; }
const Type& processors_type() { return processors; }

}  // namespace kafkasim::scenarios::schema

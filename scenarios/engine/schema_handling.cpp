// What the application around a consumer does: commits, failures, effects, workers.
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema {
namespace {

using enum Support;

constinit const std::array<std::string_view, 7> commit_words{"after-handling",
                                                             "after-handling-async",
                                                             "after-each",
                                                             "after-contiguous",
                                                             "before-handling",
                                                             "auto",
                                                             "never"};
constinit const std::array<std::string_view, 2> revoked_words{"commit", "nothing"};
constinit const std::array<std::string_view, 2> effect_words{"append", "upsert"};

// ---- failures ----

constinit const std::array<std::string_view, 1> always_word{"always"};
constinit const Type always{.shape = Shape::choice, .what = "always", .words = always_word};
constinit const std::array<const Type*, 2> times_alternatives{&types::positive_count, &always};
constinit const Type times{.shape = Shape::any_of,
                           .what = "a whole number from 1 on, or always",
                           .alternatives = times_alternatives};
constinit const std::array dead_letter_fields{
    Field{"dead-letter", &types::text, true, now, "", "The topic that it is written to."},
};
constinit const Type dead_letter{.shape = Shape::object,
                                 .what = "a map such as { dead-letter: orders-dlq }",
                                 .fields = dead_letter_fields};
constinit const Type reaction{.shape = Shape::line, .what = "a word", .low = 1};
constinit const std::array<const Type*, 2> then_alternatives{&reaction, &dead_letter};
constinit const Type then{.shape = Shape::any_of,
                          .what = "stop, skip, retry or { dead-letter: TOPIC }",
                          .alternatives = then_alternatives};
constinit const Type failing{.shape = Shape::list,
                             .what = "a list of records such as [A, B, C]",
                             .item = &types::text,
                             .low = 1};
constinit const std::array fails_fields{
    Field{"values", &failing, true, now, "", "The records whose handling fails."},
    Field{"times", &times, false, now, "1",
          "How many attempts to handle such a record fail: counted for the group over the whole "
          "experiment, so neither a restart nor a rebalance begins anew. The application tries "
          "again, after the handling time, until so many have failed; after the last one it does "
          "what `then` says, and a later attempt succeeds. always: every attempt fails, and each "
          "is followed by what `then` says."},
    Field{"then", &then, false, now, "stop",
          "stop: the application ends and closes its consumer, as a finally block does. skip: it "
          "goes on with the next record. retry: it tries again, and the records behind wait. "
          "{ dead-letter: TOPIC }: it writes the record to that topic, waits for the ack, and goes "
          "on."},
};

// ---- workers ----

constinit const Type worker_count{
    .shape = Shape::count, .what = "a number of workers from 1 to 1000", .low = 1, .high = 1000};
constinit const Type queue_size{.shape = Shape::count,
                                .what = "a number of records from 1 to 1000000",
                                .low = 1,
                                .high = 1'000'000};
constinit const std::array<std::string_view, 3> order_words{"key", "partition", "none"};
constinit const Type order{
    .shape = Shape::choice, .what = "one of key, partition, none", .words = order_words};
constinit const std::array<std::string_view, 2> full_words{"pause", "block"};
constinit const Type when_full{
    .shape = Shape::choice, .what = "pause or block", .words = full_words};
constinit const std::array worker_fields{
    Field{"count", &worker_count, true, now, "", "How many."},
    Field{"order", &order, false, now, "none",
          "Which records wait for one another: those of one key (the others do not), those of one "
          "partition, or none, as whoever is free takes the next one."},
    Field{"queue", &queue_size, false, now, "100", "How many records may wait for a worker."},
    Field{"when-full", &when_full, false, now, "block",
          "What the polling thread does when the queue is full: block waits for room and does not "
          "poll meanwhile; pause pauses all partitions, goes on polling, and resumes them when "
          "half of the queue is free. (What a poll has returned still goes in.)"},
};
constinit const Type worker_map{.shape = Shape::object,
                                .what = "a map such as { count: 4, order: key }",
                                .fields = worker_fields};
constinit const std::array<const Type*, 2> worker_alternatives{&worker_count, &worker_map};

constinit const std::array<const Type*, 2> group_alternatives{&types::text, &types::texts};

}  // namespace

namespace types {

constinit const Type commits{.shape = Shape::choice,
                             .what =
                                 "one of after-handling, after-handling-async, after-each, "
                                 "after-contiguous, before-handling, auto, never",
                             .words = commit_words};
constinit const Type on_revoked{
    .shape = Shape::choice, .what = "commit or nothing", .words = revoked_words};
constinit const Type fails_on{
    .shape = Shape::object, .what = "a map with 'values', 'times', 'then'", .fields = fails_fields};
constinit const Type effect{
    .shape = Shape::choice, .what = "append or upsert", .words = effect_words};
constinit const Type workers{.shape = Shape::any_of,
                             .what = "a number of workers, or a map such as { count: 4 }",
                             .alternatives = worker_alternatives};
constinit const Type consumers_or_groups{.shape = Shape::any_of,
                                         .what = "a consumer or a group, or a list of such",
                                         .alternatives = group_alternatives};

}  // namespace types
}  // namespace kafkasim::scenarios::schema

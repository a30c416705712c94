// Events: triggers, actions and what belongs to them. That an event has one action, and at most one
// trigger, is checked when it is read (load_events.cpp).
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema {
namespace {

using enum Support;

// A partition and the brokers in sync.
constinit const Type isr_map{.shape = Shape::map,
                             .what = "a map such as { orders-0: [1, 2] }",
                             .item = &types::broker_ids,
                             .key = &types::partition};
constinit const std::array group_fields{
    Field{"group", &types::text, true, now, "", "Any commit of that group."},
};
constinit const Type any_commit{
    .shape = Shape::object, .what = "a map such as { group: billing }", .fields = group_fields};
constinit const std::array<const Type*, 2> committed_alternatives{&types::text, &any_commit};
constinit const Type committed{.shape = Shape::any_of,
                               .what = "a record, or { group: billing }",
                               .alternatives = committed_alternatives};

constinit const std::array after_fields{
    Field{"sent", &types::text, false, now, "", "send() was called with that record."},
    Field{"appended", &types::text, false, now, "",
          "A replica has written that record to its log."},
    Field{"on", &types::selector, false, now, "", "With `appended`: which replica."},
    Field{"replicated", &types::text, false, now, "", "That record is below the high watermark."},
    Field{"acked", &types::text, false, now, "", "The producer heard success."},
    Field{"failed", &types::text, false, now, "",
          "The application was told that the record failed."},
    Field{"polled", &types::text, false, now, "", "A consumer was handed that record."},
    Field{"handled", &types::text, false, now, "", "A consumer finished with that record."},
    Field{"by", &types::text, false, now, "",
          "With `polled` and `handled`: by which consumer or group."},
    Field{"committed", &committed, false, now, "",
          "A group committed an offset behind that record."},
    Field{"group", &types::text, false, now, "", "With `committed`: which group."},
    Field{"elected", &types::partition, false, now, "", "That partition got a leader."},
    Field{"isr", &isr_map, false, now, "", "That partition's in-sync replicas are exactly these."},
    Field{"joined", &types::text, false, now, "",
          "That consumer is a member of its group with an assignment."},
    Field{"event", &types::positive_count, false, now, "",
          "Another event of this list, by its number from 1 on."},
    Field{"transaction", &types::anything, false, later, "", "A transaction reached a state."},
};
constinit const Type after{
    .shape = Shape::object, .what = "a map such as { acked: B }", .fields = after_fields};

constinit const Type groups{.shape = Shape::list,
                            .what = "a list of groups such as [[broker-1], [broker-2, broker-3]]",
                            .item = &types::selectors,
                            .low = 2};

// ---- disk ----

constinit const std::array disk_fields{
    Field{"fail", &types::mark, false, now, "", "Everything fails, and the data is gone."},
    Field{"full", &types::mark, false, now, "", "Nothing more can be written."},
    Field{"slow", &types::duration, false, now, "", "Every operation takes that much longer."},
    Field{"corrupt-tail", &types::mark, false, now, "", "What was not flushed is torn."},
};
constinit const Type disk_map{
    .shape = Shape::object, .what = "a map such as { slow: 200ms }", .fields = disk_fields};
constinit const std::array<std::string_view, 3> disk_words{"fail", "full", "corrupt-tail"};
constinit const Type disk_word{
    .shape = Shape::choice, .what = "fail, full or corrupt-tail", .words = disk_words};
constinit const std::array<const Type*, 3> with_alternatives{&types::error_name, &disk_word,
                                                             &disk_map};
constinit const Type with{.shape = Shape::any_of,
                          .what =
                              "one of Kafka's errors such as NOT_ENOUGH_REPLICAS (beside 'disk': "
                              "fail, full, corrupt-tail or { slow: 200ms })",
                          .alternatives = with_alternatives};
constinit const std::array<const Type*, 2> slow_alternatives{&types::selector_pair,
                                                             &types::duration};
constinit const Type slow{.shape = Shape::any_of,
                          .what =
                              "a list of two, such as [shop, leader(orders-0)] (beside 'disk': a "
                              "duration such as 200ms)",
                          .alternatives = slow_alternatives};

constinit const std::array event_fields{
    // triggers
    Field{"at", &types::duration, false, now, "", "Trigger: at that virtual time."},
    Field{"after", &after, false, now, "", "Trigger: just after that line of the trace."},
    Field{"before", &types::event_before, false, now, "",
          "Trigger: as a message of that kind is about to be delivered. With `delete-records`: the "
          "first offset that stays."},
    Field{"on", &types::message_kind, false, now, "", "Trigger: the same, the word for requests."},
    Field{"from", &types::selector, false, now, "", "Which messages: sent by whom."},
    Field{"to", &types::event_to, false, now, "",
          "Which messages: sent to whom. With `add-partitions`: how many; with `reassign`: which "
          "brokers, or `cancel`; with `reset-offsets` and `seek`: where."},
    Field{"of", &types::partition, false, now, "",
          "Which messages: those that speak of that partition."},
    Field{"nth", &types::positive_range, false, now, "",
          "Which messages: the 2nd, or 2..4, of those that match."},
    // actions
    Field{"cut", &types::selector_pair, false, now, "",
          "Breaks the connections between two; what is under way is lost."},
    Field{"partition", &groups, false, now, "", "Silence between groups."},
    Field{"one-way", &types::flag, false, now, "false",
          "With `partition`: from the first group to the second only."},
    Field{"for", &types::duration, false, now, "", "How long it lasts; without it, to the end."},
    Field{"hold", &types::message_kind, false, now, "",
          "The message, and what follows on its connection, waits."},
    Field{"slow", &slow, false, now, "",
          "The link between two slows down; with `disk`: what each operation takes more."},
    Field{"latency", &types::duration_range, false, now, "",
          "With `slow`: the latency of the link, one way."},
    Field{"reject", &types::message_kind, false, now, "",
          "The broker answers with an error and does nothing."},
    Field{"with", &with, false, now, "",
          "With `reject`: the error. With `disk`: fail, full, corrupt-tail or { slow: 200ms }."},
    Field{"crash", &types::selector, false, now, "", "The process dies; what it wrote stays."},
    Field{"power-loss", &types::selector, false, now, "",
          "The process dies, and what was not on disk is gone."},
    Field{"restart", &types::selector, false, now, "", "It comes back."},
    Field{"stop", &types::selector, false, now, "",
          "A broker shuts down in order; a client closes."},
    Field{"pause", &types::selector, false, now, "", "The whole process stops for a while."},
    Field{"stall", &types::selector, false, now, "",
          "A client's application thread stops for a while; heartbeats go on."},
    Field{"slow-handling", &types::consumers_or_groups, false, now, "",
          "Consumers take longer (or shorter) to handle a record, as what they write to is slow: a "
          "consumer, or all of a group."},
    Field{"takes", &types::duration, false, now, "",
          "With `slow-handling`: how long handling a record takes from now on."},
    Field{"start", &types::selector, false, now, "",
          "A client that was declared with `start: never` starts."},
    Field{"disk", &types::selector, false, now, "",
          "The disk of a broker fails, is full, slow, or its tail is torn: say which beside it."},
    Field{"fail", &types::mark, false, now, "",
          "With `disk`: everything fails, and the data is gone. The broker halts; a restart finds "
          "a new, empty disk once the fault is over (without `for`, the next restart does)."},
    Field{"full", &types::mark, false, now, "",
          "With `disk`: nothing more can be written, so the broker halts; its data stays."},
    Field{"corrupt-tail", &types::mark, false, now, "",
          "With `disk`: what was not flushed is torn; recovery after a crash cuts it off."},
    Field{"alter-topic", &types::text, false, now, "", "Changes a topic's settings."},
    Field{"alter-broker", &types::text, false, now, "",
          "Changes a broker's settings while it runs; `all`: the default of all brokers."},
    Field{"config", &types::topic_or_broker_settings, false, now, "",
          "With the two above and `create-topic`: Kafka's settings; nothing behind a name: back to "
          "the default."},
    Field{"create-topic", &types::text, false, now, "", "Creates a topic."},
    Field{"partitions", &types::new_partitions, false, now, "", "With `create-topic`: how many."},
    Field{"replicas", &types::new_replicas, false, now, "",
          "With `create-topic`: how many, or which brokers."},
    Field{"delete-topic", &types::text, false, now, "", "Deletes a topic."},
    Field{"add-partitions", &types::text, false, now, "", "Gives a topic more partitions."},
    Field{"reassign", &types::partition, false, now, "", "Moves a partition to other brokers."},
    Field{"elect", &types::partition, false, now, "",
          "Elects a leader: the preferred one, or an unclean one."},
    Field{"how", &types::election, false, now, "", "With `elect`: preferred or unclean."},
    Field{"delete-records", &types::partition, false, now, "",
          "Deletes the records below an offset."},
    Field{"reset-offsets", &types::text, false, now, "",
          "Changes the committed offsets of a group that has no members."},
    Field{"seek", &types::text, false, now, "", "Moves a consumer's position."},
};
constinit const Type event{
    .shape = Shape::object, .what = "a map with one action", .fields = event_fields};
constinit const Type events{.shape = Shape::list, .what = "a list of events", .item = &event};

}  // namespace

const Type& events_type() { return events; }

}  // namespace kafkasim::scenarios::schema

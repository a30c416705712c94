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

constinit const std::array event_fields{
    // triggers
    Field{"at", &types::duration, false, now, "", "Trigger: at that virtual time."},
    Field{"after", &after, false, now, "", "Trigger: just after that line of the trace."},
    Field{"before", &types::message_kind, false, now, "",
          "Trigger: as a message of that kind is about to be delivered."},
    Field{"on", &types::message_kind, false, now, "", "Trigger: the same, the word for requests."},
    Field{"from", &types::selector, false, now, "", "Which messages: sent by whom."},
    Field{"to", &types::selector, false, now, "", "Which messages: sent to whom."},
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
    Field{"slow", &types::selector_pair, false, now, "", "The link between two slows down."},
    Field{"latency", &types::duration_range, false, now, "",
          "With `slow`: the latency of the link, one way."},
    Field{"reject", &types::message_kind, false, now, "",
          "The broker answers with an error and does nothing."},
    Field{"with", &types::error_name, false, now, "", "With `reject`: the error."},
    Field{"crash", &types::selector, false, now, "", "The process dies; what it wrote stays."},
    Field{"power-loss", &types::selector, false, now, "",
          "The process dies, and what was not on disk is gone."},
    Field{"restart", &types::selector, false, now, "", "It comes back."},
    Field{"stop", &types::selector, false, now, "",
          "A broker shuts down in order; a client closes."},
    Field{"pause", &types::selector, false, now, "", "The whole process stops for a while."},
    Field{"stall", &types::selector, false, now, "",
          "A client's application thread stops for a while; heartbeats go on."},
    Field{"start", &types::selector, false, now, "",
          "A client that was declared with `start: never` starts."},
    Field{"disk", &types::anything, false, later_alone, "",
          "The disk fails, is full, slow, or loses its tail."},
    Field{"alter-topic", &types::anything, false, later_alone, "", "Changes a topic's settings."},
    Field{"alter-broker", &types::anything, false, later_alone, "", "Changes a broker's settings."},
    Field{"create-topic", &types::anything, false, later_alone, "", "Creates a topic."},
    Field{"delete-topic", &types::anything, false, later_alone, "", "Deletes a topic."},
    Field{"add-partitions", &types::anything, false, later_alone, "",
          "Gives a topic more partitions."},
    Field{"reassign", &types::anything, false, later_alone, "",
          "Moves a partition to other brokers."},
    Field{"elect", &types::anything, false, later_alone, "",
          "Elects a leader: the preferred one, or an unclean one."},
    Field{"delete-records", &types::anything, false, later_alone, "",
          "Deletes records below an offset."},
    Field{"reset-offsets", &types::anything, false, later_alone, "",
          "Changes the committed offsets of a group."},
    Field{"seek", &types::anything, false, later_alone, "", "Moves a consumer's position."},
};
constinit const Type event{
    .shape = Shape::object, .what = "a map with one action", .fields = event_fields};
constinit const Type events{.shape = Shape::list, .what = "a list of events", .item = &event};

}  // namespace

const Type& events_type() { return events; }

}  // namespace kafkasim::scenarios::schema

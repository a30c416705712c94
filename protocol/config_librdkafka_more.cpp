// The settings of librdkafka, m to z, without security. Sorted by name. Left out: what can only be
// set by a function (callbacks).
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(int_number, "max.in.flight", "1000000")
        .between(1, 1000000)
        .both()
        .alias("max.in.flight.requests.per.connection")
        .acting_on(true, false)
        .means("Another name of max.in.flight.requests.per.connection."),
    Def(int_number, "max.in.flight.requests.per.connection", "1000000")
        .between(1, 1000000)
        .both()
        .acting_on(true, false)
        .means("Unanswered requests on a connection; at most 5 with idempotence."),
    Def(int_number, "max.partition.fetch.bytes", "1048576")
        .between(1, 1000000000)
        .consuming()
        .alias("fetch.message.max.bytes")
        .acting_on(false, true)
        .means("Another name of fetch.message.max.bytes."),
    Def(int_number, "max.poll.interval.ms", "300000")
        .between(1, 86400000)
        .consuming()
        .acting_on(false, true)
        .means("A member that does not poll for this long leaves the group."),
    Def(int_number, "max.poll.records", "500")
        .between(1, 2147483647)
        .consuming()
        .means("Most messages for one call of a share consumer."),
    Def(int_number, "message.copy.max.bytes", "65535")
        .between(0, 1000000000)
        .both()
        .means("Larger messages are not copied when they are sent."),
    Def(int_number, "message.max.bytes", "1000000")
        .between(1000, 1000000000)
        .both()
        .acting_on(true, false)
        .means("Most bytes of a message and of a request."),
    Def(int_number, "message.send.max.retries", "2147483647")
        .between(0, 2147483647)
        .producing()
        .acting_on(true, false)
        .means("How often a batch may be sent again."),
    Def(int_number, "message.timeout.ms", "300000")
        .between(0, 2147483647)
        .producing()
        .acting_on(true, false)
        .means("From produce() to success or failure, all attempts together; 0 is no limit."),
    Def(text, "metadata.broker.list")
        .both()
        .means("Brokers to ask first. Here every client knows all brokers."),
    Def(int_number, "metadata.max.age.ms", "900000")
        .between(1, 86400000)
        .both()
        .acting_on(true, true)
        .means("What is known of a topic is forgotten after this time."),
    Def(int_number, "metadata.recovery.rebootstrap.trigger.ms", "300000")
        .between(0, 2147483647)
        .both()
        .means(
            "Without metadata for this long, the client starts over from the bootstrap servers."),
    Def(text, "metadata.recovery.strategy", "rebootstrap")
        .one_of("none, rebootstrap")
        .both()
        .acting_on(true, true)
        .means("What to do when no known broker can be reached."),
    Def(text, "offset.store.method", "broker")
        .one_of("none, file, broker")
        .consuming()
        .outdated()
        .means("Where offsets are kept."),
    Def(text, "offset.store.path", ".")
        .consuming()
        .outdated()
        .means("The file in which offsets are kept."),
    Def(int_number, "offset.store.sync.interval.ms", "-1")
        .between(-1, 86400000)
        .consuming()
        .outdated()
        .means("How often that file is written through."),
    Def(list, "partition.assignment.strategy", "range,roundrobin")
        .consuming()
        .acting_on(false, true)
        .means("Assignors that the member can do, the preferred one first."),
    Def(text, "partitioner", "consistent_random")
        .producing()
        .acting_on(true, false)
        .means("Chooses the partition of a message."),
    Def(text, "plugin.library.paths").both().means("Libraries to load."),
    Def(boolean, "produce.offset.report", "false")
        .producing()
        .outdated()
        .means("Tells the application the offset of a message."),
    Def(int_number, "queue.buffering.backpressure.threshold", "1")
        .between(1, 1000000)
        .producing()
        .means("Unsent requests that stop the making of more."),
    Def(int_number, "queue.buffering.max.kbytes", "1048576")
        .between(1, 2147483647)
        .producing()
        .acting_on(true, false)
        .means("Kilobytes that the queue holds; produce() fails at once when it is full."),
    Def(int_number, "queue.buffering.max.messages", "100000")
        .between(0, 2147483647)
        .producing()
        .acting_on(true, false)
        .means("Messages that the queue holds; produce() fails at once when it is full. 0 is no "
               "limit."),
    Def(real, "queue.buffering.max.ms", "5")
        .between(0, 900000)
        .producing()
        .acting_on(true, false)
        .means("How long a batch that is not full waits for more messages."),
    Def(int_number, "queued.max.messages.kbytes", "65536")
        .between(1, 2097151)
        .consuming()
        .means("Most kilobytes that the local queue of a consumer holds."),
    Def(int_number, "queued.min.messages", "100000")
        .between(1, 10000000)
        .consuming()
        .means("Fetching goes on until the local queue holds this many messages."),
    Def(text, "queuing.strategy", "fifo")
        .one_of("fifo, lifo")
        .producing()
        .outdated()
        .means("Which message of a queue is sent first."),
    Def(int_number, "receive.message.max.bytes", "100000000")
        .between(1000, 2147483647)
        .both()
        .means("Most bytes of a response."),
    Def(int_number, "reconnect.backoff.jitter.ms", "0")
        .between(0, 3600000)
        .both()
        .outdated()
        .means("Without effect."),
    Def(int_number, "reconnect.backoff.max.ms", "10000")
        .between(0, 3600000)
        .both()
        .acting_on(true, true)
        .means("Longest pause between attempts to connect."),
    Def(int_number, "reconnect.backoff.ms", "100")
        .between(0, 3600000)
        .both()
        .acting_on(true, true)
        .means("First pause between attempts to connect."),
    Def(int_number, "request.required.acks", "-1")
        .between(-1, 1000)
        .producing()
        .acting_on(true, false)
        .means("How many replicas must have a batch before the broker answers: all in-sync ones "
               "(-1), the leader (1), or none (0)."),
    Def(int_number, "request.timeout.ms", "30000")
        .between(1, 900000)
        .producing()
        .acting_on(true, false)
        .means("How long a broker may wait for the replicas of a batch. The client waits for "
               "socket.timeout.ms."),
    Def(int_number, "retries", "2147483647")
        .between(0, 2147483647)
        .producing()
        .alias("message.send.max.retries")
        .acting_on(true, false)
        .means("Another name of message.send.max.retries."),
    Def(int_number, "retry.backoff.max.ms", "1000")
        .between(1, 300000)
        .both()
        .acting_on(true, true)
        .means("Longest pause before a retry."),
    Def(int_number, "retry.backoff.ms", "100")
        .between(1, 300000)
        .both()
        .acting_on(true, true)
        .means("First pause before a retry."),
    Def(int_number, "session.timeout.ms", "45000")
        .between(1, 3600000)
        .consuming()
        .acting_on(false, true)
        .means("A member without a heartbeat for this long is removed from the group."),
    Def(text, "share.acknowledgement.mode", "implicit")
        .consuming()
        .means("How a share consumer acknowledges."),
    Def(int_number, "socket.blocking.max.ms", "1000")
        .between(1, 60000)
        .both()
        .outdated()
        .means("Without effect."),
    Def(int_number, "socket.connection.setup.timeout.ms", "30000")
        .between(1000, 2147483647)
        .both()
        .acting_on(true, true)
        .means("Longest wait for a connection to come up."),
    Def(boolean, "socket.keepalive.enable", "false").both().means("Keeps idle connections alive."),
    Def(int_number, "socket.max.fails", "1")
        .between(0, 1000000)
        .both()
        .means("Failed requests after which a connection is closed."),
    Def(boolean, "socket.nagle.disable", "true").both().means("Sends small packets at once."),
    Def(int_number, "socket.receive.buffer.bytes", "0")
        .between(0, 100000000)
        .both()
        .means("Size of the socket's receive buffer."),
    Def(int_number, "socket.send.buffer.bytes", "0")
        .between(0, 100000000)
        .both()
        .means("Size of the socket's send buffer."),
    Def(int_number, "socket.timeout.ms", "60000")
        .between(10, 300000)
        .both()
        .acting_on(true, true)
        .means("How long one request may stay unanswered before its connection is given up."),
    Def(int_number, "statistics.interval.ms", "0")
        .between(0, 86400000)
        .both()
        .means("How often the application is given statistics."),
    Def(int_number, "sticky.partitioning.linger.ms", "10")
        .between(0, 900000)
        .producing()
        .acting_on(true, false)
        .means("How long messages without a key stay with a partition; 0: each is drawn anew."),
    Def(text, "topic.blacklist").both().means("Topics that are ignored."),
    Def(int_number, "topic.metadata.propagation.max.ms", "30000")
        .between(0, 3600000)
        .both()
        .means("How long a topic that was just created may be unknown."),
    Def(int_number, "topic.metadata.refresh.fast.cnt", "10")
        .between(0, 1000)
        .both()
        .outdated()
        .means("Without effect."),
    Def(int_number, "topic.metadata.refresh.fast.interval.ms", "100")
        .between(1, 60000)
        .both()
        .means("Pause between questions for the leader of a topic that has none."),
    Def(int_number, "topic.metadata.refresh.interval.ms", "300000")
        .between(-1, 3600000)
        .both()
        .acting_on(true, true)
        .means("Metadata is fetched anew at least this often."),
    Def(boolean, "topic.metadata.refresh.sparse", "true")
        .both()
        .means("Asks for the topics in use only."),
    Def(int_number, "transaction.timeout.ms", "60000")
        .between(1000, 2147483647)
        .producing()
        .acting_on(true, false)
        .means("An open transaction older than this is aborted by its coordinator."),
    Def(text, "transactional.id")
        .producing()
        .acting_on(true, false)
        .means("Name under which a producer's transactions survive its restarts."),
};

}  // namespace

std::span<const ConfigDef> librdkafka_rows_m_to_z() { return rows; }

}  // namespace kafkasim::protocol::tables

// The settings of a consumer as Kafka 4.0 defines them,
// without metrics and security. Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(boolean, "allow.auto.create.topics", "true")
        .medium_importance()
        .acting()
        .means("Asking for an unknown topic may create it."),
    Def(int_number, "auto.commit.interval.ms", "5000")
        .at_least(0)
        .acting()
        .means("How often positions are committed automatically, looked at inside poll()."),
    Def(text, "auto.offset.reset", "latest")
        .medium_importance()
        .offset_reset()
        .acting()
        .means("Where to start when there is no committed offset, or it is out of range."),
    Def(list, "bootstrap.servers", "")
        .not_null()
        .high_importance()
        .means("Brokers to ask first. Here every client knows all brokers."),
    Def(boolean, "check.crcs", "true").means("Verifies the checksum of fetched batches."),
    Def(text, "client.dns.lookup", "use_all_dns_ips")
        .medium_importance()
        .one_of("use_all_dns_ips, resolve_canonical_bootstrap_servers_only")
        .means("How host names are looked up."),
    Def(text, "client.id", "").acting().means("Name of the client in requests."),
    Def(text, "client.rack", "")
        .acting()
        .means("Rack of the client, for fetching from a near replica."),
    Def(long_number, "connections.max.idle.ms", "540000")
        .medium_importance()
        .means("An idle connection is closed after this time."),
    Def(int_number, "default.api.timeout.ms", "60000")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("How long blocking calls such as commitSync may take."),
    Def(boolean, "enable.auto.commit", "true")
        .medium_importance()
        .acting()
        .means("Positions of earlier polls are committed in the background of poll()."),
    Def(boolean, "enable.metrics.push", "true").means("Sends client metrics to the brokers."),
    Def(boolean, "exclude.internal.topics", "true")
        .medium_importance()
        .means("A pattern does not match internal topics."),
    Def(int_number, "fetch.max.bytes", "52428800")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("Most bytes of a fetch response, unless its first batch alone is larger."),
    Def(int_number, "fetch.max.wait.ms", "500")
        .at_least(0)
        .acting()
        .means("How long a broker may hold a fetch that has too little data."),
    Def(int_number, "fetch.min.bytes", "1")
        .high_importance()
        .at_least(0)
        .acting()
        .means("A broker holds a fetch until it has this many bytes."),
    Def(text, "group.id")
        .high_importance()
        .acting()
        .means("The group that shares the partitions and the committed offsets."),
    Def(text, "group.instance.id")
        .medium_importance()
        .non_empty()
        .acting()
        .means("Makes the member static: it keeps its partitions over a restart."),
    Def(text, "group.protocol", "classic")
        .high_importance()
        .one_of_ignoring_case("CONSUMER, CLASSIC")
        .acting()
        .means("How the group is balanced: classic (by a member) or consumer (by the broker)."),
    Def(text, "group.remote.assignor")
        .medium_importance()
        .acting()
        .means("Assignor on the broker's side, for the consumer protocol."),
    Def(int_number, "heartbeat.interval.ms", "3000")
        .high_importance()
        .acting()
        .means("How often a member says that it lives."),
    Def(list, "interceptor.classes", "").not_null().means("Code called around poll() and commits."),
    Def(boolean, "internal.leave.group.on.close", "true")
        .acting()
        .means("Closing leaves the group."),
    Def(boolean, "internal.throw.on.fetch.stable.offset.unsupported", "false")
        .means("Fails on brokers that cannot say which offsets are stable."),
    Def(text, "isolation.level", "read_uncommitted")
        .medium_importance()
        .one_of("read_committed, read_uncommitted")
        .acting()
        .means("Whether records of open and aborted transactions are handed out."),
    Def(class_name, "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer")
        .required_by_kafka()
        .high_importance()
        .means("Turns bytes into keys. Here keys are text."),
    Def(int_number, "max.partition.fetch.bytes", "1048576")
        .high_importance()
        .at_least(0)
        .acting()
        .means("Most bytes of one partition in a fetch response, unless its first batch alone "
               "is larger."),
    Def(int_number, "max.poll.interval.ms", "300000")
        .medium_importance()
        .at_least(1)
        .acting()
        .means("A member that does not poll for this long leaves the group."),
    Def(int_number, "max.poll.records", "500")
        .medium_importance()
        .at_least(1)
        .acting()
        .means("Most records that one poll() hands out."),
    Def(long_number, "metadata.max.age.ms", "300000")
        .at_least(0)
        .acting()
        .means("Metadata is fetched anew at least this often."),
    Def(long_number, "metadata.recovery.rebootstrap.trigger.ms", "300000")
        .at_least(0)
        .means("Without metadata for this long, the client starts over from the bootstrap "
               "servers."),
    Def(text, "metadata.recovery.strategy", "rebootstrap")
        .one_of_ignoring_case("REBOOTSTRAP, NONE")
        .acting()
        .means("What to do when no known broker can be reached."),
    Def(list, "partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.RangeAssignor,"
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor")
        .not_null()
        .medium_importance()
        .acting()
        .means("Assignors that the member can do, the preferred one first."),
    Def(int_number, "receive.buffer.bytes", "65536")
        .medium_importance()
        .at_least(-1)
        .means("Size of the socket's receive buffer."),
    Def(long_number, "reconnect.backoff.max.ms", "1000")
        .at_least(0)
        .acting()
        .means("Longest pause between attempts to connect."),
    Def(long_number, "reconnect.backoff.ms", "50")
        .at_least(0)
        .acting()
        .means("First pause between attempts to connect."),
    Def(int_number, "request.timeout.ms", "30000")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("How long one request may stay unanswered before its connection is given up."),
    Def(long_number, "retry.backoff.max.ms", "1000")
        .at_least(0)
        .acting()
        .means("Longest pause before a retry."),
    Def(long_number, "retry.backoff.ms", "100")
        .at_least(0)
        .acting()
        .means("First pause before a retry."),
    Def(int_number, "send.buffer.bytes", "131072")
        .medium_importance()
        .at_least(-1)
        .means("Size of the socket's send buffer."),
    Def(int_number, "session.timeout.ms", "45000")
        .high_importance()
        .acting()
        .means("A member without a heartbeat for this long is removed from the group."),
    Def(long_number, "socket.connection.setup.timeout.max.ms", "30000")
        .medium_importance()
        .acting()
        .means("Longest wait for a connection to come up."),
    Def(long_number, "socket.connection.setup.timeout.ms", "10000")
        .medium_importance()
        .acting()
        .means("First wait for a connection to come up."),
    Def(class_name, "value.deserializer",
        "org.apache.kafka.common.serialization.StringDeserializer")
        .required_by_kafka()
        .high_importance()

        .means("Turns bytes into values. Here values are text."),
};

}  // namespace

std::span<const ConfigDef> consumer_rows() { return rows; }

}  // namespace kafkasim::protocol::tables

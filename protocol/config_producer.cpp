// The settings of a producer as Kafka 4.0 defines them,
// without metrics and security. Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(text, "acks", "all")
        .one_of("all, -1, 0, 1")
        .acting()
        .means("How many replicas must have a batch before the broker answers: all in-sync "
               "ones, the leader, or none."),
    Def(int_number, "batch.size", "16384")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("Most bytes that one batch of a partition gathers; also the bytes after which "
               "unkeyed records change partition."),
    Def(list, "bootstrap.servers", "")
        .not_null()
        .high_importance()
        .means("Brokers to ask first. Here every client knows all brokers."),
    Def(long_number, "buffer.memory", "33554432")
        .high_importance()
        .at_least(0)
        .acting()
        .means("Bytes that unsent records may take; send() blocks when they are used up."),
    Def(text, "client.dns.lookup", "use_all_dns_ips")
        .medium_importance()
        .one_of("use_all_dns_ips, resolve_canonical_bootstrap_servers_only")
        .means("How host names are looked up."),
    Def(text, "client.id", "").medium_importance().means("Name of the client in requests."),
    Def(int_number, "compression.gzip.level", "-1")
        .medium_importance()
        .between_or_minus_one(1, 9)
        .means("Effort of gzip."),
    Def(int_number, "compression.lz4.level", "9")
        .medium_importance()
        .between(1, 17)
        .means("Effort of lz4."),
    Def(text, "compression.type", "none")
        .high_importance()
        .one_of("none, gzip, snappy, lz4, zstd")
        .acting()
        .means("Codec of the batches."),
    Def(int_number, "compression.zstd.level", "3")
        .medium_importance()
        .between(-131072, 22)
        .means("Effort of zstd."),
    Def(long_number, "connections.max.idle.ms", "540000")
        .medium_importance()
        .means("An idle connection is closed after this time."),
    Def(int_number, "delivery.timeout.ms", "120000")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("From send() to success or failure, all attempts together."),
    Def(boolean, "enable.idempotence", "true")
        .acting()
        .means("Sequence numbers let the broker recognise a batch that it has already stored."),
    Def(boolean, "enable.metrics.push", "true").means("Sends client metrics to the brokers."),
    Def(list, "interceptor.classes", "").not_null().means("Code called around send()."),
    Def(class_name, "key.serializer", "org.apache.kafka.common.serialization.StringSerializer")
        .required_by_kafka()
        .high_importance()
        .means("Turns keys into bytes. Here keys are text."),
    Def(long_number, "linger.ms", "5")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("How long a batch that is not full waits for more records."),
    Def(long_number, "max.block.ms", "60000")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("How long send() may wait for metadata or memory."),
    Def(int_number, "max.in.flight.requests.per.connection", "5")
        .at_least(1)
        .acting()
        .means("Unanswered requests on a connection; with one, order survives retries."),
    Def(int_number, "max.request.size", "1048576")
        .medium_importance()
        .at_least(0)
        .acting()
        .means("Most bytes of a record and of a request."),
    Def(long_number, "metadata.max.age.ms", "300000")
        .at_least(0)
        .acting()
        .means("Metadata is fetched anew at least this often."),
    Def(long_number, "metadata.max.idle.ms", "300000")
        .at_least(5000)
        .acting()
        .means("A topic that nobody writes to is forgotten after this time."),
    Def(long_number, "metadata.recovery.rebootstrap.trigger.ms", "300000")
        .at_least(0)
        .means("Without metadata for this long, the client starts over from the bootstrap "
               "servers."),
    Def(text, "metadata.recovery.strategy", "rebootstrap")
        .one_of_ignoring_case("REBOOTSTRAP, NONE")
        .acting()
        .means("What to do when no known broker can be reached."),
    Def(boolean, "partitioner.adaptive.partitioning.enable", "true")
        .acting()
        .means("Unkeyed records prefer partitions whose brokers answer quickly."),
    Def(long_number, "partitioner.availability.timeout.ms", "0")
        .at_least(0)
        .acting()
        .means("Partitions of a broker that takes no request for this long are avoided."),
    Def(class_name, "partitioner.class")
        .medium_importance()
        .acting()
        .means("Chooses the partition of a record; null: by key, else sticky."),
    Def(boolean, "partitioner.ignore.keys", "false")
        .medium_importance()
        .acting()
        .means("Keyed records are spread like unkeyed ones."),
    Def(int_number, "receive.buffer.bytes", "32768")
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
    Def(int_number, "retries", "2147483647")
        .high_importance()
        .between(0, 2147483647)
        .acting()
        .means("How often a batch may be sent again."),
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
    Def(long_number, "socket.connection.setup.timeout.max.ms", "30000")
        .medium_importance()
        .acting()
        .means("Longest wait for a connection to come up."),
    Def(long_number, "socket.connection.setup.timeout.ms", "10000")
        .medium_importance()
        .acting()
        .means("First wait for a connection to come up."),
    Def(int_number, "transaction.timeout.ms", "60000")
        .acting()
        .means("An open transaction older than this is aborted by its coordinator."),
    Def(text, "transactional.id")
        .non_empty()
        .acting()
        .means("Name under which a producer's transactions survive its restarts."),
    Def(class_name, "value.serializer", "org.apache.kafka.common.serialization.StringSerializer")
        .required_by_kafka()
        .high_importance()
        .means("Turns values into bytes. Here values are text."),
};

}  // namespace

std::span<const ConfigDef> producer_rows() { return rows; }

}  // namespace kafkasim::protocol::tables

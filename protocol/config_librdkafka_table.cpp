// The settings of librdkafka, a to l, without security. Sorted by name. Left out: what can only be
// set by a function (callbacks).
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(int_number, "acks", "-1")
        .between(-1, 1000)
        .producing()
        .alias("request.required.acks")
        .acting_on(true, false)
        .means("How many replicas must have a batch before the broker answers; all and -1 are the "
               "in-sync ones."),
    Def(boolean, "allow.auto.create.topics", "false")
        .both()
        .acting_on(false, true)
        .means("Asking for an unknown topic may create it; off for consumers, on for producers."),
    Def(int_number, "api.version.fallback.ms", "0")
        .between(0, 604800000)
        .both()
        .outdated()
        .means("How long an old broker is not asked for its versions again."),
    Def(boolean, "api.version.request", "true")
        .both()
        .outdated()
        .means("Asks brokers for the versions that they know."),
    Def(int_number, "api.version.request.timeout.ms", "10000")
        .between(1, 300000)
        .both()
        .means("Longest wait for the versions of a broker."),
    Def(boolean, "auto.commit.enable", "true")
        .consuming()
        .outdated()
        .means("The older name of enable.auto.commit, for simple consumers."),
    Def(int_number, "auto.commit.interval.ms", "5000")
        .between(0, 86400000)
        .consuming()
        .acting_on(false, true)
        .means("How often stored offsets are committed automatically, by a thread of its own."),
    Def(text, "auto.offset.reset", "largest")
        .one_of("smallest, earliest, beginning, largest, latest, end, error")
        .consuming()
        .acting_on(false, true)
        .means("Where to start when there is no committed offset, or it is out of range."),
    Def(int_number, "batch.num.messages", "10000")
        .between(1, 1000000)
        .producing()
        .acting_on(true, false)
        .means("Most messages that one batch of a partition gathers."),
    Def(int_number, "batch.size", "1000000")
        .between(1, 2147483647)
        .producing()
        .acting_on(true, false)
        .means("Most bytes that one batch of a partition gathers."),
    Def(text, "bootstrap.servers")
        .both()
        .alias("metadata.broker.list")
        .means("Another name of metadata.broker.list."),
    Def(text, "broker.address.family", "any")
        .one_of("any, v4, v6")
        .both()
        .means("Which addresses of a host name are used."),
    Def(int_number, "broker.address.ttl", "1000")
        .between(0, 86400000)
        .both()
        .means("How long an address that was looked up is used."),
    Def(text, "broker.version.fallback", "0.10.0")
        .both()
        .outdated()
        .means("The version that a broker is taken to have when it does not tell."),
    Def(list, "builtin.features",
        "gzip, snappy, ssl, sasl, regex, lz4, sasl_gssapi, sasl_plain, sasl_scram, plugins, zstd, "
        "sasl_oauthbearer, http, oidc")
        .one_of("gzip, snappy, ssl, sasl, regex, lz4, sasl_gssapi, sasl_plain, sasl_scram, "
                "plugins, zstd, sasl_oauthbearer, http, oidc")
        .both()
        .means("What this build of librdkafka is able to do."),
    Def(boolean, "check.crcs", "false")
        .consuming()
        .means("Verifies the checksum of fetched batches."),
    Def(text, "client.dns.lookup", "use_all_dns_ips")
        .one_of("use_all_dns_ips, resolve_canonical_bootstrap_servers_only")
        .both()
        .means("How host names are looked up."),
    Def(text, "client.id", "rdkafka")
        .both()
        .acting_on(false, true)
        .means("Name of the client in requests."),
    Def(text, "client.rack")
        .both()
        .acting_on(false, true)
        .means("Rack of the client, for fetching from a near replica."),
    Def(text, "compression.codec", "none")
        .one_of("none, gzip, snappy, lz4, zstd")
        .producing()
        .acting_on(true, false)
        .means("Codec of the batches."),
    Def(int_number, "compression.level", "-1")
        .between(-1, 12)
        .producing()
        .means("Effort of the codec."),
    Def(text, "compression.type", "none")
        .one_of("none, gzip, snappy, lz4, zstd")
        .producing()
        .alias("compression.codec")
        .acting_on(true, false)
        .means("Another name of compression.codec."),
    Def(int_number, "connections.max.idle.ms", "0")
        .between(0, 2147483647)
        .both()
        .means("An idle connection is closed after this time; 0 is never."),
    Def(int_number, "consume.callback.max.messages", "0")
        .between(0, 1000000)
        .consuming()
        .means("Most messages for one call of the consume callback."),
    Def(int_number, "coordinator.query.interval.ms", "600000")
        .between(1, 3600000)
        .consuming()
        .means("How often the coordinator of the group is looked up again."),
    Def(list, "debug")
        .one_of("generic, broker, topic, metadata, feature, queue, msg, protocol, cgrp, security, "
                "fetch, interceptor, plugin, consumer, admin, eos, mock, assignor, conf, "
                "telemetry, all")
        .both()
        .means("What librdkafka logs."),
    Def(boolean, "delivery.report.only.error", "false")
        .producing()
        .means("Tells the application of failed messages only."),
    Def(int_number, "delivery.timeout.ms", "300000")
        .between(0, 2147483647)
        .producing()
        .alias("message.timeout.ms")
        .acting_on(true, false)
        .means("Another name of message.timeout.ms."),
    Def(boolean, "enable.auto.commit", "true")
        .consuming()
        .acting_on(false, true)
        .means("Stored offsets are committed in the background."),
    Def(boolean, "enable.auto.offset.store", "true")
        .consuming()
        .acting_on(false, true)
        .means("A message that is handed to the application counts as handled."),
    Def(boolean, "enable.gapless.guarantee", "false")
        .producing()
        .acting_on(true, false)
        .means("A message that fails amid others is a fatal error: no later one is sent."),
    Def(boolean, "enable.idempotence", "false")
        .producing()
        .acting_on(true, false)
        .means("Sequence numbers let the broker recognise a batch that it has already stored."),
    Def(boolean, "enable.metrics.push", "true")
        .both()
        .means("Sends client metrics to the brokers."),
    Def(boolean, "enable.partition.eof", "false")
        .consuming()
        .means("Tells the application when it has reached the end of a partition."),
    Def(boolean, "enable.random.seed", "true")
        .both()
        .means("Seeds the random numbers of the client."),
    Def(int_number, "enabled_events", "0")
        .between(0, 2147483647)
        .both()
        .means("Which events the application asks for."),
    Def(int_number, "fetch.error.backoff.ms", "500")
        .between(0, 300000)
        .consuming()
        .acting_on(false, true)
        .means("Pause after a fetch that failed."),
    Def(int_number, "fetch.max.bytes", "52428800")
        .between(0, 2147483135)
        .consuming()
        .acting_on(false, true)
        .means("Most bytes of a fetch response, unless its first batch alone is larger."),
    Def(int_number, "fetch.message.max.bytes", "1048576")
        .between(1, 1000000000)
        .consuming()
        .acting_on(false, true)
        .means("Most bytes of one partition in a fetch response, unless its first batch alone is "
               "larger."),
    Def(int_number, "fetch.min.bytes", "1")
        .between(0, 2147483647)
        .consuming()
        .acting_on(false, true)
        .means("A broker holds a fetch until it has this many bytes."),
    Def(int_number, "fetch.queue.backoff.ms", "1000")
        .between(0, 300000)
        .consuming()
        .means("Pause of fetching while the local queue is full."),
    Def(int_number, "fetch.wait.max.ms", "500")
        .between(0, 300000)
        .consuming()
        .acting_on(false, true)
        .means("How long a broker may hold a fetch that has too little data."),
    Def(text, "group.id")
        .consuming()
        .acting_on(false, true)
        .means("The group that shares the partitions and the committed offsets."),
    Def(text, "group.instance.id")
        .consuming()
        .acting_on(false, true)
        .means("Makes the member static: it keeps its partitions over a restart."),
    Def(text, "group.protocol", "classic")
        .one_of("classic, consumer")
        .consuming()
        .acting_on(false, true)
        .means("How the group is balanced: classic (by a member) or consumer (by the broker)."),
    Def(text, "group.protocol.type", "consumer").consuming().means("The kind of the group."),
    Def(text, "group.remote.assignor")
        .consuming()
        .acting_on(false, true)
        .means("Assignor on the broker's side, for the consumer protocol."),
    Def(int_number, "heartbeat.interval.ms", "3000")
        .between(1, 3600000)
        .consuming()
        .acting_on(false, true)
        .means("How often a member says that it lives."),
    Def(int_number, "internal.termination.signal", "0")
        .between(0, 128)
        .both()
        .means("The signal that ends threads of librdkafka."),
    Def(text, "isolation.level", "read_committed")
        .one_of("read_uncommitted, read_committed")
        .consuming()
        .acting_on(false, true)
        .means("Whether records of open and aborted transactions are handed out."),
    Def(real, "linger.ms", "5")
        .between(0, 900000)
        .producing()
        .alias("queue.buffering.max.ms")
        .acting_on(true, false)
        .means("Another name of queue.buffering.max.ms."),
    Def(boolean, "log.connection.close", "true").both().means("Logs closed connections."),
    Def(boolean, "log.queue", "false").both().means("Logs through a queue."),
    Def(boolean, "log.thread.name", "true").both().means("Logs the names of threads."),
    Def(int_number, "log_level", "6").between(0, 7).both().means("How much is logged."),
};

}  // namespace

std::span<const ConfigDef> librdkafka_rows_a_to_l() { return rows; }

}  // namespace kafkasim::protocol::tables

// The settings of a broker as Kafka 4.0 defines them, a to l,
// without the group and security ones. Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(boolean, "auto.create.topics.enable", "true")
        .acting()
        .means("Asking for an unknown topic creates it."),
    Def(boolean, "auto.leader.rebalance.enable", "true")
        .acting()
        .means("The controller moves leaderships back to the preferred replicas."),
    Def(int_number, "background.threads", "10").at_least(1).means("Threads for housekeeping."),
    Def(int_number, "broker.heartbeat.interval.ms", "2000")
        .acting()
        .means("How often a broker tells the controller that it lives."),
    Def(int_number, "broker.id", "-1")
        .means("Number of the broker. Here brokers are numbered from 1."),
    Def(text, "broker.rack").means("Rack of the broker. Here `racks` says it."),
    Def(int_number, "broker.session.timeout.ms", "9000")
        .acting()
        .means("A broker not heard from for this long is fenced by the controller."),
    Def(long_number, "connections.max.idle.ms", "600000")
        .acting()
        .means("An idle connection is closed after this time."),
    Def(boolean, "controlled.shutdown.enable", "true")
        .acting()
        .means("A broker hands its leaderships over before it stops."),
    Def(int_number, "controlled.shutdown.max.retries", "3")
        .means("Attempts of a controlled shutdown."),
    Def(long_number, "controlled.shutdown.retry.backoff.ms", "5000").means("Pause between them."),
    Def(int_number, "controller.quorum.append.linger.ms", "25")
        .acting()
        .means("How long the active controller gathers records into a batch."),
    Def(list, "controller.quorum.bootstrap.servers", "").means("Controllers to ask first."),
    Def(int_number, "controller.quorum.election.backoff.max.ms", "1000")
        .acting()
        .means("Longest pause after a lost controller election."),
    Def(int_number, "controller.quorum.election.timeout.ms", "1000")
        .acting()
        .means("How long a candidate waits for votes."),
    Def(int_number, "controller.quorum.fetch.timeout.ms", "2000")
        .acting()
        .means("A voter that cannot fetch for this long stands for election."),
    Def(int_number, "controller.quorum.request.timeout.ms", "2000")
        .acting()
        .means("Limit of a request among controllers."),
    Def(int_number, "controller.quorum.retry.backoff.ms", "20")
        .acting()
        .means("Pause before a request among controllers is repeated."),
    Def(list, "controller.quorum.voters", "").means("The voters of the controller quorum."),
    Def(int_number, "controller.quota.window.num", "11")
        .at_least(1)
        .means("Samples of the controller's mutation quota."),
    Def(int_number, "controller.quota.window.size.seconds", "1")
        .at_least(1)
        .means("Length of such a sample."),
    Def(int_number, "default.replication.factor", "1")
        .acting()
        .means("Replicas of a topic that does not say how many."),
    Def(int_number, "delete.records.purgatory.purge.interval.requests", "1")
        .means("Housekeeping of waiting requests."),
    Def(boolean, "delete.topic.enable", "true").acting().means("Topics can be deleted."),
    Def(boolean, "eligible.leader.replicas.enable", "false")
        .means("Remembers replicas that may safely lead though they left the in-sync set."),
    Def(int_number, "fetch.max.bytes", "57671680")
        .at_least(1024)
        .acting()
        .means("Most bytes of a fetch response."),
    Def(int_number, "fetch.purgatory.purge.interval.requests", "1000")
        .means("Housekeeping of waiting requests."),
    Def(int_number, "group.coordinator.append.linger.ms", "10")
        .at_least(0)
        .acting()
        .means("How long a group coordinator gathers records into a batch."),
    Def(list, "group.coordinator.rebalance.protocols", "classic,consumer")
        .one_of("classic, consumer, share")
        .acting()
        .means("Kinds of groups that are served."),
    Def(int_number, "group.coordinator.threads", "1")
        .at_least(1)
        .means("Threads of the group coordinator."),
    Def(int_number, "group.initial.rebalance.delay.ms", "3000")
        .acting()
        .means("An empty group waits this long for more members before its first balance."),
    Def(int_number, "group.max.session.timeout.ms", "1800000")
        .acting()
        .means("Largest session.timeout.ms that is accepted."),
    Def(int_number, "group.max.size", "2147483647")
        .at_least(1)
        .acting()
        .means("Most members of a group."),
    Def(int_number, "group.min.session.timeout.ms", "6000")
        .acting()
        .means("Smallest session.timeout.ms that is accepted."),
    Def(int_number, "initial.broker.registration.timeout.ms", "60000")
        .acting()
        .means("A broker that cannot register at start gives up after this time."),
    Def(long_number, "leader.imbalance.check.interval.seconds", "300")
        .at_least(1)
        .acting()
        .means("How often preferred leaders are looked at."),
    Def(int_number, "leader.imbalance.per.broker.percentage", "10")
        .means("Share of displaced leaderships that is tolerated."),
    Def(long_number, "log.cleaner.backoff.ms", "15000")
        .at_least(0)
        .acting()
        .means("Pause of the cleaner when there is nothing to clean."),
    Def(long_number, "log.cleaner.dedupe.buffer.size", "134217728")
        .means("Memory of the cleaner for keys."),
    Def(long_number, "log.cleaner.delete.retention.ms", "86400000")
        .at_least(0)
        .acting()
        .means("How long a tombstone stays, for topics that do not say it."),
    Def(boolean, "log.cleaner.enable", "true").acting().means("Compaction runs at all."),
    Def(real, "log.cleaner.io.buffer.load.factor", "0.9")
        .means("How full the cleaner's memory may get."),
    Def(int_number, "log.cleaner.io.buffer.size", "524288")
        .at_least(0)
        .means("Memory of the cleaner for reading."),
    Def(real, "log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308")
        .means("Limit of the cleaner's reading and writing."),
    Def(long_number, "log.cleaner.max.compaction.lag.ms", "9223372036854775807")
        .at_least(1)
        .acting()
        .means("max.compaction.lag.ms of topics that do not say it."),
    Def(real, "log.cleaner.min.cleanable.ratio", "0.5")
        .between(0, 1)
        .acting()
        .means("min.cleanable.dirty.ratio of topics that do not say it."),
    Def(long_number, "log.cleaner.min.compaction.lag.ms", "0")
        .at_least(0)
        .acting()
        .means("min.compaction.lag.ms of topics that do not say it."),
    Def(int_number, "log.cleaner.threads", "1")
        .at_least(0)
        .acting()
        .means("Threads of the cleaner."),
    Def(list, "log.cleanup.policy", "delete")
        .one_of("compact, delete")
        .acting()
        .means("cleanup.policy of topics that do not say it."),
    Def(long_number, "log.dir.failure.timeout.ms", "30000")
        .at_least(1)
        .means("A broker that cannot report a failed disk gives up after this time."),
    Def(text, "log.dirs").means("Where the logs are kept."),
    Def(long_number, "log.flush.interval.messages", "9223372036854775807")
        .at_least(1)
        .acting()
        .means("flush.messages of topics that do not say it."),
    Def(long_number, "log.flush.interval.ms")
        .acting()
        .means("flush.ms of topics that do not say it."),
    Def(int_number, "log.flush.offset.checkpoint.interval.ms", "60000")
        .at_least(0)
        .acting()
        .means("How often it is noted how far the logs are on disk."),
    Def(long_number, "log.flush.scheduler.interval.ms", "9223372036854775807")
        .acting()
        .means("How often it is looked for logs to force to disk."),
    Def(int_number, "log.flush.start.offset.checkpoint.interval.ms", "60000")
        .at_least(0)
        .acting()
        .means("How often the logs' start offsets are noted on disk."),
    Def(int_number, "log.index.interval.bytes", "4096")
        .at_least(0)
        .acting()
        .means("index.interval.bytes of topics that do not say it."),
    Def(int_number, "log.index.size.max.bytes", "10485760")
        .at_least(4)
        .acting()
        .means("segment.index.bytes of topics that do not say it."),
    Def(long_number, "log.initial.task.delay.ms", "30000")
        .at_least(0)
        .acting()
        .means("Pause before the logs' housekeeping begins."),
    Def(long_number, "log.message.timestamp.after.max.ms", "3600000")
        .at_least(0)
        .acting()
        .means("message.timestamp.after.max.ms of topics that do not say it."),
    Def(long_number, "log.message.timestamp.before.max.ms", "9223372036854775807")
        .at_least(0)
        .acting()
        .means("message.timestamp.before.max.ms of topics that do not say it."),
    Def(text, "log.message.timestamp.type", "CreateTime")
        .one_of("CreateTime, LogAppendTime")
        .acting()
        .means("message.timestamp.type of topics that do not say it."),
    Def(long_number, "log.retention.bytes", "-1")
        .acting()
        .means("retention.bytes of topics that do not say it."),
    Def(long_number, "log.retention.check.interval.ms", "300000")
        .at_least(1)
        .acting()
        .means("How often it is looked for old segments."),
    Def(int_number, "log.retention.hours", "168")
        .acting()
        .means("retention.ms of topics that do not say it, in hours."),
    Def(int_number, "log.retention.minutes")
        .acting()
        .means("retention.ms of topics that do not say it, in minutes; goes before the hours."),
    Def(long_number, "log.retention.ms")
        .acting()
        .means("retention.ms of topics that do not say it; goes before minutes and hours."),
    Def(int_number, "log.roll.hours", "168")
        .at_least(1)
        .acting()
        .means("segment.ms of topics that do not say it, in hours."),
    Def(long_number, "log.roll.ms")
        .acting()
        .means("segment.ms of topics that do not say it; goes before the hours."),
    Def(int_number, "log.segment.bytes", "1073741824")
        .at_least(1048576)
        .acting()
        .means("segment.bytes of topics that do not say it."),
    Def(long_number, "log.segment.delete.delay.ms", "60000")
        .at_least(0)
        .means("file.delete.delay.ms of topics that do not say it."),
};

}  // namespace

std::span<const ConfigDef> broker_rows_a_to_l() { return rows; }

}  // namespace kafkasim::protocol::tables

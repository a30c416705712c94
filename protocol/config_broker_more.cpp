// The settings of a broker as Kafka 4.0 defines them, m to z,
// without the group and security ones. Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(int_number, "max.incremental.fetch.session.cache.slots", "1000")
        .at_least(0)
        .means("Fetch sessions that a broker remembers."),
    Def(int_number, "max.request.partition.size.limit", "2000")
        .at_least(1)
        .means("Partitions that one description request may ask for."),
    Def(int_number, "message.max.bytes", "1048588")
        .at_least(0)
        .acting()
        .means("max.message.bytes of topics that do not say it."),
    Def(text, "metadata.log.dir").means("Where the metadata log is kept."),
    Def(long_number, "metadata.log.max.record.bytes.between.snapshots", "20971520")
        .at_least(1)
        .means("Bytes of metadata log after which a snapshot is taken."),
    Def(long_number, "metadata.log.max.snapshot.interval.ms", "3600000")
        .at_least(0)
        .means("Time after which a snapshot of the metadata is taken."),
    Def(int_number, "metadata.max.idle.interval.ms", "500")
        .at_least(0)
        .means("How often an idle controller quorum writes a record."),
    Def(long_number, "metadata.max.retention.bytes", "104857600")
        .means("Size of metadata log and snapshots that is kept."),
    Def(long_number, "metadata.max.retention.ms", "604800000")
        .means("Age of metadata log and snapshots that is kept."),
    Def(int_number, "min.insync.replicas", "1")
        .at_least(1)
        .acting()
        .means("min.insync.replicas of topics that do not say it."),
    Def(int_number, "node.id", "-1").means("Number of the node. Here brokers are numbered from 1."),
    Def(int_number, "num.io.threads", "8").at_least(1).means("Threads that handle requests."),
    Def(int_number, "num.network.threads", "3")
        .at_least(1)
        .means("Threads that read and write connections."),
    Def(int_number, "num.partitions", "1")
        .at_least(1)
        .acting()
        .means("Partitions of a topic that does not say how many."),
    Def(int_number, "num.recovery.threads.per.data.dir", "2")
        .at_least(1)
        .means("Threads that recover logs at start."),
    Def(int_number, "num.replica.fetchers", "1").means("Threads that copy from one broker."),
    Def(int_number, "offset.metadata.max.bytes", "4096")
        .acting()
        .means("Most bytes of the note that comes with a committed offset."),
    Def(int_number, "offsets.commit.timeout.ms", "5000")
        .at_least(1)
        .acting()
        .means("A commit must be replicated within this time."),
    Def(long_number, "offsets.retention.check.interval.ms", "600000")
        .at_least(1)
        .acting()
        .means("How often it is looked for expired offsets."),
    Def(int_number, "offsets.retention.minutes", "10080")
        .at_least(1)
        .acting()
        .means("Committed offsets of an empty group expire after this time."),
    Def(int_number, "offsets.topic.compression.codec", "0").means("Codec of the offsets topic."),
    Def(int_number, "offsets.topic.num.partitions", "50")
        .at_least(1)
        .acting()
        .means("Partitions of the offsets topic."),
    Def(short_number, "offsets.topic.replication.factor", "3")
        .at_least(1)
        .acting()
        .means("Replicas of the offsets topic."),
    Def(int_number, "offsets.topic.segment.bytes", "104857600")
        .at_least(1)
        .acting()
        .means("Segment size of the offsets topic."),
    Def(list, "process.roles", "")
        .one_of("broker, controller")
        .means("What the process is: broker, controller or both."),
    Def(int_number, "producer.id.expiration.check.interval.ms", "600000")
        .at_least(1)
        .acting()
        .means("How often it is looked for expired producer ids."),
    Def(int_number, "producer.id.expiration.ms", "86400000")
        .at_least(1)
        .acting()
        .means("A partition forgets a producer that is silent for this long."),
    Def(int_number, "producer.purgatory.purge.interval.requests", "1000")
        .means("Housekeeping of waiting requests."),
    Def(int_number, "queued.max.requests", "500")
        .at_least(1)
        .means("Waiting requests after which a broker stops reading."),
    Def(int_number, "quota.window.num", "11")
        .at_least(1)
        .acting()
        .means("Samples of client quotas."),
    Def(int_number, "quota.window.size.seconds", "1")
        .at_least(1)
        .acting()
        .means("Length of such a sample."),
    Def(int_number, "replica.fetch.backoff.ms", "1000")
        .at_least(0)
        .acting()
        .means("Pause of a follower after a failed fetch."),
    Def(int_number, "replica.fetch.max.bytes", "1048576")
        .at_least(0)
        .acting()
        .means("Most bytes of one partition in a follower's fetch."),
    Def(int_number, "replica.fetch.min.bytes", "1")
        .acting()
        .means("A leader holds a follower's fetch until it has this many bytes."),
    Def(int_number, "replica.fetch.response.max.bytes", "10485760")
        .at_least(0)
        .acting()
        .means("Most bytes of a response to a follower."),
    Def(int_number, "replica.fetch.wait.max.ms", "500")
        .acting()
        .means("How long a leader may hold a follower's fetch."),
    Def(long_number, "replica.high.watermark.checkpoint.interval.ms", "5000")
        .acting()
        .means("How often high watermarks are noted on disk."),
    Def(long_number, "replica.lag.time.max.ms", "30000")
        .acting()
        .means("A follower that has not caught up for this long leaves the in-sync set."),
    Def(text, "replica.selector.class")
        .acting()
        .means("Chooses the replica that a consumer reads from."),
    Def(int_number, "replica.socket.timeout.ms", "30000")
        .acting()
        .means("Limit of a request among brokers."),
    Def(int_number, "replication.quota.window.num", "11")
        .at_least(1)
        .means("Samples of replication quotas."),
    Def(int_number, "replication.quota.window.size.seconds", "1")
        .at_least(1)
        .means("Length of such a sample."),
    Def(int_number, "request.timeout.ms", "30000")
        .acting()
        .means("Limit of a request that a broker sends as a client."),
    Def(int_number, "socket.request.max.bytes", "104857600")
        .at_least(1)
        .means("Largest request that is read."),
    Def(int_number, "transaction.abort.timed.out.transaction.cleanup.interval.ms", "10000")
        .at_least(1)
        .means("How often it is looked for transactions that took too long."),
    Def(int_number, "transaction.max.timeout.ms", "900000")
        .at_least(1)
        .means("Largest transaction.timeout.ms that is accepted."),
    Def(boolean, "transaction.partition.verification.enable", "true")
        .means("A partition asks the coordinator before it takes the first batch of a "
               "transaction."),
    Def(int_number, "transaction.remove.expired.transaction.cleanup.interval.ms", "3600000")
        .at_least(1)
        .means("How often it is looked for expired transactional ids."),
    Def(int_number, "transaction.state.log.min.isr", "2")
        .at_least(1)
        .means("min.insync.replicas of the transaction topic."),
    Def(int_number, "transaction.state.log.num.partitions", "50")
        .at_least(1)
        .means("Partitions of the transaction topic."),
    Def(short_number, "transaction.state.log.replication.factor", "3")
        .at_least(1)
        .means("Replicas of the transaction topic."),
    Def(int_number, "transaction.state.log.segment.bytes", "104857600")
        .at_least(1)
        .means("Segment size of the transaction topic."),
    Def(int_number, "transactional.id.expiration.ms", "604800000")
        .at_least(1)
        .means("An unused transactional id is forgotten after this time."),
    Def(boolean, "unclean.leader.election.enable", "false")
        .acting()
        .means("unclean.leader.election.enable of topics that do not say it."),
    Def(long_number, "unclean.leader.election.interval.ms", "300000")
        .at_least(1)
        .acting()
        .means("How often partitions without a leader are looked at."),
};

}  // namespace

std::span<const ConfigDef> broker_rows_m_to_z() { return rows; }

}  // namespace kafkasim::protocol::tables

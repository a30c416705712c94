// The settings of a topic as Kafka 4.0 defines them. Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(list, "cleanup.policy", "delete")
        .one_of("compact, delete")
        .acting()
        .means("What happens to old data: delete it, or keep the last record of each key."),
    Def(int_number, "compression.gzip.level", "-1")
        .between_or_minus_one(1, 9)
        .means("Effort of gzip."),
    Def(int_number, "compression.lz4.level", "9").between(1, 17).means("Effort of lz4."),
    Def(text, "compression.type", "producer")
        .one_of("uncompressed, zstd, lz4, snappy, gzip, producer")
        .acting()
        .means("Codec in the log; producer keeps what was sent."),
    Def(int_number, "compression.zstd.level", "3").between(-131072, 22).means("Effort of zstd."),
    Def(long_number, "delete.retention.ms", "86400000")
        .at_least(0)
        .acting()
        .means("How long a tombstone stays after compaction saw it."),
    Def(long_number, "file.delete.delay.ms", "60000")
        .at_least(0)
        .means("Time between marking a segment as deleted and deleting its file."),
    Def(long_number, "flush.messages", "9223372036854775807")
        .at_least(1)
        .acting()
        .means("Forces the log to disk after this many records."),
    Def(long_number, "flush.ms", "9223372036854775807")
        .at_least(0)
        .acting()
        .means("Forces the log to disk after this time."),
    Def(list, "follower.replication.throttled.replicas", "")
        .replica_list()
        .means("Replicas whose copying is throttled on the follower's side."),
    Def(int_number, "index.interval.bytes", "4096")
        .at_least(0)
        .acting()
        .means("Bytes of log between two index entries."),
    Def(list, "leader.replication.throttled.replicas", "")
        .replica_list()
        .means("Replicas whose copying is throttled on the leader's side."),
    Def(long_number, "local.retention.bytes", "-2")
        .at_least(-2)
        .means("With tiered storage: bytes kept on the broker."),
    Def(long_number, "local.retention.ms", "-2")
        .at_least(-2)
        .means("With tiered storage: time kept on the broker."),
    Def(long_number, "max.compaction.lag.ms", "9223372036854775807")
        .at_least(1)
        .acting()
        .means("A record is compacted at the latest after this time."),
    Def(int_number, "max.message.bytes", "1048588")
        .at_least(0)
        .acting()
        .means("Largest batch that the log takes."),
    Def(long_number, "message.timestamp.after.max.ms", "3600000")
        .at_least(0)
        .acting()
        .means("A record dated further in the future than this is refused."),
    Def(long_number, "message.timestamp.before.max.ms", "9223372036854775807")
        .at_least(0)
        .acting()
        .means("A record dated further in the past than this is refused."),
    Def(text, "message.timestamp.type", "CreateTime")
        .one_of("CreateTime, LogAppendTime")
        .acting()
        .means("Whose clock dates a record: the producer's or the broker's."),
    Def(real, "min.cleanable.dirty.ratio", "0.5")
        .between(0, 1)
        .acting()
        .means("Share of uncompacted data that makes a log worth compacting."),
    Def(long_number, "min.compaction.lag.ms", "0")
        .at_least(0)
        .acting()
        .means("A record is not compacted before this time."),
    Def(int_number, "min.insync.replicas", "1")
        .at_least(1)
        .acting()
        .means("In-sync replicas without which acks=all is refused and the high watermark "
               "stands still."),
    Def(boolean, "preallocate", "false").means("Reserves the file of a new segment."),
    Def(boolean, "remote.log.copy.disable", "false").means("With tiered storage: stops copying."),
    Def(boolean, "remote.log.delete.on.disable", "false")
        .means("With tiered storage: deletes the remote data when it is switched off."),
    Def(boolean, "remote.storage.enable", "false").means("Keeps old segments in tiered storage."),
    Def(long_number, "retention.bytes", "-1")
        .acting()
        .means("A partition larger than this loses its oldest segments."),
    Def(long_number, "retention.ms", "604800000")
        .at_least(-1)
        .acting()
        .means("A segment whose newest record is older than this is deleted."),
    Def(int_number, "segment.bytes", "1073741824")
        .at_least(1048576)
        .acting()
        .means("Size at which a new segment is begun."),
    Def(int_number, "segment.index.bytes", "10485760")
        .at_least(4)
        .acting()
        .means("Size of a segment's index."),
    Def(long_number, "segment.jitter.ms", "0")
        .at_least(0)
        .acting()
        .means("Random part taken off segment.ms."),
    Def(long_number, "segment.ms", "604800000")
        .at_least(1)
        .acting()
        .means("Age of a segment, by its records, at which a new one is begun."),
    Def(boolean, "unclean.leader.election.enable", "false")
        .acting()
        .means("A replica that is not in sync may become leader when no other is left."),
};

}  // namespace

std::span<const ConfigDef> topic_rows() { return rows; }

}  // namespace kafkasim::protocol::tables

// The settings of a broker, or of one group,
// for groups under the consumer protocol and for share groups. Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(int_number, "consumer.heartbeat.interval.ms", "5000")
        .at_least(1)
        .means("Setting of one group: its heartbeat interval under the consumer protocol."),
    Def(int_number, "consumer.session.timeout.ms", "45000")
        .at_least(1)
        .means("Setting of one group: its session under the consumer protocol."),
    Def(list, "group.consumer.assignors", "uniform,range")
        .acting()
        .means("Assignors on the broker's side, the default first."),
    Def(int_number, "group.consumer.heartbeat.interval.ms", "5000")
        .at_least(1)
        .acting()
        .means("Heartbeat interval told to members under the consumer protocol."),
    Def(int_number, "group.consumer.max.heartbeat.interval.ms", "15000")
        .at_least(1)
        .means("Largest such interval."),
    Def(int_number, "group.consumer.max.session.timeout.ms", "60000")
        .at_least(1)
        .means("Largest such session."),
    Def(int_number, "group.consumer.max.size", "2147483647")
        .at_least(1)
        .acting()
        .means("Most members of a group under the consumer protocol."),
    Def(text, "group.consumer.migration.policy", "bidirectional")
        .one_of("bidirectional, upgrade, downgrade, disabled")
        .means("Whether groups may change between the two protocols while they live."),
    Def(int_number, "group.consumer.min.heartbeat.interval.ms", "5000")
        .at_least(1)
        .means("Smallest such interval."),
    Def(int_number, "group.consumer.min.session.timeout.ms", "45000")
        .at_least(1)
        .means("Smallest such session."),
    Def(int_number, "group.consumer.regex.refresh.interval.ms", "600000")
        .at_least(10000)
        .means("How often patterns of subscriptions are evaluated anew."),
    Def(int_number, "group.consumer.session.timeout.ms", "45000")
        .at_least(1)
        .acting()
        .means("Session of a member under the consumer protocol."),
    Def(int_number, "group.share.delivery.count.limit", "5")
        .between(2, 10)
        .means("Deliveries after which a record of a share group is given up."),
    Def(boolean, "group.share.enable", "false").means("Share groups are served."),
    Def(int_number, "group.share.heartbeat.interval.ms", "5000")
        .at_least(1)
        .means("Heartbeat interval told to members of a share group."),
    Def(short_number, "group.share.max.groups", "10").between(1, 100).means("Most share groups."),
    Def(int_number, "group.share.max.heartbeat.interval.ms", "15000")
        .at_least(1)
        .means("Largest such interval."),
    Def(int_number, "group.share.max.record.lock.duration.ms", "60000")
        .between(30000, 3600000)
        .means("Largest such lock."),
    Def(int_number, "group.share.max.session.timeout.ms", "60000")
        .at_least(1)
        .means("Largest such session."),
    Def(int_number, "group.share.max.size", "200")
        .between(10, 1000)
        .means("Most members of a share group."),
    Def(int_number, "group.share.min.heartbeat.interval.ms", "5000")
        .at_least(1)
        .means("Smallest such interval."),
    Def(int_number, "group.share.min.record.lock.duration.ms", "15000")
        .between(1000, 30000)
        .means("Smallest such lock."),
    Def(int_number, "group.share.min.session.timeout.ms", "45000")
        .at_least(1)
        .means("Smallest such session."),
    Def(int_number, "group.share.partition.max.record.locks", "200")
        .between(100, 10000)
        .means("Locked records of a share partition."),
    Def(int_number, "group.share.record.lock.duration.ms", "30000")
        .between(1000, 3600000)
        .means("How long a delivered record of a share group stays locked."),
    Def(int_number, "group.share.session.timeout.ms", "45000")
        .at_least(1)
        .means("Session of a member of a share group."),
    Def(text, "share.auto.offset.reset", "latest")
        .offset_reset()
        .means("Setting of one share group: where it begins."),
    Def(int_number, "share.coordinator.append.linger.ms", "10")
        .at_least(0)
        .means("How long a share coordinator gathers records into a batch."),
    Def(int_number, "share.coordinator.snapshot.update.records.per.snapshot", "500")
        .at_least(0)
        .means("Updates of share state between snapshots."),
    Def(short_number, "share.coordinator.state.topic.min.isr", "2")
        .at_least(1)
        .means("min.insync.replicas of the share state topic."),
    Def(int_number, "share.coordinator.state.topic.num.partitions", "50")
        .at_least(1)
        .means("Partitions of the share state topic."),
    Def(short_number, "share.coordinator.state.topic.replication.factor", "3")
        .at_least(1)
        .means("Replicas of the share state topic."),
    Def(int_number, "share.coordinator.state.topic.segment.bytes", "104857600")
        .at_least(1)
        .means("Segment size of the share state topic."),
    Def(int_number, "share.coordinator.write.timeout.ms", "5000")
        .at_least(1)
        .means("A write of share state must be replicated within this time."),
    Def(int_number, "share.heartbeat.interval.ms", "5000")
        .at_least(1)
        .means("Setting of one share group: its heartbeat interval."),
    Def(int_number, "share.record.lock.duration.ms", "30000")
        .at_least(1000)
        .means("Setting of one share group: its record locks."),
    Def(int_number, "share.session.timeout.ms", "45000")
        .at_least(1)
        .means("Setting of one share group: its session."),
};

}  // namespace

std::span<const ConfigDef> group_rows() { return rows; }

}  // namespace kafkasim::protocol::tables

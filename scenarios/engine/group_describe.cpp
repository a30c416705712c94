// From coordinators and leaders to tables. As Kafka's tool asks: the coordinator is the broker that
// leads the group's partition of the offsets topic by the controller's word.
#include "scenarios/engine/group_describe.hpp"

#include <algorithm>
#include <set>

#include "protocol/consumer_protocol.hpp"
#include "protocol/java_hash.hpp"

namespace kafkasim::scenarios {

namespace {

using broker::ClassicGroup;
using broker::ClassicMember;

// "/billing-1": what a broker knows of where a member runs. Of several consumers with one client id
// it is not known which it is.
std::string host_of(const Staging& staging, const std::string& client_id) {
  std::string host;
  for (const auto& consumer : staging.consumers()) {
    if (consumer->client_id() != client_id) continue;
    if (!host.empty()) return "-";
    host = "/" + consumer->name();
  }
  return host.empty() ? "-" : host;
}

std::vector<TopicPartition> partitions_of(const ClassicMember& member) {
  const auto decoded = protocol::decode_assignment(member.assignment);
  if (!decoded) return {};
  std::vector<TopicPartition> out = decoded->partitions;
  std::sort(out.begin(), out.end());
  return out;
}

// Members of a group that rebalances are listed without what they have or had.
void add_classic(const Staging& staging, const ClassicGroup& group, GroupTable& table) {
  table.state = broker::to_string(group.state());
  table.generation = group.generation();
  const bool is_stable = group.is(broker::GroupState::stable);
  if (is_stable) table.assignor = group.protocol_name();
  for (const auto& [id, member] : group.members()) {
    GroupTableMember& row = table.members.emplace_back();
    row.consumer_id = id;
    row.instance_id = member.group_instance_id;
    row.host = host_of(staging, member.client_id);
    row.client_id = member.client_id;
    if (is_stable) row.assignment = partitions_of(member);
  }
}

// The assignor that a group uses whose members name none: the first of the brokers' list.
std::string default_assignor(const Staging& staging) {
  const std::vector<Broker>& brokers = staging.scenario().cluster.brokers;
  if (brokers.empty()) return "uniform";
  const std::vector<std::string>& known = brokers.front().config.list("group.consumer.assignors");
  // By its name or by that of its class.
  if (known.empty()) return "uniform";
  const bool is_range = known.front() == "range" || known.front().ends_with("RangeAssignor");
  return is_range ? "range" : "uniform";
}

std::vector<TopicPartition> named(const broker::MetadataImage& image,
                                  const broker::TargetPartitions& partitions) {
  std::vector<TopicPartition> out;
  for (const auto& [id, numbers] : partitions) {
    const broker::TopicImage* topic = image.topic(id);
    if (topic == nullptr) continue;
    for (const int number : numbers) out.push_back({topic->name, number});
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Of the consumer protocol members are listed with what they have and shall have, at any time.
void add_consumer(const Staging& staging, const broker::MetadataImage& image,
                  const broker::ConsumerGroup& group, GroupTable& table) {
  table.is_classic = false;
  table.state = broker::to_string(group.state());
  table.generation = group.epoch();
  table.target_epoch = group.target_epoch();
  table.assignor = group.assignor();
  if (table.assignor.empty()) table.assignor = default_assignor(staging);
  for (const auto& [id, member] : group.members()) {
    GroupTableMember& row = table.members.emplace_back();
    row.consumer_id = id;
    row.instance_id = member.info.group_instance_id;
    row.host = host_of(staging, member.info.client_id);
    row.client_id = member.info.client_id;
    row.epoch = member.place.epoch;
    row.assignment = named(image, member.place.assigned);
    row.target = named(image, group.target(id));
  }
}

protocol::Offset log_end(const Staging& staging, const TopicPartition& partition) {
  const broker::MetadataImage* image = staging.metadata();
  const broker::PartitionRegistration* registration =
      image == nullptr ? nullptr : image->partition(partition);
  if (registration == nullptr || !registration->leader.is_set()) return {};
  const broker::Broker* leading = staging.cluster().broker(registration->leader);
  const broker::Partition* leader =
      leading == nullptr ? nullptr : leading->replicas().find(partition);
  if (leader == nullptr || !leader->is_leader()) return {};
  return leader->log().high_watermark();
}

void add_rows(const Staging& staging, const broker::OffsetStore::Partitions& committed,
              GroupTable& table) {
  std::vector<const GroupTableMember*> owners;
  for (const GroupTableMember& member : table.members) owners.push_back(&member);
  std::stable_sort(owners.begin(), owners.end(), [](const auto* a, const auto* b) {
    return a->assignment.size() > b->assignment.size();
  });
  std::set<TopicPartition> owned;
  const auto add = [&](const TopicPartition& partition, const GroupTableMember* owner) {
    GroupTableRow row;
    row.partition = partition;
    const auto stored = committed.find(partition);
    if (stored != committed.end()) row.current = stored->second.offset;
    row.log_end = log_end(staging, partition);
    if (owner != nullptr) {
      row.consumer_id = owner->consumer_id;
      row.host = owner->host;
      row.client_id = owner->client_id;
    }
    table.rows.push_back(std::move(row));
  };
  for (const GroupTableMember* owner : owners) {
    for (const TopicPartition& partition : owner->assignment) {
      add(partition, owner);
      owned.insert(partition);
    }
  }
  for (const auto& [partition, offset] : committed) {
    if (!owned.contains(partition)) add(partition, nullptr);
  }
}

GroupTable describe(const Staging& staging, const std::string& name) {
  GroupTable table;
  table.group = name;
  const broker::MetadataImage* image = staging.metadata();
  const broker::TopicImage* topic =
      image == nullptr ? nullptr : image->topic(protocol::offsets_topic);
  if (topic == nullptr || topic->partitions.empty()) {
    table.state = "Dead";  // nobody has ever asked for a coordinator
    return table;
  }
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  const auto partition = topic->partitions.find(protocol::group_partition(name, count));
  if (partition == topic->partitions.end() || !partition->second.leader.is_set()) return table;
  const broker::Broker* coordinator = staging.cluster().broker(partition->second.leader);
  if (coordinator == nullptr) return table;
  const broker::OffsetStore* offsets = coordinator->groups().offsets(name);
  if (offsets == nullptr) return table;
  table.coordinator = staging.cluster().name_of(partition->second.leader);
  table.state = "Dead";
  if (const ClassicGroup* group = coordinator->groups().group(name))
    add_classic(staging, *group, table);
  if (const broker::ConsumerGroup* group = coordinator->groups().consumer_group(name))
    add_consumer(staging, *image, *group, table);
  add_rows(staging, offsets->committed(name), table);
  return table;
}

}  // namespace

GroupTables describe_groups(Staging& staging) {
  GroupTables out;
  out.at = staging.world().now();
  std::set<std::string> names;
  for (const auto& consumer : staging.consumers()) {
    if (consumer->spec().group) names.insert(*consumer->spec().group);
  }
  for (const std::string& name : names) out.groups.push_back(describe(staging, name));
  return out;
}

}  // namespace kafkasim::scenarios

// Records of the metadata log applied to an image.
#include "broker/metadata_image.hpp"
#include "sim/check.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::BrokerId;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::PartitionEpoch;
using protocol::TopicPartition;

const protocol::Uuid orders_id{1, 2};

PartitionRecord new_partition() {
  PartitionRecord record;
  record.topic_id = orders_id;
  record.replicas = record.isr = {BrokerId(1), BrokerId(2)};
  record.leader = BrokerId(1);
  record.leader_epoch = LeaderEpoch(0);
  record.partition_epoch = PartitionEpoch(0);
  return record;
}

TEST_CASE("Records apply in order, each once") {
  MetadataImage image;
  MetadataDelta delta;
  image.apply(TopicRecord{"orders", orders_id}, Offset(0), delta);
  CHECK(image.next_offset() == Offset(1));
  CHECK_THROWS_AS(image.apply(TopicRecord{"more", {3, 4}}, Offset(2), delta), sim::InvariantBroken);
  CHECK_THROWS_AS(image.apply(TopicRecord{"more", {3, 4}}, Offset(0), delta), sim::InvariantBroken);
}

TEST_CASE("Each change bumps the partition epoch, a named leader the leader epoch") {
  MetadataImage image;
  MetadataDelta delta;
  image.apply(TopicRecord{"orders", orders_id}, Offset(0), delta);
  image.apply(new_partition(), Offset(1), delta);
  CHECK(delta.changed_partitions == std::set<TopicPartition>{{"orders", 0}});

  PartitionChangeRecord shrink;
  shrink.topic_id = orders_id;
  shrink.isr = {BrokerId(1)};
  image.apply(shrink, Offset(2), delta);
  const PartitionRegistration& partition = *image.partition({"orders", 0});
  CHECK(partition.leader_epoch == LeaderEpoch(0));
  CHECK(partition.partition_epoch == PartitionEpoch(1));

  PartitionChangeRecord nobody;
  nobody.topic_id = orders_id;
  nobody.leader = BrokerId();
  image.apply(nobody, Offset(3), delta);
  CHECK_FALSE(partition.leader.is_set());
  CHECK(partition.leader_epoch == LeaderEpoch(1));
  CHECK(partition.isr == std::vector{BrokerId(1)});
}

TEST_CASE("A removed topic leaves its partitions in the delta as deleted") {
  MetadataImage image;
  MetadataDelta delta;
  image.apply(TopicRecord{"orders", orders_id}, Offset(0), delta);
  image.apply(new_partition(), Offset(1), delta);
  image.apply(ConfigRecord{"orders", "min.insync.replicas", "2"}, Offset(2), delta);
  CHECK(image.topic(orders_id)->config.at("min.insync.replicas") == "2");
  image.apply(RemoveTopicRecord{orders_id}, Offset(3), delta);
  CHECK(image.topic("orders") == nullptr);
  CHECK(image.topic(orders_id) == nullptr);
  CHECK(delta.changed_partitions.empty());
  CHECK(delta.changed_configs.empty());
  CHECK(delta.deleted_partitions == std::set<TopicPartition>{{"orders", 0}});
}

TEST_CASE("Records travel in batches of the metadata log and come back as they were") {
  const std::vector<MetadataRecord> records{TopicRecord{"orders", orders_id}, new_partition()};
  const protocol::BatchRef batch = make_metadata_batch(records, 17);
  REQUIRE(batch->records.size() == 2);
  CHECK(batch->offset_count() == 2);
  CHECK(std::get<TopicRecord>(metadata_record(batch->records[0])).name == "orders");
  CHECK(std::get<PartitionRecord>(metadata_record(batch->records[1])).leader == BrokerId(1));
  CHECK(to_string(records[0]) == "Topic orders id=0000000000000001");
}

}  // namespace
}  // namespace kafkasim::broker

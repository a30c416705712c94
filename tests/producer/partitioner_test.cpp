// Who gets a record: each partitioner alone, against known metadata.
#include "producer/partitioner.hpp"

#include <set>

#include "producer/key_hashes.hpp"
#include "producer/murmur2.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/led_topics.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using producer::PartitionerKind;
using protocol::Bytes;

namespace {

using Partitions = std::vector<std::int32_t>;

// Topic "orders", the listed partitions without a leader.
client::Metadata metadata_of(int partitions, const std::set<int>& without_leader = {}) {
  return client::led_topics({"orders", "jobs"}, partitions, without_leader);
}

class Chooser {
 public:
  explicit Chooser(const producer::Config& config)
      : partitioner_(producer::make_partitioner(config, &random_)) {}
  explicit Chooser(PartitionerKind kind, sim::Duration linger = 0ms)
      : Chooser(of_kind(kind, linger)) {}

  std::optional<std::int32_t> operator()(const client::Metadata& metadata, const Bytes& key = {},
                                         sim::Time now = sim::zero,
                                         const std::string& topic = "orders") {
    return partitioner_->choose(topic, key, metadata, now);
  }

 private:
  static producer::Config of_kind(PartitionerKind kind, sim::Duration linger) {
    producer::Config config;
    config.partitioner = kind;
    config.sticky_linger = linger;
    return config;
  }
  sim::Rng random_{7};
  std::unique_ptr<producer::Partitioner> partitioner_;
};

constexpr const char* long_key = "this is another string with more length to it perhaps";

// What the partitioner gives for: no key, an empty one, and three that librdkafka's tests use.
// Random ones (differing over 200 tries) are -1.
Partitions placed(PartitionerKind kind) {
  const client::Metadata metadata = metadata_of(17);
  Chooser choose(kind);
  Partitions out;
  for (const Bytes& key : {Bytes(), Bytes(""), Bytes("23456"), Bytes(long_key), Bytes("hejsan")}) {
    std::set<std::int32_t> seen;
    for (int i = 0; i < 200; ++i) seen.insert(choose(metadata, key).value());
    out.push_back(seen.size() == 1 ? *seen.begin() : -1);
    if (seen.size() > 1) CHECK(seen.size() == 17);
  }
  return out;
}

std::int32_t of_17(std::uint32_t hash) { return static_cast<std::int32_t>(hash % 17); }

}  // namespace

TEST_CASE("FNV-1a gives the absolute values that librdkafka and Sarama give") {
  using producer::fnv1a;
  CHECK(fnv1a("kafka") == 0xd33c4e1);
  CHECK(fnv1a("giberish123456789") == 0x77a58295);
  CHECK(fnv1a("1234") == 0x23bdd03);
  CHECK(fnv1a("234") == 0x2dea3cd2);
  CHECK(fnv1a("34") == 0x740fa83e);
  CHECK(fnv1a("4") == 0x310ca263);
  CHECK(fnv1a("PreAmbleWillBeRemoved,ThePrePartThatIs") == 0x65cbd69c);
  CHECK(fnv1a("") == 0x7ee3623b);
}

TEST_CASE("CRC32 is that of zlib") {
  CHECK(producer::crc32("") == 0);
  CHECK(producer::crc32("123456789") == 0xcbf43926);
  CHECK(producer::crc32("\xff\xfe\x80") == 0x265ea2ec);
  CHECK(producer::crc32("hejsan") == 0xd077037e);
}

TEST_CASE("murmur2 is the same for both clients") {
  CHECK(static_cast<std::uint32_t>(producer::murmur2("kafka")) == 0xd067cf64);
  CHECK((producer::murmur2("giberish123456789") & 0x7fffffff) == 0x0f552b0c);
  CHECK((producer::murmur2("23456") & 0x7fffffff) == 0x058d780f);
}

TEST_CASE("librdkafka's partitioners place keys, empty keys and none as its own tests say") {
  const std::uint32_t nothing_murmur2 = 0x106e08d9;
  const std::uint32_t nothing_fnv1a = 0x7ee3623b;
  const Partitions crc{of_17(0xb1b451d7), of_17(0xb0150df7), of_17(0xd077037e)};
  const Partitions murmur2{of_17(0x058d780f), of_17(0x4f7703da), of_17(0x5ec19395)};
  const Partitions fnv1a{of_17(0x27e6f469), of_17(0x155e3e5f), of_17(0x17b1e27a)};
  const auto with = [](std::int32_t none, std::int32_t empty, const Partitions& keyed) {
    return Partitions{none, empty, keyed[0], keyed[1], keyed[2]};
  };
  CHECK(placed(PartitionerKind::random) == Partitions{-1, -1, -1, -1, -1});
  CHECK(placed(PartitionerKind::consistent) == with(0, 0, crc));
  CHECK(placed(PartitionerKind::consistent_random) == with(-1, -1, crc));
  CHECK(placed(PartitionerKind::murmur2) ==
        with(of_17(nothing_murmur2), of_17(nothing_murmur2), murmur2));
  CHECK(placed(PartitionerKind::murmur2_random) == with(-1, of_17(nothing_murmur2), murmur2));
  CHECK(placed(PartitionerKind::fnv1a) == with(of_17(nothing_fnv1a), of_17(nothing_fnv1a), fnv1a));
  CHECK(placed(PartitionerKind::fnv1a_random) == with(-1, of_17(nothing_fnv1a), fnv1a));
}

TEST_CASE("librdkafka keeps records without a key together for sticky.partitioning.linger.ms") {
  const client::Metadata metadata = metadata_of(100);
  for (const PartitionerKind kind :
       {PartitionerKind::random, PartitionerKind::consistent_random,
        PartitionerKind::murmur2_random, PartitionerKind::fnv1a_random}) {
    Chooser choose(kind, 10ms);
    const auto first = choose(metadata);
    CHECK(choose(metadata, Bytes(), sim::zero + 4ms) == first);
    CHECK(choose(metadata, Bytes(), sim::zero + 10ms) == first);
    const auto second = choose(metadata, Bytes(), sim::zero + 10ms + 1us);
    CHECK(second != first);
    // The time counts from the draw, not from the last record.
    CHECK(choose(metadata, Bytes(), sim::zero + 20ms) == second);
    CHECK(choose(metadata, Bytes(), sim::zero + 21ms) != second);
  }
}

TEST_CASE("an empty key is as good as none for consistent_random only") {
  const client::Metadata metadata = metadata_of(100);
  Chooser consistent(PartitionerKind::consistent_random, 10ms);
  CHECK(consistent(metadata, Bytes("")) == consistent(metadata));
  Chooser murmur2(PartitionerKind::murmur2_random, 10ms);
  CHECK(murmur2(metadata, Bytes("")) == 0x106e08d9 % 100);
}

TEST_CASE("librdkafka's partitioners that hash everything never stick to a partition") {
  const client::Metadata metadata = metadata_of(17);
  CHECK(Chooser(PartitionerKind::consistent, 10ms)(metadata) == 0);
  CHECK(Chooser(PartitionerKind::murmur2, 10ms)(metadata) == of_17(0x106e08d9));
  CHECK(Chooser(PartitionerKind::fnv1a, 10ms)(metadata) == of_17(0x7ee3623b));
}

TEST_CASE("librdkafka leaves its sticky partition when that has lost its leader") {
  Chooser choose(PartitionerKind::consistent_random, 10s);
  const std::int32_t first = choose(metadata_of(100)).value();
  const client::Metadata later = metadata_of(100, {first});
  CHECK(choose(later) != first);
}

TEST_CASE("a random draw that hits a partition without a leader is repeated once") {
  std::set<int> without;
  for (int i = 0; i < 90; ++i) without.insert(i);
  const client::Metadata metadata = metadata_of(100, without);
  Chooser choose(PartitionerKind::random);
  int led = 0;
  for (int i = 0; i < 1000; ++i) led += choose(metadata).value() >= 90 ? 1 : 0;
  CHECK(led > 140);  // 100 at the first draw, and 90 of the others at the second
  CHECK(led < 240);
}

TEST_CASE("round robin takes the partitions in turn, whether records have keys or not") {
  const client::Metadata metadata = metadata_of(3);
  Chooser choose(PartitionerKind::round_robin);
  Partitions seen;
  for (int i = 0; i < 7; ++i)
    seen.push_back(choose(metadata, i % 2 == 0 ? Bytes("k") : Bytes()).value());
  CHECK(seen == Partitions{0, 1, 2, 0, 1, 2, 0});
}

TEST_CASE("round robin counts each topic by itself") {
  const client::Metadata metadata = metadata_of(3);
  Chooser choose(PartitionerKind::round_robin);
  CHECK(choose(metadata, Bytes(), sim::zero, "orders") == 0);
  CHECK(choose(metadata, Bytes(), sim::zero, "orders") == 1);
  CHECK(choose(metadata, Bytes(), sim::zero, "jobs") == 0);
  CHECK(choose(metadata, Bytes(), sim::zero, "orders") == 2);
}

TEST_CASE("round robin leaves out partitions without a leader, unless none has one") {
  Chooser choose(PartitionerKind::round_robin);
  const client::Metadata some = metadata_of(3, {1});
  Partitions seen;
  for (int i = 0; i < 4; ++i) seen.push_back(choose(some).value());
  CHECK(seen == Partitions{0, 2, 0, 2});
  // The counter goes on where it was.
  const client::Metadata none = metadata_of(3, {0, 1, 2});
  CHECK(choose(none) == 4 % 3);
  CHECK(choose(none) == 5 % 3);
}

TEST_CASE("Kafka's default hashes keys over all partitions, led or not, and leaves others open") {
  const client::Metadata metadata = metadata_of(5, {0, 1, 2, 3, 4});
  Chooser choose(PartitionerKind::java_default);
  CHECK(choose(metadata, Bytes("a")) == producer::partition_for_key("a", 5));
  CHECK(choose(metadata, Bytes("")) == 0x106e08d9 % 5);
  CHECK(choose(metadata) == std::nullopt);
  producer::Config config;
  config.ignore_keys = true;
  CHECK(Chooser(config)(metadata, Bytes("a")) == std::nullopt);
}

TEST_CASE("a rule by prefix: the longest that fits decides, others go elsewhere") {
  const client::Metadata metadata = metadata_of(8);
  producer::Config config;
  config.partitioner = PartitionerKind::by_key_prefix;
  config.key_prefixes.prefixes = {{"gold-", {0, 1}}, {"gold-vip-", {7}}, {"g", {5}}};
  config.key_prefixes.otherwise = {2, 3, 4};
  Chooser choose(config);
  std::set<std::int32_t> gold;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "gold-" + std::to_string(i);
    const auto partition = choose(metadata, Bytes(key));
    CHECK(partition == producer::partition_for_key(key, 2));
    CHECK(choose(metadata, Bytes(key)) == partition);
    gold.insert(*partition);
  }
  CHECK(gold == std::set<std::int32_t>{0, 1});
  CHECK(choose(metadata, Bytes("gold-vip-1")) == 7);
  CHECK(choose(metadata, Bytes("gol")) == 5);
  CHECK(choose(metadata, Bytes("silver-1")) == 2 + producer::partition_for_key("silver-1", 3));
  CHECK(choose(metadata, Bytes("")) == 2 + producer::partition_for_key("", 3));
  Partitions unkeyed;
  for (int i = 0; i < 5; ++i) unkeyed.push_back(choose(metadata).value());
  CHECK(unkeyed == Partitions{2, 3, 4, 2, 3});
}

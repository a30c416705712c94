// When the sticky partitioner changes its partition. Recorded runs of Kafka's are replayed in
// tests/conformance.
#include "producer/builtin_partitioner.hpp"

#include <deque>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/led_topics.hpp"

using namespace kafkasim;
using producer::BuiltInPartitioner;

namespace {

client::Metadata metadata_of(int partitions, const std::set<int>& without_leader) {
  return client::led_topics({"t"}, partitions, without_leader);
}

}  // namespace

TEST_CASE(
    "the partition changes after batch.size bytes, or twice that when a batch is still open") {
  const client::Metadata metadata = metadata_of(4, {});
  std::deque<std::int32_t> draws{2, 3, 1};
  BuiltInPartitioner partitioner("t", 100, [&draws] {
    const std::int32_t next = draws.front();
    draws.pop_front();
    return next;
  });
  CHECK(partitioner.current(metadata) == 2);
  CHECK_FALSE(partitioner.appended(99, true, metadata));
  CHECK(partitioner.appended(1, true, metadata));
  CHECK(partitioner.current(metadata) == 3);
  CHECK_FALSE(partitioner.appended(199, false, metadata));
  CHECK(partitioner.appended(1, false, metadata));
  CHECK(partitioner.current(metadata) == 1);
}

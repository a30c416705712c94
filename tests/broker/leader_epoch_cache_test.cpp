// The leader epoch cache where no recorded run of Kafka's goes; those are replayed in
// tests/conformance.
#include "broker/leader_epoch_cache.hpp"

#include "tests/support/catch.hpp"

namespace kafkasim::broker {
namespace {

using protocol::LeaderEpoch;
using protocol::Offset;

TEST_CASE("An epoch that had no records leaves no entry behind when the log is cut at its start") {
  LeaderEpochCache cache;
  cache.assign(LeaderEpoch(1), Offset(0));
  cache.assign(LeaderEpoch(2), Offset(5));
  cache.truncate_from_end(Offset(5));
  CHECK(cache.latest_epoch() == LeaderEpoch(1));
  CHECK(cache.end_offset_for(LeaderEpoch(1), Offset(5)).end_offset == Offset(5));
}

}  // namespace
}  // namespace kafkasim::broker

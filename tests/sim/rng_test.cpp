// The generator: the same numbers everywhere, and forks that do not disturb one another.
#include "sim/rng.hpp"

#include <array>

#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

TEST_CASE("a seed gives the same numbers on every machine", "[rng]") {
  Rng rng(1);
  CHECK(rng.next() == 0xb3f2af6d0fc710c5u);
  CHECK(rng.next() == 0x853b559647364ceau);
}

TEST_CASE("a fork depends on the seed and its purpose only", "[rng]") {
  Rng a(7);
  const std::uint64_t before = a.fork("network").next();
  a.next();
  CHECK(a.fork("network").next() == before);
  CHECK(a.fork("disk").next() != before);
  CHECK(Rng(8).fork("network").next() != before);
}

TEST_CASE("drawn numbers stay in their range and reach both ends", "[rng]") {
  Rng rng(3);
  std::array<int, 5> seen{};
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t n = rng.between(-2, 2);
    REQUIRE(n >= -2);
    REQUIRE(n <= 2);
    ++seen[static_cast<std::size_t>(n + 2)];
  }
  for (const int count : seen) CHECK(count > 100);
  CHECK(rng.between(INT64_MIN, INT64_MAX) != rng.between(INT64_MIN, INT64_MAX));
  CHECK(rng.between(Duration(5ms), Duration(5ms)) == Duration(5ms));
}

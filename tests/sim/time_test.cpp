// Times and durations: how they print and parse.
#include "sim/time.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

TEST_CASE("a duration prints in the largest unit that keeps it exact", "[time]") {
  CHECK(to_string(Duration(0)) == "0s");
  CHECK(to_string(Duration(250us)) == "250us");
  CHECK(to_string(Duration(1500us)) == "1.5ms");
  CHECK(to_string(Duration(30s)) == "30s");
  CHECK(to_string(Duration(90s)) == "90s");
  CHECK(to_string(Duration(1)) == "1ns");
  CHECK(to_string(-Duration(5ms)) == "-5ms");
}

TEST_CASE("a time prints as seconds with microseconds, before zero too", "[time]") {
  CHECK(to_string(zero + 12s + 250us) == "12.000250");
  CHECK(to_string(zero - 1500ms) == "-1.500000");
}

TEST_CASE("a duration is parsed with its unit or not at all", "[time]") {
  CHECK(parse_duration("250us") == Duration(250us));
  CHECK(parse_duration("1.5s") == Duration(1500ms));
  CHECK(parse_duration("7d") == Duration(168h));
  for (const char* wrong : {"", "5", "ms", "5 ms", "-5ms", "1.s", ".5s", "1..2s", "5parsecs",
                            "999999999999d", "0.1ns"}) {
    INFO(wrong);
    CHECK_FALSE(parse_duration(wrong));
  }
}

TEST_CASE("record timestamps and virtual times convert both ways", "[time]") {
  CHECK(from_epoch_ms(to_epoch_ms(zero + 5ms)) == zero + 5ms);
  CHECK(to_epoch_ms(zero - 1ns) == to_epoch_ms(zero) - 1);
}

TEST_CASE("adding to a time stops at never", "[time]") {
  CHECK(later(zero + 1s, 2s) == zero + 3s);
  CHECK(later(never, 1s) == never);
  CHECK(later(zero + 1s, Duration::max()) == never);
}

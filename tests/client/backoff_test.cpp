// Pauses: how they grow, where they end, what chance adds.
#include "client/backoff.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace std::chrono_literals;
using client::Backoff;

TEST_CASE("a backoff without jitter doubles up to its maximum") {
  const Backoff backoff(100ms, 1s, nullptr);
  CHECK(backoff.after(0) == 100ms);
  CHECK(backoff.after(1) == 200ms);
  CHECK(backoff.after(3) == 800ms);
  CHECK(backoff.after(4) == 1s);
  CHECK(backoff.after(1'000'000) == 1s);
}

TEST_CASE("a backoff with jitter stays within a fifth of its term and below its maximum") {
  sim::Rng random(7);
  const Backoff backoff(100ms, 1s, &random);
  sim::Duration low = 1h;
  sim::Duration high{};
  for (int i = 0; i < 1000; ++i) {
    const sim::Duration pause = backoff.after(1);
    low = std::min(low, pause);
    high = std::max(high, pause);
  }
  CHECK(low >= 160ms);
  CHECK(low < 165ms);
  CHECK(high < 240ms);
  CHECK(high > 235ms);
  for (int i = 0; i < 100; ++i) CHECK(backoff.after(9) <= 1s);
}

TEST_CASE("a backoff that starts at its maximum or above is constant") {
  sim::Rng random(7);
  CHECK(Backoff(1s, 1s, &random).after(5) == 1s);
  CHECK(Backoff(2s, 1s, &random).after(5) == 2s);
}

TEST_CASE("a backoff of nothing stays nothing") {
  CHECK(Backoff(0ms, 1s, nullptr).after(9) == 0ms);
}

// Rates over windows, and the pauses that bring them back to the limit.
#include "broker/client_quotas.hpp"

#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::broker;
using namespace std::chrono_literals;

namespace {

// Kafka's defaults, and 1000 bytes a second.
std::int64_t pause(QuotaRate& rate, std::int64_t bytes, std::int64_t now_ms) {
  return rate.record(bytes, now_ms, 1000, 11, 1000);
}

}  // namespace

TEST_CASE("a client that was silent may send ten seconds' worth at once") {
  QuotaRate rate;
  CHECK(pause(rate, 10'000, 5'000) == 0);
  CHECK(pause(rate, 1, 5'000) == 1);
}

TEST_CASE("what is beyond the limit is paid for with a pause") {
  QuotaRate rate;
  CHECK(pause(rate, 10'000, 5'000) == 0);
  CHECK(pause(rate, 500, 5'000) == 500);
  // Nothing came meanwhile, and the time that counts has grown by the pause.
  CHECK(pause(rate, 1'000, 5'500) == 1'000);
}

TEST_CASE("what has passed adds to the time that counts only when it fills windows") {
  QuotaRate rate;
  CHECK(pause(rate, 10'000, 0) == 0);
  CHECK(pause(rate, 1'000, 999) == 1);
  // One full window since: ten are assumed, as before, and the fraction is nothing.
  CHECK(pause(rate, 1'000, 1'000) == 2'000);
}

TEST_CASE("what lies behind all windows is forgotten") {
  QuotaRate rate;
  CHECK(pause(rate, 10'000, 0) == 0);
  CHECK(pause(rate, 9'000, 10'999) > 0);
  QuotaRate other;
  CHECK(pause(other, 10'000, 0) == 0);
  CHECK(pause(other, 9'000, 11'000) == 0);
}

// Both ends of the time that counts may hold a request, so exactly the limit would be too much.
TEST_CASE("a steady client within its limit never waits") {
  QuotaRate rate;
  for (std::int64_t now = 0; now < 60'000; now += 100) REQUIRE(pause(rate, 98, now) == 0);
}

TEST_CASE("a client that obeys its pauses comes close to its limit") {
  QuotaRate rate;
  std::int64_t now = 0;
  std::int64_t sent = 0;
  while (now < 600'000) {
    sent += 700;
    now += pause(rate, 700, now) + 1;
  }
  CHECK(sent > 590'000);
  CHECK(sent < 640'000);
}

TEST_CASE("limits are by client id, with one for those that have none") {
  const sim::Time at = sim::zero + 1s;
  ClientQuotas quotas({{"shop", 1000}}, 11, 1);
  CHECK(quotas.limits("shop"));
  CHECK_FALSE(quotas.limits("till"));
  CHECK(quotas.record("shop", 12'000, at) == 2s);

  ClientQuotas both({{"shop", 1000}, {"<default>", 2000}}, 11, 1);
  CHECK(both.limits("till"));
  CHECK(both.record("till", 22'000, at) == 1s);
  CHECK(both.record("shop", 12'000, at) == 2s);
  // Each client id is counted on its own.
  CHECK(both.record("office", 20'000, at) == 0s);
}

TEST_CASE("a smaller number of windows allows a smaller burst") {
  ClientQuotas quotas({{"shop", 1000}}, 2, 1);
  CHECK(quotas.record("shop", 1'000, sim::zero) == 0s);
  CHECK(quotas.record("shop", 1'000, sim::zero) == 1s);
}

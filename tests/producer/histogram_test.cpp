// The histogram against the values themselves.
#include "producer/histogram.hpp"

#include <algorithm>
#include <vector>

#include "sim/check.hpp"
#include "sim/rng.hpp"
#include "tests/support/catch.hpp"

using kafkasim::producer::Histogram;
using kafkasim::producer::Spread;

namespace {

// By sorting: the nearest rank.
std::int64_t true_percentile(std::vector<std::int64_t> values, std::int64_t percent) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<std::int64_t>(values.size());
  return values[static_cast<std::size_t>((count * percent + 99) / 100 - 1)];
}

void is_near(std::int64_t got, std::int64_t truth) {
  INFO("got " << got << ", in truth " << truth);
  CHECK(got >= truth);
  CHECK((got - truth) * 64 <= truth);
}

}  // namespace

TEST_CASE("a histogram of nothing is all zeros") {
  const Spread spread = Histogram().spread();
  CHECK(spread.count == 0);
  CHECK(spread.greatest == 0);
  CHECK(spread.p99 == 0);
}

TEST_CASE("small values are counted exactly") {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 100; ++value) histogram.add(value);
  const Spread spread = histogram.spread();
  CHECK(spread.count == 100);
  CHECK(spread.sum == 5050);
  CHECK(spread.least == 1);
  CHECK(spread.p50 == 50);
  CHECK(spread.p95 == 95);
  CHECK(spread.p99 == 99);
  CHECK(spread.greatest == 100);
}

TEST_CASE("percentiles are never too low, and at most one part in 64 too high") {
  kafkasim::sim::Rng random(7);
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    const auto bits = random.below(40);
    values.push_back(static_cast<std::int64_t>(random.below(std::uint64_t{2} << bits)));
    histogram.add(values.back());
  }
  const Spread spread = histogram.spread();
  is_near(spread.p50, true_percentile(values, 50));
  is_near(spread.p95, true_percentile(values, 95));
  is_near(spread.p99, true_percentile(values, 99));
  CHECK(spread.greatest == *std::max_element(values.begin(), values.end()));
  CHECK(spread.least == *std::min_element(values.begin(), values.end()));
}

TEST_CASE("every power of two and its neighbours fall into a bucket that holds them") {
  for (int bit = 1; bit < 62; ++bit) {
    for (const std::int64_t step : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bit) + step;
      Histogram histogram;
      histogram.add(value);
      histogram.add(std::int64_t{1} << 62);
      // The median of two is the lesser one.
      is_near(histogram.spread().p50, value);
    }
  }
}

TEST_CASE("a value that is added several times counts as often") {
  Histogram histogram;
  histogram.add(10, 98);
  histogram.add(1'000'000, 2);
  const Spread spread = histogram.spread();
  CHECK(spread.count == 100);
  CHECK(spread.sum == 2'000'980);
  CHECK(spread.p95 == 10);
  CHECK(spread.p99 == 1'000'000);
}

TEST_CASE("a negative value is a bug of the caller") {
  Histogram histogram;
  CHECK_THROWS_AS(histogram.add(-1), kafkasim::sim::InvariantBroken);
}

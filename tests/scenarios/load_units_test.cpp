// Values with units and ranges, and the guessing of words.
#include "scenarios/engine/units.hpp"

#include "scenarios/engine/diagnostics.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::scenarios;
using namespace std::chrono_literals;

TEST_CASE("a duration carries its unit") {
  CHECK(parse_duration("250us") == 250us);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("10m") == 10min);
  CHECK(parse_duration("7d") == 168h);
  for (const std::string_view bad :
       {"", "5", "ms", "5 ms", "-5ms", "5msec", "1e3ms", "5ms ", "99999999999d", ".5s"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("a range has two ends in order, or one value for both") {
  CHECK(parse_duration_range("1ms..20ms") == DurationRange{1ms, 20ms});
  CHECK(parse_duration_range("5ms") == DurationRange{5ms, 5ms});
  CHECK(parse_count_range("0..3") == CountRange{0, 3});
  CHECK(parse_count_range("7") == CountRange{7, 7});
  for (const std::string_view bad :
       {"", "..", "1..", "..3", "3..1", "1..2..3", "1 ..2", "-1..2", "a..b"}) {
    INFO(bad);
    CHECK_FALSE(parse_count_range(bad));
    CHECK_FALSE(parse_duration_range(bad));
  }
  CHECK(to_string(CountRange{3, 5}) == "3..5");
  CHECK(to_string(DurationRange{1ms, 1ms}) == "1ms");
}

TEST_CASE("a rate is a pause between two") {
  CHECK(parse_period("1000/s") == 1ms);
  CHECK(parse_period("2/m") == 30s);
  CHECK(parse_period("10ms") == 10ms);
  for (const std::string_view bad :
       {"0/s", "/s", "5/", "5/ms", "5/2s", "x/s", "99999999999999/s"}) {
    INFO(bad);
    CHECK_FALSE(parse_period(bad));
  }
}

TEST_CASE("a size counts in bytes and their powers of 1024") {
  CHECK(parse_size("100B") == 100);
  CHECK(parse_size("16KiB") == 16384);
  CHECK(parse_size("1MiB") == 1048576);
  for (const std::string_view bad :
       {"", "100", "KiB", "1KB", "1.5MiB", "-1B", "9223372036854775807KiB"}) {
    INFO(bad);
    CHECK_FALSE(parse_size(bad));
  }
}

TEST_CASE("a partition is its topic and the number behind the last dash") {
  CHECK(parse_partition("orders-0") == TopicPartition{"orders", 0});
  CHECK(parse_partition("a-b-12") == TopicPartition{"a-b", 12});
  for (const std::string_view bad :
       {"", "orders", "orders-", "-0", "orders-01", "orders-x", "orders-99999999999"}) {
    INFO(bad);
    CHECK_FALSE(parse_partition(bad));
  }
}

TEST_CASE("a number range may have up to three decimals and becomes thousandths") {
  CHECK(parse_number_range("2") == NumberRange{2000, 2000});
  CHECK(parse_number_range("0.5") == NumberRange{500, 500});
  CHECK(parse_number_range("1.25..3") == NumberRange{1250, 3000});
  CHECK(parse_number_range("0..0.001") == NumberRange{0, 1});
  CHECK(to_string(NumberRange{1250, 3000}) == "1.25..3");
  CHECK(to_string(NumberRange{1, 1}) == "0.001");
  for (const std::string_view bad : {"", ".", ".5", "5.", "1.2345", "-1", "2..1", "1...2", "1..",
                                     "..1", "9223372036854775807", "1,5", "1e3", "1.+5"})
    CHECK_FALSE(parse_number_range(bad));
}

TEST_CASE("counts are digits, and nothing else") {
  CHECK(parse_count("010") == 10);
  CHECK(parse_seed("18446744073709551615") == 18446744073709551615ULL);
  for (const std::string_view bad : {"", "-1", "+1", "1e3", "0x10", "9223372036854775808", " 1"})
    CHECK_FALSE(parse_count(bad));
}

TEST_CASE("the nearest word is the one with the fewest changes, if they are few") {
  const std::vector<std::string> words = {"brokers", "controllers", "racks", "config", "on", "of"};
  CHECK(nearest_word("brokrs", words) == "brokers");
  CHECK(nearest_word("borkers", words) == "brokers");
  CHECK(nearest_word("Racks", words) == "racks");
  CHECK(nearest_word("cntrollers", words) == "controllers");
  CHECK(nearest_word("conf", words) == "config");
  CHECK(nearest_word("x", words).empty());
  CHECK(nearest_word("something", words).empty());
  CHECK(nearest_word(std::string(100000, 'x'), words).empty());
}

TEST_CASE("findings are sorted by their place, once each, and cannot write control characters") {
  Diagnostics found;
  found.error({3, 1}, "third");
  found.warning({1, 2}, "first\x1b[31m\n");
  found.error({2, 5}, "second");
  found.error({3, 1}, "third");
  CHECK(found.lines("f\n") ==
        "f\\x0a:1:2: warning: first\\x1b[31m\\x0a\nf\\x0a:2:5: error: second\nf\\x0a:3:1: error: "
        "third\n");
  CHECK(in_quotes(std::string(100, 'x')) == "'" + std::string(60, 'x') + "...'");
}

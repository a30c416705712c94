// What a reader sees: facts, lines of bounded width, lessons, and the list of everything.
#include "explain/show.hpp"

#include <algorithm>
#include <sstream>

#include "explain/facts.hpp"
#include "explain/lessons.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::explain;

namespace {

const Catalogue& catalogue() {
  static const Catalogue all;
  return all;
}

std::string told(std::string_view name) { return explanation(catalogue().find(name), {}); }

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::size_t longest_word(const std::string& line) {
  std::istringstream words(line);
  std::size_t longest = 0;
  for (std::string word; words >> word;) longest = std::max(longest, word.size());
  return longest;
}

const Entry& entry_of(std::string_view name, Kind kind) {
  for (const Match& match : catalogue().find(name)) {
    if (match.entry->kind == kind) return *match.entry;
  }
  FAIL("no " << name);
  return catalogue().entries().front();
}

}  // namespace

TEST_CASE("a setting is shown with type, default, range and whether it acts") {
  const std::string text = told("batch.size");
  CHECK(has(text, "batch.size: a setting of the producer\n"));
  CHECK(has(text, "  type         int\n"));
  CHECK(has(text, "  default      16384 (16 KiB)\n"));
  CHECK(has(text, "  allowed      0 or more\n"));
  CHECK(has(text, "  in kafkasim  acts as in Kafka\n"));
  CHECK(has(told("check.crcs"), "known and checked, but nothing depends on it"));
  CHECK(has(told("delivery.timeout.ms"), "120000 (2 min)"));
  CHECK(has(told("max.compaction.lag.ms"), "9223372036854775807 (no limit)"));
  CHECK(has(told("transactional.id"), "null (none)"));
  CHECK(has(told("ssl.key.password"), "producer, consumer, broker"));
}

TEST_CASE("one of two names of a setting is shown with the other") {
  CHECK(has(told("acks"), "  also      request.required.acks\n"));
  CHECK(has(told("request.required.acks"), "  also      acks\n"));
  CHECK(has(told("PRODUCER_FENCED"), "  also           _FENCED\n"));
}

TEST_CASE("a setting of librdkafka is shown with its clients, and with what Java has") {
  const std::string text = told("queue.buffering.max.ms");
  CHECK(has(text, "queue.buffering.max.ms: a setting of librdkafka\n"));
  CHECK(has(text, "  of           producer\n"));
  CHECK(has(text, "  in Java   linger.ms\n"));
  CHECK(has(told("offset.store.path"), "  deprecated   yes\n"));
}

TEST_CASE("an error is shown with its number, its exception and whether it is retriable") {
  const std::string text = told("not_leader_or_follower");
  CHECK(has(text, "NOT_LEADER_OR_FOLLOWER: an error of Kafka's protocol\n"));
  CHECK(has(text, "code               6\n"));
  CHECK(has(text, "exception in Java  NotLeaderOrFollowerException\n"));
  CHECK(has(text, "retriable          yes\n"));
  CHECK(has(text, "metadata           the client fetches it anew\n"));
  CHECK(has(told("17"), "retriable          no\n"));
}

TEST_CASE("things of the same name are shown one after the other, each with its heading") {
  const std::string text = told("request.timeout.ms");
  CHECK(has(text, "request.timeout.ms: a setting of the producer\n"));
  CHECK(has(text, "request.timeout.ms: a setting of the consumer\n"));
  CHECK(has(text, "request.timeout.ms: a setting of the broker\n"));
  const std::string isr = told("isr");
  CHECK(has(isr, "isr: a trigger of an event\n"));
  CHECK(has(isr, "isr: an expectation\n"));
  CHECK(has(isr, "isr: a line of the trace\n"));
}

TEST_CASE("no line is wider than asked for, unless a long word stands in it") {
  ShowOptions narrow;
  narrow.width = 72;
  for (const Entry& entry : catalogue().entries()) {
    std::istringstream lines(explanation({{&entry, entry.name}}, narrow));
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK((line.size() <= narrow.width || longest_word(line) > 40));
    }
  }
}

TEST_CASE("colour is given only when it is asked for") {
  ShowOptions colourful;
  colourful.colour = true;
  CHECK(has(explanation(catalogue().find("acks"), colourful), "\x1b[1macks\x1b[0m"));
  CHECK_FALSE(has(told("acks"), "\x1b"));
  CHECK_FALSE(has(overview(catalogue(), {}), "\x1b"));
}

TEST_CASE("the list names everything, by kind") {
  const std::string list = overview(catalogue(), {});
  for (int i = 0; i < kinds; ++i) {
    INFO(heading(static_cast<Kind>(i)));
    CHECK(has(list, std::string(heading(static_cast<Kind>(i))) + '\n'));
    for (const std::string& name : catalogue().names(static_cast<Kind>(i))) CHECK(has(list, name));
  }
}

TEST_CASE("a lesson shows a setting where its owner is given it, not where another one is") {
  const auto how = [](std::string_view file, std::string_view name, Kind kind) {
    return showing(file, entry_of(name, kind), name);
  };
  const std::string producer = "producers:\n  shop: { config: { retries: 3, linger.ms: 5 } }\n";
  const std::string broker = "cluster: { config: { request.timeout.ms: 5 } }\n";
  CHECK(how(producer, "retries", Kind::producer_setting) == Showing::by_the_way);
  CHECK(how(producer, "linger.ms", Kind::producer_setting) == Showing::by_the_way);
  CHECK(how(broker, "request.timeout.ms", Kind::broker_setting) == Showing::by_the_way);
  CHECK(how(broker, "request.timeout.ms", Kind::producer_setting) == Showing::not_at_all);
  CHECK(how("# linger.ms\nproducers: {}\n", "linger.ms", Kind::producer_setting) ==
        Showing::not_at_all);
  CHECK(how("producers: { config: { retry.backoff.max.ms: 1 } }\n", "retry.backoff.ms",
            Kind::producer_setting) == Showing::not_at_all);
}

TEST_CASE("a lesson is about a setting that its prose names or its variants change") {
  const Entry& linger = entry_of("linger.ms", Kind::producer_setting);
  const std::string set = "producers:\n  shop: { config: { linger.ms: 5 } }\n";
  CHECK(showing("answer: A wait ends after linger.ms.\n", linger, "linger.ms") ==
        Showing::on_purpose);
  CHECK(showing(set + set, linger, "linger.ms") == Showing::by_the_way);
  CHECK(showing(set + "variants:\n  b:\n    producers: { shop: { config: { linger.ms: 9 } } }\n",
                linger, "linger.ms") == Showing::on_purpose);
}

TEST_CASE("a lesson shows an anomaly that it expects, and an event that it has") {
  const Entry& lost = entry_of("lost", Kind::anomaly);
  CHECK(showing("expect:\n  lost: [B]\n", lost, "lost") == Showing::on_purpose);
  CHECK(showing("expect:\n  lost: []\n", lost, "lost") == Showing::not_at_all);
  CHECK(showing("question: Is B lost? What is lost: B\n", lost, "lost") == Showing::not_at_all);
  const Entry& start = entry_of("start", Kind::action);
  CHECK(showing("events:\n  - start: shop\n", start, "start") == Showing::on_purpose);
  CHECK(showing("producers:\n  shop: { start: never }\n", start, "start") == Showing::not_at_all);
}

TEST_CASE("of many lessons the ones about the thing come first, and the others are counted") {
  const std::string text = told("acks");
  CHECK(has(text, "acks-all-of-one"));
  CHECK(has(text, "more"));
  CHECK(lessons_showing(catalogue().find("acks")[0]).size() > 20);
}

TEST_CASE("the first lessons are found") {
  const auto shown_by = [](std::string_view name, std::string_view lesson) {
    for (const Match& match : catalogue().find(name)) {
      for (const std::string& each : lessons_showing(match)) {
        if (each == lesson) return true;
      }
    }
    return false;
  };
  CHECK(shown_by("duplicated", "duplicate-after-lost-ack"));
  CHECK(shown_by("lost", "lost-after-ack-with-acks-1"));
  CHECK(shown_by("reordered", "reordered-by-a-retry"));
  CHECK(shown_by("NOT_ENOUGH_REPLICAS", "reordered-by-a-retry"));
  CHECK(shown_by("max.poll.interval.ms", "handled-twice-after-a-rebalance"));
  CHECK(shown_by("stall", "handled-twice-after-a-rebalance"));
  CHECK(shown_by("leader", "duplicate-after-lost-ack"));
  CHECK(shown_by("ProduceResponse", "duplicate-after-lost-ack"));
  CHECK(shown_by("max.in.flight.requests.per.connection", "reordered-by-a-retry"));
  CHECK_FALSE(shown_by("ssl.protocol", "reordered-by-a-retry"));
}

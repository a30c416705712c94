// The story keeps every turn, folds routine, and leaves noise out.
#include "scenarios/engine/timeline.hpp"

#include <fmt/format.h>

#include "consumer/failure.hpp"
#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

// "0.001 shop: sent A to orders" a line.
std::vector<std::string> lines(const Story& story) {
  std::vector<std::string> out;
  for (const TimelineEntry& entry : story.timeline.text().entries) {
    out.push_back(fmt::format("{} {}: {}", seconds(entry.time), entry.who, entry.text));
  }
  return out;
}

}  // namespace

TEST_CASE("the way of a record is told in Kafka's words") {
  Story story;
  story.at(1ms).sent("shop", "orders", "A B");
  story.at(2ms).appended("broker-1", "orders-0", 0, "A B").copied("broker-2", "orders-0", 0, "A B");
  story.at(4ms).replicated("broker-1", "orders-0", 0, "A B").acked("shop", "orders-0", 0, "A B");
  story.at(5ms).polled("billing", "orders-0", 0, "A B");
  story.at(9ms)
      .handled("billing", "billing", "orders-0", 0, "A")
      .at(13ms)
      .committed("billing", "orders-0", 1);
  CHECK(lines(story) == std::vector<std::string>{
                            "0.001 shop: sent A B to orders",
                            "0.002 broker-1: appended A B to orders-0 at offsets 0-1",
                            "0.004 broker-1: high watermark of orders-0 is now 2: A B replicated",
                            "0.004 shop: heard the ack for A B (orders-0 offsets 0-1)",
                            "0.005 billing: polled A B (orders-0 offsets 0-1)",
                            "0.009 billing: handled A (orders-0 offset 0)",
                            "0.013 broker-1: committed offset 1 of orders-0 (group billing)",
                        });
}

TEST_CASE("what is handled in the moment of its poll is told once") {
  Story story;
  story.polled("billing", "orders-0", 0, "A B").handled("billing", "billing", "orders-0", 0, "A B");
  CHECK(lines(story) ==
        std::vector<std::string>{"0.000 billing: handled A B (orders-0 offsets 0-1)"});
  Story gap;
  gap.polled("billing", "orders-0", 1, "A").polled("billing", "orders-0", 5, "B C");
  gap.handled("billing", "billing", "orders-0", 1, "A");
  gap.handled("billing", "billing", "orders-0", 5, "B C");
  CHECK(lines(gap) ==
        std::vector<std::string>{"0.000 billing: handled A (orders-0 offset 1)",
                                 "0.000 billing: handled B C (orders-0 offsets 5-6)"});
  Story half;
  half.polled("billing", "orders-0", 0, "A B").handled("billing", "billing", "orders-0", 0, "A");
  CHECK(lines(half).size() == 2);
}

TEST_CASE("a retry tells its error, which then needs no line of its own") {
  Story story;
  story.tell("shop", events::MetError{"Produce", ErrorCode::not_enough_replicas});
  story.retried("shop", "orders-0", "A", ErrorCode::not_enough_replicas);
  CHECK(
      lines(story) ==
      std::vector<std::string>{
          "0.000 shop: will send A to orders-0 again (attempt 1 ended with NOT_ENOUGH_REPLICAS)"});
}

TEST_CASE("only a broker that led before is told to have become a follower") {
  Story story;
  const auto follows = [](int epoch) {
    return events::BecameFollower{tp("orders-0"), protocol::LeaderEpoch(epoch),
                                  protocol::BrokerId(2)};
  };
  story.at(1s).appended("broker-1", "orders-0", 0, "A");
  story.at(2s).tell("broker-3", follows(1)).tell("broker-1", follows(1));
  story.at(3s).tell("broker-1", follows(2));
  CHECK(lines(story) == std::vector<std::string>{
                            "1.000 broker-1: appended A to orders-0 at offset 0",
                            "2.000 broker-1: learns that broker-2 leads orders-0 in epoch 1 and is "
                            "a follower now",
                        });
}

TEST_CASE("what poll() threw is told") {
  Story story;
  story.tell("billing", consumer::PollThrew{"NoOffsetForPartitionException", "no offset"});
  CHECK(lines(story) == std::vector<std::string>{
                            "0.000 billing: poll() threw NoOffsetForPartitionException: no offset; "
                            "the application ends"});
}

TEST_CASE("faults, elections and truncations are turns with their weight") {
  Story story;
  story.at(1s)
      .fault("crash broker-1", 2)
      .at(10s)
      .elected("orders-0", 2, 1)
      .elected("orders-1", -1, 1);
  story.at(20s)
      .tell("scenario", FaultEnded{"broker-1 is back", 2})
      .truncated("broker-1", "orders-0", 1, "B");
  const std::vector<TimelineEntry> entries = story.timeline.text().entries;
  REQUIRE(entries.size() == 5);
  CHECK(entries[0].weight == Weight::fault);
  CHECK(entries[0].who == "event 2");
  CHECK(entries[0].text == "crash broker-1");
  CHECK(entries[1].weight == Weight::notable);
  CHECK(entries[1].text == "elected broker-2 leader of orders-0, epoch 1");
  CHECK(entries[2].weight == Weight::trouble);
  CHECK(entries[3].text == "over: broker-1 is back");
  CHECK(entries[4].text == "truncated orders-0 to offset 1: B removed from its log");
}

TEST_CASE("a thousand records become a few lines, and a fault is told between them") {
  Story story;
  for (int i = 1; i <= 1000; ++i) {
    story.at(i * 1ms).stores("shop", "orders-0", i - 1, "shop-" + std::to_string(i));
    if (i == 500) story.fault("cut shop and broker-1");
  }
  const std::vector<std::string> all = lines(story);
  CHECK(all.size() < 65);
  CHECK(all[0] == "0.001 shop: sent shop-1 to orders");
  const auto fault = std::find(all.begin(), all.end(), "0.500 event 1: cut shop and broker-1");
  REQUIRE(fault != all.end());
  // What led to the fault stands before it.
  CHECK(std::find(
            all.begin(), fault,
            "0.500 shop: ... sent 494 more records since 0.007 s (orders): shop-7 .. shop-500") !=
        fault);
  CHECK(std::find(fault, all.end(), "0.501 shop: sent shop-501 to orders") != all.end());
  CHECK(all.back().find("1.000 shop: ... sent 494 more records since 0.507 s") == 0);
}

TEST_CASE("records of one moment are one line, however many, and few hidden ones are named") {
  Story story;
  std::string names;
  for (int i = 1; i <= 500; ++i) names += "r" + std::to_string(i) + " ";
  story.sent("shop", "orders", names);
  CHECK(lines(story) == std::vector<std::string>{
                            "0.000 shop: sent r1 r2 r3 r4 r5 r6 r7 r8 and 492 more to orders"});
  Story few;
  for (int i = 1; i <= 8; ++i)
    few.at(i * 1s).sent("shop", "orders", std::string(1, static_cast<char>('A' + i - 1)));
  CHECK(lines(few).back() == "8.000 shop: ... sent 2 more records since 7.000 s (orders): G H");
  Story one;
  for (int i = 1; i <= 7; ++i)
    one.at(i * 1s).sent("shop", "orders", std::string(1, static_cast<char>('A' + i - 1)));
  CHECK(lines(one).back() == "7.000 shop: sent G to orders");
}

TEST_CASE("a storm of turns is folded, but no fault ever is") {
  Story story;
  for (int i = 0; i < 100; ++i) {
    story.at(i * 1s).tell("controller-1",
                          events::IsrChanged{tp("orders-0"), {protocol::BrokerId(1 + i % 2)}});
    story.fault("cut a and b");
  }
  std::size_t faults = 0;
  for (const TimelineEntry& entry : story.timeline.text().entries)
    faults += entry.weight == Weight::fault ? 1 : 0;
  CHECK(faults == 100);
  Story isr;
  for (int i = 0; i < 1000; ++i) {
    isr.at(i * 1s).tell("controller-1",
                        events::IsrChanged{tp("orders-0"), {protocol::BrokerId(1 + i % 2)}});
  }
  CHECK(lines(isr).size() == 13);
  CHECK(lines(isr).back().find(
            "988 more such lines since 12.000 s, the last: in-sync replicas of orders-0") !=
        std::string::npos);
}

TEST_CASE(
    "set-up, internal topics and copies are left out, and reading the story changes nothing") {
  Story story;
  story.at(-1s).sent("shop", "orders", "A").at(0s).copied("broker-2", "orders-0", 0, "A");
  story.tell("controller-1",
             events::IsrChanged{{"__consumer_offsets", 1}, {protocol::BrokerId(1)}});
  story.tell("controller-1", events::TopicCreated{"__consumer_offsets", 50});
  CHECK(lines(story).empty());
  for (int i = 0; i < 10; ++i) story.at(i * 1s).sent("shop", "orders", "B");
  CHECK(lines(story) == lines(story));
}

}  // namespace kafkasim::scenarios::testing

// What poll() may hand out next, and what it must not.
#include "scenarios/engine/poll_watch.hpp"

#include "sim/check.hpp"
#include "tests/scenarios/story.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::scenarios::testing {

namespace {

// A story whose polls are watched.
struct Watched : Story {
  PollWatch watch{ledger};

  template <class E>
  Watched& see(std::string_view who, const E& event) {
    tell(who, event);
    watch.observe(who, sim::TraceEvent(event));
    return *this;
  }
  Watched& polls(std::string_view who, std::int64_t offset, std::string_view name) {
    return see(who, events::Polled{tp("jobs-0"), Offset(offset), record(name)});
  }
};

// What the watch says of a poll; nothing when it is fine.
std::string complaint(Watched& story, std::int64_t offset, std::string_view name) {
  try {
    story.polls("worker", offset, name);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, std::string_view part) {
  INFO(text);
  const bool contained = text.find(part) != std::string::npos;
  CHECK(contained);
  return contained;
}

void begin(Watched& story) {
  story.stores("feeder", "jobs-0", 0, "A B C D");
  story.see("worker", events::Joined{"workers", 1, {tp("jobs-0")}});
  story.polls("worker", 0, "A").polls("worker", 1, "B");
}

}  // namespace

TEST_CASE("a poll that goes on where the last one stopped is fine") {
  Watched story;
  begin(story);
  CHECK_NOTHROW(story.polls("worker", 2, "C").polls("other", 0, "A"));
}

TEST_CASE("a poll that goes back within an assignment breaks an invariant") {
  Watched story;
  begin(story);
  says(complaint(story, 1, "B"),
       "worker polled offset 1 of jobs-0 after offset 1, with neither a rebalance nor a seek");
}

TEST_CASE("a poll that passes over a record within an assignment breaks an invariant") {
  Watched story;
  begin(story);
  says(complaint(story, 3, "D"), "passed over the record C");
}

TEST_CASE("a consumer that stands still for a while goes on where it was") {
  Watched story;
  begin(story);
  FaultHappened stall{"stall worker", 1};
  stall.action = ActionKind::stall;
  stall.targets = {"worker"};
  story.see("scenario", stall);
  CHECK_THROWS(story.polls("worker", 0, "A"));
}

TEST_CASE("a partition that is kept over a rebalance goes on where it was") {
  Watched story;
  begin(story);
  story.see("worker", events::Joined{"workers", 2, {tp("jobs-0"), tp("jobs-1")}});
  CHECK_THROWS(story.polls("worker", 0, "A"));
}

TEST_CASE("a poll may begin anywhere after the position moved or the partition was away") {
  Watched story;
  begin(story);
  SECTION("by a seek") {
    story.see("worker", events::PositionReset{tp("jobs-0"), Offset(2), Offset(0), "seek"});
  }
  SECTION("given back") { story.see("worker", events::PartitionsRevoked{{tp("jobs-0")}, false}); }
  SECTION("lost") { story.see("worker", events::PartitionsRevoked{{tp("jobs-0")}, true}); }
  SECTION("assigned to somebody else") { story.see("worker", events::Joined{"workers", 2, {}}); }
  SECTION("after a crash") {
    FaultHappened crash{"crash worker", 1};
    crash.action = ActionKind::crash;
    crash.targets = {"worker"};
    story.see("scenario", crash);
  }
  SECTION("in a new topic of the name") { story.see("controller-1", events::TopicDeleted{"jobs"}); }
  CHECK_NOTHROW(story.polls("worker", 0, "A"));
}

TEST_CASE("what comes again, and what is passed over, across a rebalance is noted") {
  Watched story;
  begin(story);
  story.see("worker", events::PartitionsRevoked{{tp("jobs-0")}, false});
  story.see("worker", events::Joined{"workers", 2, {tp("jobs-0")}});
  story.see("worker",
            events::PositionReset{tp("jobs-0"), Offset(), Offset(1), "no committed offset"});
  story.polls("worker", 1, "B").polls("worker", 2, "C");
  CHECK(story.watch.across_rebalances("worker").again == std::vector<std::string>{"B"});
  CHECK(story.watch.across_rebalances("worker").skipped.empty());
  story.stores("feeder", "jobs-0", 4, "E F");
  story.see("worker", events::PartitionsRevoked{{tp("jobs-0")}, true});
  story.polls("worker", 5, "F");
  CHECK(story.watch.across_rebalances("worker").again.size() == 1);
  CHECK(story.watch.across_rebalances("worker").skipped == std::vector<std::string>{"D", "E"});
  CHECK(story.watch.across_rebalances("other").again.empty());
}

TEST_CASE("a seek is no rebalance, and what comes again after it is not noted") {
  Watched story;
  begin(story);
  story.see("worker", events::PositionReset{tp("jobs-0"), Offset(2), Offset(0), "seek"});
  story.polls("worker", 0, "A").polls("worker", 1, "B");
  CHECK(story.watch.across_rebalances("worker").again.empty());
}

TEST_CASE("records that left the log are passed over rightly") {
  Watched story;
  begin(story);
  story.compacted("broker-1", "jobs-0", 2, "C");
  CHECK_NOTHROW(story.polls("worker", 3, "D"));
}

}  // namespace kafkasim::scenarios::testing

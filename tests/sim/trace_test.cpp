// The trace: lines, hash, observers.
#include "sim/trace.hpp"

#include "sim/loop.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim::sim;

namespace {

struct Appended {
  static constexpr std::string_view name = "appended";
  int offset;
  void describe(std::string& out) const { out += "offset " + std::to_string(offset); }
};
struct Crashed {
  static constexpr std::string_view name = "crashed";
  void describe(std::string&) const {}
};

}  // namespace

TEST_CASE("an event becomes one line and is seen as what it is", "[trace]") {
  Loop loop;
  Trace trace(loop);
  int seen = -1;
  trace.observe([&](Time, std::string_view who, const TraceEvent& event) {
    CHECK(who == "broker-1");
    if (const auto* appended = event.as<Appended>()) seen = appended->offset;
    CHECK(event.as<Crashed>() == nullptr);
  });
  trace.add("broker-1", Appended{7});
  CHECK(seen == 7);
  CHECK(trace.lines().back() == "0.000000 broker-1 appended offset 7");
}

TEST_CASE("equal traces have equal hashes, and every difference shows", "[trace]") {
  Loop loop;
  Trace a(loop), b(loop), c(loop);
  a.add("x", Appended{1});
  b.add("x", Appended{1});
  c.add("y", Appended{1});
  CHECK(a.hash() == b.hash());
  CHECK(a.hash() != c.hash());
  b.add("x", Crashed{});
  CHECK(a.hash() != b.hash());
}

TEST_CASE("a disabled trace notes nothing, and only the last lines are kept unless asked",
          "[trace]") {
  Loop loop;
  Trace trace(loop);
  trace.enable(false);
  trace.add("x", Appended{0});
  CHECK(trace.count() == 0);
  trace.enable(true);
  for (int i = 0; i < 100; ++i) trace.add("x", Appended{i});
  CHECK(trace.lines().size() == 20);
  trace.keep_lines(true);
  for (int i = 0; i < 100; ++i) trace.add("x", Appended{i});
  CHECK(trace.lines().size() == 120);
}

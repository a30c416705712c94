// What the text of a fault means, and which texts are refused.
#include "tests/conformance/fault_text.hpp"

#include <stdexcept>

#include "tests/support/catch.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using Kind = Fault::Kind;

std::string refusal(const std::string& text) {
  try {
    read_fault(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A lost answer is told from a lost request, and an end from silence") {
  const Fault answer = read_fault("answer to Produce #3 dropped, connection closed");
  CHECK(answer.kind == Kind::answer_lost);
  CHECK(answer.api == "Produce");
  CHECK(answer.first == 3);
  CHECK(answer.closes);
  const Fault request = read_fault("Produce #12 never reaches the broker, connection closed");
  CHECK(request.kind == Kind::request_lost);
  CHECK(request.first == 12);
  CHECK(request.closes);
  CHECK_FALSE(read_fault("answer to Produce #3 dropped").closes);
  CHECK_FALSE(read_fault("Produce #3 never reaches the broker, connection stays open").closes);
}

TEST_CASE("A request that is answered by the proxy names the error") {
  const Fault fault =
      read_fault("Produce #1 answered NOT_ENOUGH_REPLICAS without reaching the broker");
  CHECK(fault.kind == Kind::refused);
  CHECK(fault.error == protocol::ErrorCode::not_enough_replicas);
  const Fault old =
      read_fault("Produce #1 answered NOT_LEADER_FOR_PARTITION without reaching the broker");
  CHECK(old.error == protocol::ErrorCode::not_leader_or_follower);
  CHECK(read_fault("answer to Produce #2 replaced by REQUEST_TIMED_OUT").kind ==
        Kind::answer_replaced);
}

TEST_CASE("A delay has a unit and a direction") {
  const Fault answer = read_fault("answer to Produce #3 delayed by 500 ms");
  CHECK(answer.kind == Kind::answer_late);
  CHECK(answer.delay == 500ms);
  const Fault request = read_fault("Metadata #2 delayed by 4 s");
  CHECK(request.kind == Kind::request_late);
  CHECK(request.api == "Metadata");
  CHECK(request.delay == 4s);
}

TEST_CASE("Several requests in a row can be meant") {
  const Fault fault =
      read_fault("Produce #2 to #4 answered NOT_ENOUGH_REPLICAS without reaching the broker");
  CHECK_FALSE(fault.strikes("Produce", 1));
  CHECK(fault.strikes("Produce", 2));
  CHECK(fault.strikes("Produce", 4));
  CHECK_FALSE(fault.strikes("Produce", 5));
  CHECK_FALSE(fault.strikes("Metadata", 2));
}

TEST_CASE("A text that says something else is refused in words") {
  for (const char* text : {"the moon is full", "Produce #3", "answer to Wibble #1 dropped",
                           "Produce #0 never reaches the broker", "Produce #4 to #2 dropped",
                           "Produce #3 answered NO_SUCH_ERROR without reaching the broker",
                           "Produce #3 answered NONE without reaching the broker",
                           "answer to Produce #3 delayed by 5 weeks",
                           "answer to Produce #99999999999 dropped, connection closed",
                           "answer to Produce #3 dropped, connection painted red",
                           "answer to Produce #3 dropped, connection closed, broker killed"}) {
    INFO(text);
    CHECK(refusal(text).rfind("cannot be replayed: ", 0) == 0);
  }
}

}  // namespace kafkasim::conformance

// What a member keeps of its last assignment in the user data of its subscription.
#include <string>

#include "consumer/assignor.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kafkasim;
using consumer::find_assignor;
using consumer::LastAssignment;
using protocol::Bytes;
using protocol::StickyUserData;
using namespace std::string_literals;

}  // namespace

TEST_CASE("range and roundrobin have no user data") {
  CHECK(find_assignor("range")->user_data == nullptr);
  CHECK(find_assignor("roundrobin")->user_data == nullptr);
}

TEST_CASE("sticky sends no user data before its first assignment") {
  CHECK(find_assignor("sticky")->user_data(nullptr).is_null());
}

TEST_CASE("sticky sends what it was assigned last, and in which generation") {
  const LastAssignment last{{{"b", 1}, {"a", 2}, {"b", 0}}, 7};
  const Bytes bytes = find_assignor("sticky")->user_data(&last);
  const std::string expected =
      "\0\0\0\2"s + "\0\1a\0\0\0\1\0\0\0\2"s + "\0\1b\0\0\0\2\0\0\0\1\0\0\0\0"s + "\0\0\0\7"s;
  CHECK(bytes.view() == expected);
  CHECK(protocol::decode_sticky_user_data(bytes) ==
        StickyUserData{{{"a", 2}, {"b", 1}, {"b", 0}}, 7});
}

TEST_CASE("sticky user data of the oldest form has no generation") {
  const StickyUserData old{{{"a", 2}}, std::nullopt};
  const Bytes bytes = protocol::encode(old);
  CHECK(bytes.size() == 4 + 3 + 4 + 4);
  CHECK(protocol::decode_sticky_user_data(bytes) == old);
}

TEST_CASE("sticky user data cut short is refused, or read as the oldest form") {
  const std::string whole(protocol::encode(StickyUserData{{{"a", 2}}, 7}).view());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto data = protocol::decode_sticky_user_data(Bytes(whole.substr(0, size)));
    CHECK(data.has_value() == (size >= whole.size() - 4));
    if (data) CHECK(!data->generation);
  }
  CHECK(protocol::decode_sticky_user_data(Bytes(whole + "more"))->generation == 7);
}

TEST_CASE("the cooperative sticky assignor's user data is the generation") {
  const Bytes bytes = protocol::cooperative_sticky_user_data(-1);
  CHECK(bytes.view() == "\xff\xff\xff\xff");
  CHECK(protocol::decode_cooperative_sticky_user_data(bytes) == -1);
  CHECK(!protocol::decode_cooperative_sticky_user_data(Bytes("\1\2\3")));
}

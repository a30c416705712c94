// A list that many hold and nobody changes for the others.
#include "protocol/shared_list.hpp"

#include "tests/support/catch.hpp"

using kafkasim::protocol::SharedList;

TEST_CASE("a shared list is one list until somebody changes it") {
  SharedList<int> one(std::vector<int>{1, 2});
  SharedList<int> other = one;
  CHECK(other.is_same(one));
  other.push_back(3);
  CHECK_FALSE(other.is_same(one));
  CHECK(one.items() == std::vector<int>{1, 2});
  CHECK(other.items() == std::vector<int>{1, 2, 3});
  // Held by one alone it is changed in place.
  const int* const place = other.items().data();
  other.edit()[0] = 9;
  CHECK(other.items().data() == place);
}

TEST_CASE("a list that was never given is empty, and can be filled") {
  SharedList<int> list;
  CHECK(list.empty());
  CHECK(list.begin() == list.end());
  list.push_back(7);
  CHECK(list.at(0) == 7);
}

TEST_CASE(
    "what is made of a shared list is made once for all who hold it, and anew after a change") {
  int times = 0;
  const auto sum = [&](const std::vector<int>& items) {
    ++times;
    int all = 0;
    for (const int item : items) all += item;
    return all;
  };
  SharedList<int> one(std::vector<int>{1, 2});
  const SharedList<int> other = one;
  CHECK(one.made<int>(sum) == 3);
  CHECK(other.made<int>(sum) == 3);
  CHECK(times == 1);
  one.push_back(4);
  CHECK(one.made<int>(sum) == 7);
  CHECK(other.made<int>(sum) == 3);
  CHECK(times == 2);
}

// Comparing what was expected with what was got, and saying both in one line each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

using Names = std::vector<std::string>;

enum class Order : std::uint8_t { matters, does_not_matter };

// "A B C"; long lists are cut to what stands around `focus`.
std::string list_text(const Names& names, std::size_t focus = 0);

// `got` against a list, a number or a range. With a list in no order, both count each name as often
// as it is there.
ExpectationResult compare_records(std::string key, const Expected<Records>& expected, Names got,
                                  Order order);
ExpectationResult compare_lists(std::string key, Names expected, Names got, Position position,
                                Order order);
// `got` may be nothing: "none".
ExpectationResult compare_number(std::string key, const CountRange& expected,
                                 std::optional<std::int64_t> got, Position position);

}  // namespace kafkasim::scenarios

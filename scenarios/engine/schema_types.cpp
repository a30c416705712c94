// The types of values that many keys share, and the form of each scalar.
#include <algorithm>
#include <array>

#include "protocol/error_code.hpp"
#include "protocol/message.hpp"
#include "scenarios/engine/error_names.hpp"
#include "scenarios/engine/schema.hpp"
#include "scenarios/engine/selector.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios::schema {

namespace types {

constinit const Type text{.shape = Shape::text, .what = "a text"};
constinit const Type line{.shape = Shape::line, .what = "a text of one line"};
constinit const Type record{
    .shape = Shape::line, .what = "a record: a text of one line that is not empty", .low = 1};
constinit const Type flag{.shape = Shape::flag, .what = "true or false"};
constinit const Type mark{.shape = Shape::flag, .what = "true, false or nothing", .low = 1};
constinit const Type seed{.shape = Shape::seed, .what = "a whole number from 0 on"};
constinit const Type duration{.shape = Shape::duration,
                              .what = "a duration with its unit, such as 250us, 5ms, 2s or 10m"};
constinit const Type signed_duration{
    .shape = Shape::duration, .what = "a duration such as 2s or -2s", .low = -1};
constinit const Type duration_range{.shape = Shape::duration_range,
                                    .what = "a duration such as 5ms or a range such as 1ms..20ms"};
constinit const Type period{.shape = Shape::period,
                            .what = "a duration such as 10ms or a rate such as 1000/s"};
constinit const Type start{.shape = Shape::start, .what = "a duration such as 5s, or never"};
constinit const Type size{.shape = Shape::size,
                          .what = "a size with its unit, such as 100B, 16KiB or 1MiB"};
constinit const Type count_range{.shape = Shape::count_range,
                                 .what = "a number such as 3 or a range such as 3..5"};
constinit const Type positive_range{
    .shape = Shape::count_range,
    .what = "a number from 1 on, such as 2, or a range such as 2..4",
    .low = 1};
constinit const Type message_kind{
    .shape = Shape::message_kind,
    .what = "a request or response such as ProduceRequest or FetchResponse"};
constinit const Type error_name{.shape = Shape::error_name,
                                .what = "one of Kafka's errors such as NOT_ENOUGH_REPLICAS"};
constinit const Type partition{.shape = Shape::partition, .what = "a partition such as orders-0"};
constinit const Type destination{.shape = Shape::destination,
                                 .what = "a topic such as orders or a partition such as orders-0"};
constinit const Type selector{.shape = Shape::selector,
                              .what = "a broker, a client or a role such as leader(orders-0)"};
constinit const Type selectors{.shape = Shape::list,
                               .what = "a list of brokers, clients or roles",
                               .item = &selector,
                               .low = 1};
constinit const Type selector_pair{.shape = Shape::list,
                                   .what = "a list of two, such as [shop, leader(orders-0)]",
                                   .item = &selector,
                                   .low = 2,
                                   .high = 2};
constinit const Type texts{.shape = Shape::list, .what = "a list of texts", .item = &text};
constinit const Type positive_count{
    .shape = Shape::count, .what = "a whole number from 1 on", .low = 1, .high = 1'000'000'000};
constinit const Type broker_id{.shape = Shape::count,
                               .what = "the number of a broker, from 1 on",
                               .low = 1,
                               .high = 1'000'000};
constinit const Type broker_ids{
    .shape = Shape::list, .what = "a list of broker numbers such as [1, 2]", .item = &broker_id};
constinit const Type anything{.shape = Shape::anything, .what = "a value"};

namespace {
constinit const Type record_list{.shape = Shape::list, .what = "a list of records", .item = &text};
constinit const std::array<const Type*, 2> list_or_range{&record_list, &count_range};
}  // namespace
constinit const Type records{.shape = Shape::any_of,
                             .what = "a list of records, a number or a range such as 5..10",
                             .alternatives = list_or_range};

constinit const Type broker_settings{.shape = Shape::settings, .what = "broker"};
constinit const Type topic_settings{.shape = Shape::settings, .what = "topic"};
constinit const Type producer_settings{.shape = Shape::settings, .what = "producer"};
constinit const Type consumer_settings{.shape = Shape::settings, .what = "consumer"};

}  // namespace types

namespace {

bool is_scenario_name(std::string_view text) {
  constexpr std::size_t longest = 100;
  if (text.empty() || text.size() > longest || text.front() == '.' || text.front() == '-')
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

bool fits(const Type& type, std::string_view text) {
  switch (type.shape) {
    case Shape::text:
    case Shape::anything:
      return true;
    case Shape::line:
      return text.size() >= static_cast<std::size_t>(type.low) &&
             text.find_first_of("\n\t") == std::string_view::npos;
    case Shape::destination:
      return !text.empty();
    case Shape::scenario_name:
      return is_scenario_name(text);
    case Shape::flag:
      return parse_flag(text).has_value();
    case Shape::count: {
      const auto count = parse_count(text);
      return count && *count >= type.low && *count <= type.high;
    }
    case Shape::seed:
      return parse_seed(text).has_value();
    case Shape::duration:
      return type.low < 0 ? parse_signed_duration(text).has_value()
                          : parse_duration(text).has_value();
    case Shape::duration_range:
      return parse_duration_range(text).has_value();
    case Shape::period:
      return parse_period(text).has_value();
    case Shape::start:
      return text == "never" || parse_duration(text).has_value();
    case Shape::size:
      return parse_size(text).has_value();
    case Shape::count_range: {
      const auto range = parse_count_range(text);
      return range && range->lowest >= type.low;
    }
    case Shape::number_range:
      return parse_number_range(text).has_value();
    case Shape::choice:
      return std::find(type.words.begin(), type.words.end(), text) != type.words.end();
    case Shape::message_kind:
      return protocol::is_message_kind(text);
    case Shape::error_name:
      return error_by_name(text).has_value();
    case Shape::partition:
      return parse_partition(text).has_value();
    case Shape::selector:
      return parse_selector(text).selector.has_value();
    case Shape::list:
    case Shape::object:
    case Shape::map:
    case Shape::settings:
    case Shape::overlay:
    case Shape::any_of:
      return false;
  }
  return false;
}

}  // namespace kafkasim::scenarios::schema

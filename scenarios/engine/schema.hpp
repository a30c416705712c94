// The language of scenario files as one table: every key with its type, its meaning, its default,
// and whether it is built yet. The checker, its messages, `kafkasim schema` and the generated
// reference all read this and nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "scenarios/engine/document.hpp"

namespace kafkasim::scenarios::schema {

enum class Shape {
  text,
  line,  // a text of one line
  scenario_name,
  flag,
  count,  // low..high
  seed,
  duration,
  duration_range,
  period,  // a duration or a rate
  start,   // a duration or `never`
  size,
  count_range,
  number_range,
  choice,        // one of `words`
  message_kind,  // ProduceRequest
  error_name,    // NOT_ENOUGH_REPLICAS
  partition,     // orders-0
  destination,   // orders or orders-0
  selector,      // broker-1, shop, leader(orders-0)
  anything,      // only in what is not built yet
  list,          // of `item`
  object,        // with `fields`
  map,           // names of our choice -> `item`; what the names are says `key`
  settings,      // Kafka's names -> values; which table says `what`
  overlay,       // a variant: a map that is checked once it is laid over the file
  any_of,        // the first of `alternatives` that fits
};

struct Field;

struct Type {
  Shape shape = Shape::text;
  std::string_view what;  // for messages and the reference: "a duration such as 5ms"
  std::span<const Field> fields{};
  const Type* item = nullptr;
  const Type* key = nullptr;  // a map's names; nullptr: any text
  std::span<const std::string_view> words{};
  std::span<const Type* const> alternatives{};
  // count: its least value; list: its fewest items; line: 1 when it may not be empty; flag: 1 when
  // it may be empty, which then means true; duration: -1 when it may be negative
  std::int64_t low = 0;
  std::int64_t high = 0;  // count: its greatest value; list and map: its most items, 0 = no limit
};

// What to do with a field that is named.
enum class Support {
  now,
  later,       // refused by name: not supported yet
  later_alone  // refused likewise, and the rest of its map, which belongs to it, is not looked at
};

struct Field {
  std::string_view key;
  const Type* type = nullptr;
  bool required = false;
  Support support = Support::now;
  std::string_view default_text;  // as it would be written; empty: none
  std::string_view doc;
};

// The whole file, and a variant of it (in which nothing is required).
const Type& scenario_type();
const Type& variant_type();

// Parts, each in a file of its own.
const Type& cluster_type();
const Type& topics_type();
const Type& producers_type();
const Type& consumers_type();
const Type& processors_type();
const Type& events_type();
const Type& expect_type();
const Type& sweep_type();

// Types that many fields share.
namespace types {
extern const Type text, line, record, flag, mark, seed, duration, signed_duration, duration_range,
    period, start, size, count_range, positive_range;
extern const Type message_kind, error_name, partition, destination, selector, selectors,
    selector_pair;
extern const Type texts, records, broker_ids, broker_id, positive_count, anything;
// Of an administrator's events (schema_admin.cpp).
extern const Type new_partitions, new_replicas, event_to, event_before, election, only_never,
    topic_or_broker_settings;
extern const Type partitioner;  // of a producer (schema_partitioner.cpp)
// What a consumer's application does (schema_handling.cpp).
extern const Type commits, on_revoked, fails_on, effect, workers, consumers_or_groups;
extern const Type broker_settings, topic_settings, producer_settings, consumer_settings;
}  // namespace types

// Does that text have the form of a scalar type? (Names are not looked up.)
bool fits(const Type& type, std::string_view text);

}  // namespace kafkasim::scenarios::schema

// The types of what stands in events of an administrator.
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema::types {
namespace {

constinit const Type partition_count{.shape = Shape::count,
                                     .what = "a number of partitions from 1 to 10000",
                                     .low = 1,
                                     .high = 10'000};
constinit const Type replica_count{
    .shape = Shape::count, .what = "a number of replicas from 1 on", .low = 1, .high = 1000};
constinit const Type replica_list{.shape = Shape::list,
                                  .what = "a list of broker numbers such as [1, 2, 3]",
                                  .item = &broker_id,
                                  .low = 1};
constinit const Type replica_lists{.shape = Shape::list,
                                   .what = "a list of broker numbers for each partition",
                                   .item = &replica_list,
                                   .low = 1};
constinit const std::array<const Type*, 3> replica_alternatives{&replica_count, &replica_list,
                                                                &replica_lists};

constinit const Type offset{
    .shape = Shape::count, .what = "an offset from 0 on", .low = 0, .high = 1'000'000'000'000};
constinit const Type offsets{.shape = Shape::map,
                             .what = "offsets such as { orders-0: 5 }",
                             .item = &offset,
                             .key = &partition};
constinit const std::array<const Type*, 3> to_alternatives{&selector, &replica_list, &offsets};

constinit const std::array<const Type*, 2> settings_alternatives{&topic_settings, &broker_settings};

constexpr std::array<std::string_view, 1> end_words{"high-watermark"};
constinit const Type end_word{.shape = Shape::choice, .what = "high-watermark", .words = end_words};
constinit const std::array<const Type*, 3> before_alternatives{&message_kind, &offset, &end_word};

constexpr std::array<std::string_view, 2> election_words{"preferred", "unclean"};
constexpr std::array<std::string_view, 1> never_word{"never"};

}  // namespace

constinit const Type new_partitions = partition_count;
constinit const Type new_replicas{.shape = Shape::any_of,
                                  .what =
                                      "a number such as 3, a list of broker numbers such as "
                                      "[1, 2, 3], or such a list for each partition",
                                  .alternatives = replica_alternatives};
constinit const Type event_to{.shape = Shape::any_of,
                              .what =
                                  "a broker, a client or a role such as leader(orders-0); for an "
                                  "administrator a number, a list of brokers or offsets",
                              .alternatives = to_alternatives};
constinit const Type event_before{.shape = Shape::any_of,
                                  .what =
                                      "a request or response such as ProduceRequest or "
                                      "FetchResponse, or with 'delete-records' an offset or "
                                      "high-watermark",
                                  .alternatives = before_alternatives};
constinit const Type election{
    .shape = Shape::choice, .what = "preferred or unclean", .words = election_words};
constinit const Type only_never{.shape = Shape::choice, .what = "never", .words = never_word};
constinit const Type topic_or_broker_settings{.shape = Shape::any_of,
                                              .what = "a map of Kafka's topic or broker settings",
                                              .alternatives = settings_alternatives};

}  // namespace kafkasim::scenarios::schema::types

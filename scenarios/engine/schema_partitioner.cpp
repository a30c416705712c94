// A producer's own partitioner: which keys go to which partitions.
#include <array>

#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios::schema {
namespace {

using enum Support;

constinit const Type number{.shape = Shape::count,
                            .what = "the number of a partition, from 0 on",
                            .low = 0,
                            .high = 1'000'000};
constinit const Type numbers{.shape = Shape::list,
                             .what = "a list of partition numbers such as [0, 1]",
                             .item = &number,
                             .low = 1};
constinit const std::array<const Type*, 2> partition_alternatives{&numbers, &types::count_range};
constinit const Type partitions{
    .shape = Shape::any_of,
    .what = "the partitions: a number, a range such as 0..1 or a list such as [0, 1]",
    .alternatives = partition_alternatives};
constinit const Type prefix{.shape = Shape::line,
                            .what = "what keys begin with: a text of one line that is not empty",
                            .low = 1};
constinit const Type prefixes{.shape = Shape::map,
                              .what = "a map such as { gold-: [0, 1] }",
                              .item = &partitions,
                              .key = &prefix,
                              .high = 1000};
constinit const std::array fields{
    Field{"key-prefix", &prefixes, true, now, "",
          "What keys begin with, and the partitions that such keys go to, each key to one of them. "
          "The longest that fits decides."},
    Field{"otherwise", &partitions, true, now, "",
          "Where all others go: with a key to one of them, without in turn."},
};

}  // namespace

constinit const Type types::partitioner{
    .shape = Shape::object,
    .what = "a map such as { key-prefix: { gold-: [0, 1] }, otherwise: 2..4 }",
    .fields = fields};

}  // namespace kafkasim::scenarios::schema

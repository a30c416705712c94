// What the program knows of settings and errors by itself, so that no text has to repeat it: types,
// defaults, ranges, codes, whether an error is retriable.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "explain/entry.hpp"
#include "protocol/config_def.hpp"

namespace kafkasim::explain {

// The table that settings of that kind stand in; empty: not a kind of settings, or no such table.
std::span<const protocol::ConfigDef> settings_of(Kind kind);
// The settings of that kind that begin so, sorted, each once; those of metrics and security are
// looked for at producer, consumer and broker.
std::vector<std::string> settings_named(Kind kind, std::string_view prefix);

// One line a fact, such as {"default", "16384 (16 KiB)"}; empty for what has none.
std::vector<Field> facts(const Entry& entry, std::string_view name);

// "16384 (16 KiB)", "300000 (5 min)": the default of a setting, with a unit where the name tells
// one.
std::string default_in_words(const protocol::ConfigDef& def);
std::string allowed_in_words(const protocol::ConfigDef& def);

// 19 of NOT_ENOUGH_REPLICAS.
std::optional<int> error_number(std::string_view name);
// "NotEnoughReplicasException": as the entry says, else made from its name as Kafka makes most.
std::string exception_of(const Entry& entry);

}  // namespace kafkasim::explain

// Which settings of a broker can change while it runs, and for whom: Kafka's lists. All others are
// read once when the broker starts. Left out: settings of single listeners.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "protocol/config_def.hpp"

namespace kafkasim::protocol {

// May it be changed while the broker runs?
bool is_dynamic_broker_config(std::string_view name);
// Of those: only for one broker, never as the default of all?
bool is_per_broker_config(std::string_view name);

// What a broker works with: its own dynamic settings over the dynamic default of the cluster over
// what it was started with. A setting that cannot change, or has a value that Kafka refuses, is
// left out.
ConfigValues effective_broker_config(const ConfigValues& at_start,
                                     const std::map<std::string, std::string>& of_all,
                                     const std::map<std::string, std::string>& own);

// Kafka's refusal of dynamic settings of one broker, or else of all of them; empty = they are fine.
std::string dynamic_broker_config_error(const std::map<std::string, std::string>& settings,
                                        bool for_one_broker);

}  // namespace kafkasim::protocol

// What librdkafka makes of its settings: how it reads a text, which settings exclude each other and
// what it quietly changes, in its own words. The tables are beside this file. Left out: encryption,
// authentication, share consumers.
#pragma once

#include <string>
#include <string_view>

#include "protocol/config_def.hpp"
#include "protocol/config_rules.hpp"

namespace kafkasim::protocol {

// Reads a text as rd_kafka_conf_set() does. An empty text is null.
ParsedConfig parse_librdkafka(const ConfigDef& def, std::string_view text);

// What librdkafka logs when a client that starts was given the setting: that it is deprecated, or
// of the other kind of client and ignored; empty: nothing.
std::string librdkafka_warning(const ConfigDef& def, bool of_producer);

// Checks settings made from librdkafka_config_defs() against one another, as rd_kafka_new() does,
// and puts in place what it derives: with a transactional.id idempotence is on; with idempotence at
// most 5 requests are in flight; sticky.partitioning.linger.ms is twice the linger, and so on.
ConfigConflict resolve_librdkafka_producer(ConfigValues& values);
ConfigConflict resolve_librdkafka_consumer(ConfigValues& values);

}  // namespace kafkasim::protocol

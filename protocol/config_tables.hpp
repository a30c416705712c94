// How the tables of settings are written down: one row a setting, read as a sentence. Only the
// files that hold tables, and the one that joins them, include this.
#pragma once

#include <span>
#include <string_view>

#include "protocol/config_def.hpp"

namespace kafkasim::protocol::tables {

// Def(int_number, "retries", "3").at_least(0).acting().means("..."). Without a third argument the
// default is null.
struct Def : ConfigDef {
  constexpr Def(ConfigType t, std::string_view n) {
    type = t;
    name = n;
  }
  constexpr Def(ConfigType t, std::string_view n, std::string_view d) : Def(t, n) {
    default_text = d;
  }

  constexpr Def at_least(double lowest) const { return ruled(ConfigRule::at_least, lowest, 0, ""); }
  constexpr Def between(double lowest, double highest) const {
    return ruled(ConfigRule::between, lowest, highest, "");
  }
  constexpr Def between_or_minus_one(double lowest, double highest) const {
    return ruled(ConfigRule::between_or_minus_one, lowest, highest, "");
  }
  constexpr Def one_of(std::string_view allowed) const {
    return ruled(ConfigRule::one_of, 0, 0, allowed);
  }
  constexpr Def one_of_ignoring_case(std::string_view allowed) const {
    return ruled(ConfigRule::one_of_ignoring_case, 0, 0, allowed);
  }
  constexpr Def not_null() const { return ruled(ConfigRule::not_null, 0, 0, ""); }
  constexpr Def non_empty() const { return ruled(ConfigRule::non_empty, 0, 0, ""); }
  constexpr Def replica_list() const { return ruled(ConfigRule::replica_list, 0, 0, ""); }
  constexpr Def offset_reset() const { return ruled(ConfigRule::offset_reset, 0, 0, ""); }

  constexpr Def acting() const {
    Def copy = *this;
    copy.acts = true;
    return copy;
  }
  constexpr Def required_by_kafka() const {
    Def copy = *this;
    copy.required = true;
    return copy;
  }
  // A setting of librdkafka: for both clients, or for one of them.
  constexpr Def both() const { return rdkafka(true, true); }
  constexpr Def producing() const { return rdkafka(true, false); }
  constexpr Def consuming() const { return rdkafka(false, true); }
  // After one of these three.
  constexpr Def outdated() const {
    Def copy = *this;
    copy.librdkafka->deprecated = true;
    return copy;
  }
  constexpr Def acting_on(bool producer, bool consumer) const {
    Def copy = *this;
    copy.acts = true;
    copy.librdkafka->acts_on_producer = producer;
    copy.librdkafka->acts_on_consumer = consumer;
    return copy;
  }
  constexpr Def alias(std::string_view of) const {
    Def copy = *this;
    copy.librdkafka->alias_of = of;
    return copy;
  }
  constexpr Def medium_importance() const { return weighing(Importance::medium); }
  constexpr Def high_importance() const { return weighing(Importance::high); }
  constexpr Def means(std::string_view sentence) const {
    Def copy = *this;
    copy.doc = sentence;
    return copy;
  }

 private:
  constexpr Def rdkafka(bool producer, bool consumer) const {
    Def copy = *this;
    copy.librdkafka = LibrdkafkaDef{producer, consumer, false, false, false, {}};
    return copy;
  }
  constexpr Def weighing(Importance weight) const {
    Def copy = *this;
    copy.importance = weight;
    return copy;
  }
  constexpr Def ruled(ConfigRule r, double lowest, double highest, std::string_view allowed) const {
    Def copy = *this;
    copy.rule = r;
    copy.low = lowest;
    copy.high = highest;
    copy.words = allowed;
    return copy;
  }
};

std::span<const ConfigDef> producer_rows();
std::span<const ConfigDef> consumer_rows();
std::span<const ConfigDef> topic_rows();
std::span<const ConfigDef> broker_rows_a_to_l();
std::span<const ConfigDef> broker_rows_m_to_z();
std::span<const ConfigDef> group_rows();
std::span<const ConfigDef> security_rows();
std::span<const ConfigDef> librdkafka_rows_a_to_l();
std::span<const ConfigDef> librdkafka_rows_m_to_z();
std::span<const ConfigDef> librdkafka_security_rows();

}  // namespace kafkasim::protocol::tables

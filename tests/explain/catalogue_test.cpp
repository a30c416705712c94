// Everything that has a name has an explanation, and nothing else has: the tables of the program
// against the texts of docs/explain.
#include "explain/catalogue.hpp"

#include <algorithm>
#include <set>

#include "broker/invariants/invariant.hpp"
#include "consumer/metrics_table.hpp"
#include "explain/facts.hpp"
#include "explain/lessons.hpp"
#include "producer/metrics_table.hpp"
#include "protocol/config_def.hpp"
#include "protocol/error_code.hpp"
#include "protocol/message.hpp"
#include "scenarios/engine/event_rules.hpp"
#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/schema.hpp"
#include "scenarios/engine/selector.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using explain::Kind;

namespace {

using Names = std::vector<std::string>;

const explain::Catalogue& catalogue() {
  static const explain::Catalogue all;
  return all;
}

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

Names names_of(std::span<const protocol::ConfigDef> defs) {
  Names names;
  for (const protocol::ConfigDef& def : defs) names.emplace_back(def.name);
  return names;
}

Names without(Names names, const Names& others) {
  std::erase_if(names, [&](const std::string& name) {
    return std::find(others.begin(), others.end(), name) != others.end();
  });
  return names;
}

Names keys_of(const scenarios::schema::Type& object) {
  Names keys;
  for (const scenarios::schema::Field& field : object.fields) keys.emplace_back(field.key);
  return sorted(keys);
}

const scenarios::schema::Type& type_of(const scenarios::schema::Type& object,
                                       std::string_view key) {
  for (const scenarios::schema::Field& field : object.fields) {
    if (field.key == key) return *field.type;
  }
  FAIL("no key " << key);
  return object;
}

Names event_keys() { return keys_of(*scenarios::schema::events_type().item); }

Names actions() {
  Names keys;
  for (const scenarios::ActionRule& rule : scenarios::action_rules()) keys.emplace_back(rule.key);
  return sorted(keys);
}

}  // namespace

TEST_CASE("every setting of producers, consumers and topics is explained, and no other") {
  const Names shared = catalogue().names(Kind::security_setting);
  CHECK(catalogue().names(Kind::producer_setting) ==
        without(names_of(protocol::producer_config_defs()), shared));
  CHECK(catalogue().names(Kind::consumer_setting) ==
        without(names_of(protocol::consumer_config_defs()), shared));
  CHECK(catalogue().names(Kind::topic_setting) == names_of(protocol::topic_config_defs()));
}

TEST_CASE("every setting of brokers and groups is explained, and no other") {
  Names explained = catalogue().names(Kind::broker_setting);
  for (const Kind more : {Kind::group_setting, Kind::security_setting}) {
    for (std::string& name : catalogue().names(more)) explained.push_back(std::move(name));
  }
  CHECK(sorted(explained) == names_of(protocol::broker_config_defs()));
}

TEST_CASE("every setting of metrics and security answers by its own name") {
  for (const std::string& name : catalogue().names(Kind::security_setting)) {
    INFO(name);
    const auto matches = catalogue().find(name);
    CHECK(std::any_of(matches.begin(), matches.end(), [&](const explain::Match& match) {
      return match.entry->kind == Kind::security_setting && match.name == name;
    }));
    CHECK(find_config(protocol::producer_config_defs(), name) != nullptr);
  }
}

TEST_CASE("every setting of librdkafka is explained, also by its other names, and no other") {
  const auto defs = protocol::librdkafka_config_defs();
  for (const protocol::ConfigDef& def : defs) {
    INFO(def.name);
    const auto matches = catalogue().find(def.name);
    const auto own = std::find_if(matches.begin(), matches.end(), [](const explain::Match& match) {
      return match.entry->kind == Kind::librdkafka_setting;
    });
    REQUIRE(own != matches.end());
    CHECK(own->name == def.name);
    const std::string_view alias_of = def.librdkafka->alias_of;
    if (!alias_of.empty() && !own->entry->name.ends_with('*')) CHECK(own->entry->name == alias_of);
  }
  for (const std::string& name : catalogue().names(Kind::librdkafka_setting)) {
    INFO(name);
    CHECK(find_config(defs, name) != nullptr);
  }
}

TEST_CASE("every error of Kafka is explained, by name, by number and by exception") {
  CHECK(catalogue().names(Kind::error).size() == 131);
  std::set<std::string> exceptions;
  for (int number = -1; number <= 129; ++number) {
    const std::string name(protocol::name(static_cast<protocol::ErrorCode>(number)));
    INFO(name);
    const auto by_name = catalogue().find(name);
    REQUIRE(by_name.size() == 1);
    CHECK(by_name[0].entry->kind == Kind::error);
    const auto by_number = catalogue().find(std::to_string(number));
    REQUIRE(by_number.size() == 1);
    CHECK(by_number[0].entry == by_name[0].entry);
    const std::string exception = exception_of(*by_name[0].entry);
    if (number == 0) {
      CHECK(exception.empty());
    } else {
      const auto by_exception = catalogue().find(exception);
      REQUIRE(by_exception.size() == 1);
      CHECK(by_exception[0].entry == by_name[0].entry);
      CHECK(exceptions.insert(exception).second);
    }
  }
}

TEST_CASE("the exceptions that users meet lead to their errors") {
  const auto error_of = [](std::string_view exception) {
    const auto matches = catalogue().find(exception);
    return matches.empty() ? std::string() : matches[0].entry->name;
  };
  CHECK(error_of("TimeoutException") == "REQUEST_TIMED_OUT");
  CHECK(error_of("NotEnoughReplicasException") == "NOT_ENOUGH_REPLICAS");
  CHECK(error_of("RecordTooLargeException") == "MESSAGE_TOO_LARGE");
  CHECK(error_of("OutOfOrderSequenceException") == "OUT_OF_ORDER_SEQUENCE_NUMBER");
  CHECK(error_of("ProducerFencedException") == "PRODUCER_FENCED");
  CHECK(error_of("InvalidTopicException") == "INVALID_TOPIC_EXCEPTION");
  CHECK(error_of("NetworkException") == "NETWORK_EXCEPTION");
  CHECK(error_of("BufferExhaustedException") == "REQUEST_TIMED_OUT");
  CHECK(error_of("TIMED_OUT") == "REQUEST_TIMED_OUT");
  CHECK(error_of("_MSG_TIMED_OUT") == "REQUEST_TIMED_OUT");
  CHECK(error_of("NOT_LEADER_FOR_PARTITION") == "NOT_LEADER_OR_FOLLOWER");
  CHECK(catalogue().find("CommitFailedException").size() == 2);
}

TEST_CASE("what can be done about an error of a write says whether the record may be stored") {
  for (const std::string_view name :
       {"REQUEST_TIMED_OUT", "NETWORK_EXCEPTION", "NOT_ENOUGH_REPLICAS",
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "NOT_LEADER_OR_FOLLOWER", "MESSAGE_TOO_LARGE",
        "OUT_OF_ORDER_SEQUENCE_NUMBER", "DUPLICATE_SEQUENCE_NUMBER", "UNKNOWN_SERVER_ERROR",
        "KAFKA_STORAGE_ERROR", "INVALID_TIMESTAMP", "CORRUPT_MESSAGE", "INVALID_RECORD"}) {
    INFO(name);
    CHECK_FALSE(field(*catalogue().find(name)[0].entry, "Record stored").empty());
  }
}

TEST_CASE("every anomaly is explained with what permits and what prevents it") {
  Names names;
  for (int i = 0; i <= static_cast<int>(scenarios::last_anomaly); ++i)
    names.emplace_back(to_string(static_cast<scenarios::Anomaly>(i)));
  CHECK(catalogue().names(Kind::anomaly) == sorted(names));
  for (const explain::Entry& entry : catalogue().entries()) {
    if (entry.kind != Kind::anomaly) continue;
    INFO(entry.name);
    CHECK_FALSE(field(entry, "Permitted by").empty());
    CHECK_FALSE(field(entry, "Prevented by").empty());
  }
}

TEST_CASE("every key of an event is explained, as action, trigger or what belongs to them") {
  CHECK(catalogue().names(Kind::action) == actions());
  Names triggers = keys_of(type_of(*scenarios::schema::events_type().item, "after"));
  for (const scenarios::TriggerRule& rule : scenarios::trigger_rules())
    triggers.emplace_back(rule.key);
  triggers = sorted(triggers);
  triggers.erase(std::unique(triggers.begin(), triggers.end()), triggers.end());
  CHECK(catalogue().names(Kind::trigger) == triggers);
  CHECK(catalogue().names(Kind::event_key) == without(without(event_keys(), actions()), triggers));
}

TEST_CASE("every role is explained, and every message that is exchanged") {
  Names roles;
  for (const std::string& form : scenarios::selector_forms()) {
    roles.push_back(form.substr(0, form.find('(')));
  }
  // Known by name, and refused as not supported yet.
  CHECK(scenarios::parse_selector("transaction-coordinator(x)").error.find("supported yet") !=
        std::string::npos);
  roles.emplace_back("transaction-coordinator");
  CHECK(catalogue().names(Kind::role) == sorted(roles));
  Names apis;
  for (std::size_t i = 0; i < std::variant_size_v<protocol::RequestBody>; ++i)
    apis.emplace_back(protocol::api_name(i));
  CHECK(catalogue().names(Kind::message) == sorted(apis));
  CHECK(catalogue().find("ProduceResponse").size() == 1);
}

TEST_CASE("every metric of the clients is explained, and no other") {
  std::vector<std::string> metrics = producer::metric_names();
  for (std::string& name : consumer::metric_names()) metrics.push_back(std::move(name));
  CHECK(catalogue().names(Kind::metric) == sorted(metrics));
  CHECK(catalogue().find("batch-size-p95").at(0).name == "batch-size-p95");
}

TEST_CASE("every expectation is explained, and every key of a sweep") {
  using namespace scenarios::schema;
  Names expectations = without(keys_of(expect_type()), catalogue().names(Kind::anomaly));
  expectations.emplace_back("high-watermark");
  CHECK(catalogue().names(Kind::expectation) == sorted(expectations));
  Names sweeps = keys_of(sweep_type());
  for (std::string& key : keys_of(type_of(sweep_type(), "chaos"))) sweeps.push_back(std::move(key));
  CHECK(catalogue().names(Kind::chaos) == sorted(sweeps));
}

TEST_CASE("every invariant is explained under its own sentence") {
  const int last = static_cast<int>(broker::Invariant::commits_stay);
  CHECK(catalogue().names(Kind::invariant).size() == static_cast<std::size_t>(last) + 1);
  for (int i = 0; i <= last; ++i) {
    const auto opening = '"' + std::string(words(static_cast<broker::Invariant>(i))) + '"';
    INFO(opening);
    const auto found = std::count_if(
        catalogue().entries().begin(), catalogue().entries().end(), [&](const auto& entry) {
          return entry.kind == Kind::invariant && entry.paragraphs.at(0).starts_with(opening);
        });
    CHECK(found == 1);
  }
}

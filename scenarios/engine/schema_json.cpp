// Turns the table of the language, and the tables of Kafka's settings, into JSON Schema.
#include "scenarios/engine/schema_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "protocol/config_def.hpp"
#include "scenarios/engine/error_names.hpp"
#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios {
namespace {

using Json = nlohmann::ordered_json;
using protocol::ConfigDef;
using protocol::ConfigType;
using schema::Field;
using schema::Shape;
using schema::Type;

// What stands as a plain word in YAML may be a number or a truth value to an editor.
Json any_scalar() { return {{"type", {"string", "number", "boolean", "null"}}}; }

Json pattern(std::string_view expression) { return {{"type", "string"}, {"pattern", expression}}; }

constexpr std::string_view duration_part = R"((\d+(\.\d+)?(ns|us|ms|s|m|h|d)))";

Json number_or(const Json& other) {
  Json number = {{"type", "integer"}, {"minimum", 0}};
  return {{"anyOf", Json::array({number, other})}};
}

class Writer {
 public:
  Json document() {
    const Json top = of(schema::scenario_type());
    Json result = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "A kafkasim scenario"}};
    result.update(top);
    in_variant_ = true;
    definitions_["variant"] = of(schema::variant_type());
    result["$defs"] = definitions_;
    return result;
  }

 private:
  Json of(const Type& type) {
    Json json = shape_of(type);
    if (type.shape != Shape::settings && !type.what.empty() && type.shape != Shape::object) {
      json["description"] = fmt::format("Expected: {}.", type.what);
    }
    return json;
  }

  Json shape_of(const Type& type) {
    switch (type.shape) {
      case Shape::list:
        return list_of(type);
      case Shape::object:
        return object_of(type);
      case Shape::map:
        return {{"type", {"object", "null"}},
                {"additionalProperties", type.item == nullptr ? Json(true) : of(*type.item)}};
      case Shape::settings:
        return settings_of(type);
      case Shape::overlay:
        return {{"$ref", "#/$defs/variant"}};
      case Shape::any_of: {
        Json alternatives = Json::array();
        for (const Type* alternative : type.alternatives) alternatives.push_back(of(*alternative));
        return {{"anyOf", alternatives}};
      }
      default:
        return scalar_of(type);
    }
  }

  static Json scalar_of(const Type& type) {
    switch (type.shape) {
      case Shape::flag:
        if (type.low > 0) return {{"type", {"boolean", "null"}}};
        return {{"type", "boolean"}};
      case Shape::count:
        return {{"type", "integer"}, {"minimum", type.low}, {"maximum", type.high}};
      case Shape::seed:
        return {{"type", "integer"}, {"minimum", 0}};
      case Shape::scenario_name:
        return pattern("^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$");
      case Shape::duration:
        return pattern(fmt::format("^{}{}$", type.low < 0 ? "-?" : "", duration_part));
      case Shape::duration_range:
        return pattern(fmt::format(R"(^{0}(\.\.{0})?$)", duration_part));
      case Shape::period:
        return pattern(fmt::format(R"(^({}|\d+/(s|m|h|d))$)", duration_part));
      case Shape::start:
        return pattern(fmt::format("^({}|never)$", duration_part));
      case Shape::size:
        return pattern(R"(^\d+(B|KiB|MiB|GiB)$)");
      case Shape::count_range:
        return number_or(pattern(R"(^\d+\.\.\d+$)"));
      case Shape::number_range:
        return {{"anyOf", Json::array({{{"type", "number"}, {"minimum", 0}},
                                       pattern(R"(^\d+(\.\d{1,3})?\.\.\d+(\.\d{1,3})?$)")})}};
      case Shape::choice:
        return {{"enum", choice_of(type)}};
      case Shape::message_kind:
        return {{"enum", message_kinds()}};
      case Shape::error_name:
        return {{"enum", error_names()}};
      case Shape::partition:
        return pattern(R"(^[A-Za-z0-9._-]+-\d+$)");
      case Shape::line:
        return any_scalar();
      case Shape::selector:
      case Shape::destination:
        return {{"type", "string"}};
      default:
        return any_scalar();
    }
  }

  // A word that YAML reads as a number may be written as either.
  static Json choice_of(const Type& type) {
    Json words = Json::array();
    for (const std::string_view word : type.words) {
      words.push_back(word);
      const Json as_number = Json::parse(word, nullptr, false);
      if (as_number.is_number()) words.push_back(as_number);
    }
    return words;
  }

  Json list_of(const Type& type) {
    Json json = {{"type", "array"}, {"items", of(*type.item)}};
    if (type.low > 0) json["minItems"] = type.low;
    if (type.high > 0) json["maxItems"] = type.high;
    return json;
  }

  Json object_of(const Type& type) {
    Json json = {{"type", "object"}, {"additionalProperties", false}};
    Json required = Json::array();
    for (const Field& field : type.fields) {
      Json property = field.support == schema::Support::now ? of(*field.type) : Json::object();
      property["description"] = description_of(field, property);
      if (!field.default_text.empty()) property["default"] = field.default_text;
      json["properties"][std::string(field.key)] = property;
      if (field.required) required.push_back(field.key);
    }
    if (in_variant_) required.clear();
    if (required.empty()) json["type"] = {"object", "null"};
    if (!required.empty()) json["required"] = required;
    return json;
  }

  static std::string description_of(const Field& field, const Json& property) {
    std::string text(field.doc);
    if (property.contains("description")) text += " " + property["description"].get<std::string>();
    if (field.support != schema::Support::now) text += " Not supported yet.";
    return text;
  }

  // Kafka's settings, as a definition that is named once.
  Json settings_of(const Type& type) {
    const std::string name = fmt::format("{}-settings", type.what);
    const auto defs = type.what == "broker"     ? protocol::broker_config_defs()
                      : type.what == "topic"    ? protocol::topic_config_defs()
                      : type.what == "producer" ? protocol::producer_config_defs()
                                                : protocol::consumer_config_defs();
    if (!definitions_.contains(name)) {
      Json properties = Json::object();
      for (const ConfigDef& def : defs) properties[std::string(def.name)] = setting_of(def);
      const bool of_client = type.what == "producer" || type.what == "consumer";
      if (of_client) add_settings_of_librdkafka(properties);
      definitions_[name] = {{"type", {"object", "null"}},
                            {"additionalProperties", false},
                            {"properties", properties}};
    }
    return {{"$ref", fmt::format("#/$defs/{}", name)}};
  }

  // Which of the two clients it is for, the schema does not look at; nor does librdkafka care, it
  // takes settings of producers for consumers and the other way round.
  static void add_settings_of_librdkafka(Json& properties) {
    for (const ConfigDef& def : protocol::librdkafka_config_defs()) {
      const std::string name(def.name);
      const Json setting = setting_of(def);
      if (properties.contains(name)) {
        widen(properties[name], setting);
      } else {
        properties[name] = setting;
      }
    }
  }

  // What both clients know takes what either of them takes; the words stay those of Java.
  static void widen(Json& known, const Json& other) {
    if (known["type"] != other["type"]) {
      Json types = known["type"].is_array() ? known["type"] : Json::array({known["type"]});
      for (const Json& type :
           other["type"].is_array() ? other["type"] : Json::array({other["type"]})) {
        if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
      }
      known["type"] = types;
    }
    for (const char* bound : {"minimum", "maximum"}) {
      if (!known.contains(bound)) continue;
      const bool lowest = std::string_view(bound) == "minimum";
      if (!other.contains(bound)) {
        known.erase(bound);
      } else if (lowest ? other[bound] < known[bound] : other[bound] > known[bound]) {
        known[bound] = other[bound];
      }
    }
  }

  static Json setting_of(const ConfigDef& def) {
    Json json;
    switch (def.type) {
      case ConfigType::boolean:
        json["type"] = "boolean";
        break;
      case ConfigType::short_number:
      case ConfigType::int_number:
      case ConfigType::long_number:
        json["type"] = "integer";
        break;
      case ConfigType::real:
        json["type"] = "number";
        break;
      case ConfigType::list:
        json["type"] = {"string", "array", "null"};
        break;
      case ConfigType::text:
      case ConfigType::class_name:
      case ConfigType::password:
        json = any_scalar();
        break;
    }
    if (def.rule == protocol::ConfigRule::at_least || def.rule == protocol::ConfigRule::between)
      json["minimum"] = def.low;
    if (def.rule == protocol::ConfigRule::between) json["maximum"] = def.high;
    if (def.default_text) json["default"] = *def.default_text;
    json["description"] =
        fmt::format("{}{}", def.doc, def.acts ? "" : " Known, without effect here.");
    return json;
  }

  Json definitions_ = Json::object();
  bool in_variant_ = false;  // what is laid over may leave out what lies below
};

}  // namespace

std::string schema_as_json() { return Writer().document().dump(2) + "\n"; }

}  // namespace kafkasim::scenarios

// The list of classes, and Kafka's words.
#include "protocol/java_classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kafkasim::protocol {
namespace {

struct JavaClass {
  std::string_view name;
  JavaRole role = JavaRole::other;
};
constexpr std::array classes = {
    JavaClass{"java.lang.Object"},
    JavaClass{"java.lang.String"},
    JavaClass{"org.apache.kafka.clients.producer.RoundRobinPartitioner", JavaRole::partitioner},
    JavaClass{"org.apache.kafka.common.metrics.JmxReporter", JavaRole::metrics_reporter},
    JavaClass{"org.apache.kafka.clients.consumer.RangeAssignor", JavaRole::assignor},
    JavaClass{"org.apache.kafka.clients.consumer.RoundRobinAssignor", JavaRole::assignor},
    JavaClass{"org.apache.kafka.clients.consumer.StickyAssignor", JavaRole::assignor},
    JavaClass{"org.apache.kafka.clients.consumer.CooperativeStickyAssignor", JavaRole::assignor},
};
constexpr std::string_view serialization = "org.apache.kafka.common.serialization.";
constexpr std::array<std::string_view, 13> serialized = {
    "String", "ByteArray", "Bytes",   "ByteBuffer", "Integer", "Long", "Short",
    "Double", "Float",     "Boolean", "UUID",       "Void",    "List"};

// None: no class of that name can be loaded.
std::optional<JavaRole> role_of(std::string_view name) {
  for (const JavaClass& known : classes) {
    if (known.name == name) return known.role;
  }
  if (!name.starts_with(serialization)) return std::nullopt;
  name.remove_prefix(serialization.size());
  for (const std::string_view type : serialized) {
    if (name == fmt::format("{}Serializer", type)) return JavaRole::serializer;
    if (name == fmt::format("{}Deserializer", type)) return JavaRole::deserializer;
  }
  return std::nullopt;
}

std::string_view interface_of(JavaRole role) {
  constexpr std::array<std::string_view, 8> names = {
      "java.lang.Object",
      "org.apache.kafka.common.serialization.Serializer",
      "org.apache.kafka.common.serialization.Deserializer",
      "org.apache.kafka.clients.producer.Partitioner",
      "org.apache.kafka.clients.producer.ProducerInterceptor",
      "org.apache.kafka.clients.consumer.ConsumerInterceptor",
      "org.apache.kafka.common.metrics.MetricsReporter",
      "org.apache.kafka.clients.consumer.ConsumerPartitionAssignor"};
  return names.at(static_cast<std::size_t>(role));
}

ConfigConflict not_found(const std::string& text, std::string_view setting,
                         const std::string& name) {
  return {.text = text,
          .settings = {setting},
          .exception = java::kafka_exception,
          .cause = {"java.lang.ClassNotFoundException", name}};
}

}  // namespace

bool is_java_class(std::string_view name) { return role_of(name).has_value(); }

ConfigConflict check_class(const ConfigValues& values, std::string_view setting, JavaRole role) {
  if (values.is_null(setting)) return {};
  const std::string& name = values.text(setting);
  if (role_of(name) == role) return {};
  return {.text = fmt::format("class {} is not an instance of {}", name, interface_of(role)),
          .settings = {setting},
          .exception = java::kafka_exception};
}

ConfigConflict check_class_list(const ConfigValues& values, std::string_view setting,
                                JavaRole role) {
  for (const std::string& name : values.list(setting)) {
    const std::optional<JavaRole> known = role_of(name);
    if (known == role) continue;
    if (!known) return not_found(fmt::format("Class {} cannot be found", name), setting, name);
    return {.text = fmt::format("class {}", name),
            .settings = {setting},
            .exception = "java.lang.ClassCastException"};
  }
  return {};
}

ConfigConflict check_assignor_classes(const ConfigValues& values) {
  constexpr std::string_view setting = "partition.assignment.strategy";
  std::vector<std::string_view> seen;
  for (const std::string& name : values.list(setting)) {
    const std::optional<JavaRole> known = role_of(name);
    if (!known) {
      return not_found(fmt::format("{} ClassNotFoundException exception occurred", name), setting,
                       name);
    }
    if (known != JavaRole::assignor) {
      return {.text = fmt::format("class {} is not an instance of {}", name,
                                  interface_of(JavaRole::assignor)),
              .settings = {setting},
              .exception = java::kafka_exception};
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return {
          .text = fmt::format("The assignor name: '{}' is used in more than one assignor: {}, {}",
                              assignor_name(name), name, name),
          .settings = {setting},
          .exception = java::kafka_exception};
    }
    seen.push_back(name);
  }
  return {};
}

}  // namespace kafkasim::protocol

// Changes to settings, then the checks that Kafka makes of the whole that comes out.
#include "broker/controller/config_control.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "broker/topic_names.hpp"
#include "protocol/config_def.hpp"

namespace kafkasim::broker {
namespace {

using protocol::AlterableConfig;
using protocol::AlterConfigsResource;
using protocol::ConfigOperation;
using protocol::ConfigResourceType;
using protocol::ErrorCode;

using Settings = std::map<std::string, std::string>;

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

const protocol::ConfigDef* definition(ConfigResourceType type, const std::string& name) {
  return protocol::find_config(type == ConfigResourceType::topic ? protocol::topic_config_defs()
                                                                 : protocol::broker_config_defs(),
                               name);
}

// The list after the change. One that was never set begins as its default.
std::string changed_list(const std::optional<std::string>& now, const protocol::ConfigDef& def,
                         const AlterableConfig& change) {
  std::vector<std::string> list =
      parts_of(now ? std::string_view(*now) : def.default_text.value_or(""));
  for (const std::string& part : parts_of(change.value.value_or(""))) {
    const auto found = std::find(list.begin(), list.end(), part);
    if (change.operation == ConfigOperation::append) {
      if (found == list.end()) list.push_back(part);
    } else if (found != list.end()) {
      list.erase(found);
    }
  }
  return fmt::format("{}", fmt::join(list, ","));
}

std::string why_no_broker(const std::string& name) {
  if (name.empty()) return {};
  std::int32_t id = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), id);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size())
    return "Unable to parse broker name as a base 10 number.";
  return id < 0 ? "Invalid negative broker ID." : "";
}

std::string why_invalid_topic_config(const Settings& settings) {
  protocol::ConfigValues checked(protocol::topic_config_defs());
  for (const auto& [name, text] : settings) {
    if (definition(ConfigResourceType::topic, name) == nullptr)
      return fmt::format("Unknown topic config name: {}", name);
    if (std::string error = checked.set(name, text); !error.empty()) return error;
  }
  return {};
}

std::optional<std::string> value_in(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

AlteredConfig altered(const Settings& before, const std::vector<AlterableConfig>& changes,
                      ConfigResourceType type) {
  AlteredConfig after{before, {}};
  for (const AlterableConfig& change : changes) {
    switch (change.operation) {
      case ConfigOperation::set:
        after.settings[change.name] = change.value.value_or("");
        break;
      case ConfigOperation::remove:
        after.settings.erase(change.name);
        break;
      case ConfigOperation::append:
      case ConfigOperation::subtract: {
        const protocol::ConfigDef* def = definition(type, change.name);
        if (def == nullptr || def->type != protocol::ConfigType::list) {
          after.error = fmt::format(
              "Can't {} to key {} because its type is not LIST.",
              change.operation == ConfigOperation::append ? "APPEND" : "SUBTRACT", change.name);
          return after;
        }
        after.settings[change.name] =
            changed_list(value_in(after.settings, change.name), *def, change);
        break;
      }
    }
  }
  return after;
}

ConfigControl::Refusal ConfigControl::validate(const AlterConfigsResource& resource,
                                               const Settings& settings) const {
  if (resource.type == ConfigResourceType::broker) {
    std::string why = why_no_broker(resource.name);
    if (!why.empty()) return {ErrorCode::invalid_request, std::move(why)};
    if (resource.name.empty()) return {};
    std::int32_t id = 0;
    std::from_chars(resource.name.data(), resource.name.data() + resource.name.size(), id);
    if (image_.broker(protocol::BrokerId(id)) != nullptr) return {};
    return {ErrorCode::broker_id_not_registered,
            fmt::format("No node with id {} found.", resource.name)};
  }
  if (resource.name.empty())
    return {ErrorCode::invalid_request, "Default topic resources are not allowed."};
  if (auto why = why_illegal_topic_name(resource.name))
    return {ErrorCode::invalid_topic_exception, std::move(*why)};
  if (std::string why = why_invalid_topic_config(settings); !why.empty())
    return {ErrorCode::invalid_config, std::move(why)};
  if (image_.topic(resource.name) != nullptr) return {};
  return {ErrorCode::unknown_topic_or_partition,
          fmt::format("The topic '{}' does not exist.", resource.name)};
}

ConfigControl::Refusal ConfigControl::alter(const AlterConfigsResource& resource,
                                            MetadataRecords& records) const {
  const bool is_broker = resource.type == ConfigResourceType::broker;
  const TopicImage* topic = is_broker ? nullptr : image_.topic(resource.name);
  const Settings none;
  const Settings& before = is_broker          ? image_.broker_config(resource.name)
                           : topic != nullptr ? topic->config
                                              : none;
  AlteredConfig after = altered(before, resource.configs, resource.type);
  if (!after.error.empty()) return {ErrorCode::invalid_config, std::move(after.error)};
  if (Refusal refusal = validate(resource, after.settings); refusal.error != ErrorCode::none)
    return refusal;
  for (const AlterableConfig& change : resource.configs) {
    std::optional<std::string> now = value_in(after.settings, change.name);
    // Brokers hear of a setting even when it stays what it is: they read what it names again.
    if (!is_broker && now == value_in(before, change.name)) continue;
    records.push_back(ConfigRecord{resource.name, change.name, std::move(now), resource.type});
  }
  return {};
}

Decision<protocol::IncrementalAlterConfigsResponse> ConfigControl::incremental_alter_configs(
    const protocol::IncrementalAlterConfigsRequest& request) const {
  Decision<protocol::IncrementalAlterConfigsResponse> decision;
  for (const AlterConfigsResource& resource : request.resources) {
    const auto same = [&](const AlterConfigsResource& other) {
      return other.type == resource.type && other.name == resource.name;
    };
    Refusal refusal{ErrorCode::invalid_request, "Duplicate resource."};
    if (std::count_if(request.resources.begin(), request.resources.end(), same) == 1)
      refusal = alter(resource, decision.records);
    decision.response.responses.push_back(
        {refusal.error, std::move(refusal.message), resource.type, resource.name});
  }
  if (request.validate_only) decision.records.clear();
  return decision;
}

}  // namespace kafkasim::broker

// The walk over a document and the schema side by side.
#include "scenarios/engine/check_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "scenarios/engine/error_names.hpp"
#include "scenarios/engine/selector.hpp"

namespace kafkasim::scenarios {
namespace {

using schema::Field;
using schema::Shape;
using schema::Support;
using schema::Type;

std::string described(const Node& node) {
  if (node.is_list()) return "a list";
  if (node.is_map()) return "a map";
  return node.nothing ? "empty" : in_quotes(node.text);
}

Node::Kind kind_of(const Type& type) {
  switch (type.shape) {
    case Shape::list:
      return Node::Kind::list;
    case Shape::object:
    case Shape::map:
    case Shape::settings:
    case Shape::overlay:
      return Node::Kind::map;
    default:
      return Node::Kind::scalar;
  }
}

bool has_required(const Type& type) {
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const Field& field) { return field.required; });
}

std::string what_is_expected(const Type& type) {
  if (type.shape == Shape::settings) return fmt::format("a map of Kafka's {} settings", type.what);
  return std::string(type.what);
}

// "config:" with nothing behind it is an empty map, and some flags are set by being named.
bool may_be_nothing(const Type& type) {
  if (type.shape == Shape::flag) return type.low > 0;
  return kind_of(type) == Node::Kind::map && !has_required(type);
}

class ShapeChecker {
 public:
  explicit ShapeChecker(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // `label` is how messages speak of the node: "'brokers'".
  void check(const Node& node, const Type& type, const std::string& label) {
    if (diagnostics_.is_full()) return;
    if (type.shape == Shape::any_of) return check_any_of(node, type, label);
    if (type.shape == Shape::anything || (node.nothing && may_be_nothing(type))) return;
    if (node.kind != kind_of(type)) return refuse(node, what_is_expected(type), label);
    switch (type.shape) {
      case Shape::list:
        return check_list(node, type, label);
      case Shape::object:
        return check_object(node, type, label);
      case Shape::map:
        return check_map(node, type, label);
      case Shape::settings:
        return check_settings(node);
      case Shape::overlay:
        return;
      default:
        if (!node.nothing && schema::fits(type, node.text)) return;
        return refuse_scalar(node, type, label);
    }
  }

 private:
  void refuse(const Node& node, std::string_view expected, const std::string& label,
              const std::string& hint = "") {
    diagnostics_.error(node.position, fmt::format("{} is {}, expected {}{}", label, described(node),
                                                  expected, hint));
  }

  void refuse_scalar(const Node& node, const Type& type, const std::string& label) {
    if (type.shape != Shape::selector || node.nothing)
      return refuse(node, what_is_expected(type), label, hint(type, node));
    diagnostics_.error(node.position, fmt::format("{} is {}, {}", label, described(node),
                                                  parse_selector(node.text).error));
  }

  // A nearby word.
  static std::string hint(const Type& type, const Node& node) {
    switch (type.shape) {
      case Shape::choice:
        return did_you_mean(node.text,
                            std::vector<std::string>(type.words.begin(), type.words.end()));
      case Shape::message_kind:
        return did_you_mean(node.text, message_kinds());
      case Shape::error_name:
        return did_you_mean(node.text, error_names());
      default:
        return {};
    }
  }

  void check_list(const Node& node, const Type& type, const std::string& label) {
    const auto size = static_cast<std::int64_t>(node.items.size());
    if (size < type.low || (type.high > 0 && size > type.high)) {
      diagnostics_.error(node.position, fmt::format("{} has {} {}, expected {}", label, size,
                                                    size == 1 ? "entry" : "entries", type.what));
    }
    for (const Node& item : node.items)
      check(item, *type.item, fmt::format("an entry of {}", label));
  }

  void check_map(const Node& node, const Type& type, const std::string& label) {
    if (type.high > 0 && node.entries.size() > static_cast<std::size_t>(type.high)) {
      diagnostics_.error(node.position, fmt::format("{} has {} entries, expected at most {}", label,
                                                    node.entries.size(), type.high));
    }
    for (const Entry& entry : node.entries) {
      if (type.key != nullptr && !schema::fits(*type.key, entry.key)) {
        diagnostics_.error(entry.position, fmt::format("{} in {} is not {}", in_quotes(entry.key),
                                                       label, type.key->what));
      }
      if (type.item != nullptr) check(entry.value, *type.item, in_quotes(entry.key));
    }
  }

  void check_settings(const Node& node) {
    for (const Entry& entry : node.entries) {
      const Node& value = entry.value;
      const bool texts =
          value.is_list() && std::all_of(value.items.begin(), value.items.end(),
                                         [](const Node& item) { return item.is_scalar(); });
      if (!value.is_scalar() && !texts)
        refuse(value, "a value as Kafka's property files have it", in_quotes(entry.key));
    }
  }

  void check_object(const Node& node, const Type& type, const std::string& label) {
    if (refuse_whole(node, type)) return;
    for (const Entry& entry : node.entries) {
      if (diagnostics_.is_full()) return;
      const auto field = std::find_if(type.fields.begin(), type.fields.end(),
                                      [&](const Field& known) { return known.key == entry.key; });
      if (field == type.fields.end()) {
        diagnostics_.error(entry.position, unknown_key(entry.key, type, label));
      } else if (field->support != Support::now) {
        diagnostics_.error(entry.position, fmt::format("'{}' is not supported yet", entry.key));
      } else {
        check(entry.value, *field->type, in_quotes(entry.key));
      }
    }
    for (const Field& field : type.fields) {
      if (!field.required || node.find(field.key) != nullptr) continue;
      diagnostics_.error(node.position, fmt::format("'{}' is missing in {}, expected {}", field.key,
                                                    label, field.type->what));
    }
  }

  // An object that is not built yet as a whole is told of once.
  bool refuse_whole(const Node& node, const Type& type) {
    for (const Field& field : type.fields) {
      const Entry* entry = node.find_entry(field.key);
      if (field.support != Support::later_alone || entry == nullptr) continue;
      diagnostics_.error(entry->position, fmt::format("'{}' is not supported yet", entry->key));
      return true;
    }
    return false;
  }

  static std::string unknown_key(const std::string& key, const Type& type,
                                 const std::string& label) {
    std::vector<std::string> known;
    for (const Field& field : type.fields) known.emplace_back(field.key);
    const std::string near = did_you_mean(key, known);
    constexpr std::size_t most_listed = 14;
    if (!near.empty()) return fmt::format("unknown key {} in {}{}", in_quotes(key), label, near);
    if (known.size() > most_listed)
      return fmt::format("unknown key {} in {}", in_quotes(key), label);
    return fmt::format("unknown key {} in {}, expected one of {}", in_quotes(key), label,
                       fmt::join(known, ", "));
  }

  void check_any_of(const Node& node, const Type& type, const std::string& label) {
    std::vector<const Type*> same_kind;
    for (const Type* alternative : type.alternatives) {
      if (kind_of(*alternative) == node.kind) same_kind.push_back(alternative);
    }
    // One that can be meant at all: its own messages are the best ones, but for a plain value.
    if (same_kind.size() == 1 && !node.is_scalar()) return check(node, *same_kind.front(), label);
    for (const Type* alternative : same_kind) {
      if (node.is_scalar() ? (!node.nothing && schema::fits(*alternative, node.text))
                           : looks_like(node, *alternative)) {
        return check(node, *alternative, label);
      }
    }
    std::string nearby;
    for (const Type* alternative : same_kind) {
      if (nearby.empty() && node.is_scalar()) nearby = hint(*alternative, node);
    }
    refuse(node, type.what, label, nearby);
  }

  // A list whose entries are of the kind that the type wants.
  static bool looks_like(const Node& node, const Type& type) {
    if (type.shape != Shape::list) return kind_of(type) == node.kind;
    return std::all_of(node.items.begin(), node.items.end(),
                       [&](const Node& item) { return item.kind == kind_of(*type.item); });
  }

  Diagnostics& diagnostics_;
};

}  // namespace

void check_shape(const Node& root, const schema::Type& type, Diagnostics& diagnostics) {
  ShapeChecker(diagnostics).check(root, type, "the scenario");
}

}  // namespace kafkasim::scenarios

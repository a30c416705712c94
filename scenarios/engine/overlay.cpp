// Overlays of documents.
#include "scenarios/engine/overlay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace kafkasim::scenarios {
namespace {

// Pairs of keys of which a map may have one.
constexpr std::array<std::array<std::string_view, 2>, 3> either_or = {{
    {"values", "count"},
    {"key", "keys"},
    {"reads", "assign"},
}};

constexpr std::size_t most_models = 20;

void erase(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const Entry& entry) { return entry.key == key; });
}

void drop_replaced(Node& map, const Node& over) {
  for (const auto& pair : either_or) {
    for (std::size_t i = 0; i < pair.size(); ++i) {
      const std::string_view other = pair.at(1 - i);
      if (over.find(pair.at(i)) != nullptr && over.find(other) == nullptr) erase(map, other);
    }
  }
}

}  // namespace

Node overlaid(const Node& base, const Node& over) {
  const bool both_maps = base.is_map() && over.is_map();
  if (!both_maps) return over;
  Node result = base;
  drop_replaced(result, over);
  for (const Entry& entry : over.entries) {
    const auto found = std::find_if(result.entries.begin(), result.entries.end(),
                                    [&](const Entry& known) { return known.key == entry.key; });
    if (found == result.entries.end()) {
      result.entries.push_back(entry);
    } else {
      *found = Entry{entry.key, entry.position, overlaid(found->value, entry.value)};
    }
  }
  return result;
}

Node with_variant(const Node& root, const Node& variant) {
  Node base = root;
  erase(base, "variants");
  erase(base, "expect");
  return overlaid(base, variant);
}

Resolved resolved_like(const Node& consumers, const Entry& consumer, Diagnostics& diagnostics) {
  Resolved result{consumer.value, true};
  std::vector<std::string> way = {consumer.key};
  while (const Entry* like = result.node.find_entry("like")) {
    const std::string model = like->value.text;
    const Position position = like->value.position;
    erase(result.node, "like");
    const Entry* found = consumers.find_entry(model);
    const bool circle = std::find(way.begin(), way.end(), model) != way.end();
    way.push_back(model);
    if (found != nullptr && found->value.is_map() && !circle && way.size() <= most_models) {
      result.node = overlaid(found->value, result.node);
      result.node.position = consumer.value.position;
      continue;
    }
    result.is_whole = false;
    if (found == nullptr) {
      std::vector<std::string> names;
      for (const Entry& entry : consumers.entries) {
        if (entry.key != consumer.key) names.push_back(entry.key);
      }
      diagnostics.error(position, fmt::format("no consumer is called {}{}", in_quotes(model),
                                              did_you_mean_or_one_of(model, names)));
    } else if (circle) {
      diagnostics.error(position, fmt::format("'like' goes in a circle: {}", fmt::join(way, ", ")));
    } else if (found->value.is_map()) {
      diagnostics.error(
          position,
          fmt::format("'like' leads through more than {} consumers, expected fewer", most_models));
    }
    break;
  }
  return result;
}

}  // namespace kafkasim::scenarios

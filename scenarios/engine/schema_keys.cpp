// Walks the table of the language and collects its keys.
#include "scenarios/engine/schema_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scenarios/engine/report_text.hpp"
#include "scenarios/engine/schema.hpp"

namespace kafkasim::scenarios {
namespace {

using schema::Field;
using schema::Shape;
using schema::Type;

struct Found {
  std::string_view key;
  KeyPlace place;
};

std::string below(const std::string& where, std::string_view what) {
  return where.empty() ? std::string(what) : fmt::format("{} {}", where, what);
}

void collect(const Type& type, const std::string& where, std::vector<Found>& out);

void collect_fields(const Type& type, const std::string& where, std::vector<Found>& out) {
  constexpr std::array<std::string_view, 3> explained_elsewhere = {"events", "expect", "sweep"};
  for (const Field& field : type.fields) {
    const bool built = field.support == schema::Support::now;
    out.push_back({field.key,
                   {where, std::string(field.doc), std::string(field.type->what),
                    std::string(field.default_text), built}});
    const bool elsewhere =
        std::count(explained_elsewhere.begin(), explained_elsewhere.end(), field.key) > 0;
    if (built && !elsewhere) collect(*field.type, below(where, field.key), out);
  }
}

void collect(const Type& type, const std::string& where, std::vector<Found>& out) {
  switch (type.shape) {
    case Shape::object:
      return collect_fields(type, where, out);
    case Shape::list:
      return collect(*type.item, where, out);
    case Shape::map:
      if (type.item != nullptr) collect(*type.item, below(where, "NAME"), out);
      return;
    case Shape::any_of:
      for (const Type* alternative : type.alternatives) collect(*alternative, where, out);
      return;
    default:
      return;
  }
}

const std::vector<Found>& all_keys() {
  static const std::vector<Found> keys = [] {
    std::vector<Found> out;
    collect(schema::scenario_type(), "", out);
    return out;
  }();
  return keys;
}

std::string indented(std::string_view text, std::size_t width) {
  std::string out;
  for (const std::string& line : wrapped(text, width - 2)) out += fmt::format("  {}\n", line);
  return out;
}

}  // namespace

std::vector<KeyPlace> places_of_key(std::string_view key) {
  std::vector<KeyPlace> places;
  for (const Found& found : all_keys()) {
    const bool known = std::any_of(places.begin(), places.end(), [&](const KeyPlace& place) {
      return place.where == found.place.where;
    });
    if (found.key == key && !known) places.push_back(found.place);
  }
  return places;
}

std::vector<std::string> keys_of_files() {
  std::vector<std::string> keys;
  for (const Found& found : all_keys()) {
    if (std::count(keys.begin(), keys.end(), found.key) == 0) keys.emplace_back(found.key);
  }
  return keys;
}

std::string explanation_of_key(std::string_view key, std::size_t width) {
  std::string out;
  for (const KeyPlace& place : places_of_key(key)) {
    out += fmt::format("{}{}: a key of scenario files, {}\n\n", out.empty() ? "" : "\n", key,
                       place.where.empty() ? "at the top" : "under " + place.where);
    out += indented(place.doc, width);
    out += '\n';
    if (!place.built) out += "  not supported yet\n";
    constexpr std::string_view expected = "  expected  ";
    constexpr std::string_view by_default = "  default   ";
    out += hanging(expected, expected.size(), place.expected, width);
    if (place.default_text.empty()) continue;
    out += hanging(by_default, by_default.size(), place.default_text, width);
  }
  return out;
}

}  // namespace kafkasim::scenarios

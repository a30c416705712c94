// Walks two answers side by side.
#include "tests/conformance/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/conformance/record_batches.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

// What tells the elements of such a list apart.
const char* key_of(const json& list) {
  if (list.empty() || !list[0].is_object()) return nullptr;
  for (const char* key : {"nodeId", "name", "topic", "partitionIndex", "index", "partition",
                          "memberId", "producerId", "batchIndex", "key"}) {
    if (list[0].contains(key)) return key;
  }
  return nullptr;
}

json in_order(const std::string& field, json list) {
  if (field == "isrNodes") {
    std::sort(list.begin(), list.end());
  } else if (const char* const key = key_of(list)) {
    std::stable_sort(list.begin(), list.end(), [key](const json& a, const json& b) {
      return a.value(key, json()) < b.value(key, json());
    });
  }
  return list;
}

// Nothing, said in two ways.
bool both_nothing(const json& a, const json& b) {
  const auto nothing = [](const json& value) {
    return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty()) ||
           (value.is_array() && value.empty());
  };
  return nothing(a) && nothing(b);
}

class Comparison {
 public:
  Comparison(Place place, Findings& findings) : place_(std::move(place)), findings_(findings) {}

  void object(const std::string& path, const json& expected, const json& got) {
    for (const auto& [field, value] : expected.items()) {
      if (is_not_carried(place_.api, field)) continue;
      const std::string inner = path.empty() ? field : path + "." + field;
      if (!got.contains(field)) {
        findings_.fail(fmt::format("{}: our answer has no such field", inner));
        continue;
      }
      place_.parent_expected = &expected;
      if (field == "records") {
        records(inner, expected, got);
      } else {
        value_of(inner, field, value, got.at(field));
      }
    }
  }

 private:
  void value_of(const std::string& path, const std::string& field, const json& expected,
                const json& got) {
    if (expected == got || both_nothing(expected, got)) return;
    place_.field = field;
    place_.path = path;
    if (explained(place_, expected, got) != nullptr) return;
    if (expected.is_object() && got.is_object()) {
      object(path, expected, got);
    } else if (expected.is_array() && got.is_array() && expected.size() == got.size() &&
               field != "records_summary") {
      const json left = in_order(field, expected);
      const json right = in_order(field, got);
      for (std::size_t i = 0; i < left.size(); ++i)
        value_of(fmt::format("{}[{}]", path, i), field, left[i], right[i]);
    } else {
      findings_.expect(path, expected, got);
    }
  }

  // Record by record, where both sides have the batch as it was sent.
  void records(const std::string& path, const json& expected, const json& got) {
    const json& bytes = expected.at("records");
    if (!bytes.is_string()) return;
    const DecodedBatches decoded =
        decode_batches(from_base64(bytes.get_ref<const std::string&>()), true);
    const json& ours = got.at("records");
    for (std::size_t i = 0; i < decoded.batches.size() && i < ours.size(); ++i) {
      const json content = content_of(decoded.batches[i]);
      if (content.is_null() || ours[i].is_null()) continue;
      findings_.expect(fmt::format("{}[{}]", path, i), content, ours[i]);
    }
  }

  Place place_;
  Findings& findings_;
};

}  // namespace

void compare(const Place& place, const json& expected, const json& got, Findings& findings) {
  Comparison(place, findings).object("", expected, got);
}

}  // namespace kafkasim::conformance

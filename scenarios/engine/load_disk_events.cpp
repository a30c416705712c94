// Reads what befalls a disk.
#include <fmt/format.h>

#include <array>

#include "scenarios/engine/disk_events.hpp"
#include "scenarios/engine/error_names.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

constexpr std::array faults = {DiskFault::fail, DiskFault::full, DiskFault::slow,
                               DiskFault::corrupt_tail};

struct Named {
  DiskFault fault = DiskFault::fail;
  Position position;
  const Node* value = nullptr;  // null: named by a word alone
};

// `fail: false` names nothing.
bool is_off(const Node& value) { return value.is_scalar() && value.text == "false"; }

void find_named(const Node& map, std::vector<Named>& found) {
  for (const Entry& entry : map.entries) {
    for (const DiskFault fault : faults) {
      if (entry.key != to_string(fault)) continue;
      if (fault == DiskFault::slow || !is_off(entry.value))
        found.push_back({fault, entry.position, &entry.value});
    }
  }
}

std::vector<Named> named_by(const Node& event) {
  std::vector<Named> found;
  find_named(event, found);
  const Node* with = event.find("with");
  if (with == nullptr) return found;
  if (with->is_map()) find_named(*with, found);
  for (const DiskFault fault : faults) {
    if (is_disk_word(*with) && with->text == to_string(fault))
      found.push_back({fault, with->position, nullptr});
  }
  return found;
}

// Something stands there that its shape refuses already.
bool is_reported(const Node& event) {
  const Node* with = event.find("with");
  if (with == nullptr) return false;
  if (with->is_map()) return !with->entries.empty();
  return !with->is_scalar() || with->nothing ||
         (!is_disk_word(*with) && !error_by_name(with->text));
}

void read_slowness(Reading& reading, const Named& slow, Action& action) {
  const auto slowness = slow.value->is_scalar() ? parse_duration(slow.value->text) : std::nullopt;
  action.disk_slowness = slowness.value_or(Duration::zero());
  // What is no duration and no pair either was reported by its shape.
  if (slow.value->is_list())
    reading.diagnostics().error(
        slow.position, "'slow' is a list, expected a duration such as 200ms beside 'disk'");
}

}  // namespace

bool is_disk_word(const Node& node) {
  if (!node.is_scalar() || node.nothing) return false;
  return node.text == "fail" || node.text == "full" || node.text == "corrupt-tail";
}

void read_disk_fault(Reading& reading, const Node& event, Action& action) {
  const std::vector<Named> named = named_by(event);
  const Node* with = event.find("with");
  if (with != nullptr && with->is_scalar() && !with->nothing && error_by_name(with->text)) {
    reading.diagnostics().error(
        with->position,
        fmt::format("'with' is {}, expected fail, full, corrupt-tail or {{ slow: 200ms }}",
                    in_quotes(with->text)));
    return;
  }
  if (named.empty()) {
    if (is_reported(event)) return;
    reading.diagnostics().error(
        event.position,
        "'disk' does not say what befalls it, expected one of fail, full, slow: 200ms and "
        "corrupt-tail beside it");
    return;
  }
  for (std::size_t i = 1; i < named.size(); ++i) {
    reading.diagnostics().error(
        named[i].position, fmt::format("'{}' is a second thing that befalls the disk beside '{}', "
                                       "expected one an event",
                                       to_string(named[i].fault), to_string(named[0].fault)));
  }
  action.disk_fault = named.front().fault;
  if (action.disk_fault == DiskFault::slow) read_slowness(reading, named.front(), action);
  const Entry* lasts = event.find_entry("for");
  if (lasts != nullptr && action.disk_fault == DiskFault::corrupt_tail)
    reading.diagnostics().error(lasts->position, "'for' does not go with 'corrupt-tail'");
}

}  // namespace kafkasim::scenarios

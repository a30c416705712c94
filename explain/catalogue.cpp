// Reading the texts and looking up names.
#include "explain/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "explain/facts.hpp"
#include "explain/parse.hpp"
#include "explain/texts.hpp"

namespace kafkasim::explain {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool same(std::string_view a, std::string_view b) { return lowered(a) == lowered(b); }

// The figures that a spread of values has.
constexpr std::string_view figures[] = {"min", "avg", "p50", "p95", "p99", "max"};

// Its own name, or those of the family.
std::vector<std::string> names_of(const Entry& entry) {
  if (!entry.name.ends_with('*')) return {entry.name};
  const std::string beginning = entry.name.substr(0, entry.name.size() - 1);
  if (entry.kind != Kind::metric) return settings_named(entry.kind, beginning);
  std::vector<std::string> names;
  for (const std::string_view figure : figures) names.push_back(beginning + std::string(figure));
  return names;
}

// By which an error or a message can be asked for, beside its name.
std::vector<std::string> codes_of(const Entry& entry) {
  std::vector<std::string> codes;
  if (entry.kind == Kind::message) return {entry.name + "Request", entry.name + "Response"};
  if (entry.kind != Kind::error) return codes;
  if (auto number = error_number(entry.name)) codes.push_back(fmt::format("{}", *number));
  if (auto exception = exception_of(entry); !exception.empty()) codes.push_back(exception);
  return codes;
}

// Are things of that kind shown by the name that was asked for, as each name has facts of its own?
bool keeps_names(Kind kind) { return is_setting(kind) || kind == Kind::metric; }

std::vector<std::string> all_names_of(const Entry& entry) {
  std::vector<std::string> all = names_of(entry);
  for (std::string& alias : list_field(entry, "Also")) all.push_back(std::move(alias));
  for (std::string& code : codes_of(entry)) all.push_back(std::move(code));
  return all;
}

}  // namespace

std::optional<Kind> kind_of_file(std::string_view name) {
  constexpr std::pair<std::string_view, Kind> files[] = {
      {"producer-settings", Kind::producer_setting},
      {"consumer-settings", Kind::consumer_setting},
      {"librdkafka-settings", Kind::librdkafka_setting},
      {"topic-settings", Kind::topic_setting},
      {"broker-settings", Kind::broker_setting},
      {"group-settings", Kind::group_setting},
      {"security-settings", Kind::security_setting},
      {"errors", Kind::error},
      {"anomalies", Kind::anomaly},
      {"triggers", Kind::trigger},
      {"actions", Kind::action},
      {"event-keys", Kind::event_key},
      {"roles", Kind::role},
      {"messages", Kind::message},
      {"expectations", Kind::expectation},
      {"metrics", Kind::metric},
      {"sweeps", Kind::chaos},
      {"trace-lines", Kind::trace_line},
      {"invariants", Kind::invariant},
  };
  for (const auto& [prefix, kind] : files) {
    if (name.starts_with(prefix)) return kind;
  }
  return std::nullopt;
}

Catalogue::Catalogue() {
  for (const Text& file : explanation_texts()) {
    const auto kind = kind_of_file(file.name);
    if (!kind) continue;
    std::vector<Entry> more = parse(file.text, *kind);
    entries_.insert(entries_.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.kind < b.kind; });
}

std::vector<Match> Catalogue::find(std::string_view name) const {
  std::vector<Match> matches;
  for (const Entry& entry : entries_) {
    if (same(entry.name, name)) {
      matches.push_back({&entry, entry.name.ends_with('*') ? "" : entry.name});
      continue;
    }
    std::vector<std::string> names = names_of(entry);
    for (std::string& alias : list_field(entry, "Also")) names.push_back(std::move(alias));
    for (const std::string& each : names) {
      if (same(each, name))
        matches.push_back({&entry, keeps_names(entry.kind) ? each : entry.name});
    }
    for (const std::string& code : codes_of(entry)) {
      if (same(code, name)) matches.push_back({&entry, entry.name});
    }
  }
  return matches;
}

std::vector<std::string> Catalogue::names(Kind kind) const {
  std::vector<std::string> all;
  for (const Entry& entry : entries_) {
    if (entry.kind != kind) continue;
    for (std::string& name : names_of(entry)) all.push_back(std::move(name));
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> Catalogue::all_names() const {
  std::set<std::string> all;
  for (const Entry& entry : entries_) {
    for (std::string& name : all_names_of(entry)) all.insert(std::move(name));
  }
  return {all.begin(), all.end()};
}

std::vector<std::string> Catalogue::names_with(std::string_view part, std::size_t most) const {
  std::vector<std::string> found;
  const std::string wanted = lowered(part);
  for (std::string& name : all_names()) {
    if (found.size() == most) break;
    if (lowered(name).find(wanted) != std::string::npos) found.push_back(std::move(name));
  }
  return found;
}

}  // namespace kafkasim::explain

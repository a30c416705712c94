// A scenario is looked at line by line; the last of its keys that opens a part of the file says
// which part a line belongs to. That is coarser than YAML, and enough: parts have keys of their
// own.
#include "explain/lessons.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "explain/texts.hpp"

namespace kafkasim::explain {
namespace {

enum class Part { head, prose, cluster, topics, producers, consumers, events, expect, sweep };

struct Opening {
  std::string_view key;
  Part part;
};
constexpr std::array<Opening, 13> openings = {{{"scenario", Part::head},
                                               {"seed", Part::head},
                                               {"until", Part::head},
                                               {"question", Part::prose},
                                               {"answer", Part::prose},
                                               {"cluster", Part::cluster},
                                               {"topics", Part::topics},
                                               {"producers", Part::producers},
                                               {"consumers", Part::consumers},
                                               {"processors", Part::consumers},
                                               {"events", Part::events},
                                               {"expect", Part::expect},
                                               {"sweep", Part::sweep}}};

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string_view trimmed(std::string_view line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

std::string_view without_comment(std::string_view line) {
  if (trimmed(line).starts_with('#')) return {};
  return line.substr(0, std::min(line.find(" #"), line.size()));
}

std::optional<Part> opened_by(std::string_view line) {
  const std::string_view text = trimmed(line);
  for (const Opening& each : openings) {
    if (text.starts_with(each.key) && text.substr(each.key.size()).starts_with(':'))
      return each.part;
  }
  return std::nullopt;
}

// How a word must stand to count.
enum class Form {
  word,      // anywhere, not a part of another word
  assigned,  // followed by a colon and something, or by =
  called     // followed by (
};

bool is_assigned(std::string_view rest) {
  if (rest.starts_with('=')) return true;
  if (!rest.starts_with(':')) return false;
  rest = trimmed(rest.substr(1));
  return !rest.starts_with("[]") && !rest.starts_with("0,") && rest != "0";
}

bool stands_in(std::string_view line, std::string_view word, Form form) {
  for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    if (at > 0 && (is_word_char(line[at - 1]) || line[at - 1] == '.')) continue;
    const std::string_view rest = line.substr(at + word.size());
    if (!rest.empty() && is_word_char(rest[0])) continue;
    if (rest.size() > 1 && rest[0] == '.' && is_word_char(rest[1])) continue;
    if (form == Form::word) return true;
    if (form == Form::called ? rest.starts_with('(') : is_assigned(rest)) return true;
  }
  return false;
}

// "5" of "linger.ms: 5, acks: all".
std::string_view value_behind(std::string_view line, std::string_view name) {
  std::string_view rest = line.substr(line.find(name) + name.size());
  rest = trimmed(rest.substr(std::min<std::size_t>(1, rest.size())));
  return rest.substr(0, rest.find_first_of(",}"));
}

// Where a thing of that kind is named; settings also in prose.
bool belongs(Kind kind, Part part) {
  switch (kind) {
    case Kind::producer_setting:
      return part == Part::producers;
    case Kind::consumer_setting:
      return part == Part::consumers;
    case Kind::librdkafka_setting:
    case Kind::security_setting:
      return part == Part::producers || part == Part::consumers;
    case Kind::topic_setting:
      return part == Part::topics || part == Part::events;
    case Kind::broker_setting:
    case Kind::group_setting:
      return part == Part::cluster || part == Part::events;
    case Kind::error:
      return part != Part::head;
    case Kind::anomaly:
    case Kind::expectation:
    case Kind::metric:
      return part == Part::expect;
    case Kind::trigger:
    case Kind::action:
    case Kind::event_key:
    case Kind::role:
    case Kind::message:
      return part == Part::events;
    case Kind::chaos:
      return part == Part::sweep;
    case Kind::trace_line:
    case Kind::invariant:
      return false;
  }
  return false;
}

Form form_of(const Entry& entry, std::string_view name) {
  if (entry.kind == Kind::role) return name == "controller" ? Form::word : Form::called;
  if (entry.kind == Kind::error || entry.kind == Kind::message) return Form::word;
  return is_setting(entry.kind) && name.find('.') != std::string_view::npos ? Form::word
                                                                            : Form::assigned;
}

}  // namespace

Showing showing(std::string_view scenario, const Entry& entry, std::string_view name) {
  if (name.empty()) return Showing::not_at_all;
  const bool of_librdkafka = scenario.find("client: librdkafka") != std::string_view::npos;
  if (entry.kind == Kind::librdkafka_setting && !of_librdkafka) return Showing::not_at_all;
  const Form form = form_of(entry, name);
  Part part = Part::head;
  bool in_prose = false;
  bool elsewhere = false;               // set, but for another kind of client or server
  std::set<std::string_view> settings;  // what it is set to
  while (!scenario.empty()) {
    const auto end = std::min(scenario.find('\n'), scenario.size());
    const std::string_view line = without_comment(scenario.substr(0, end));
    scenario.remove_prefix(std::min(end + 1, scenario.size()));
    part = opened_by(line).value_or(part);
    if (!stands_in(line, name, form)) continue;
    if (belongs(entry.kind, part)) {
      if (!is_setting(entry.kind)) return Showing::on_purpose;
      settings.insert(value_behind(line, name));
    } else if (part == Part::prose) {
      in_prose = true;
    } else if (part != Part::head) {
      elsewhere = true;
    }
  }
  if (!is_setting(entry.kind)) return Showing::not_at_all;
  if (in_prose && !(elsewhere && settings.empty())) return Showing::on_purpose;
  if (settings.size() > 1) return Showing::on_purpose;
  return settings.empty() ? Showing::not_at_all : Showing::by_the_way;
}

std::vector<std::string> lessons_showing(const Match& match) {
  std::vector<std::string> names = list_field(*match.entry, "Also");
  if (match.entry->kind == Kind::message) {
    names.push_back(match.name + "Request");
    names.push_back(match.name + "Response");
  } else {
    names.push_back(match.name);
  }
  std::set<std::string> about;
  std::set<std::string> others;
  for (std::string& lesson : list_field(*match.entry, "Lessons")) about.insert(std::move(lesson));
  for (const Text& lesson : lesson_texts()) {
    Showing best = Showing::not_at_all;
    for (const std::string& name : names)
      best = std::max(best, showing(lesson.text, *match.entry, name));
    if (best == Showing::on_purpose) about.emplace(lesson.name);
    if (best == Showing::by_the_way) others.emplace(lesson.name);
  }
  std::vector<std::string> found(about.begin(), about.end());
  for (const std::string& lesson : others) {
    if (!about.contains(lesson)) found.push_back(lesson);
  }
  return found;
}

}  // namespace kafkasim::explain

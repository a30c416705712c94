// Which lines are told and which are folded.
#include "scenarios/engine/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "protocol/events.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

constexpr std::size_t lines_of_a_kind = 6;  // between two turns
constexpr std::size_t lines_between_turns = 60;
constexpr std::size_t turns_of_a_kind = 12;  // in all; later ones are folded
constexpr std::size_t lines_kept = 5000;
constexpr std::size_t names_kept = 9;  // of a line or a fold; the others are counted

void add_names(std::vector<std::string>& to, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (to.size() < names_kept) to.push_back(name);
  }
}

}  // namespace

void Timeline::observe(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  if (time < sim::zero) return;
  if (is_old_news(who, event)) return;
  std::optional<Happening> what = happening(who, event);
  if (!what) return;
  if (what->event == "retried") forget_error(time, *what);
  if (what->kind == Kind::handled) forget_polled(time, *what);
  const Key key{what->who, fmt::format("{} {}", what->event, what->place)};
  if (joins_last_line(time, key, *what)) return;
  if (what->turn) {
    std::size_t& turns = turns_[key];
    if (what->weight == Weight::fault || ++turns <= turns_of_a_kind) {
      take_a_turn();
      add_line(time, key, std::move(*what));
      return;
    }
    fold(time, std::move(*what));
    return;
  }
  if (shown_[key].lines >= lines_of_a_kind || lines_since_turn_ >= lines_between_turns) {
    fold(time, std::move(*what));
  } else {
    add_line(time, key, std::move(*what));
  }
}

// That a broker follows is worth a line only where it led, or believed so, before.
bool Timeline::is_old_news(std::string_view who, const sim::TraceEvent& event) {
  const auto key = [who](const TopicPartition& partition) {
    return Key(who, to_string(partition));
  };
  if (const auto* led = event.as<events::BecameLeader>()) led_.insert(key(led->partition));
  if (const auto* led = event.as<events::Appended>()) led_.insert(key(led->partition));
  const auto* follows = event.as<events::BecameFollower>();
  return follows != nullptr && led_.erase(key(follows->partition)) == 0;
}

// Records that something happened to at the same moment are told in one line.
bool Timeline::joins_last_line(sim::Time time, const Key& key, Happening& what) {
  if (what.kind == Kind::other) return false;
  const auto shown = shown_.find(key);
  if (shown == shown_.end() || shown->second.lines == 0) return false;
  Line& line = lines_[shown->second.last];
  if (line.time != time || line.gone) return false;
  const bool follows = what.kind == Kind::committed || what.kind == Kind::replicated ||
                       !what.first.is_set() || what.first == line.what.last.next();
  if (!follows) return false;
  line.pending += what.count;
  line.what.count += what.count;
  line.what.last = what.last;
  if (what.kind == Kind::committed) line.what.first = what.first;
  add_names(line.what.names, what.names);
  return true;
}

// What is handled in the moment of its poll() needs no line about the poll(). Where a log has gaps
// a poll() is told in several lines.
void Timeline::forget_polled(sim::Time time, const Happening& handled) {
  const auto shown = shown_.find({handled.who, "polled " + handled.place});
  if (shown == shown_.end() || shown->second.lines == 0) return;
  for (std::size_t i = shown->second.last + 1; i-- > 0 && lines_[i].time == time;) {
    Line& line = lines_[i];
    const bool tells_it = line.what.kind == Kind::polled && line.what.who == handled.who &&
                          line.what.place == handled.place && line.what.first <= handled.first &&
                          handled.last <= line.what.last;
    if (!tells_it || line.gone || line.pending == 0) continue;
    if (--line.pending > 0) return;
    line.gone = true;
    --shown->second.lines;
    --lines_since_turn_;
    return;
  }
}

// "will send A again" tells the error too.
void Timeline::forget_error(sim::Time time, const Happening& retried) {
  const auto shown = shown_.find({retried.who, "error "});
  if (shown == shown_.end() || shown->second.lines == 0) return;
  Line& line = lines_[shown->second.last];
  if (line.time != time || line.gone) return;
  line.gone = true;
  --shown->second.lines;
  --lines_since_turn_;
}

void Timeline::add_line(sim::Time time, const Key& key, Happening what) {
  if (lines_.size() >= lines_kept && what.weight != Weight::fault) {
    ++left_out_;
    return;
  }
  Shown& shown = shown_[key];
  ++shown.lines;
  shown.last = lines_.size();
  ++lines_since_turn_;
  const std::uint64_t pending = what.count;
  if (what.names.size() > names_kept) what.names.resize(names_kept);
  lines_.push_back({time, std::move(what), pending, false});
}

void Timeline::fold(sim::Time time, Happening what) {
  const auto [found, is_new] = folds_.try_emplace({what.who, std::string(what.event)});
  Fold& fold = found->second;
  if (is_new) fold.since = time;
  fold.until = time;
  ++fold.lines;
  fold.records += what.count;
  if (fold.places.size() < 100) fold.places.insert(what.place);
  add_names(fold.names, what.names);
  if (!what.names.empty()) fold.last_name = what.names.back();
  what.names.clear();
  fold.last = std::move(what);
}

void Timeline::take_a_turn() {
  for (const auto& [key, fold] : folds_) {
    const auto handled = folds_.find({key.first, "handled"});
    const bool handled_tells_it = fold.last.kind == Kind::polled && handled != folds_.end() &&
                                  handled->second.records >= fold.records;
    if (handled_tells_it) continue;
    if (folded_.size() < lines_kept) {
      folded_.push_back({lines_.size(), told(fold)});
    } else {
      ++left_out_;
    }
  }
  folds_.clear();
  shown_.clear();
  lines_since_turn_ = 0;
}

TimelineEntry Timeline::told(const Fold& fold) {
  const std::string place = fold.places.size() == 1
                                ? *fold.places.begin()
                                : fmt::format("{} partitions", fold.places.size());
  const std::string since = fmt::format("since {} s", seconds(fold.since));
  TimelineEntry out{fold.until, fold.last.weight, fold.last.who, {}};
  if (fold.lines == 1) {
    Happening alone = fold.last;
    alone.names = fold.names;
    out.text = sentence(alone);
    return out;
  }
  if (fold.last.kind == Kind::other) {
    out.text =
        fmt::format("... {} more such lines {}, the last: {}", fold.lines, since, fold.last.text);
  } else if (fold.last.kind == Kind::committed) {
    out.text = fmt::format("... {} more commits {}, the last: offset {} of {}", fold.lines, since,
                           fold.last.last.value(), fold.last.place);
  } else {
    const std::string names = fold.records < names_kept
                                  ? some_names(fold.names, fold.records)
                                  : fold.names.front() + " .. " + fold.last_name;
    out.text = fmt::format("... {} {} more records {} ({}): {}", verb(fold.last.kind), fold.records,
                           since, place, names);
  }
  return out;
}

TimelineText Timeline::text() const {
  Timeline rest;  // what is still folded
  rest.folds_ = folds_;
  rest.take_a_turn();
  std::vector<Folded> all = folded_;
  for (Folded& folded : rest.folded_) all.push_back({lines_.size(), std::move(folded.entry)});
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    if (!line.gone)
      all.push_back({i, {line.time, line.what.weight, line.what.who, sentence(line.what)}});
  }
  std::stable_sort(all.begin(), all.end(), [](const Folded& a, const Folded& b) {
    return std::tie(a.entry.time, a.before) < std::tie(b.entry.time, b.before);
  });
  TimelineText out;
  out.left_out = left_out_;
  for (Folded& each : all) out.entries.push_back(std::move(each.entry));
  return out;
}

}  // namespace kafkasim::scenarios

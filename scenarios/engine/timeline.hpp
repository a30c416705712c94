// The story of a run: the events of the trace as lines that a student can follow. It tells every
// turn (faults, elections, failures, rebalances) and, between two turns, the first few lines of
// each kind of routine; the rest of the routine is folded into one line for each kind. Memory is
// bounded.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/outcome.hpp"
#include "scenarios/engine/timeline_words.hpp"
#include "sim/trace.hpp"

namespace kafkasim::scenarios {

class Timeline {
 public:
  // The observer. What happens before time 0 (set-up) is not told.
  void observe(sim::Time time, std::string_view who, const sim::TraceEvent& event);
  template <class E>
  void note(sim::Time time, std::string_view who, const E& event) {
    observe(time, who, sim::TraceEvent(event));
  }
  // Everything so far, in order of time.
  TimelineText text() const;

 private:
  using Key = std::pair<std::string, std::string>;  // who, event and place

  struct Line {
    sim::Time time{};
    Happening what;
    std::uint64_t pending = 0;  // polled: records that were not handled at the same moment
    bool gone = false;
  };
  struct Shown {
    std::size_t lines = 0;
    std::size_t last = 0;  // index of the last line
  };
  // Routine that is not told line by line.
  struct Fold {
    sim::Time since{};
    sim::Time until{};
    std::uint64_t lines = 0;
    std::uint64_t records = 0;
    std::set<std::string> places;
    std::vector<std::string> names;  // the first ones
    std::string last_name;
    Happening last;
  };

  bool is_old_news(std::string_view who, const sim::TraceEvent& event);
  bool joins_last_line(sim::Time time, const Key& key, Happening& what);
  void forget_polled(sim::Time time, const Happening& handled);
  void forget_error(sim::Time time, const Happening& retried);
  void add_line(sim::Time time, const Key& key, Happening what);
  void fold(sim::Time time, Happening what);
  void take_a_turn();
  static TimelineEntry told(const Fold& fold);

  std::vector<Line> lines_;
  std::map<Key, Shown> shown_;  // since the last turn
  std::size_t lines_since_turn_ = 0;
  std::map<Key, Fold> folds_;  // since the last turn; by who and event
  std::set<Key> led_;          // who acted as leader of what, as far as told: broker, partition
  std::map<Key, std::size_t> turns_;  // how often the story turned that way
  struct Folded {
    std::size_t before;  // the line that it comes before, if it is of the same time
    TimelineEntry entry;
  };
  std::vector<Folded> folded_;
  std::uint64_t left_out_ = 0;
};

}  // namespace kafkasim::scenarios

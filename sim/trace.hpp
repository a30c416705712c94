// What happened in a world: events in order, each with its time and who reports it. The trace hands
// each event to its observers as it happens, hashes the one-line text form, and keeps the lines
// when asked to. It does not know the kinds of events: any type with a `name` and
// `describe(std::string&) const` is one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/time.hpp"

namespace kafkasim::sim {

class Loop;

// A view on one event of any kind; valid while observers are called.
class TraceEvent {
 public:
  template <class E>
  explicit TraceEvent(const E& event) : object_(&event), table_(&table<E>) {}

  std::string_view name() const { return table_->name; }
  // Appends the event's own text, without time, name and who.
  void describe(std::string& out) const { table_->describe(object_, out); }
  // The event itself when it is an E, else null.
  template <class E>
  const E* as() const {
    return table_ == &table<E> ? static_cast<const E*>(object_) : nullptr;
  }

 private:
  struct Table {
    std::string_view name;
    void (*describe)(const void*, std::string&);
  };
  template <class E>
  static constexpr Table table{E::name, [](const void* object, std::string& out) {
                                 static_cast<const E*>(object)->describe(out);
                               }};

  const void* object_;
  const Table* table_;
};

class Trace {
 public:
  using Observer = std::function<void(Time, std::string_view who, const TraceEvent&)>;

  explicit Trace(const Loop& loop);
  ~Trace();

  template <class E>
  void add(std::string_view who, const E& event) {
    if (enabled_) record(who, TraceEvent(event));
  }

  // Called for each event, in order of registration. Must not change the world, only note what to
  // do after the event.
  void observe(Observer observer) { observers_.push_back(std::move(observer)); }
  // Off: nothing is recorded, hashed or observed (during set-up, or where only speed is measured).
  void enable(bool enabled) { enabled_ = enabled; }
  bool enabled() const { return enabled_; }
  // Keeps every line, not only the last ones.
  void keep_lines(bool keep) { keep_lines_ = keep; }
  const std::deque<std::string>& lines() const { return lines_; }
  // XXH3 of every line so far.
  std::uint64_t hash() const;
  std::uint64_t count() const { return count_; }

 private:
  struct Hasher;
  void record(std::string_view who, const TraceEvent& event);

  const Loop& loop_;
  std::unique_ptr<Hasher> hasher_;
  std::vector<Observer> observers_;
  std::deque<std::string> lines_;
  std::string line_;
  bool enabled_ = true;
  bool keep_lines_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace kafkasim::sim

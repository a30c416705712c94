// Lines and hash of the trace.
#include "sim/trace.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <iterator>

#include "sim/loop.hpp"

namespace kafkasim::sim {

struct Trace::Hasher {
  XXH3_state_t* state = XXH3_createState();
  Hasher() { XXH3_64bits_reset(state); }
  ~Hasher() { XXH3_freeState(state); }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
};

Trace::Trace(const Loop& loop) : loop_(loop), hasher_(std::make_unique<Hasher>()) {}

Trace::~Trace() = default;

void Trace::record(std::string_view who, const TraceEvent& event) {
  constexpr std::size_t last_lines = 20;  // shown when an invariant breaks
  ++count_;
  line_.clear();
  fmt::format_to(std::back_inserter(line_), "{} {} {} ", to_string(loop_.now()), who, event.name());
  event.describe(line_);
  line_ += '\n';
  XXH3_64bits_update(hasher_->state, line_.data(), line_.size());
  if (!keep_lines_ && lines_.size() == last_lines) lines_.pop_front();
  lines_.emplace_back(line_.data(), line_.size() - 1);
  for (const Observer& observer : observers_) observer(loop_.now(), who, event);
}

std::uint64_t Trace::hash() const { return XXH3_64bits_digest(hasher_->state); }

}  // namespace kafkasim::sim

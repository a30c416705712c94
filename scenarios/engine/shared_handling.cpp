// Deciding what an attempt comes to.
#include "scenarios/engine/shared_handling.hpp"

namespace kafkasim::scenarios {

namespace {

// Tags of records in dead-letter topics: above those of all producers, then the group, then a
// number.
constexpr int group_shift = 40;
constexpr protocol::RecordTag of_dead_letters = protocol::RecordTag{1} << 63;

consumer::Handling handling_of(FailsOn::Then then) {
  switch (then) {
    case FailsOn::Then::stop:
      return consumer::Handling::stop;
    case FailsOn::Then::skip:
      return consumer::Handling::skip;
    case FailsOn::Then::retry:
      return consumer::Handling::retry;
    case FailsOn::Then::dead_letter:
      return consumer::Handling::park;
  }
  return consumer::Handling::stop;
}

}  // namespace

consumer::HandlingResult SharedHandling::handle(const Consumer& spec,
                                                const protocol::Record& record) {
  const std::string name = protocol::label(record);
  if (spec.fails_on && spec.fails_on->values.contains(name)) {
    const std::optional<std::int64_t>& times = spec.fails_on->times;
    std::int64_t& failures = failures_[name];
    if (!times || failures < *times) {
      ++failures;
      const bool is_last = !times || failures == *times;
      consumer::HandlingResult failed(is_last ? handling_of(spec.fails_on->then)
                                              : consumer::Handling::retry);
      failed.attempt = static_cast<int>(failures);
      return failed;
    }
  }
  consumer::HandlingResult done(consumer::Handling::done);
  const bool is_new = effects_.insert(name).second;
  done.has_effect = is_new || spec.effect == Effect::append;
  return done;
}

protocol::RecordTag SharedHandling::dead_letter_tag(protocol::RecordTag original) {
  const auto number = static_cast<protocol::RecordTag>(dead_letters_.size() + 1);
  return dead_letters_.try_emplace(original, of_dead_letters | (number_ << group_shift) | number)
      .first->second;
}

}  // namespace kafkasim::scenarios

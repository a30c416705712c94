// What the parts of one running consumer share: where it runs, who it is, its settings, its way to
// the brokers, and a bell that rings whenever something happened that a waiting poll() should look
// at.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "client/backoff.hpp"
#include "client/caller.hpp"
#include "consumer/metrics.hpp"
#include "consumer/settings.hpp"
#include "protocol/events.hpp"
#include "sim/executor.hpp"
#include "sim/wait.hpp"
#include "sim/world.hpp"

namespace kafkasim::consumer {

// Counts what happened, so that nothing is missed between looking and waiting.
class Progress {
 public:
  std::uint64_t count() const { return count_; }
  void made() {
    ++count_;
    happened_.notify_all();
  }
  // Returns when something has happened since `seen`, or at the deadline.
  sim::Task<> past(std::uint64_t seen, sim::Time deadline) {
    if (count_ == seen) co_await happened_.wait(deadline);
  }

 private:
  std::uint64_t count_ = 0;
  sim::Signal happened_;
};

struct Context {
  sim::World& world;
  sim::Process& process;
  const std::string& name;
  const Settings& settings;
  client::Caller& caller;
  sim::Rng& random;
  Progress& progress;
  Metrics& metrics;

  sim::Time now() const { return process.now(); }
  client::Metadata& metadata() const { return caller.metadata(); }
  client::Backoff retry_backoff() const {
    return client::Backoff(settings.retry_backoff, settings.retry_backoff_max, &random);
  }
  // The end of a wait for an answer. The network client gives a request up earlier than that; this
  // is for one that could not be sent.
  sim::Time call_deadline(sim::Duration request_timeout) const {
    return sim::later(sim::later(now(), request_timeout), request_timeout);
  }

  // The connection to the node failed and may not be tried again yet.
  bool is_unavailable(client::NodeId node) const {
    return caller.client().connection_failed(node) &&
           caller.client().delay(node, now()).count() > 0;
  }

  // Reports to the trace in this consumer's name.
  template <class Event>
  void report(const Event& event) const {
    world.trace().add(name, event);
  }
  // Reports an error that an answer carried.
  void met(std::string_view request, protocol::ErrorCode error) const {
    if (error == protocol::ErrorCode::none) return;
    report(protocol::events::MetError{std::string(request), error});
  }
  // The same for the errors of an answer's parts, each once.
  template <class Parts>
  void met_in(std::string_view request, const Parts& parts) const {
    std::set<protocol::ErrorCode> seen;
    for (const auto& part : parts) {
      if (seen.insert(part.error).second) met(request, part.error);
    }
  }
};

}  // namespace kafkasim::consumer

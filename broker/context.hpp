// What the parts of one running broker share: where it runs, who it is, what it knows. Made at each
// start of the broker process and gone with it; what survives is in the host's storage.
#pragma once

#include <optional>
#include <string>

#include "broker/metadata_image.hpp"
#include "broker/mutations.hpp"
#include "protocol/config_def.hpp"
#include "protocol/ids.hpp"
#include "sim/host.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

class InvariantChecker;

struct Context {
  sim::World& world;
  sim::Host& host;
  sim::Process& process;
  protocol::BrokerId id;
  const protocol::ConfigValues& config;    // of this broker
  const MetadataImage& image;              // as far as this broker has applied it
  std::optional<sim::HostId> controller;   // where the active controller is, as far as known here
  protocol::BrokerEpoch epoch;             // of the current registration; not set before it
  InvariantChecker* invariants = nullptr;  // null = nobody checks them
  const Mutations& mutations = no_mutations;

  sim::Time now() const { return world.now(); }
  // Milliseconds since 1970 by this broker's clock, which may be wrong.
  std::int64_t wall_clock_ms() const { return host.wall_clock_ms(world.now()); }
  // Reports to the trace in this broker's name.
  template <class Event>
  void report(const Event& event) const {
    world.trace().add(host.name(), event);
  }
  // The host of a registered broker, or of this one; none when it is unknown here.
  std::optional<sim::HostId> host_of(protocol::BrokerId broker) const {
    if (broker == id) return host.id();
    const BrokerRegistration* const registration = image.broker(broker);
    const sim::Host* const found =
        registration == nullptr ? nullptr : world.host(registration->host);
    if (found == nullptr) return std::nullopt;
    return found->id();
  }
};

}  // namespace kafkasim::broker

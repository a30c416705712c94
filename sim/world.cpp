// Worlds and hosts.
#include "sim/world.hpp"

#include <utility>

#include "sim/check.hpp"

namespace kafkasim::sim {

Host::Host(World& world, std::string name)
    : world_(world),
      name_(std::move(name)),
      id_(world.network().add_host(name_)),
      disk_(world.loop()) {}

Process& Host::boot() {
  CHECKED(!is_up(), "{} runs already", name_);
  if (!powered_) world_.network().power_on(id_);
  powered_ = true;
  disk_.forget_queue();
  process_ = &world_.loop().make_process(name_);
  return *process_;
}

void Host::crash() {
  if (is_up()) process_->crash();
}

void Host::power_off() {
  if (!powered_) return;
  powered_ = false;
  world_.network().power_off(id_);
  crash();
}

World::World(std::uint64_t seed, LatencyRange latency)
    : seed_(seed), rng_(seed), loop_(), trace_(loop_), network_(loop_, rng_, latency) {}

World::~World() {
  // Coroutines refer to everything else: they go first.
  for (auto& host : hosts_) host->crash();
}

Host& World::add_host(std::string name) {
  CHECKED(host(name) == nullptr, "two hosts named {}", name);
  hosts_.push_back(std::make_unique<Host>(*this, std::move(name)));
  return *hosts_.back();
}

Host* World::host(std::string_view name) const {
  for (const auto& host : hosts_) {
    if (host->name() == name) return host.get();
  }
  return nullptr;
}

}  // namespace kafkasim::sim

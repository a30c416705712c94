// A machine: at most one process at a time, and what survives that process. A process crash keeps
// the host's storage (the page cache included); what a power loss takes from it is the storage's
// own business.
#pragma once

#include <memory>
#include <string>

#include "sim/network.hpp"
#include "sim/process.hpp"

namespace kafkasim::sim {

class World;

class Host {
 public:
  Host(World& world, std::string name);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const std::string& name() const { return name_; }
  HostId id() const { return id_; }
  World& world() const { return world_; }

  // The running process, or null.
  Process* process() const { return process_ != nullptr && process_->alive() ? process_ : nullptr; }
  bool is_up() const { return process() != nullptr; }

  // Starts a new incarnation. Requires: none runs.
  Process& boot();
  // The process dies; connections are reset. Nothing happens when none runs.
  void crash();
  // The machine goes dark: the process dies and nobody hears of it until boot().
  void power_off();

  // What survives: one object of type T a host, made on first use.
  template <class T>
  T& storage() {
    if (!storage_) storage_ = std::make_shared<T>();
    return *static_cast<T*>(storage_.get());
  }

 private:
  World& world_;
  std::string name_;
  HostId id_;
  bool powered_ = true;
  Process* process_ = nullptr;
  std::shared_ptr<void> storage_;
};

}  // namespace kafkasim::sim

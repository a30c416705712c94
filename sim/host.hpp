// A machine: at most one process at a time, a disk, a clock that may be wrong, and what survives
// the process. A process crash keeps the host's storage (the page cache included); what a power
// loss takes from it is the storage's own business.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/disk.hpp"
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

  Disk& disk() { return disk_; }
  const Disk& disk() const { return disk_; }

  // How far its clock is ahead of virtual time, or behind it. Timers do not care.
  Duration clock_offset() const { return clock_offset_; }
  void set_clock_offset(Duration offset) { clock_offset_ = offset; }
  // Milliseconds since 1970 by its clock.
  std::int64_t wall_clock_ms(Time now) const { return to_epoch_ms(now + clock_offset_); }

  // Starts a new incarnation. Requires: none runs.
  Process& boot();
  // The process dies; connections are reset. Nothing happens when none runs.
  void crash();
  // The machine goes dark: the process dies and nobody hears of it until boot().
  void power_off();
  bool has_power() const { return powered_; }

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
  Disk disk_;
  Duration clock_offset_{};
  bool powered_ = true;
  Process* process_ = nullptr;
  std::shared_ptr<void> storage_;
};

}  // namespace kafkasim::sim

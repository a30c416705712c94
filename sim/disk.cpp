// The queue of a disk is the time until which it is busy: operations end in the order in which they
// were asked for.
#include "sim/disk.hpp"

#include <algorithm>

#include "sim/check.hpp"
#include "sim/wait.hpp"

namespace kafkasim::sim {

namespace {

constexpr std::size_t longest_queue = 100'000;

// Counts an operation in as long as it waits; also when its process dies.
class Place {
 public:
  explicit Place(std::size_t& count) : count_(count) { ++count_; }
  ~Place() { --count_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

void Disk::set_speed(Duration write, Duration flush) {
  write_ = write;
  flush_ = flush;
  look_for_troubles();
}

void Disk::set_slowness(Duration extra) {
  extra_ = extra;
  look_for_troubles();
}

void Disk::set_full(bool full) {
  full_ = full;
  look_for_troubles();
}

void Disk::fail(bool replaceable) {
  failed_ = true;
  replaceable_ = replaceable;
  look_for_troubles();
}

void Disk::replace() {
  CHECKED(may_be_replaced(), "a disk is replaced that works, or that cannot be replaced yet");
  failed_ = false;
  full_ = false;
  look_for_troubles();
}

void Disk::look_for_troubles() {
  has_troubles_ = failed_ || full_ || write_ + flush_ + extra_ > Duration::zero();
}

DiskResult Disk::write_result() const {
  if (failed_) return DiskResult::failed;
  return full_ ? DiskResult::full : DiskResult::done;
}

Task<DiskResult> Disk::operate(Duration takes, bool writes) {
  if (failed_) co_return DiskResult::failed;
  const Time end = later(std::max(loop_.now(), busy_until_), takes);
  // Also what takes no time waits for those before it.
  if (end > loop_.now() || waiting_ > 0) {
    CHECKED(waiting_ < longest_queue, "{} operations wait for a disk", waiting_);
    busy_until_ = end;
    const Place place(waiting_);
    co_await sleep_until(end);
  }
  const DiskResult result = write_result();
  if (result == DiskResult::full && !writes) co_return DiskResult::done;
  co_return result;
}

}  // namespace kafkasim::sim

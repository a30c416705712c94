// First come, first served: only the first in line collects.
#include "producer/buffer_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/check.hpp"

namespace kafkasim::producer {

int BufferPool::queued() const {
  return static_cast<int>(
      std::count_if(line_.begin(), line_.end(), [](const Waiter& w) { return !w.served(); }));
}

std::int64_t BufferPool::take_up_to(std::int64_t bytes) {
  // Break up pooled buffers as needed.
  while (unpooled_ < bytes && pooled_ > 0) {
    --pooled_;
    unpooled_ += poolable_;
  }
  const std::int64_t taken = std::min(bytes, unpooled_);
  unpooled_ -= taken;
  return taken;
}

bool BufferPool::try_allocate(std::int64_t bytes) {
  if (queued() > 0 || available() < bytes) return false;
  if (bytes == poolable_ && pooled_ > 0) {
    --pooled_;
  } else {
    take_up_to(bytes);
  }
  note_use();
  return true;
}

void BufferPool::note_use() {
  if (metrics_ != nullptr) metrics_->buffer_used(total_ - available());
}

BufferPool::Ticket BufferPool::wait_for(std::int64_t bytes) {
  line_.push_back(Waiter{bytes, 0});
  const auto waiter = std::prev(line_.end());
  serve();
  return waiter;
}

void BufferPool::serve() {
  for (Waiter& waiter : line_) {
    if (waiter.served()) continue;
    waiter.collected += take_up_to(waiter.wanted - waiter.collected);
    if (!waiter.served()) break;
  }
  note_use();
}

bool BufferPool::leave(Ticket waiter) {
  const bool served = waiter->served();
  if (!served) unpooled_ += waiter->collected;
  line_.erase(waiter);
  if (!served) serve();
  return served;
}

void BufferPool::release(std::int64_t bytes) {
  if (bytes == poolable_) {
    ++pooled_;
  } else {
    unpooled_ += bytes;
  }
  CHECKED(available() <= total_, "{} of {} bytes are free", available(), total_);
  serve();
}

std::string BufferPool::exhausted_message(std::int64_t bytes, std::int64_t waited_ms) const {
  return fmt::format(
      "Failed to allocate {} bytes within the configured max blocking time {} ms. Total memory: {} "
      "bytes. "
      "Available memory: {} bytes. Poolable size: {} bytes",
      bytes, waited_ms, total_, available(), poolable_);
}

}  // namespace kafkasim::producer

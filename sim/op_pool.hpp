// A pool of small blocks for pending operations: a world allocates and frees millions of them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace kafkasim::sim {

class OpPool {
 public:
  OpPool() = default;
  OpPool(const OpPool&) = delete;
  OpPool& operator=(const OpPool&) = delete;

  void* allocate(std::size_t size) {
    const std::size_t bucket = (size + granularity - 1) / granularity;
    if (bucket >= buckets) return ::operator new(size);
    Free*& head = free_[bucket];
    if (head == nullptr) refill(bucket);
    Free* block = head;
    head = block->next;
    return block;
  }

  void release(void* memory, std::size_t size) noexcept {
    const std::size_t bucket = (size + granularity - 1) / granularity;
    if (bucket >= buckets) {
      ::operator delete(memory);
      return;
    }
    free_[bucket] = ::new (memory) Free{free_[bucket]};
  }

 private:
  struct Free {
    Free* next;
  };
  static constexpr std::size_t granularity = 32;
  static constexpr std::size_t buckets = 16;  // blocks of up to 480 bytes
  static constexpr std::size_t blocks_at_once = 32;

  void refill(std::size_t bucket) {
    const std::size_t size = bucket * granularity;
    chunks_.push_back(std::make_unique<std::byte[]>(size * blocks_at_once));
    std::byte* chunk = chunks_.back().get();
    for (std::size_t i = blocks_at_once; i-- > 0;) {
      free_[bucket] = ::new (chunk + i * size) Free{free_[bucket]};
    }
  }

  std::array<Free*, buckets> free_{};
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
};

}  // namespace kafkasim::sim

// What a power loss and a torn write leave of a log.
#include "broker/storage.hpp"

#include <algorithm>

namespace kafkasim::broker {

using protocol::Offset;
using protocol::StoredBatch;

std::vector<StoredBatch> lose_unflushed(LogStorage& log) {
  std::vector<StoredBatch> lost;
  while (!log.batches.empty() && log.batches.back().next_offset() > log.flushed_to) {
    lost.push_back(log.batches.back());
    log.batches.pop_back();
  }
  std::reverse(lost.begin(), lost.end());
  // A segment that begins where the disk ends may be there as an empty file.
  while (log.segments.size() > 1 && log.segments.back().base_offset > log.flushed_to)
    log.segments.pop_back();
  const Offset end = log.batches.empty() ? Offset(0) : log.batches.back().next_offset();
  const Offset first = log.segments.empty() ? Offset(0) : log.segments.back().base_offset;
  log.end_offset = std::max(end, first);
  if (log.corrupt_from && *log.corrupt_from >= log.end_offset) log.corrupt_from.reset();
  log.clean_shutdown = log.clean_shutdown && lost.empty();
  return lost;
}

void corrupt_tail(LogStorage& log) {
  if (log.batches.empty()) return;
  const auto torn = std::find_if(log.batches.begin(), log.batches.end(), [&](const StoredBatch& b) {
    return b.next_offset() > log.flushed_to;
  });
  log.corrupt_from = torn == log.batches.end() ? log.batches.back().base_offset : torn->base_offset;
}

}  // namespace kafkasim::broker

// Lists of watchers, which both sides may leave first.
#include "broker/partition_watch.hpp"

#include <limits>

namespace kafkasim::broker {

using protocol::Offset;

WatchList::~WatchList() {
  for (WatchEntry* entry : entries_) entry->list = nullptr;
}

void WatchList::notify(Offset reached) {
  // Waking only schedules, so the list does not change under way.
  for (WatchEntry* entry : entries_) {
    if (entry->wanted <= reached) entry->watch->signal_.notify_all();
  }
}

void WatchList::notify_all() { notify(Offset(std::numeric_limits<std::int64_t>::max())); }

Watch::~Watch() {
  for (WatchEntry& entry : entries_) {
    if (entry.list != nullptr) entry.list->entries_.erase(entry.place);
  }
}

void Watch::add(WatchList& list, Offset wanted) {
  WatchEntry& entry = entries_.emplace_back();
  entry.watch = this;
  entry.list = &list;
  entry.wanted = wanted;
  entry.place = list.entries_.insert(list.entries_.end(), &entry);
}

}  // namespace kafkasim::broker

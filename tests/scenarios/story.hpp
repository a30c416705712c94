// A small language for hand-made traces: events with times go to a ledger and a timeline, and the
// state at the end is written as text. Names of records are their tags' names: the same name is the
// same record.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/events.hpp"
#include "scenarios/engine/fault_event.hpp"
#include "scenarios/engine/ledger.hpp"
#include "scenarios/engine/outcome.hpp"
#include "scenarios/engine/timeline.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios::testing {

namespace events = protocol::events;
using protocol::ErrorCode;
using protocol::Offset;
using namespace std::chrono_literals;

inline std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> out;
  for (std::string word; stream >> word;) out.push_back(word);
  return out;
}

inline TopicPartition tp(std::string_view text) { return parse_partition(text).value(); }

class Story {
 public:
  Ledger ledger;
  Timeline timeline;
  FinalState state;

  Story& at(sim::Duration time) {
    now_ = sim::Time(time);
    state.at = now_;
    return *this;
  }
  template <class E>
  Story& tell(std::string_view who, const E& event) {
    ledger.note(now_, who, event);
    timeline.note(now_, who, event);
    return *this;
  }

  // `names`: records as "A B C"; "A/k1" has the key k1.
  Story& sent(std::string_view who, std::string_view topic, std::string_view names) {
    for (const std::string& name : words(names))
      tell(who, events::Sent{std::string(topic), record(name)});
    return *this;
  }
  Story& acked(std::string_view who, std::string_view partition, std::int64_t base,
               std::string_view names) {
    return tell(who, events::Acked{tp(partition), Offset(base), batch(names), base >= 0});
  }
  Story& failed(std::string_view who, std::string_view partition, std::string_view name,
                ErrorCode error, std::string message = {}) {
    const TopicPartition to = tp(partition);
    return tell(who, events::Failed{to.topic, to.partition, record(name), error, std::move(message),
                                    false});
  }
  Story& retried(std::string_view who, std::string_view partition, std::string_view names,
                 ErrorCode error) {
    return tell(who, events::Retried{tp(partition), error, 1, batch(names)});
  }
  Story& appended(std::string_view who, std::string_view partition, std::int64_t base,
                  std::string_view names, std::int32_t epoch = 0) {
    return tell(who, events::Appended{tp(partition), stored(base, epoch, names)});
  }
  Story& copied(std::string_view who, std::string_view partition, std::int64_t base,
                std::string_view names, std::int32_t epoch = 0) {
    return tell(who, events::Copied{tp(partition), stored(base, epoch, names)});
  }
  Story& replicated(std::string_view who, std::string_view partition, std::int64_t base,
                    std::string_view names) {
    const protocol::StoredBatch crossed = stored(base, 0, names);
    return tell(who, events::HighWatermarkMoved{
                         tp(partition), Offset(base), crossed.next_offset(), {crossed}});
  }
  // The whole way of one batch through leader broker-1, with its ack.
  Story& stores(std::string_view who, std::string_view partition, std::int64_t base,
                std::string_view names) {
    sent(who, tp(partition).topic, names);
    appended("broker-1", partition, base, names);
    replicated("broker-1", partition, base, names);
    return acked(who, partition, base, names);
  }
  Story& truncated(std::string_view who, std::string_view partition, std::int64_t to,
                   std::string_view names) {
    return tell(who, events::Truncated{tp(partition), Offset(to), {stored(to, 0, names)}});
  }
  // Other ways out of a log; the records stood from `base` on.
  Story& deleted(std::string_view who, std::string_view partition, std::int64_t base,
                 std::string_view names) {
    const protocol::StoredBatch gone = stored(base, 0, names);
    return tell(who,
                events::RecordsDeleted{tp(partition), gone.next_offset(), "retention", {gone}});
  }
  Story& compacted(std::string_view who, std::string_view partition, std::int64_t base,
                   std::string_view names) {
    const protocol::StoredBatch gone = stored(base, 0, names);
    return tell(who, events::Compacted{tp(partition), gone.next_offset(), 100, 0, {gone}});
  }
  Story& unflushed(std::string_view who, std::string_view partition, std::int64_t base,
                   std::string_view names) {
    return tell(who, events::UnflushedLost{tp(partition), Offset(base), {stored(base, 0, names)}});
  }
  Story& elected(std::string_view partition, int leader, std::int32_t epoch, bool unclean = false) {
    return tell("controller-1", events::Elected{tp(partition), protocol::BrokerId(leader),
                                                protocol::LeaderEpoch(epoch), unclean});
  }
  Story& polled(std::string_view who, std::string_view partition, std::int64_t base,
                std::string_view names) {
    for (const std::string& name : words(names)) {
      tell(who, events::Polled{tp(partition), Offset(base++), record(name)});
    }
    return *this;
  }
  Story& handled(std::string_view who, std::string_view group, std::string_view partition,
                 std::int64_t base, std::string_view names) {
    for (const std::string& name : words(names)) {
      tell(who, events::Handled{std::string(group), tp(partition), Offset(base++), record(name)});
    }
    return *this;
  }
  Story& committed(std::string_view group, std::string_view partition, std::int64_t offset,
                   std::int32_t coordinator_epoch = 0) {
    return tell("broker-1",
                events::OffsetCommitted{std::string(group), tp(partition), Offset(offset), "member",
                                        protocol::LeaderEpoch(coordinator_epoch)});
  }
  Story& joined(std::string_view who, std::string_view group, int generation,
                std::string_view partitions) {
    std::vector<TopicPartition> owned;
    for (const std::string& name : words(partitions)) owned.push_back(tp(name));
    return tell(who, events::Joined{std::string(group), generation, std::move(owned)});
  }
  Story& fault(std::string text, int number = 1) {
    return tell("scenario", FaultHappened{std::move(text), number});
  }

  // A replica of a partition at the end: log as "A B e1 C" from offset `start` on; the first
  // replica of a partition named in `leads` leads it.
  Story& replica(std::string_view partition, std::string broker, std::string_view log,
                 std::int64_t high_watermark, std::int64_t start = 0) {
    const TopicPartition name = tp(partition);
    if (state.partitions.empty() || state.partitions.back().partition != name) {
      state.partitions.push_back({name, broker, protocol::LeaderEpoch(0), {}, {}, {}});
    }
    ReplicaState out;
    out.broker = std::move(broker);
    out.log_start = Offset(start);
    out.leader_epoch = protocol::LeaderEpoch(0);
    Offset next(start);
    for (const std::string& word : words(log)) {
      if (word.size() == 2 && word[0] == 'e' && word[1] >= '0' && word[1] <= '9') {
        out.leader_epoch = protocol::LeaderEpoch(word[1] - '0');
        continue;
      }
      out.log.push_back(stored(next.value(), out.leader_epoch.value(), word));
      next = next.next();
    }
    out.log_end = next;
    out.high_watermark = Offset(high_watermark);
    PartitionState& to = state.partitions.back();
    if (to.replicas.empty()) to.leader_epoch = out.leader_epoch;
    to.isr.push_back(broker_number(out.broker));
    to.replicas.push_back(std::move(out));
    return *this;
  }
  Story& group(std::string name, int alive, std::string_view topics) {
    state.groups.push_back({std::move(name), alive, words(topics), {}});
    return *this;
  }
  Story& consumer(std::string name, std::string in_group, std::string_view owned) {
    ConsumerState out{std::move(name), std::move(in_group), true, {}, {}};
    for (const std::string& partition : words(owned)) out.owned.push_back(tp(partition));
    state.consumers.push_back(std::move(out));
    return *this;
  }

  protocol::Record record(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string name(text.substr(0, slash));
    protocol::Record out;
    out.tag = tags_.try_emplace(name, tags_.size() + 1).first->second;
    out.value = protocol::Bytes(name);
    out.value_size = out.value.size();
    if (slash != std::string_view::npos) keys_[name] = text.substr(slash + 1);
    if (keys_.contains(name)) out.key = protocol::Bytes(keys_[name]);
    return out;
  }
  protocol::BatchRef batch(std::string_view names) {
    protocol::RecordBatch out;
    for (const std::string& name : words(names)) out.records.push_back(record(name));
    protocol::seal(out);
    return protocol::make_ref<protocol::RecordBatch>(out);
  }
  protocol::StoredBatch stored(std::int64_t base, std::int32_t epoch, std::string_view names) {
    return {Offset(base), protocol::LeaderEpoch(epoch), -1, batch(names)};
  }

 private:
  sim::Time now_{};
  std::map<std::string, protocol::RecordTag> tags_;
  std::map<std::string, std::string> keys_;
};

}  // namespace kafkasim::scenarios::testing

// The part of the group coordinator that takes time: one coroutine that sleeps until something is
// due, appends, loading.
#include "broker/group/group_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/cluster_messages.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {

using protocol::ErrorCode;

namespace {

// Reading a partition back takes a moment, during which its groups have no coordinator.
constexpr sim::Duration load_time = std::chrono::milliseconds(1);
constexpr sim::Duration load_time_per_batch = std::chrono::microseconds(1);
// What one batch takes, well below the largest message that a topic accepts.
constexpr std::int32_t batch_bytes = 512 * 1024;
constexpr int settle_limit = 1'000'000;

std::string random_uuid(sim::Rng& rng) {
  const std::uint64_t high = (rng.next() & ~0xf000ull) | 0x4000ull;
  const std::uint64_t low = (rng.next() & ~(3ull << 62)) | (2ull << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffffffffffffull);
}

std::optional<GroupTopic> known_topic(const MetadataImage& image, const std::string& name) {
  const TopicImage* topic = image.topic(name);
  if (topic == nullptr) return std::nullopt;
  return GroupTopic{topic->id, static_cast<int>(topic->partitions.size())};
}

}  // namespace

GroupService::GroupService(const Context& context, ReplicaManager& replicas)
    : context_(context),
      replicas_(replicas),
      settings_(group_settings(context.config)),
      append_linger_(context.config.duration_ms("group.coordinator.append.linger.ms")),
      partition_count_(context.config.int_value("offsets.topic.num.partitions")),
      // Each incarnation of the broker draws others, so that no member id is ever given twice.
      member_ids_(
          context.world.rng(fmt::format("group member ids of {} since {}", context.host.name(),
                                        context.now().time_since_epoch().count()))),
      watch_(context.invariants) {
  settings_.accept_old_commits = context.mutations.accept_old_commits;
  replicas.add_listener(*this);
}

void GroupService::start() { sim::spawn(context_.process, run()); }

sim::Task<> GroupService::run() {
  for (;;) {
    settle();
    if (sim::must_yield(context_.process)) co_await sim::yield_now();
    sleeping_until_ = next_deadline();
    co_await wake_.wait(sleeping_until_);
  }
}

void GroupService::wake() { wake_.notify_all(); }

sim::Time GroupService::next_deadline() const {
  if (!notes_.empty()) return context_.now();
  sim::Time next = sim::never;
  for (const auto& [partition, shard] : shards_) {
    next = std::min({next, shard.load_at, shard.flush_at, shard.coordinator->next_deadline()});
  }
  return next;
}

void GroupService::became_leader(const protocol::TopicPartition& partition,
                                 protocol::LeaderEpoch epoch) {
  if (partition.topic != protocol::offsets_topic) return;
  notes_.push_back({Note::Kind::became_leader, partition, {}, epoch});
  wake();
}

void GroupService::resigned(const protocol::TopicPartition& partition) {
  if (partition.topic != protocol::offsets_topic) return;
  notes_.push_back({Note::Kind::resigned, partition, {}});
  wake();
}

void GroupService::high_watermark_moved(const protocol::TopicPartition& partition,
                                        protocol::Offset high_watermark) {
  if (partition.topic != protocol::offsets_topic) return;
  notes_.push_back({Note::Kind::high_watermark, partition, high_watermark});
  wake();
}

void GroupService::partitions_deleted(const std::set<protocol::TopicPartition>& partitions) {
  for (auto& [partition, shard] : shards_) {
    if (shard.loaded) shard.coordinator->forget_offsets(partitions, context_.now());
  }
  settle();
  wake();
}

void GroupService::topics_changed(const std::set<std::string>& topics) {
  for (auto& [partition, shard] : shards_) {
    if (shard.loaded) shard.coordinator->topics_changed(topics);
  }
}

void GroupService::settle() {
  for (int steps = 0;; ++steps) {
    CHECKED(steps < settle_limit, "the group coordinator of {} does not come to rest",
            context_.host.name());
    if (!notes_.empty()) {
      const Note note = std::move(notes_.front());
      notes_.pop_front();
      act_on(note);
      continue;
    }
    const bool moved = std::any_of(shards_.begin(), shards_.end(),
                                   [&](auto& shard) { return settle_shard(shard.second); });
    if (!moved) break;
  }
  for (auto& [partition, shard] : shards_) hand_out(shard);
}

// True when something happened.
bool GroupService::settle_shard(Shard& shard) {
  const sim::Time now = context_.now();
  if (shard.load_at <= now) {
    load(shard);
    return true;
  }
  if (shard.coordinator->next_deadline() <= now) {
    shard.coordinator->advance(now);
    return true;
  }
  if (shard.coordinator->next_write() == nullptr) return false;
  // Records wait a little for others to share a batch, and with it the wait for replication.
  if (shard.flush_at == sim::never) shard.flush_at = sim::later(now, append_linger_);
  if (shard.flush_at > now) return false;
  flush(shard);
  return true;
}

void GroupService::act_on(const Note& note) {
  const auto at = shards_.find(note.partition);
  switch (note.kind) {
    case Note::Kind::became_leader: {
      Shard& shard = shards_[note.partition];
      shard.leader_epoch = note.leader_epoch;
      if (at != shards_.end()) return;  // led before, and goes on
      shard.partition = note.partition;
      shard.coordinator = std::make_unique<GroupCoordinator>(
          settings_,
          [this](const std::string& prefix) {
            const std::string id = random_uuid(member_ids_);
            return prefix.empty() ? id : prefix + "-" + id;
          },
          [this](const std::string& name) { return known_topic(context_.image, name); });
      const auto batches = static_cast<std::int64_t>(replicas_.read_all(note.partition).size());
      shard.load_at = context_.now() + load_time + batches * load_time_per_batch;
      return;
    }
    case Note::Kind::resigned:
      if (at == shards_.end()) return;
      at->second.coordinator->resign(context_.now());
      hand_out(at->second);
      watch_.resigned(note.partition.partition);
      shards_.erase(at);
      return;
    case Note::Kind::high_watermark:
      if (at == shards_.end() || !at->second.loaded) return;
      watch_.replicated(note.partition.partition, note.high_watermark);
      at->second.coordinator->replicated_up_to(note.high_watermark, context_.now());
      return;
  }
}

void GroupService::load(Shard& shard) {
  shard.load_at = sim::never;
  const sim::Time now = context_.now();
  const Partition* partition = replicas_.find(shard.partition);
  if (partition == nullptr) return;  // news of that is on its way
  std::vector<protocol::StoredBatch> batches = replicas_.read_all(shard.partition);
  if (context_.mutations.forget_last_commits && !batches.empty()) batches.pop_back();
  for (const protocol::StoredBatch& stored : batches) {
    for (const protocol::Record& record : stored.batch->records) {
      watch_.read_back(shard.partition.partition, record, stored.base_offset + record.offset_delta);
      const auto read = from_record(record);
      if (read) shard.coordinator->replay(*read, stored.base_offset + record.offset_delta, now);
    }
  }
  shard.coordinator->replicated_up_to(partition->log().high_watermark(), now);
  shard.coordinator->take_commits();  // reported when they were made
  shard.coordinator->loaded(now);
  watch_.loaded(shard.partition.partition, shard.partition, shard.coordinator->groups());
  shard.loaded = true;
}

void GroupService::flush(Shard& shard) {
  shard.flush_at = sim::never;
  protocol::RecordBatch batch;
  std::vector<std::int64_t> counts;  // of records of each write in the batch
  std::int32_t size = protocol::batch_header_size;
  for (const GroupWrite& write : shard.coordinator->wanted_writes()) {
    if (write.records.empty()) continue;
    std::vector<protocol::Record> records;
    std::int32_t added = 0;
    for (const GroupRecord& record : write.records) {
      records.push_back(to_record(record, context_.wall_clock_ms()));
      added +=
          protocol::record_size_upper_bound(records.back().key.size(), records.back().value_size);
    }
    if (!counts.empty() && size + added > batch_bytes) break;
    size += added;
    counts.push_back(static_cast<std::int64_t>(records.size()));
    std::move(records.begin(), records.end(), std::back_inserter(batch.records));
  }
  protocol::seal(batch);
  const protocol::BatchRef sealed(new protocol::RecordBatch(std::move(batch)));
  const InternalAppend appended = replicas_.append_internal(shard.partition, sealed);
  if (appended.error == ErrorCode::none)
    watch_.appended(shard.partition.partition, *sealed, appended.base_offset);
  protocol::Offset base = appended.base_offset;
  if (appended.error != ErrorCode::none) {
    shard.coordinator->append_failed(appended.error, context_.now());
    watch_.taken_back(shard.partition.partition);
    return;
  }
  for (const std::int64_t count : counts) {
    shard.coordinator->appended(base, context_.now());
    base = base + count;
  }
  // What did not fit does not wait again.
  if (shard.coordinator->next_write() != nullptr) shard.flush_at = context_.now();
}

void GroupService::hand_out(Shard& shard) {
  GroupCoordinator& coordinator = *shard.coordinator;
  for (const auto& change : coordinator.take_state_changes()) {
    context_.report(change);
    watch_.changed(shard.partition.partition, change, coordinator.groups().find(change.group));
  }
  watch_.look(shard.partition.partition, coordinator.consumer_groups());
  for (protocol::events::OffsetCommitted& commit : coordinator.take_commits()) {
    commit.coordinator_epoch = shard.leader_epoch;
    context_.report(commit);
  }
  for (GroupReply& reply : coordinator.take_replies()) {
    const auto at = parked_.find(reply.token);
    CHECKED(at != parked_.end(), "nobody waits for group request {}", reply.token);
    at->second->response = std::move(reply.response);
    at->second->answered.notify_all();
  }
  for (const GroupToken token : coordinator.take_abandoned()) {
    const auto at = parked_.find(token);
    CHECKED(at != parked_.end(), "nobody waits for group request {}", token);
    at->second->response = at->second->unanswered;
    at->second->answered.notify_all();
  }
}

const ClassicGroup* GroupService::group(const std::string& group_id) const {
  const auto at = shards_.find(partition_of(group_id));
  return at == shards_.end() || !at->second.loaded
             ? nullptr
             : at->second.coordinator->groups().find(group_id);
}

const OffsetStore* GroupService::offsets(const std::string& group_id) const {
  const auto at = shards_.find(partition_of(group_id));
  const bool coordinates = at != shards_.end() && at->second.loaded;
  return coordinates ? &at->second.coordinator->offsets() : nullptr;
}

const ConsumerGroup* GroupService::consumer_group(const std::string& group_id) const {
  const auto at = shards_.find(partition_of(group_id));
  return at == shards_.end() || !at->second.loaded
             ? nullptr
             : at->second.coordinator->consumer_groups().find(group_id);
}

std::map<protocol::TopicPartition, const GroupCoordinator*> GroupService::coordinators() const {
  std::map<protocol::TopicPartition, const GroupCoordinator*> out;
  for (const auto& [partition, shard] : shards_) {
    if (shard.loaded) out[partition] = shard.coordinator.get();
  }
  return out;
}

}  // namespace kafkasim::broker

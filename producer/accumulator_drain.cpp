// Readiness is a matter of nodes: once one partition of a node has something to send, every
// partition of it that may be sent comes along, its linger notwithstanding.
#include <algorithm>

#include "producer/accumulator.hpp"

namespace kafkasim::producer {

using client::NodeId;
using protocol::TopicPartition;

Accumulator::Ready Accumulator::ready(const client::Metadata& metadata, sim::Time now) {
  Ready out;
  for (auto& [name, topic] : topics_) topic_ready(name, topic, metadata, now, out);
  return out;
}

void Accumulator::topic_ready(const std::string& name, Topic& topic,
                              const client::Metadata& metadata, sim::Time now, Ready& out) {
  const client::TopicInfo* info = metadata.topic(name);
  const std::size_t partitions = info == nullptr ? 0 : info->partitions.size();
  // Queue lengths say something only once every partition has a queue.
  const bool weighs = config_.adaptive_partitioning && topic.queues.size() >= partitions;
  std::vector<std::int32_t> lengths;
  std::vector<std::int32_t> numbers;
  for (const auto& [number, queue] : topic.queues) {
    const TopicPartition partition{name, number};
    const client::Node* leader = metadata.leader_node(partition);
    if (leader != nullptr && weighs && (queue.empty() || !is_avoided(leader->id))) {
      lengths.push_back(static_cast<std::int32_t>(queue.size()));
      numbers.push_back(number);
    }
    if (queue.empty()) continue;
    queue.front()->note_leader_epoch(metadata.leader_epoch(partition));
    if (leader == nullptr) {
      out.topics_without_leader.insert(name);
    } else {
      queue_ready(partition, queue, leader->id, now, out);
    }
  }
  if (!weighs) {
    topic.partitioner.forget_load();
    return;
  }
  // What cannot be chosen still counts as a partition of the topic.
  const std::size_t usable = lengths.size();
  lengths.resize(topic.queues.size());
  numbers.resize(topic.queues.size());
  topic.partitioner.update_load(lengths, numbers, usable);
}

bool Accumulator::is_avoided(NodeId node) const {
  if (config_.availability_timeout.count() <= 0) return false;
  const auto found = latencies_.find(node);
  return found != latencies_.end() &&
         found->second.ready - found->second.drained > config_.availability_timeout;
}

void Accumulator::note_drained(NodeId node, bool could_drain, sim::Time now) {
  if (config_.availability_timeout.count() <= 0) return;
  Latency& latency = latencies_.try_emplace(node, Latency{now, now}).first->second;
  if (could_drain) latency.drained = now;
  latency.ready = now;
}

bool Accumulator::is_due(const std::deque<BatchPtr>& queue, sim::Time now) const {
  const Batch& first = *queue.front();
  const sim::Duration wait = first.is_backing_off(now) ? first.pause() : config_.linger;
  return queue.size() > 1 || first.is_full() || first.waited(now) >= wait || pool_.queued() > 0 ||
         closed_ || flushes_ > 0;
}

void Accumulator::queue_ready(const TopicPartition& partition, const std::deque<BatchPtr>& queue,
                              NodeId leader, sim::Time now, Ready& out) {
  if (muted_.contains(partition)) return;
  const Batch& first = *queue.front();
  const bool backing_off = first.is_backing_off(now);
  const sim::Duration wait = backing_off ? first.pause() : config_.linger;
  const sim::Duration waited = first.waited(now);
  if (is_due(queue, now) && !backing_off) {
    out.nodes.insert(leader);
    return;
  }
  const sim::Duration left = std::max(wait - waited, sim::Duration(0));
  out.next_change = std::min(out.next_change, left);
  // Kafka looks no further at a node that is ready already.
  if (!out.nodes.contains(leader)) out.next_check = std::min(out.next_check, left);
}

std::vector<BatchPtr> Accumulator::drain(NodeId node, const client::Metadata& metadata,
                                         std::int32_t max_size, sim::Time now) {
  std::vector<BatchPtr> out;
  const std::vector<TopicPartition>& partitions = metadata.led_by(node);
  if (partitions.empty()) return out;
  std::int64_t size = 0;
  // Each node starts where it stopped, so that the last partitions do not starve.
  std::size_t& index = drain_index_[node];
  const std::size_t start = index % partitions.size();
  std::size_t next = start;
  do {
    index = next;
    // librdkafka sends one partition in a request.
    if (config_.librdkafka && !out.empty()) break;
    const TopicPartition& partition = partitions[next];
    next = (next + 1) % partitions.size();
    if (muted_.contains(partition)) continue;
    auto* queue = this->queue(partition);
    if (queue == nullptr || queue->empty()) continue;
    const BatchPtr first = queue->front();
    first->note_leader_epoch(metadata.leader_epoch(partition));
    if (first->is_backing_off(now)) continue;
    if (config_.librdkafka && !is_due(*queue, now)) continue;
    if (size + first->estimated_size() > max_size && !out.empty()) break;
    if (transactions_ != nullptr && transactions_->must_wait(*first)) break;
    queue->pop_front();
    if (transactions_ != nullptr && !first->has_sequence()) transactions_->assign_sequence(first);
    size += first->sealed()->size_in_bytes;
    Topic& topic = this->topic(partition.topic);
    learn_compression(topic);
    topic.last_record_count = first->record_count();
    first->drained();
    out.push_back(first);
  } while (next != start);
  return out;
}

// Each drained batch, also one that is sent again, moves the estimate for the next ones: up fast,
// down slowly.
void Accumulator::learn_compression(Topic& topic) {
  if (config_.compression == protocol::Compression::none) return;
  const std::int32_t seen = compressed_thousandths(config_.compression);
  if (seen > topic.size_estimate) {
    topic.size_estimate = std::max(topic.size_estimate + 50, seen);
  } else {
    topic.size_estimate = std::max(topic.size_estimate - 5, seen);
  }
}

}  // namespace kafkasim::producer

// Drives consumer groups of a GroupCoordinator in tests without a simulator: topics that are only
// sizes, a log that a new coordinator can replay, and members that behave as Kafka's consumer does.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/group/group_coordinator.hpp"
#include "tests/support/catch.hpp"

namespace kafkasim::tests {

using Beat = protocol::ConsumerGroupHeartbeatRequest;
using Beaten = protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

inline constexpr const char* consumers = "c";

class ConsumerLab {
 public:
  explicit ConsumerLab(std::map<std::string, int> topics = {{"t", 4}},
                       broker::GroupSettings with = {})
      : sizes(std::move(topics)), settings(std::move(with)) {
    fail_over();
  }

  // ---- requests ----
  static Beat joining(const std::string& id, std::vector<std::string> topics = {"t"},
                      std::optional<std::string> instance = std::nullopt) {
    Beat request;
    request.group_id = consumers;
    request.member_id = id;
    request.group_instance_id = std::move(instance);
    request.rebalance_timeout_ms = 60'000;
    request.subscribed_topics = std::move(topics);
    request.owned.emplace();
    return request;
  }
  static Beat living(const std::string& id, std::int32_t epoch,
                     std::optional<std::string> instance = std::nullopt) {
    Beat request;
    request.group_id = consumers;
    request.member_id = id;
    request.member_epoch = epoch;
    request.group_instance_id = std::move(instance);
    return request;
  }
  static std::vector<protocol::TopicIdPartitions> as_owned(
      const broker::TargetPartitions& partitions) {
    std::vector<protocol::TopicIdPartitions> out;
    for (const auto& [topic, numbers] : partitions) {
      out.push_back({topic, {numbers.begin(), numbers.end()}});
    }
    return out;
  }
  static Beat owning(Beat request, const broker::TargetPartitions& partitions) {
    request.owned = as_owned(partitions);
    return request;
  }
  broker::GroupToken ask(const Beat& request) {
    broker::JoinContext context;
    context.client_id = "client";
    coordinator->consumer_heartbeat(++token, request, context, now);
    settle();
    return token;
  }
  // Requires: writes are replicated, or refused.
  Beaten beat(const Beat& request) {
    const broker::GroupToken asked = ask(request);
    REQUIRE(replies.contains(asked));
    return std::get<Beaten>(replies.at(asked));
  }
  ErrorCode commit(const std::string& id, std::int32_t epoch, std::int64_t offset = 1) {
    const protocol::OffsetCommitRequest request{
        consumers, epoch, id, "", {{{"t", 0}, protocol::Offset(offset), {}, ""}}};
    coordinator->offset_commit(++token, request, now);
    settle();
    return std::get<protocol::OffsetCommitResponse>(replies.at(token)).partitions.at(0).error;
  }
  protocol::OffsetFetchResponse fetch(const std::string& id, std::int32_t epoch) {
    protocol::OffsetFetchRequest request;
    request.group_id = consumers;
    request.member_id = id;
    request.member_epoch = epoch;
    request.partitions = {{"t", 0}};
    coordinator->offset_fetch(++token, request, now);
    settle();
    return std::get<protocol::OffsetFetchResponse>(replies.at(token));
  }

  // ---- the cluster ----
  void grow(const std::string& topic, int partitions) {
    sizes[topic] = partitions;
    coordinator->topics_changed({topic});
  }
  static protocol::Uuid id_of(const std::string& topic) {
    protocol::Uuid id{7, 0};
    for (const char c : topic) id.low = id.low * 256 + static_cast<unsigned char>(c);
    return id;
  }
  // Another coordinator, which knows what is in the log.
  void fail_over() {
    coordinator = std::make_unique<broker::GroupCoordinator>(
        settings,
        [this](const std::string& prefix) { return prefix + "id" + std::to_string(++ids); },
        [this](const std::string& name) -> std::optional<broker::GroupTopic> {
          const auto at = sizes.find(name);
          if (at == sizes.end()) return std::nullopt;
          return broker::GroupTopic{id_of(name), at->second};
        });
    for (std::size_t i = 0; i < log.size(); ++i) {
      coordinator->replay(log[i], protocol::Offset(static_cast<std::int64_t>(i)), now);
    }
    coordinator->replicated_up_to(log_end(), now);
    coordinator->take_commits();
    coordinator->loaded(now);
  }
  void pass(sim::Duration duration) {
    const sim::Time end = now + duration;
    while (coordinator->next_deadline() <= end) {
      now = std::max(now, coordinator->next_deadline());
      coordinator->advance(now);
      settle();
    }
    now = end;
  }
  void settle() {
    while (const broker::GroupWrite* write = coordinator->next_write()) {
      if (append_error != ErrorCode::none) {
        coordinator->append_failed(append_error, now);
        continue;
      }
      const protocol::Offset base = log_end();
      for (const auto& record : write->records) log.push_back(record);
      coordinator->appended(base, now);
    }
    if (replicating) coordinator->replicated_up_to(log_end(), now);
    for (broker::GroupReply& reply : coordinator->take_replies()) {
      replies[reply.token] = std::move(reply.response);
    }
    for (auto& change : coordinator->take_state_changes()) {
      changes.push_back(change.state + " " + std::to_string(change.generation) + ": " +
                        change.reason);
    }
    coordinator->take_commits();
  }
  protocol::Offset log_end() const {
    return protocol::Offset(static_cast<std::int64_t>(log.size()));
  }

  // ---- what came of it ----
  const broker::ConsumerGroup* find() const {
    return coordinator->consumer_groups().find(consumers);
  }
  const broker::ConsumerGroup& group() const {
    REQUIRE(find() != nullptr);
    return *find();
  }
  std::string state() const { return std::string(to_string(group().state())); }
  const broker::ConsumerMemberPlace& place(const std::string& id) const {
    REQUIRE(group().find(id) != nullptr);
    return group().find(id)->place;
  }
  static int count(const broker::TargetPartitions& partitions) {
    int count = 0;
    for (const auto& [topic, numbers] : partitions) count += static_cast<int>(numbers.size());
    return count;
  }
  static broker::TargetPartitions partitions(const Beaten& response) {
    REQUIRE(response.assignment.has_value());
    broker::TargetPartitions out;
    for (const auto& topic : *response.assignment) {
      out[topic.topic_id] = {topic.partitions.begin(), topic.partitions.end()};
    }
    return out;
  }
  // Everything that is known of all groups, in text.
  std::string dump() const {
    std::string out;
    for (const auto& [id, each] : coordinator->consumer_groups().groups()) {
      out += id + " epoch " + std::to_string(each.epoch()) + " target " +
             std::to_string(each.target_epoch()) + " " + std::string(to_string(each.state())) +
             " by " + each.assignor() + "\n";
      for (const auto& [name, topic] : each.topics()) {
        out += "  topic " + name + " " + std::to_string(topic.partitions) + "\n";
      }
      for (const auto& [name, member] : each.members()) {
        out += "  " + name + " (" + member.info.group_instance_id + ") at " +
               std::to_string(member.place.epoch) + " after " +
               std::to_string(member.place.previous_epoch) + " " +
               std::string(to_string(member.place.state)) + dump(member.place.assigned) + " -" +
               dump(member.place.pending_revocation) + " ->" + dump(each.target(name)) + "\n";
      }
    }
    return out;
  }
  static std::string dump(const broker::TargetPartitions& partitions) {
    std::string out;
    for (const auto& [topic, numbers] : partitions) {
      for (const int number : numbers) {
        out += " " + std::to_string(topic.low % 256) + "/" + std::to_string(number);
      }
    }
    return out;
  }

  std::map<std::string, int> sizes;
  broker::GroupSettings settings;
  sim::Time now = sim::zero;
  std::unique_ptr<broker::GroupCoordinator> coordinator;
  std::vector<broker::GroupRecord> log;
  bool replicating = true;
  ErrorCode append_error = ErrorCode::none;
  std::map<broker::GroupToken, broker::GroupResponse> replies;
  std::vector<std::string> changes;
  broker::GroupToken token = 0;
  int ids = 0;
};

}  // namespace kafkasim::tests

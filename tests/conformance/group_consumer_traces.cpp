// Recorded conversations of consumer groups (KIP-848) with Kafka's own group coordinator, replayed
// step by step: every response with the number of records it wrote, and the whole group after each
// step. The ids of topics are not in the recording; their hashes were in the order of the names,
// which the uniform assignor's choices show.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "broker/group/group_coordinator.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

const std::string group_id = "cg";

std::string error_name(protocol::ErrorCode error) { return std::string(protocol::name(error)); }

std::optional<std::string> optional_text(const json& object, const char* field) {
  if (!object.contains(field) || object.at(field).is_null()) return std::nullopt;
  return object.at(field).get<std::string>();
}

// One recorded case and the coordinator that replays it.
class Run {
 public:
  explicit Run(const json& recorded)
      : coordinator_(
            settings_of(recorded.at("config")),
            [](const std::string&) -> std::string { throw std::runtime_error("who needs an id?"); },
            [this](const std::string& name) { return topic(name); }) {
    for (const auto& [name, partitions] : recorded.at("topics").items()) {
      grow(name, partitions);
      const protocol::Uuid id{0, static_cast<std::uint64_t>(sizes_.size())};
      ids_[name] = id;
      names_[id] = name;
    }
    coordinator_.loaded(now_);
  }

  // Empty when the step went as recorded, else what differs.
  std::string step(const json& step) {
    now_ = sim::zero + milliseconds(step.at("t").get<std::int64_t>());
    const std::string op = step.at("op");
    std::string differs;
    if (op == "heartbeat") {
      differs = heartbeat(step);
    } else if (op == "sleep") {
      differs = sleep(step);
    } else if (op == "add_partitions") {
      grow(step.at("topic"), step.at("partitions"));
      coordinator_.topics_changed({step.at("topic").get<std::string>()});
    } else if (op == "offset_commit_check") {
      differs = offset_commit_check(step);
    } else {
      throw std::invalid_argument("an operation that the replay does not know: " + op);
    }
    const json got = group();
    json want = step.at("group");
    if (want.is_object()) {
      for (auto& [id, member] : want.at("members").items()) {
        for (const char* list : {"assigned", "pending_revocation", "target"}) sort(member.at(list));
      }
    }
    if (got != want) {
      differs += "group " + got.dump() + "\n  instead of " + want.dump() + "\n";
    }
    return differs;
  }

 private:
  static broker::GroupSettings settings_of(const json& config) {
    broker::GroupSettings settings;
    settings.consumer_session_timeout =
        milliseconds(config.at("group.consumer.session.timeout.ms").get<int>());
    settings.consumer_heartbeat_interval =
        milliseconds(config.at("group.consumer.heartbeat.interval.ms").get<int>());
    settings.consumer_max_size = config.at("group.consumer.max.size").get<int>();
    const std::string first = config.at("default_assignor");
    settings.assignors = {first, first == "range" ? "uniform" : "range"};
    settings.retention_check_interval = std::chrono::hours(1000);
    return settings;
  }

  void grow(const std::string& name, int partitions) {
    int& size = sizes_[name];
    if (partitions < size || partitions > 10'000) {
      throw std::invalid_argument("a topic that shrinks, or has no end");
    }
    size = partitions;
  }

  std::optional<broker::GroupTopic> topic(const std::string& name) const {
    const auto at = sizes_.find(name);
    if (at == sizes_.end()) return std::nullopt;
    return broker::GroupTopic{ids_.at(name), at->second};
  }

  protocol::ConsumerGroupHeartbeatRequest request_of(const json& recorded) const {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = group_id;
    request.member_id = recorded.at("member_id");
    request.member_epoch = recorded.at("member_epoch");
    request.group_instance_id = optional_text(recorded, "instance");
    request.rack_id = optional_text(recorded, "rack");
    request.rebalance_timeout_ms = recorded.value("rebalance_timeout_ms", -1);
    request.server_assignor = optional_text(recorded, "server_assignor");
    if (recorded.contains("topics") && !recorded.at("topics").is_null()) {
      request.subscribed_topics = recorded.at("topics").get<std::vector<std::string>>();
    }
    if (recorded.contains("owned") && !recorded.at("owned").is_null()) {
      request.owned = partitions_of(recorded.at("owned"));
    }
    return request;
  }

  std::vector<protocol::TopicIdPartitions> partitions_of(const json& list) const {
    std::map<protocol::Uuid, std::vector<std::int32_t>> by_topic;
    for (const std::string text : list) {
      const std::size_t dash = text.rfind('-');
      by_topic[ids_.at(text.substr(0, dash))].push_back(std::stoi(text.substr(dash + 1)));
    }
    std::vector<protocol::TopicIdPartitions> out;
    for (auto& [id, partitions] : by_topic) out.push_back({id, std::move(partitions)});
    return out;
  }

  json list_of(const broker::TargetPartitions& assignment) const {
    json out = json::array();
    for (const auto& [id, partitions] : assignment) {
      for (const int partition : partitions) {
        out.push_back(fmt::format("{}-{}", names_.at(id), partition));
      }
    }
    sort(out);
    return out;
  }

  std::string heartbeat(const json& step) {
    broker::JoinContext context;
    context.client_id = "client";
    const broker::GroupToken token = next_token_++;
    coordinator_.consumer_heartbeat(token, request_of(step.at("request")), context, now_);
    const std::size_t records = settle();
    const std::vector<broker::GroupReply> replies = coordinator_.take_replies();
    if (replies.size() != 1 || replies[0].token != token) return "no answer\n";
    const auto& response = std::get<protocol::ConsumerGroupHeartbeatResponse>(replies[0].response);
    json got;
    json want;
    if (response.error != protocol::ErrorCode::none) {
      got = {{"threw", error_name(response.error)}, {"message", response.error_message}};
    } else {
      got = {{"error", "NONE"},
             {"member_id", response.member_id},
             {"member_epoch", response.member_epoch},
             {"heartbeat_interval_ms", response.heartbeat_interval_ms},
             {"records_written", records}};
      if (response.assignment) {
        broker::TargetPartitions assignment;
        for (const auto& topic : *response.assignment) {
          assignment[topic.topic_id] = {topic.partitions.begin(), topic.partitions.end()};
        }
        got["assignment"] = list_of(assignment);
      }
    }
    if (step.contains("threw")) {
      want = {{"threw", step.at("threw")}, {"message", step.at("message")}};
    } else {
      want = step.at("response");
      if (want.contains("assignment")) sort(want["assignment"]);
    }
    if (got == want) return "";
    return "response " + got.dump() + "\n  instead of " + want.dump() + "\n";
  }

  // As the recording did: the group alone is asked.
  std::string offset_commit_check(const json& step) {
    protocol::OffsetCommitRequest request;
    request.group_id = group_id;
    request.generation_id_or_member_epoch = step.at("member_epoch");
    request.member_id = step.value("member_id", fmt::format("m{}", step.at("client").get<int>()));
    const broker::ConsumerGroups& groups = coordinator_.consumer_groups();
    const std::string got =
        error_name(groups.find(group_id) == nullptr ? protocol::ErrorCode::group_id_not_found
                                                    : groups.accept_commit(request));
    if (got == step.at("result")) return "";
    return "result " + got + " instead of " + step.at("result").dump() + "\n";
  }

  std::string sleep(const json& step) {
    const sim::Time end = now_ + milliseconds(step.at("ms").get<std::int64_t>());
    std::map<std::int64_t, std::vector<std::string>> fired;  // when, timers in their order
    for (const json& event : step.value("events", json::array())) {
      fired[event.at("t")] = event.at("timeouts").get<std::vector<std::string>>();
    }
    std::string differs;
    while (coordinator_.next_deadline() <= end) {
      now_ = std::max(now_, coordinator_.next_deadline());
      const broker::ConsumerGroup* known = coordinator_.consumer_groups().find(group_id);
      const broker::ConsumerGroup before =
          known == nullptr ? broker::ConsumerGroup(group_id) : *known;
      coordinator_.advance(now_);
      settle();
      const auto ms = std::chrono::floor<milliseconds>(now_.time_since_epoch()).count();
      differs += after_timers(before, fired[ms], ms);
    }
    now_ = end;
    return differs;
  }

  // The recording let all timers of one moment look at the group as it was before, and applied what
  // they wrote afterwards; a coordinator that runs lets each see what the one before it did. So of
  // several at once only the last one's epoch and topics count here.
  std::string after_timers(const broker::ConsumerGroup& before,
                           const std::vector<std::string>& timers, std::int64_t ms) {
    const broker::ConsumerGroup* group = coordinator_.consumer_groups().find(group_id);
    if (group == nullptr) return "";
    std::set<std::string> gone;
    for (const auto& [id, member] : before.members()) {
      if (group->find(id) == nullptr) gone.insert(id);
    }
    broker::GroupTopics topics = before.topics();
    std::set<std::string> fenced;
    for (const std::string& timer : timers) {
      const std::size_t at = timer.find("-" + group_id + "-");
      const std::string id = timer.substr(at + group_id.size() + 2);
      if (!gone.contains(id) || !fenced.insert(id).second) continue;
      broker::GroupTopics left;
      for (const auto& [name, count] : before.subscribers_after(&before.find(id)->info, nullptr)) {
        if (const auto known = topic(name)) left[name] = *known;
      }
      if (left != before.topics()) topics = std::move(left);
    }
    if (fenced != gone) return fmt::format("at {} ms others are fenced\n", ms);
    if (gone.size() > 1) {
      using broker::ConsumerRecordKind;
      restore(broker::consumer_record(ConsumerRecordKind::topics, group_id, "", topics));
      restore(broker::consumer_record(ConsumerRecordKind::group_epoch, group_id, "",
                                      before.epoch() + 1));
    }
    return "";
  }

  void restore(const broker::GroupRecord& record) {
    coordinator_.replay(record, log_end_, now_);
    log_end_ = log_end_.next();
  }

  // Every write succeeds and is replicated at once. The number of records written.
  std::size_t settle() {
    std::size_t records = 0;
    while (const broker::GroupWrite* write = coordinator_.next_write()) {
      records += write->records.size();
      const auto count = static_cast<std::int64_t>(write->records.size());
      coordinator_.appended(log_end_, now_);
      log_end_ = log_end_ + count;
    }
    coordinator_.replicated_up_to(log_end_, now_);
    coordinator_.take_abandoned();
    return records;
  }

  static void sort(json& list) { std::sort(list.begin(), list.end()); }

  json group() const {
    const broker::ConsumerGroup* group = coordinator_.consumer_groups().find(group_id);
    if (group == nullptr) return json();
    json members = json::object();
    for (const auto& [id, member] : group->members()) {
      members[id] = {{"epoch", member.place.epoch},
                     {"previous_epoch", member.place.previous_epoch},
                     {"state", std::string(to_string(member.place.state))},
                     {"assigned", list_of(member.place.assigned)},
                     {"pending_revocation", list_of(member.place.pending_revocation)},
                     {"target", list_of(group->target(id))}};
      if (member.info.is_static()) members[id]["instance"] = member.info.group_instance_id;
    }
    const std::string assignor = group->assignor();
    return {{"state", std::string(to_string(group->state()))},
            {"group_epoch", group->epoch()},
            {"assignment_epoch", group->target_epoch()},
            {"assignor", assignor.empty() ? json() : json(assignor)},
            {"members", members}};
  }

  broker::GroupCoordinator coordinator_;
  std::map<std::string, int> sizes_;
  std::map<std::string, protocol::Uuid> ids_;
  std::map<protocol::Uuid, std::string> names_;
  sim::Time now_ = sim::zero;
  protocol::Offset log_end_{0};
  broker::GroupToken next_token_ = 1;
};

}  // namespace

void replay_group_consumer_trace(const json& recorded, Findings& findings) {
  Run run(recorded);
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    const std::string differs = run.step(step);
    if (differs.empty()) continue;
    findings.fail(differs);
    return;
  }
}

}  // namespace kafkasim::conformance

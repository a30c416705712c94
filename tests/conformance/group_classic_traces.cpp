// Recorded conversations with Kafka's own group coordinator, replayed step by step: every response
// when it came, and the state of the group after each step and each timer. Where Kafka leaves the
// choice of a leader to the order of a hash map over random ids, the replay chooses as the
// recording did.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>

#include "broker/group/group_coordinator.hpp"
#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

const std::string group_id = "grp";

std::string error_name(protocol::ErrorCode error) { return std::string(protocol::name(error)); }

json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

// Null and empty are one in our messages.
std::string text_of(const json& object, const char* field) {
  return object.contains(field) && object.at(field).is_string()
             ? object.at(field).get<std::string>()
             : "";
}

json plain(const protocol::JoinGroupResponse& response) {
  json members = json::array();
  for (const auto& member : response.members)
    members.push_back({{"id", member.member_id}, {"instance", member.group_instance_id}});
  return {{"error", error_name(response.error)},
          {"generation", response.generation_id},
          {"protocol_type", response.protocol_type},
          {"protocol", response.protocol_name},
          {"leader", response.leader},
          {"member_id", response.member_id},
          {"skip_assignment", response.skip_assignment},
          {"members", members}};
}

json plain(const protocol::SyncGroupResponse& response) {
  return {{"error", error_name(response.error)},
          {"protocol_type", response.protocol_type},
          {"protocol", response.protocol_name},
          {"assignment", std::string(response.assignment.view())}};
}

// A recorded response in the same form.
json recorded(const std::string& kind, const json& response) {
  if (kind == "sync") {
    return {{"error", response.at("error")},
            {"protocol_type", text_of(response, "protocol_type")},
            {"protocol", text_of(response, "protocol")},
            {"assignment", text_of(response, "assignment")}};
  }
  json members = json::array();
  for (const auto& member : response.at("members")) {
    members.push_back({{"id", member.at("id")}, {"instance", text_of(member, "instance")}});
  }
  return {{"error", response.at("error")},
          {"generation", response.at("generation")},
          {"protocol_type", text_of(response, "protocol_type")},
          {"protocol", text_of(response, "protocol")},
          {"leader", text_of(response, "leader")},
          {"member_id", text_of(response, "member_id")},
          {"skip_assignment", response.value("skip_assignment", false)},
          {"members", members}};
}

// One recorded case and the coordinator that replays it.
class Run {
 public:
  explicit Run(const json& config)
      : coordinator_(
            settings_of(config),
            [this](const std::string&) { return "M" + std::to_string(next_member_++); },
            [this](const std::vector<std::string>& candidates) {
              const auto at = std::find(candidates.begin(), candidates.end(), recorded_leader_);
              return at == candidates.end() ? std::size_t{0}
                                            : static_cast<std::size_t>(at - candidates.begin());
            }) {}

  // Empty when the step went as recorded, else what differs.
  std::string step(const json& step) {
    now_ = sim::zero + milliseconds(step.at("t").get<int>());
    if (step.at("op") == "sleep") return sleep(step);
    expect_leader(step);
    result_ = json();
    send(step);
    settle();
    std::string differs = compare(step);
    if (step.contains("result") && result_ != step.at("result")) {
      differs += "result " + result_.dump() + " instead of " + step.at("result").dump() + "\n";
    }
    return differs;
  }

 private:
  static broker::GroupSettings settings_of(const json& config) {
    broker::GroupSettings settings;
    settings.initial_rebalance_delay =
        milliseconds(config.at("group.initial.rebalance.delay.ms").get<int>());
    settings.max_size = config.at("group.max.size").get<int>();
    // The recording went in behind the check of session timeouts.
    settings.min_session_timeout = sim::Duration(0);
    settings.max_session_timeout = std::chrono::hours(1000);
    settings.new_member_join_timeout =
        milliseconds(config.at("new_member_join_timeout_ms").get<int>());
    settings.retention_check_interval = std::chrono::hours(1000);
    return settings;
  }

  void send(const json& step) {
    const std::string op = step.at("op");
    const broker::GroupToken token = next_token_++;
    asked_[token] = {step.at("client").get<int>(), op};
    if (op == "join") {
      join(token, step);
    } else if (op == "sync") {
      sync(token, step);
    } else if (op == "heartbeat") {
      const protocol::HeartbeatRequest request{group_id, step.at("generation"),
                                               step.at("member_id"), text_of(step, "instance")};
      coordinator_.heartbeat(token, request, now_);
    } else if (op == "leave") {
      const protocol::LeaveGroupRequest request{
          group_id, {{step.at("member_id"), text_of(step, "instance"), ""}}};
      coordinator_.leave(token, request, now_);
    } else {
      // The recording asked the group alone, so this must not count as a heartbeat.
      if (op != "offset_commit_check")
        throw std::invalid_argument("an operation that the replay does not know: " + op);
      protocol::OffsetCommitRequest request{
          group_id, step.at("generation"), step.at("member_id"), text_of(step, "instance"), {}};
      const broker::ClassicGroup* group = coordinator_.groups().find(group_id);
      result_ = error_name(group == nullptr ? protocol::ErrorCode::group_id_not_found
                                            : group->validate_commit(request));
    }
  }

  void join(broker::GroupToken token, const json& step) {
    protocol::JoinGroupRequest request;
    request.group_id = group_id;
    request.session_timeout_ms = step.at("session_timeout_ms");
    request.rebalance_timeout_ms = step.at("rebalance_timeout_ms");
    request.member_id = step.at("member_id");
    request.group_instance_id = text_of(step, "instance");
    request.protocol_type = step.at("protocol_type");
    for (const auto& name : step.at("protocols"))
      request.protocols.push_back({name, protocol::Bytes("same")});
    broker::JoinContext context;
    context.client_id = "client";
    context.knows_member_id_required = step.at("version") >= 4;
    context.knows_skip_assignment = step.at("version") >= 9;
    coordinator_.join(token, request, context, now_);
  }

  void sync(broker::GroupToken token, const json& step) {
    protocol::SyncGroupRequest request;
    request.group_id = group_id;
    request.generation_id = step.at("generation");
    request.member_id = step.at("member_id");
    request.group_instance_id = text_of(step, "instance");
    request.protocol_type = "consumer";
    request.protocol_name = text_of(step, "protocol");
    if (step.contains("assignments")) {
      for (const auto& [member, text] : step.at("assignments").items()) {
        request.assignments.push_back({member, protocol::Bytes(text.get<std::string>())});
      }
    }
    coordinator_.sync(token, request, now_);
  }

  std::string sleep(const json& step) {
    std::map<int, json> events;
    if (step.contains("events")) {
      for (const auto& event : step.at("events")) events[event.at("t").get<int>()] = event;
    }
    const sim::Time end = now_ + milliseconds(step.at("ms").get<int>());
    std::string differs;
    while (now_ < end) {
      now_ += milliseconds(100);
      const int t =
          static_cast<int>(std::chrono::floor<milliseconds>(now_.time_since_epoch()).count());
      const auto event = events.find(t);
      expect_leader(event == events.end() ? step : event->second);
      if (event != events.end()) expect_timers(event->second);
      coordinator_.advance(now_);
      settle();
      differs += compare(event == events.end() ? json() : event->second);
    }
    return differs + compare({{"group", step.at("group")}});
  }

  // Kafka's timers of one moment fired in the order in which the recording has them.
  void expect_timers(const json& event) {
    const std::string session = "heartbeat-" + std::string(group_id) + "-";
    const json timers = event.value("timeouts", json::array());
    for (auto timer = timers.rbegin(); timer != timers.rend(); ++timer) {
      const std::string name = *timer;
      using broker::GroupTimerKind;
      if (name.starts_with(session)) {
        coordinator_.put_first(GroupTimerKind::session, group_id, name.substr(session.size()));
      } else if (name.starts_with("join-")) {
        coordinator_.put_first(GroupTimerKind::join, group_id, "");
      } else if (name.starts_with("sync-")) {
        coordinator_.put_first(GroupTimerKind::sync, group_id, "");
      }
    }
  }

  void expect_leader(const json& step) {
    recorded_leader_ = step.at("group").is_null() ? "" : text_of(step.at("group"), "leader");
  }

  // Every write succeeds and is replicated at once.
  void settle() {
    while (const broker::GroupWrite* write = coordinator_.next_write()) {
      const auto count = static_cast<std::int64_t>(write->records.size());
      coordinator_.appended(log_end_, now_);
      log_end_ = log_end_ + count;
    }
    coordinator_.replicated_up_to(log_end_, now_);
    got_ = json::array();
    for (const broker::GroupReply& reply : coordinator_.take_replies()) note(reply);
    coordinator_.take_abandoned();
  }

  void note(const broker::GroupReply& reply) {
    const auto [client, op] = asked_.at(reply.token);
    if (const auto* join = std::get_if<protocol::JoinGroupResponse>(&reply.response)) {
      got_.push_back({{"client", client}, {"kind", op}, {"response", plain(*join)}});
    } else if (const auto* sync = std::get_if<protocol::SyncGroupResponse>(&reply.response)) {
      got_.push_back({{"client", client}, {"kind", op}, {"response", plain(*sync)}});
    } else if (const auto* heartbeat = std::get_if<protocol::HeartbeatResponse>(&reply.response)) {
      result_ = error_name(heartbeat->error);
    } else if (const auto* leave = std::get_if<protocol::LeaveGroupResponse>(&reply.response)) {
      result_ = error_name(leave->error);
      member_results_ = json::array();
      for (const auto& member : leave->members) member_results_.push_back(error_name(member.error));
    }
  }

  json group() const {
    const broker::ClassicGroup* group = coordinator_.groups().find(group_id);
    if (group == nullptr) return json();
    json members = json::array();
    for (const auto& [id, member] : group->members()) members.push_back(id);
    std::sort(members.begin(), members.end());
    return {{"state", std::string(to_string(group->state()))},
            {"generation", group->generation()},
            {"protocol", or_null(group->protocol_name())},
            {"leader", or_null(group->leader())},
            {"members", members},
            {"awaiting_join", group->awaiting_join()},
            {"pending_join_members", group->pending_joins().size()}};
  }

  // What came since the last settle() against `expected`, which has a "group" and perhaps
  // "responses".
  std::string compare(const json& expected) {
    json want = json::array();
    if (expected.contains("responses")) {
      for (const auto& each : expected.at("responses")) {
        want.push_back({{"client", each.at("client")},
                        {"kind", each.at("kind")},
                        {"response", recorded(each.at("kind"), each.at("response"))}});
      }
    }
    json got = std::exchange(got_, json::array());
    std::sort(want.begin(), want.end());
    std::sort(got.begin(), got.end());
    std::string differs;
    if (want != got) differs += "responses " + got.dump() + "\n  instead of " + want.dump() + "\n";
    if (expected.contains("member_results") && member_results_ != expected.at("member_results")) {
      differs += "members " + member_results_.dump() + "\n";
    }
    if (expected.contains("group")) {
      json want_group = expected.at("group");
      if (!want_group.is_null())
        std::sort(want_group.at("members").begin(), want_group.at("members").end());
      if (group() != want_group)
        differs += "group " + group().dump() + "\n  instead of " + want_group.dump() + "\n";
    }
    return differs;
  }

  broker::GroupCoordinator coordinator_;
  sim::Time now_ = sim::zero;
  protocol::Offset log_end_{0};
  int next_member_ = 0;
  broker::GroupToken next_token_ = 1;
  std::map<broker::GroupToken, std::pair<int, std::string>> asked_;
  std::string recorded_leader_;
  json got_ = json::array();
  json result_;
  json member_results_;
};

}  // namespace

void replay_group_classic_trace(const json& recorded, Findings& findings) {
  Run run(recorded.at("config"));
  int number = 0;
  for (const json& step : recorded.at("steps")) {
    findings.at(fmt::format("step {} {}", number++, step.at("op").get<std::string>()));
    const std::string differs = run.step(step);
    if (differs.empty()) continue;
    if (recorded.value("deterministic", true)) {
      findings.fail(differs);
    } else {
      findings.note("from here on it depends on random member ids");
    }
    return;
  }
}

}  // namespace kafkasim::conformance

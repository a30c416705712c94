// The steps of a conversation.
#include "tests/conformance/transcript.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tests/conformance/timing.hpp"
#include "tests/conformance/wire_json.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr sim::Duration between_steps = 5ms;
constexpr sim::Duration no_answer_for = 50ms;  // then none is coming
constexpr sim::Duration topic_limit = 10s;
constexpr sim::Duration answer_limit = 60s;
constexpr sim::Duration fresh_for = 1s;
constexpr sim::Duration replication = 20ms;       // of a write, when followers are at it
constexpr int first_version_with_member_ids = 4;  // of JoinGroup

std::string api_of(const json& step) { return step.at("api"); }

std::int64_t elapsed_ms(const Exchange& exchange) {
  return std::chrono::round<std::chrono::milliseconds>(exchange.ended - exchange.sent).count();
}

// The names of topics anywhere in a request.
void collect_topics(const json& value, std::set<std::string>& names) {
  if (value.is_array()) {
    for (const json& element : value) collect_topics(element, names);
  } else if (value.is_object()) {
    for (const auto& [field, inner] : value.items()) {
      if ((field == "name" || field == "topic") && inner.is_string()) {
        names.insert(inner.get<std::string>());
      } else if (field == "topicNames") {
        for (const json& name : inner) names.insert(name.get<std::string>());
      } else {
        collect_topics(inner, names);
      }
    }
  }
}

std::set<std::string> topics_in(const json& request) {
  std::set<std::string> names;
  collect_topics(request, names);
  return names;
}

}  // namespace

bool Transcript::step(const json& step) {
  if (step.contains("sleep_ms")) {
    stage_.run_for(std::chrono::milliseconds(step.at("sleep_ms").get<std::int64_t>()));
  } else if (step.contains("raw")) {
    findings_.note("a raw frame: our messages are not bytes");
  } else if (step.contains("async_response_to")) {
    answer_of_ahead(step);
  } else if (step.contains("async_produce_done")) {
    stage_.run_for(no_answer_for);
    findings_.expect("async_produce_done", step.at("async_produce_done"), ahead_is_answered());
  } else if (step.contains("api")) {
    if (step.value("sent_async", false)) {
      send_ahead(step);
    } else {
      exchange(step);
    }
    stage_.run_for(between_steps);
  } else {
    return step.contains("note");
  }
  return true;
}

bool Transcript::ahead_is_answered() const {
  const auto found = ahead_.find(last_ahead_);
  return found != ahead_.end() && found->second.exchange->is_over();
}

// ---- one exchange ----

void Transcript::exchange(const json& step) {
  const ExchangePtr exchange = send(step, true);
  if (!exchange) {
    note_left_out(step);
    return;
  }
  if (step.contains("no_reply")) {
    findings_.expect("no_reply", true, !exchange->is_over());
    follow(step, json::object());
    return;
  }
  if (step.contains("connection")) {
    findings_.expect("connection", step.at("connection"),
                     exchange->closed ? "closed_by_broker" : "open");
    return;
  }
  check_answer(step, step, *exchange);
  if (api_of(step) == "CreateTopics") wait_for_topics(step);
}

ExchangePtr Transcript::send(const json& step, bool wait) {
  const std::string why = why_left_out(step);
  if (!why.empty()) {
    findings_.note(why);
    return nullptr;
  }
  std::optional<protocol::RequestBody> body = prepare(step);
  if (!body) return nullptr;
  const ExchangePtr exchange =
      stage_.send(step.value("conn", "c"), step.value("broker", 0), std::move(*body));
  if (wait) {
    stage_.run_until([&] { return exchange->is_over(); },
                     step.contains("no_reply") ? no_answer_for : answer_limit);
  }
  return exchange;
}

std::optional<protocol::RequestBody> Transcript::prepare(const json& step) {
  Translated translated =
      request_from_json(api_of(step), step.at("version"), with_our_members(step.at("request")));
  if (!translated.body) {
    findings_.note(translated.refusal);
    return std::nullopt;
  }
  hand_out_member_id(step, *translated.body);
  return std::move(translated.body);
}

// Before version 4 a newcomer got its id with the answer to its join. Today it must ask for the id
// first, so it does, unseen.
void Transcript::hand_out_member_id(const json& step, protocol::RequestBody& body) {
  auto* join = std::get_if<protocol::JoinGroupRequest>(&body);
  if (join == nullptr || !join->member_id.empty() || !join->group_instance_id.empty()) return;
  if (step.at("version") >= first_version_with_member_ids) return;
  const ExchangePtr asked = stage_.send("ids", step.value("broker", 0), *join);
  stage_.run_until([&] { return asked->is_over(); }, answer_limit);
  const auto* answer =
      asked->answer ? std::get_if<protocol::JoinGroupResponse>(&*asked->answer) : nullptr;
  if (answer != nullptr && answer->error == protocol::ErrorCode::member_id_required)
    join->member_id = answer->member_id;
}

void Transcript::check_answer(const json& sent, const json& expected, const Exchange& got) {
  if (!got.answer) {
    findings_.expect("answer", "an answer", got.closed ? "closed connection" : "none");
    return;
  }
  const json& request = sent.at("request");
  json ours = response_to_json(*got.answer, sent.at("version"), request);
  Place place;
  place.api = api_of(sent);
  place.version = sent.at("version");
  place.request = &request;
  place.group_awaits_sync = groups_awaiting_sync_.contains(request.value("groupId", ""));
  for (const std::string& name : topics_in(request)) {
    const auto topic = topics_.find(name);
    if (topic == topics_.end()) continue;
    if (topic->second.replicas > 1 && followers_ == Followers::real) {
      place.topic_is_fresh |=
          !topic->second.followers_are_heard_of && stage_.now() - topic->second.made < fresh_for;
      place.write_is_under_way |= stage_.now() - topic->second.last_unreplicated < replication;
    }
    place.isr_is_too_small |= isr_is_too_small(name, topic->second, sent.value("broker", 0));
  }
  learn_members(expected.at("response"), ours);
  json response = with_our_members(expected.at("response"));
  if (place.api == "Metadata") keep_own_topics(request, response, ours);
  compare(place, response, ours, findings_);
  if (expected.contains("elapsed_ms")) {
    const Timed timed{place.api, &request, &response, &sent != &expected, place.isr_is_too_small};
    check_elapsed(timed, expected.at("elapsed_ms"), elapsed_ms(got), findings_);
  }
  follow(sent, expected.at("response"));
}

// Who asks for all topics also hears of those of other recordings.
void Transcript::keep_own_topics(const json& request, json& expected, json& got) const {
  if (!topics_in(request).empty()) return;
  for (json* const answer : {&expected, &got}) {
    json own = json::array();
    for (const json& topic : answer->at("topics")) {
      if (topics_.contains(topic.at("name")) && !unlike_topics_.contains(topic.at("name")))
        own.push_back(topic);
    }
    answer->at("topics") = std::move(own);
  }
}

bool Transcript::isr_is_too_small(const std::string& name, const Topic& topic, int broker) const {
  const auto replica = stage_.cluster().replica(protocol::BrokerId(broker), {name, 0});
  return replica && replica->is_leader &&
         static_cast<int>(replica->isr.size()) <
             std::min(topic.min_insync_replicas, topic.replicas);
}

// What the recording says that the rest of it builds on.
void Transcript::follow(const json& sent, const json& response) {
  const std::string api = api_of(sent);
  const std::string group = sent.at("request").value("groupId", "");
  const bool succeeded = response.value("errorCode", -1) == 0;
  if (api == "JoinGroup" && succeeded) groups_awaiting_sync_.insert(group);
  if (api == "SyncGroup" && succeeded) groups_awaiting_sync_.erase(group);
  if (api == "Produce") {
    for (const std::string& name : topics_in(sent.at("request"))) {
      const auto topic = topics_.find(name);
      if (topic == topics_.end()) continue;
      if (sent.at("request").at("acks") == -1) {
        topic->second.followers_are_heard_of = true;
      } else {
        topic->second.last_unreplicated = stage_.now();
      }
    }
  }
  if (api != "CreateTopics" || sent.at("request").value("validateOnly", false)) return;
  std::set<std::string> created;
  for (const json& topic : response.at("topics")) {
    if (topic.at("errorCode") == 0) created.insert(topic.at("name"));
  }
  for (const json& topic : sent.at("request").at("topics")) {
    if (!created.contains(topic.at("name"))) continue;
    Topic made;
    made.made = stage_.now();
    for (const json& assignment : topic.at("assignments"))
      made.replicas = static_cast<int>(assignment.at("brokerIds").size());
    for (const json& config : topic.at("configs")) {
      if (config.at("name") == "min.insync.replicas" && config.at("value").is_string())
        made.min_insync_replicas = std::stoi(config.at("value").get<std::string>());
    }
    topics_[topic.at("name")] = made;
  }
}

// The recorded cluster answered CreateTopics when the brokers knew.
void Transcript::wait_for_topics(const json& step) {
  for (const json& topic : step.at("response").at("topics")) {
    if (topic.at("errorCode") != 0 || step.at("request").value("validateOnly", false)) continue;
    const std::string name = topic.at("name");
    if (!stage_.run_until([&] { return stage_.knows(name); }, topic_limit))
      findings_.fail("the brokers never learned of topic " + name);
  }
}

// ---- answers that come later ----

void Transcript::send_ahead(const json& step) {
  const ExchangePtr exchange = send(step, false);
  if (!exchange) return;
  last_ahead_ = api_of(step);
  ahead_[last_ahead_] = {exchange, step};
}

void Transcript::answer_of_ahead(const json& step) {
  const auto found = ahead_.find(step.at("async_response_to").get<std::string>());
  if (found == ahead_.end()) {
    findings_.note("the answer to what was not sent");
    return;
  }
  const Ahead ahead = found->second;
  ahead_.erase(found);
  stage_.run_until([&] { return ahead.exchange->is_over(); }, answer_limit);
  check_answer(ahead.step, step, *ahead.exchange);
}

// ---- what is left out ----

std::string Transcript::why_left_out(const json& step) const {
  const json& request = step.at("request");
  const std::string api = api_of(step);
  if (unlike_groups_.contains(request.value("groupId", "")))
    return "the group was changed by a request that is not simulated";
  int replicas = 1;
  int min_insync_replicas = 1;
  for (const std::string& name : topics_in(request)) {
    if (unlike_topics_.contains(name))
      return "the topic was changed by a request that is not simulated";
    const auto topic = topics_.find(name);
    if (topic == topics_.end()) continue;
    replicas = topic->second.replicas;
    min_insync_replicas = topic->second.min_insync_replicas;
  }
  return why_not_sent(api, step.at("version"), step.value("response", json::object()), replicas,
                      min_insync_replicas);
}

void Transcript::note_left_out(const json& step) {
  const std::string api = api_of(step);
  const json& request = step.at("request");
  const json response = step.value("response", json::object());
  const bool failed = response.value("errorCode", 0) != 0;
  if (api == "AddPartitionsToTxn") {
    for (const std::string& name : topics_in(request))
      topics_of_transactions_[request.value("v3AndBelowTransactionalId", "")].insert(name);
  } else if ((api == "EndTxn" || api == "InitProducerId") && !failed) {
    // Its markers are missing from our logs.
    const json id = request.value("transactionalId", json());
    if (id.is_string()) unlike_topics_.merge(topics_of_transactions_[id.get<std::string>()]);
  } else if (api == "TxnOffsetCommit" || api == "OffsetDelete") {
    unlike_groups_.insert(request.value("groupId", ""));
  } else if (changes_topics(api)) {
    // A produce that failed has changed nothing.
    bool changed = api != "Produce" || step.contains("no_reply");
    for (const json& topic : response.value("responses", json::array())) {
      for (const json& partition : topic.value("partitionResponses", json::array()))
        changed = changed || partition.at("errorCode") == 0;
    }
    if (changed) unlike_topics_.merge(topics_in(request));
  }
}

// ---- names of members, which are random ----

void Transcript::learn_members(const json& expected, const json& got) {
  const auto learn = [this](const json& theirs, const json& ours) {
    if (!theirs.is_string() || !ours.is_string() || theirs == "" || ours == "") return;
    // Two names for one member would hide that the wrong one was named.
    for (const auto& [known, member] : members_) {
      if (ours == member) return;
    }
    members_.emplace(theirs.get<std::string>(), ours.get<std::string>());
  };
  if (!expected.contains("memberId") || !got.contains("memberId")) return;
  learn(expected.at("memberId"), got.at("memberId"));
  // The leader hears of others before they do: the first unknown one there is the first here.
  std::vector<json> unknown;
  for (const json& member : got.value("members", json::array())) {
    bool is_known = false;
    for (const auto& [theirs, ours] : members_) is_known |= ours == member.at("memberId");
    if (!is_known) unknown.push_back(member.at("memberId"));
  }
  std::size_t next = 0;
  for (const json& member : expected.value("members", json::array())) {
    const std::string id = member.at("memberId");
    if (!members_.contains(id) && next < unknown.size()) learn(id, unknown[next++]);
  }
  learn(expected.value("leader", json()), got.value("leader", json()));
}

json Transcript::with_our_members(json value) const {
  if (value.is_string()) {
    const auto found = members_.find(value.get<std::string>());
    return found == members_.end() ? value : json(found->second);
  }
  if (value.is_structured()) {
    for (json& inner : value) inner = with_our_members(std::move(inner));
  }
  return value;
}

}  // namespace kafkasim::conformance

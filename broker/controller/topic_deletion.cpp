// DeleteTopics: by name or by id, each at most once. The topic is gone with its record; brokers
// drop their replicas when they apply it.
#include <set>
#include <utility>

#include "broker/controller/replication_control.hpp"

namespace kafkasim::broker {
namespace {

using protocol::DeletableTopicResult;
using protocol::DeleteTopicState;
using protocol::ErrorCode;
using protocol::Uuid;

// The names and ids of a request that are there once; the others have been answered.
struct Wanted {
  std::vector<std::string> names;
  std::vector<Uuid> ids;
};

// Each entry once, in the order of the request; those that are there more often are `repeated`.
template <class Entry>
std::vector<Entry> without_repeated(const std::vector<Entry>& all, std::set<Entry>& repeated) {
  std::set<Entry> seen;
  for (const Entry& entry : all) {
    if (!seen.insert(entry).second) repeated.insert(entry);
  }
  std::vector<Entry> once;
  for (const Entry& entry : all) {
    if (!repeated.contains(entry)) once.push_back(entry);
  }
  return once;
}

Wanted read(const std::vector<DeleteTopicState>& topics,
            std::vector<DeletableTopicResult>& answers) {
  Wanted wanted;
  const auto refuse = [&](const std::string& name, const Uuid& id, std::string why) {
    answers.push_back({name, id, ErrorCode::invalid_request, std::move(why)});
  };
  for (const DeleteTopicState& topic : topics) {
    if (topic.name.empty() && topic.topic_id.is_zero()) {
      refuse("", Uuid(), "Neither topic name nor id were specified.");
    } else if (topic.name.empty()) {
      wanted.ids.push_back(topic.topic_id);
    } else if (topic.topic_id.is_zero()) {
      wanted.names.push_back(topic.name);
    } else {
      refuse(topic.name, topic.topic_id, "You may not specify both topic name and topic id.");
    }
  }
  std::set<std::string> repeated_names;
  std::set<Uuid> repeated_ids;
  wanted.names = without_repeated(wanted.names, repeated_names);
  wanted.ids = without_repeated(wanted.ids, repeated_ids);
  for (const std::string& name : repeated_names) refuse(name, Uuid(), "Duplicate topic name.");
  for (const Uuid& id : repeated_ids) refuse("", id, "Duplicate topic id.");
  return wanted;
}

}  // namespace

Decision<protocol::DeleteTopicsResponse> ReplicationControl::delete_topics(
    const protocol::DeleteTopicsRequest& request) const {
  Decision<protocol::DeleteTopicsResponse> decision;
  std::vector<DeletableTopicResult>& answers = decision.response.responses;
  if (!settings_.delete_topic_enable) {
    for (const DeleteTopicState& topic : request.topics) {
      answers.push_back({topic.name, topic.topic_id, ErrorCode::topic_deletion_disabled,
                         "Topic deletion is disabled."});
    }
    return decision;
  }
  const Wanted wanted = read(request.topics, answers);
  std::set<Uuid> deleted;
  const auto drop = [&](const TopicImage& topic) {
    deleted.insert(topic.id);
    decision.records.push_back(RemoveTopicRecord{topic.id});
    answers.push_back({topic.name, topic.id, ErrorCode::none, ""});
  };
  for (const Uuid& id : wanted.ids) {
    if (const TopicImage* topic = image_.topic(id)) {
      drop(*topic);
    } else {
      answers.push_back(
          {"", id, ErrorCode::unknown_topic_id, "This server does not host this topic ID."});
    }
  }
  for (const std::string& name : wanted.names) {
    const TopicImage* topic = image_.topic(name);
    if (topic == nullptr) {
      answers.push_back({name, Uuid(), ErrorCode::unknown_topic_or_partition,
                         "This server does not host this topic-partition."});
    } else if (deleted.contains(topic->id)) {
      answers.push_back({name, topic->id, ErrorCode::invalid_request,
                         "The provided topic name maps to an ID that was already supplied."});
    } else {
      drop(*topic);
    }
  }
  return decision;
}

}  // namespace kafkasim::broker

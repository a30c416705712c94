// Plays a recorded conversation with a cluster against ours: sends the requests in their order,
// compares the answers. Knows the steps that all conversations have; what is special to one kind of
// recording is in that kind's file.
#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/conformance/compare.hpp"
#include "tests/conformance/stage.hpp"

namespace kafkasim::conformance {

// Real ones fetch when it suits them, so how far they are is open for a moment; those that the
// recording plays fetch when it says so.
enum class Followers { real, played };

class Transcript {
 public:
  // Requires: both outlive it.
  Transcript(Stage& stage, Findings& findings, Followers followers)
      : stage_(stage), findings_(findings), followers_(followers) {}

  // A request with its answer, a sleep, a raw frame, something sent ahead or its answer. False: it
  // is no such step.
  bool step(const nlohmann::json& step);

 private:
  struct Ahead {
    ExchangePtr exchange;
    nlohmann::json step;
  };

  void exchange(const nlohmann::json& step);
  void send_ahead(const nlohmann::json& step);
  // Is what was sent ahead last answered?
  bool ahead_is_answered() const;
  void answer_of_ahead(const nlohmann::json& step);
  // Sends and waits as the step says; null when it is left out.
  ExchangePtr send(const nlohmann::json& step, bool wait);
  // The request with our member ids, after what an old version did in one step.
  std::optional<protocol::RequestBody> prepare(const nlohmann::json& step);
  void hand_out_member_id(const nlohmann::json& step, protocol::RequestBody& body);
  void check_answer(const nlohmann::json& sent, const nlohmann::json& expected,
                    const Exchange& got);
  std::string why_left_out(const nlohmann::json& step) const;
  void note_left_out(const nlohmann::json& step);
  void follow(const nlohmann::json& sent, const nlohmann::json& expected);
  void wait_for_topics(const nlohmann::json& step);

  struct Topic {
    int replicas = 1;
    int min_insync_replicas = 1;
    sim::Time made{};
    bool followers_are_heard_of = false;  // an acks=all write has been answered
    sim::Time last_unreplicated{};
  };

  bool isr_is_too_small(const std::string& name, const Topic& topic, int broker) const;
  void keep_own_topics(const nlohmann::json& request, nlohmann::json& expected,
                       nlohmann::json& got) const;
  void learn_members(const nlohmann::json& expected, const nlohmann::json& got);
  nlohmann::json with_our_members(nlohmann::json value) const;

  Stage& stage_;
  Findings& findings_;
  Followers followers_;
  std::map<std::string, Ahead> ahead_;  // by API
  std::string last_ahead_;
  std::map<std::string, std::string> members_;  // recorded id -> ours
  std::map<std::string, Topic> topics_;
  std::set<std::string> groups_awaiting_sync_;
  // What we could not do is in them, so what is read from them cannot be compared.
  std::set<std::string> unlike_topics_;
  std::set<std::string> unlike_groups_;
  std::map<std::string, std::set<std::string>> topics_of_transactions_;
};

}  // namespace kafkasim::conformance

// Reads what the application around a consumer does with records: how long it takes, when it
// commits, what fails, what happens outside Kafka, who works.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/config_rules.hpp"
#include "scenarios/engine/reading.hpp"
#include "scenarios/engine/units.hpp"

namespace kafkasim::scenarios {
namespace {

template <class Value>
struct Word {
  std::string_view word;
  Value value;
};

constexpr std::array commit_words = {
    Word<Commits>{"after-handling", Commits::after_handling},
    Word<Commits>{"after-handling-async", Commits::after_handling_async},
    Word<Commits>{"after-each", Commits::after_each},
    Word<Commits>{"after-contiguous", Commits::after_contiguous},
    Word<Commits>{"before-handling", Commits::before_handling},
    Word<Commits>{"auto", Commits::automatic},
    Word<Commits>{"never", Commits::never}};
constexpr std::array order_words = {Word<Workers::Order>{"key", Workers::Order::key},
                                    Word<Workers::Order>{"partition", Workers::Order::partition},
                                    Word<Workers::Order>{"none", Workers::Order::none}};
constexpr std::array then_words = {Word<FailsOn::Then>{"stop", FailsOn::Then::stop},
                                   Word<FailsOn::Then>{"skip", FailsOn::Then::skip},
                                   Word<FailsOn::Then>{"retry", FailsOn::Then::retry}};
constexpr std::string_view dead_letter_prefix = "dead-letter:";

template <class Words>
auto found_in(const Words& words, std::string_view text) -> decltype(words.data()) {
  for (const auto& word : words) {
    if (word.word == text) return &word;
  }
  return nullptr;
}

class HandlingReader {
 public:
  HandlingReader(Reading& reading, const Node& node, Consumer& consumer)
      : reading_(reading), node_(node), consumer_(consumer) {}

  void read() {
    consumer_.takes = parsed(node_, "takes", parse_duration).value_or(Duration::zero());
    if (text_of(node_, "effect") == "upsert") consumer_.effect = Effect::upsert;
    read_workers();
    read_commits();
    read_on_revoked();
    read_fails_on();
  }

 private:
  void error(Position position, const std::string& text) {
    reading_.diagnostics().error(position, text);
  }

  // ---- commits ----

  // When it commits, and what that makes of enable.auto.commit, which Kafka switches on by default.
  void read_commits() {
    const bool auto_given = consumer_.config.is_set("enable.auto.commit");
    const bool auto_on = auto_given && consumer_.config.flag("enable.auto.commit");
    consumer_.commits = !consumer_.group ? Commits::never
                        : auto_on        ? Commits::automatic
                                         : Commits::after_handling;
    if (const Entry* commits = node_.find_entry("commits")) {
      if (const auto* word = found_in(commit_words, commits->value.text))
        consumer_.commits = word->value;
      check_commits(*commits, auto_given && !auto_on);
    }
    if (!auto_given) {
      consumer_.config.override_default("enable.auto.commit",
                                        consumer_.commits == Commits::automatic);
    }
  }

  void check_commits(const Entry& commits, bool auto_is_off) {
    if (!consumer_.group && consumer_.commits != Commits::never) {
      error(commits.position,
            fmt::format("'commits' needs 'group': {}", protocol::no_group_id_error));
    }
    if (consumer_.commits == Commits::automatic && auto_is_off) {
      error(commits.position,
            "'commits: auto' and 'enable.auto.commit: false' contradict each other");
    }
    if (consumer_.commits == Commits::after_contiguous && node_.find("workers") == nullptr) {
      error(commits.position,
            "'commits: after-contiguous' needs 'workers': without them records are handled one "
            "after the other, expected after-handling, after-handling-async or after-each");
    }
    const Entry* workers = node_.find_entry("workers");
    if (consumer_.commits == Commits::before_handling && workers != nullptr) {
      error(std::max(commits.position, workers->position),
            "'workers' and 'commits: before-handling' contradict each other, expected auto, which "
            "commits what workers still have, or another one");
    }
  }

  void read_on_revoked() {
    consumer_.commits_when_revoked = consumer_.commits == Commits::after_handling_async;
    const Entry* revoked = node_.find_entry("on-revoked");
    if (revoked == nullptr) return;
    consumer_.commits_when_revoked = revoked->value.text == "commit";
    if (!consumer_.commits_when_revoked) return;
    if (!consumer_.group) {
      error(revoked->position,
            fmt::format("'on-revoked' needs 'group': {}", protocol::no_group_id_error));
    } else if (!consumer_.assign.empty()) {
      error(revoked->position,
            "'on-revoked' needs 'reads': nobody takes partitions away that were assigned by hand");
    }
  }

  // ---- failures ----

  void read_fails_on() {
    const Entry* entry = node_.find_entry("fails-on");
    if (entry == nullptr || !entry->value.is_map()) return;
    FailsOn fails;
    for (const Node* value : scalars_of(entry->value.find("values"))) {
      reading_.check_record(value->text, value->position);
      if (!fails.values.insert(value->text).second)
        error(value->position, fmt::format("{} stands here twice", in_quotes(value->text)));
    }
    if (text_of(entry->value, "times") == "always") {
      fails.times.reset();
    } else {
      fails.times = parsed(entry->value, "times", parse_count).value_or(1);
    }
    if (const Node* then = entry->value.find("then")) read_then(*then, fails);
    consumer_.fails_on = std::move(fails);
  }

  void read_then(const Node& then, FailsOn& fails) {
    if (then.is_map()) {
      if (const Node* topic = then.find("dead-letter"); topic != nullptr && topic->is_scalar())
        read_dead_letter(topic->text, topic->position, fails);
      return;
    }
    if (!then.is_scalar() || then.nothing) return;  // reported by its shape
    if (const auto* word = found_in(then_words, then.text)) {
      fails.then = word->value;
      return;
    }
    if (then.text.starts_with(dead_letter_prefix)) {
      std::string topic = then.text.substr(dead_letter_prefix.size());
      topic.erase(0, topic.find_first_not_of(' '));
      return read_dead_letter(topic, then.position, fails);
    }
    if (then.text == dead_letter_prefix.substr(0, dead_letter_prefix.size() - 1)) {
      return error(then.position, "'dead-letter' names no topic, expected { dead-letter: TOPIC }");
    }
    const std::vector<std::string> known = {"stop", "skip", "retry", "dead-letter"};
    error(then.position,
          fmt::format("'then' is {}, expected stop, skip, retry or {{ dead-letter: TOPIC }}{}",
                      in_quotes(then.text), did_you_mean(then.text, known)));
  }

  void read_dead_letter(const std::string& topic, Position position, FailsOn& fails) {
    reading_.check_topic(topic, position);
    if (std::count(consumer_.reads.begin(), consumer_.reads.end(), topic) > 0) {
      reading_.diagnostics().warning(
          position, fmt::format("{} reads {} itself, so it gets again what it parks there",
                                in_quotes(consumer_.key), in_quotes(topic)));
    }
    fails.then = FailsOn::Then::dead_letter;
    fails.dead_letter = topic;
  }

  // ---- workers ----

  void read_workers() {
    const Node* node = node_.find("workers");
    if (node == nullptr || node->nothing || node->is_list()) return;
    Workers workers;
    const auto count =
        node->is_map() ? parsed(*node, "count", parse_count) : parse_count(node->text);
    workers.count = static_cast<int>(std::clamp<std::int64_t>(count.value_or(1), 1, 1000));
    if (node->is_map()) {
      if (const auto* word = found_in(order_words, text_of(*node, "order").value_or("")))
        workers.order = word->value;
      workers.queue = parsed(*node, "queue", parse_count).value_or(workers.queue);
      workers.pauses = text_of(*node, "when-full") == "pause";
    }
    consumer_.workers = workers;
  }

  Reading& reading_;
  const Node& node_;
  Consumer& consumer_;
};

}  // namespace

void read_handling(Reading& reading, const Node& node, Consumer& consumer) {
  HandlingReader(reading, node, consumer).read();
}

}  // namespace kafkasim::scenarios

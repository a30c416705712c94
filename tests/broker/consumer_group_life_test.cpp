// Random lives of consumer groups: members that behave as Kafka's consumer does come and go, lose
// answers, dawdle and die, topics grow, writes fail, coordinators change. What must always hold is
// checked after every step, and in the end every group comes to rest.
#include "sim/rng.hpp"
#include "tests/broker/consumer_group_lab.hpp"

namespace kafkasim::tests {
namespace {

using namespace std::chrono_literals;
using broker::ConsumerMemberState;
using broker::TargetPartitions;
using Lab = ConsumerLab;

bool overlap(const TargetPartitions& a, const TargetPartitions& b) {
  for (const auto& [topic, numbers] : a) {
    const auto at = b.find(topic);
    if (at == b.end()) continue;
    for (const int number : numbers) {
      if (at->second.contains(number)) return true;
    }
  }
  return false;
}

// A consumer, as far as its coordinator can tell.
struct Client {
  std::string id;
  std::optional<std::string> instance;
  std::vector<std::string> topics;
  std::optional<std::string> assignor;
  std::int32_t epoch = 0;
  TargetPartitions owned;
  std::optional<TargetPartitions> to_own;  // told, and not yet done
  bool sends_all = true;                   // after an error, or a lost answer

  Beat next() {
    Beat request = epoch == 0 || sends_all ? Lab::joining(id, topics, instance)
                                           : Lab::living(id, epoch, instance);
    request.member_epoch = epoch;
    request.server_assignor = assignor;
    if (epoch == 0) {
      request.owned.emplace();
    } else {
      request.owned = Lab::as_owned(owned);
    }
    return request;
  }
  // Gives back at once what it shall not own, and takes what is new.
  void reconcile() {
    if (to_own) owned = *std::exchange(to_own, std::nullopt);
  }
  void abandon() {
    epoch = 0;
    owned.clear();
    to_own.reset();
    sends_all = true;
  }
  void take(const Beaten& answer) {
    if (answer.error == ErrorCode::none) {
      epoch = answer.member_epoch;
      sends_all = false;
      if (answer.assignment) to_own = Lab::partitions(answer);
    } else if (answer.error == ErrorCode::unknown_member_id ||
               answer.error == ErrorCode::fenced_member_epoch ||
               answer.error == ErrorCode::group_id_not_found) {
      abandon();
    } else {
      sends_all = true;
    }
  }
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : rng_(seed), lab_(topics(rng_)) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      check();
    }
    for (int round = 0; round < 60; ++round) {
      lab_.pass(5s);
      for (auto& [id, client] : clients_) {
        client.reconcile();
        client.take(lab_.beat(client.next()));
        check();
      }
    }
    check_rest();
  }

 private:
  static std::map<std::string, int> topics(sim::Rng& rng) {
    std::map<std::string, int> out;
    const auto count = 1 + rng.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      out[std::string(1, static_cast<char>('t' + i))] = 1 + static_cast<int>(rng.below(7));
    }
    return out;
  }
  bool chance(std::uint64_t percent) { return rng_.below(100) < percent; }
  std::vector<std::string> some_topics() {
    std::vector<std::string> out;
    for (const auto& [name, partitions] : lab_.sizes) {
      if (chance(70)) out.push_back(name);
    }
    if (out.empty()) out.push_back("t");
    return out;
  }
  Client* any() {
    if (clients_.empty()) return nullptr;
    auto at = clients_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(rng_.below(clients_.size())));
    return &at->second;
  }

  void step() {
    Client* client = any();
    const std::uint64_t what = rng_.below(100);
    if (client == nullptr || (what < 12 && clients_.size() < 10)) return start();
    if (what < 55) return beat(*client);
    if (what < 67) return client->reconcile();
    if (what < 75) return lab_.pass(std::chrono::milliseconds(rng_.below(6000)));
    if (what < 78) return lab_.pass(std::chrono::seconds(rng_.below(60)));
    if (what < 83) return end(*client);
    if (what < 87) {
      client->topics = some_topics();
      client->sends_all = true;
      return;
    }
    if (what < 91) {
      const std::string topic = client->topics.front();
      if (lab_.sizes[topic] < 12) lab_.grow(topic, lab_.sizes[topic] + 1);
      return;
    }
    if (what < 94) {
      last_.clear();
      return lab_.fail_over();
    }
    if (what < 97) {
      lab_.append_error = ErrorCode::not_enough_replicas;
      const std::string before = lab_.dump();
      beat(*client);
      lab_.append_error = ErrorCode::none;
      CHECK(lab_.dump() == before);
      return;
    }
    // From nobody that is known.
    lab_.beat(Lab::living("ghost", static_cast<std::int32_t>(rng_.below(9)) - 1));
  }

  void start() {
    Client client;
    client.topics = some_topics();
    if (chance(30)) client.assignor = chance(50) ? "range" : "uniform";
    if (chance(30)) {
      client.instance = "i" + std::to_string(rng_.below(4));
      for (const auto& [id, other] : clients_) {
        if (other.instance == client.instance) return;
      }
    }
    client.id = "m" + std::to_string(++started_);
    clients_[client.id] = client;
    beat(clients_[client.id]);
  }

  void beat(Client& client) {
    const Beaten answer = lab_.beat(client.next());
    if (chance(10)) {
      // It never hears of it, and is told everything again. (Who then went on to take what it had
      // been told before could take what it has just said not to own.)
      client.sends_all = true;
      client.to_own.reset();
    } else {
      client.take(answer);
    }
  }

  // Leaves, goes away for a while, or dies.
  void end(Client& client) {
    if (client.epoch > 0 && chance(60)) {
      const bool away = client.instance && chance(50);
      lab_.beat(Lab::living(client.id, away ? -2 : -1, client.instance));
    }
    clients_.erase(std::string(client.id));
  }

  void check() {
    if (lab_.find() == nullptr) return;
    const broker::ConsumerGroup& group = lab_.group();
    INFO(lab_.dump());
    check_target(group);
    bool all_stable = true;
    for (const auto& [id, member] : group.members()) {
      const auto& place = member.place;
      for (const auto& [other_id, other] : group.members()) {
        if (other_id == id) continue;
        for (const auto* mine : {&place.assigned, &place.pending_revocation}) {
          CHECK_FALSE(overlap(*mine, other.place.assigned));
          CHECK_FALSE(overlap(*mine, other.place.pending_revocation));
          if (place.epoch == group.target_epoch())
            CHECK_FALSE(overlap(*mine, group.target(other_id)));
        }
      }
      check_holder(group, place);
      all_stable = all_stable && place.is_reconciled_to(group.epoch());
      if (const auto last = last_.find(id); last != last_.end() && last->second > 0) {
        CHECK((place.epoch >= last->second || place.epoch < 0));
      }
      last_[id] = place.epoch;
    }
    std::erase_if(last_, [&](const auto& each) { return group.find(each.first) == nullptr; });
    if (lab_.state() == "Stable") CHECK(all_stable);
    check_clients();
  }

  static void check_holder(const broker::ConsumerGroup& group,
                           const broker::ConsumerMemberPlace& place) {
    for (const auto* mine : {&place.assigned, &place.pending_revocation}) {
      for (const auto& [topic, numbers] : *mine) {
        for (const int number : numbers) CHECK(group.holder_epoch(topic, number) == place.epoch);
      }
    }
  }

  static void check_target(const broker::ConsumerGroup& group) {
    if (group.is_empty() || group.target_epoch() != group.epoch()) return;
    std::map<protocol::Uuid, std::set<int>> covered;
    int targeted = 0;
    for (const auto& [id, target] : group.targets()) {
      REQUIRE(group.find(id) != nullptr);
      for (const auto& [topic, numbers] : *target) {
        covered[topic].insert(numbers.begin(), numbers.end());
        targeted += static_cast<int>(numbers.size());
        bool subscribed = false;
        for (const std::string& name : group.find(id)->info.topics) {
          const auto at = group.topics().find(name);
          subscribed = subscribed || (at != group.topics().end() && at->second.id == topic);
        }
        CHECK(subscribed);
      }
    }
    int all = 0;
    for (const auto& [name, topic] : group.topics()) {
      all += topic.partitions;
      CHECK(static_cast<int>(covered[topic.id].size()) == topic.partitions);
    }
    CHECK(targeted == all);
  }

  // Two that live never own the same.
  void check_clients() {
    for (const auto& [id, one] : clients_) {
      // Who has been fenced and does not know it yet may own what others got.
      const broker::ConsumerMember* known = lab_.group().find(id);
      if (known == nullptr) continue;
      for (const auto& [other_id, other] : clients_) {
        if (other_id != id && lab_.group().find(other_id) != nullptr) {
          CHECK_FALSE(overlap(one.owned, other.owned));
        }
      }
    }
  }

  void check_rest() {
    if (clients_.empty()) return;
    INFO(lab_.dump());
    CHECK(lab_.state() == "Stable");
    CHECK(lab_.group().members().size() == clients_.size());
    for (const auto& [id, client] : clients_) {
      CHECK(client.owned == lab_.place(id).assigned);
      CHECK(client.owned == lab_.group().target(id));
      CHECK(client.epoch == lab_.group().epoch());
    }
  }

  sim::Rng rng_;
  Lab lab_;
  std::map<std::string, Client> clients_;
  std::map<std::string, std::int32_t> last_;  // epochs
  int started_ = 0;
};

}  // namespace

TEST_CASE("consumer groups keep their promises in random lives and come to rest") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Life(seed).run(300);
  }
}

}  // namespace kafkasim::tests

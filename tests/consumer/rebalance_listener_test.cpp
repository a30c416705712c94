// What a listener is told of rebalances and when, and what it may do meanwhile.
#include "consumer/rebalance_listener.hpp"

#include <deque>

#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using consumer::Failure;
using consumer::Partitions;
using Values = std::vector<std::string>;

namespace {

const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};

// Writes down what it is told; commits, waits or fails when it gives up partitions as it is asked
// to.
struct Notes : consumer::RebalanceListener {
  explicit Notes(consumer::Consumer& to) : consumer(to) {}

  sim::Task<std::optional<Failure>> on_partitions_revoked(Partitions partitions) override {
    note("revoked", partitions);
    if (waits.count() > 0) {
      const sim::Time end = sim::later(consumer_process->now(), waits);
      co_await sim::sleep_until(end);
    }
    if (commits) commit_failure = co_await consumer.commit_sync();
    if (fails) co_return failure();
    co_return std::nullopt;
  }
  sim::Task<std::optional<Failure>> on_partitions_assigned(Partitions partitions) override {
    note("assigned", partitions);
    if (fails_assigned) co_return failure();
    co_return std::nullopt;
  }
  sim::Task<std::optional<Failure>> on_partitions_lost(Partitions partitions) override {
    note("lost", partitions);
    if (commits) commit_failure = co_await consumer.commit_sync();
    co_return std::nullopt;
  }
  void note(const std::string& what, const Partitions& partitions) {
    std::string line = what;
    for (const protocol::TopicPartition& partition : partitions) line += " " + to_string(partition);
    told.push_back(line);
  }
  static Failure failure() {
    Failure thrown;
    thrown.exception = "IllegalStateException";
    thrown.message = "no";
    return thrown;
  }

  consumer::Consumer& consumer;
  sim::Process* consumer_process = nullptr;
  std::vector<std::string> told;
  bool commits = false;
  bool fails = false;
  bool fails_assigned = false;
  sim::Duration waits{};
  std::optional<Failure> commit_failure;
};

struct ListenerLab : Lab {
  ListenerLab() { cluster.add_topic("jobs", 2); }
  ~ListenerLab() {
    for (auto& [name, client] : clients) client.host->crash();
  }

  Notes& member(const std::string& name, const Settings& settings = by_hand) {
    consumer::Consumer& consumer = add(name, settings);
    Notes& listener = notes.emplace_back(consumer);
    listener.consumer_process = &process(name);
    consumer.set_listener(&listener);
    consumer.subscribe({"jobs"});
    return listener;
  }
  void stop(const std::string& name) {
    clients.at(name).application->stop();
    pass(1s);
  }
  std::optional<Failure> unsubscribe(const std::string& name) {
    std::optional<Failure> failure;
    sim::spawn(process(name), run_unsubscribe(clients.at(name).consumer.get(), &failure));
    pass(1s);
    return failure;
  }

  std::deque<Notes> notes;

 private:
  static sim::Task<> run_unsubscribe(consumer::Consumer* consumer,
                                     std::optional<Failure>* failure) {
    *failure = co_await consumer->unsubscribe();
  }
};

}  // namespace

TEST_CASE("a listener is told of what a member gets, gives up, and gets again") {
  ListenerLab lab;
  Notes& a = lab.member("a");
  lab.polling("a");
  lab.pass(1s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1"});
  Notes& b = lab.member("b");
  lab.polling("b");
  lab.pass(5s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "revoked jobs-0 jobs-1", "assigned jobs-0"});
  CHECK(b.told == Values{"assigned jobs-1"});
  lab.stop("a");
  CHECK(a.told.back() == "revoked jobs-0");
}

TEST_CASE("a member that gets nothing is told so after each rebalance") {
  ListenerLab lab;
  lab.member("a");
  lab.member("b");
  Notes& c = lab.member("c");
  for (const char* name : {"a", "b", "c"}) lab.polling(name);
  lab.pass(8s);
  REQUIRE(!c.told.empty());
  CHECK(c.told.back() == "assigned");
  CHECK(lab.seen("c", "assigned").empty());
}

TEST_CASE("while partitions are being revoked their positions can be committed") {
  ListenerLab lab;
  lab.cluster.append("jobs", 0, {"A", "B"});
  Notes& a = lab.member("a");
  a.commits = true;
  lab.polling("a");
  lab.pass(1s);
  lab.member("b");
  lab.polling("b");
  lab.pass(5s);
  CHECK_FALSE(a.commit_failure.has_value());
  CHECK(lab.cluster.group().offsets.at({"jobs", 0}).committed_offset == protocol::Offset(2));
  CHECK(a.told[1] == "revoked jobs-0 jobs-1");
}

TEST_CASE("the rebalance waits for a listener, and the group with it") {
  ListenerLab lab;
  Notes& a = lab.member("a");
  a.waits = 4s;
  lab.polling("a");
  lab.pass(1s);
  const sim::Time begins = lab.world.now();
  lab.member("b");
  lab.polling("b");
  lab.pass(10s);
  CHECK(lab.when("b joined") - begins > 4s);
  CHECK(lab.seen("b", "joined").size() == 1);
}

TEST_CASE("a member that was thrown out is told that its partitions are lost") {
  ListenerLab lab;
  lab.cluster.append("jobs", 0, {"A"});
  Notes& a = lab.member("a");
  a.commits = true;
  lab.polling("a");
  lab.pass(1s);
  lab.cluster.group().members.clear();
  lab.cluster.group().state = "Empty";
  lab.pass(5s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "lost jobs-0 jobs-1", "assigned jobs-0 jobs-1"});
  REQUIRE(a.commit_failure.has_value());
  CHECK(a.commit_failure->exception == "CommitFailedException");
}

TEST_CASE("a poll interval that ends inside a listener loses what is assigned afterwards") {
  ListenerLab lab;
  Settings settings = by_hand;
  settings.emplace_back("max.poll.interval.ms", "3000");
  Notes& a = lab.member("a", settings);
  lab.polling("a");
  lab.pass(1s);
  a.waits = 5s;
  lab.member("b");
  lab.polling("b");
  lab.pass(20s);
  // The rest of the group did not wait longer than for its session; the late one joins anew.
  CHECK(a.told[1] == "revoked jobs-0 jobs-1");
  CHECK(lab.seen("a", "left") == Values{"g: consumer poll timeout has expired."});
  CHECK(a.told.size() >= 3);
  CHECK(a.told[2] == "assigned jobs-0");
}

TEST_CASE("what a listener throws when it gives up partitions poll throws once, then it joins") {
  ListenerLab lab;
  Notes& a = lab.member("a");
  lab.poll("a", 1s);
  CHECK(a.told == Values{"assigned jobs-0 jobs-1"});
  a.fails = true;
  lab.member("b");
  lab.polling("b");
  std::optional<Failure> failure;
  for (int i = 0; i < 10 && !failure; ++i) failure = lab.poll("a", 1s).failure;
  REQUIRE(failure.has_value());
  CHECK(failure->exception == "KafkaException");
  CHECK(failure->message ==
        "User rebalance callback throws an error (caused by IllegalStateException: no)");
  CHECK_FALSE(lab.poll("a", 2s).failure.has_value());
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "revoked jobs-0 jobs-1", "assigned jobs-0"});
}

TEST_CASE("what a listener throws on an assignment does not take the assignment away") {
  ListenerLab lab;
  Notes& a = lab.member("a");
  a.fails_assigned = true;
  const std::optional<Failure> failure = lab.poll("a", 1s).failure;
  REQUIRE(failure.has_value());
  CHECK(failure->message == "no");
  a.fails_assigned = false;
  CHECK_FALSE(lab.poll("a", 1s).failure.has_value());
  // It is told once more, of nothing new.
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "assigned"});
  CHECK(a.consumer.assignment().size() == 2);
}

TEST_CASE("unsubscribing revokes, leaves and forgets; a listener that throws prevents it") {
  ListenerLab lab;
  Notes& a = lab.member("a");
  lab.poll("a", 1s);
  a.fails = true;
  CHECK(lab.unsubscribe("a").has_value());
  CHECK(lab.seen("a", "left").empty());
  a.fails = false;
  CHECK_FALSE(lab.unsubscribe("a").has_value());
  CHECK(a.told == Values{"assigned jobs-0 jobs-1", "revoked jobs-0 jobs-1"});
  CHECK(lab.seen("a", "left") == Values{"g: the consumer unsubscribed from all topics"});
}

TEST_CASE("closing in the middle of a rebalance loses the partitions") {
  ListenerLab lab;
  Settings settings = by_hand;
  settings.emplace_back("partition.assignment.strategy",
                        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
  Notes& a = lab.member("a", settings);
  lab.polling("a");
  lab.pass(1s);
  lab.cluster.join_delay = 10s;
  lab.member("b", settings);
  lab.polling("b");
  lab.pass(5s);  // a has joined again and waits for the others
  lab.stop("a");
  CHECK(a.told.back() == "lost jobs-0 jobs-1");
}

// An application whose polling thread hands records to workers: who handles what when, what is
// committed meanwhile, what back-pressure does, and what becomes of records whose partition goes.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using consumer::CommitOrder;
using consumer::Handling;
using consumer::WhenFull;
using consumer::WorkOrder;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};

struct WorkLab : Lab {
  WorkLab() {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B", "C", "D"});
    options.takes = 1s;
    options.commits = CommitOrder::after_contiguous;
    options.workers = consumer::WorkerOptions{};
    options.workers->count = 2;
  }
  consumer::Application& start(const Settings& more = {}) {
    Settings settings = {
        {"group.id", "g"},
        {"auto.offset.reset", "earliest"},
        {"enable.auto.commit", options.commits == CommitOrder::automatic ? "true" : "false"}};
    settings.insert(settings.end(), more.begin(), more.end());
    add("a", settings).subscribe({"orders"});
    return run("a", options);
  }
  Values handled() const {
    Values values;
    for (const std::string& line : seen("a", "handled"))
      values.push_back(line.substr(line.find(':') + 2, 1));
    return values;
  }
  std::int64_t committed() {
    const auto found = cluster.group().offsets.find(orders);
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }
  // A fails that often before it is handled; the others never.
  void fail_first(int failures) {
    options.handle = [failures](const consumer::ConsumedRecord& record) mutable {
      const bool fails = record.record.value.view() == "A" && failures-- > 0;
      return consumer::HandlingResult(fails ? Handling::retry : Handling::done);
    };
  }

  consumer::ApplicationOptions options;
};

}  // namespace

TEST_CASE("two workers need half the time, and what they finished is committed with a later poll") {
  WorkLab lab;
  consumer::Application& application = lab.start();
  lab.pass(10s);
  CHECK(lab.handled() == Values{"A", "B", "C", "D"});
  CHECK(lab.when("a handled orders-0 offset 0") == lab.when("a handled orders-0 offset 1"));
  CHECK(lab.when("a handled orders-0 offset 3") - lab.when("a handled orders-0 offset 0") == 1s);
  CHECK(lab.committed() == 4);
  CHECK(application.is_settled());
}

TEST_CASE("nothing is committed beyond the first record that is not finished") {
  WorkLab lab;
  lab.fail_first(5);
  lab.start();
  lab.pass(5500ms);
  CHECK(lab.handled() == Values{"B", "C", "D"});
  CHECK(lab.committed() == -1);
  lab.pass(2s);
  CHECK(lab.handled() == Values{"B", "C", "D", "A"});
  CHECK(lab.committed() == 4);
}

TEST_CASE("a worker that commits for itself goes beyond what others have not finished") {
  WorkLab lab;
  lab.options.commits = CommitOrder::after_each;
  lab.fail_first(5);
  consumer::Application& application = lab.start();
  lab.pass(5500ms);
  CHECK(lab.committed() == 4);
  lab.pass(2s);
  // The last to finish is the first in line, and takes the offset back.
  CHECK(lab.committed() == 1);
  CHECK(application.is_settled());
}

TEST_CASE("auto-commit commits what waits for a worker") {
  WorkLab lab;
  lab.options.commits = CommitOrder::automatic;
  lab.options.takes = 20s;
  consumer::Application& application = lab.start();
  lab.pass(10s);
  CHECK(lab.handled().empty());
  CHECK(lab.committed() == 4);
  CHECK_FALSE(application.is_settled());
}

TEST_CASE("with an order of partitions one record of a partition is handled at a time") {
  WorkLab lab;
  lab.options.workers->order = WorkOrder::by_partition;
  lab.fail_first(2);
  lab.start();
  lab.pass(10s);
  CHECK(lab.handled() == Values{"A", "B", "C", "D"});
  CHECK(lab.when("a handled orders-0 offset 3") - lab.when("a handled orders-0 offset 0") == 3s);
}

TEST_CASE("a full queue pauses the partitions until half of it is free") {
  WorkLab lab;
  lab.cluster.append("orders", 0, {"E", "F", "G", "H"});
  lab.options.workers->count = 1;
  lab.options.workers->queue = 2;
  lab.options.workers->when_full = WhenFull::pause;
  consumer::Application& application =
      lab.start({{"max.poll.records", "3"}, {"max.poll.interval.ms", "3000"}});
  lab.pass(500ms);
  CHECK(lab.seen("a", "fetching-paused").size() == 1);
  CHECK(lab.seen("a", "polled").size() == 3);
  lab.pass(30s);
  CHECK(lab.handled().size() == 8);
  CHECK(lab.seen("a", "fetching-paused").size() == lab.seen("a", "fetching-resumed").size());
  CHECK(lab.seen("a", "left").empty());
  CHECK(lab.committed() == 8);
  CHECK(application.is_settled());
}

TEST_CASE("who blocks at a full queue does not poll, and is out of the group after its interval") {
  WorkLab lab;
  lab.options.workers->count = 1;
  lab.options.workers->queue = 1;
  lab.options.takes = 4s;
  lab.start({{"max.poll.interval.ms", "5000"}});
  lab.pass(7s);
  CHECK(lab.seen("a", "left").size() == 1);
}

TEST_CASE("stopping in order handles what waits and commits it") {
  WorkLab lab;
  consumer::Application& application = lab.start();
  lab.pass(500ms);
  application.stop();
  lab.pass(5s);
  CHECK(application.has_ended());
  CHECK(lab.handled() == Values{"A", "B", "C", "D"});
  CHECK(lab.committed() == 4);
}

TEST_CASE("a record that ends the application ends it with what the other worker has in hand") {
  WorkLab lab;
  lab.options.handle = [](const consumer::ConsumedRecord& record) {
    return consumer::HandlingResult(record.record.value.view() == "B" ? Handling::stop
                                                                      : Handling::done);
  };
  consumer::Application& application = lab.start();
  lab.pass(5s);
  CHECK(application.has_ended());
  CHECK(lab.handled() == Values{"A", "C"});
  CHECK(lab.committed() == 1);
  REQUIRE(lab.seen("a", "queue-dropped").size() == 1);
  CHECK(lab.seen("a", "queue-dropped").at(0).find("the application ends") != std::string::npos);
}

TEST_CASE("what waits of a partition that was lost is thrown away, what is in hand is not") {
  WorkLab lab;
  lab.options.workers->count = 1;
  consumer::Application& application = lab.start({{"max.poll.interval.ms", "5000"}});
  lab.pass(500ms);
  application.stall(lab.world.now() + 8s);
  lab.pass(1min);
  // The record in hand was handled as the stall began, and once more as nothing was committed.
  CHECK(lab.handled() == Values{"A", "A", "B", "C", "D"});
  REQUIRE(lab.seen("a", "queue-dropped").size() == 1);
  CHECK(lab.seen("a", "queue-dropped").at(0).find("3 records of orders-0 (lost)") !=
        std::string::npos);
  CHECK(lab.committed() == 4);
}

TEST_CASE("two runs with workers of one seed report the same") {
  const auto run = [] {
    WorkLab lab;
    lab.fail_first(3);
    lab.start();
    lab.pass(20s);
    return lab.world.trace().hash();
  };
  CHECK(run() == run());
}

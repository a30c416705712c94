// The application's loop: the orders of handling and committing, and what a stall or a crash makes
// of them.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using consumer::CommitOrder;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};

struct AppLab : Lab {
  AppLab() {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B", "C"});
  }
  consumer::Application& start(const std::string& name, consumer::ApplicationOptions options) {
    const bool automatic = options.commits == CommitOrder::automatic;
    add(name, {{"group.id", "g"},
               {"auto.offset.reset", "earliest"},
               {"enable.auto.commit", automatic ? "true" : "false"},
               {"max.poll.interval.ms", "5000"}})
        .subscribe({"orders"});
    return run(name, std::move(options));
  }
  consumer::Application& start(const std::string& name, CommitOrder order,
                               sim::Duration takes = {}) {
    consumer::ApplicationOptions options;
    options.commits = order;
    options.takes = takes;
    return start(name, std::move(options));
  }
  // Values of handled records.
  Values handled(const std::string& who) const {
    Values values;
    for (const std::string& line : seen(who, "handled")) {
      values.push_back(line.substr(line.find(':') + 2, 1));
    }
    return values;
  }
  std::int64_t committed() {
    const auto found = cluster.group().offsets.find(orders);
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }
  // Does something as the record of that value is reported as handled.
  void once_handled(const std::string& value, std::function<void()> action) {
    on_event = [this, value, action](const sim::TraceEvent& event) {
      const auto* handled_event = event.as<protocol::events::Handled>();
      if (handled_event != nullptr && handled_event->record.value.view() == value) {
        world.loop().after_this_event(action);
      }
    };
  }
};

}  // namespace

TEST_CASE("after-handling commits the batch once all of it is handled") {
  AppLab lab;
  consumer::Application& application = lab.start("a", CommitOrder::after_handling, 10ms);
  lab.pass(1s);
  CHECK(lab.handled("a") == Values{"A", "B", "C"});
  CHECK(lab.committed() == 3);
  CHECK(lab.cluster.count("OffsetCommit") == 1);
  CHECK(lab.when("a handled orders-0 offset 1") - lab.when("a handled orders-0 offset 0") == 10ms);
  CHECK(application.is_settled());
}

TEST_CASE("after-each commits behind every record") {
  AppLab lab;
  lab.start("a", CommitOrder::after_each);
  lab.pass(1s);
  CHECK(lab.committed() == 3);
  CHECK(lab.cluster.count("OffsetCommit") == 3);
}

TEST_CASE("before-handling commits first, so a crash loses what was not handled yet") {
  AppLab lab;
  lab.start("a", CommitOrder::before_handling, 10ms);
  lab.once_handled("A", [&] { lab.clients.at("a").host->crash(); });
  lab.pass(1s);
  CHECK(lab.handled("a") == Values{"A"});
  CHECK(lab.committed() == 3);
}

TEST_CASE("a crash as a record is handled comes before its commit") {
  AppLab lab;
  lab.start("a", CommitOrder::after_each);
  lab.once_handled("B", [&] { lab.clients.at("a").host->crash(); });
  lab.pass(1s);
  CHECK(lab.handled("a") == Values{"A", "B"});
  CHECK(lab.committed() == 1);
}

TEST_CASE(
    "a stall as a record is handled comes before its commit, which is refused when the member is "
    "out") {
  AppLab lab;
  consumer::Application& application = lab.start("a", CommitOrder::after_each);
  lab.once_handled("C", [&] { application.stall(lab.world.now() + 8s); });
  lab.pass(7s);
  CHECK_FALSE(application.is_settled());
  CHECK(lab.committed() == 2);
  lab.on_event = nullptr;
  lab.pass(1min);
  CHECK(lab.seen("a", "commit-failed").size() == 1);
  CHECK(lab.handled("a") == Values{"A", "B", "C", "C"});
  CHECK(lab.committed() == 3);
  CHECK(application.is_settled());
}

TEST_CASE("never commits nothing and is settled without") {
  AppLab lab;
  consumer::Application& application = lab.start("a", CommitOrder::never);
  lab.pass(2s);
  CHECK(lab.handled("a").size() == 3);
  CHECK(lab.committed() == -1);
  CHECK(application.is_settled());
}

TEST_CASE("auto-commit leaves the application unsettled until the interval has passed") {
  AppLab lab;
  consumer::Application& application = lab.start("a", CommitOrder::automatic);
  lab.pass(2s);
  CHECK(lab.handled("a").size() == 3);
  CHECK_FALSE(application.is_settled());
  lab.pass(5s);
  CHECK(lab.committed() == 3);
  CHECK(application.is_settled());
}

namespace {

// The coordinator refuses that many commits with an error that leaves the member in its group.
FakeCluster::Script refuse_commits(int count) {
  auto left = std::make_shared<int>(count);
  return [left](int, const protocol::Request& request) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetCommitRequest>(request.body) || (*left)-- <= 0)
      return std::nullopt;
    return protocol::error_response(request.body, protocol::ErrorCode::offset_metadata_too_large);
  };
}

}  // namespace

TEST_CASE("a commit that was refused is not tried again, and leaves the application settled") {
  for (const CommitOrder order : {CommitOrder::after_handling, CommitOrder::before_handling}) {
    AppLab lab;
    lab.cluster.script = refuse_commits(1);
    consumer::Application& application = lab.start("a", order, 10ms);
    lab.pass(1min);
    CHECK(lab.seen("a", "commit-failed").size() == 1);
    CHECK(lab.committed() == -1);
    CHECK(application.is_settled());
    lab.cluster.append("orders", 0, {"D"});
    lab.pass(1s);
    CHECK(lab.committed() == 4);
    CHECK(application.is_settled());
  }
}

TEST_CASE("after-each is settled only when the commit of the last record was tried") {
  AppLab lab;
  lab.cluster.script = refuse_commits(3);
  consumer::Application& application = lab.start("a", CommitOrder::after_each, 1s);
  lab.pass(2500ms);
  CHECK(lab.seen("a", "commit-failed").size() == 2);
  CHECK_FALSE(application.is_settled());
  lab.pass(1s);
  CHECK(lab.seen("a", "commit-failed").size() == 3);
  CHECK(lab.committed() == -1);
  CHECK(application.is_settled());
}

TEST_CASE("a commit that is still being tried leaves the application unsettled") {
  AppLab lab;
  lab.cluster.script =
      [](int, const protocol::Request& request) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetCommitRequest>(request.body)) return std::nullopt;
    return protocol::error_response(request.body,
                                    protocol::ErrorCode::coordinator_load_in_progress);
  };
  consumer::Application& application = lab.start("a", CommitOrder::after_handling);
  for (int i = 0; i < 40; ++i) {
    lab.pass(1s);
    CHECK_FALSE(application.is_settled());
  }
}

TEST_CASE("an auto-commit that was refused comes again, and until then nothing is settled") {
  AppLab lab;
  lab.cluster.script = refuse_commits(1);
  consumer::Application& application = lab.start("a", CommitOrder::automatic);
  lab.pass(7s);
  CHECK(lab.seen("a", "commit-failed").size() == 1);
  CHECK_FALSE(application.is_settled());
  lab.pass(5s);
  CHECK(lab.committed() == 3);
  CHECK(application.is_settled());
}

TEST_CASE("stopping ends after the batch in hand, commits it and closes the consumer") {
  AppLab lab;
  consumer::Application& application = lab.start("a", CommitOrder::after_handling, 10ms);
  lab.once_handled("A", [&] { application.stop(); });
  lab.pass(1s);
  CHECK(lab.handled("a") == Values{"A", "B", "C"});
  CHECK(lab.committed() == 3);
  CHECK(application.has_ended());
  CHECK(lab.cluster.count("LeaveGroup") == 1);
}

TEST_CASE("a record that fails is tried again, and is given up when the application says so") {
  AppLab lab;
  int failures = 2;
  consumer::ApplicationOptions options;
  options.takes = 10ms;
  options.handle = [&](const consumer::ConsumedRecord& record) {
    if (record.record.value.view() == "C") return consumer::Handling::skip;
    if (record.record.value.view() == "B" && failures-- > 0) return consumer::Handling::retry;
    return consumer::Handling::done;
  };
  lab.start("a", std::move(options));
  lab.pass(1s);
  CHECK(lab.handled("a") == Values{"A", "B"});
  CHECK(lab.when("a handled orders-0 offset 1") - lab.when("a handled orders-0 offset 0") == 30ms);
  CHECK(lab.committed() == 3);
}

TEST_CASE("an application that stops at a poison record closes; auto-commit then commits past it") {
  AppLab lab;
  consumer::ApplicationOptions options;
  options.commits = CommitOrder::automatic;
  options.handle = [](const consumer::ConsumedRecord& record) {
    return record.record.value.view() == "B" ? consumer::Handling::stop : consumer::Handling::done;
  };
  consumer::Application& application = lab.start("a", std::move(options));
  lab.pass(1s);
  CHECK(application.has_ended());
  CHECK(lab.handled("a") == Values{"A"});
  CHECK(lab.committed() == 3);
}

TEST_CASE("two runs of one seed report the same") {
  const auto run = [] {
    AppLab lab;
    lab.start("a", CommitOrder::after_each, 3ms);
    lab.start("b", CommitOrder::automatic, 3ms);
    lab.pass(20s);
    return lab.world.trace().hash();
  };
  CHECK(run() == run());
}

// Kafka's rules of committing, one by one: when auto-commit acts, what each way to commit waits
// for, and what the application hears of a refusal.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using protocol::Offset;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};

Settings with(Settings settings, const Settings& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

const Settings by_hand = {
    {"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"enable.auto.commit", "false"}};
const Settings every_second = {{"group.id", "g"},
                               {"auto.offset.reset", "earliest"},
                               {"enable.auto.commit", "true"},
                               {"auto.commit.interval.ms", "1000"}};

struct CommitLab : Lab {
  explicit CommitLab(const Settings& settings) {
    cluster.add_topic("orders", 1);
    cluster.append("orders", 0, {"A", "B", "C"});
    add("a", settings).subscribe({"orders"});
  }
  consumer::Consumer& consumer() { return *clients.at("a").consumer; }
  consumer::Offsets offsets(std::int64_t offset, std::string metadata = "") const {
    return {{orders, {Offset(offset), {}, std::move(metadata)}}};
  }
  std::int64_t committed() {
    const auto found = cluster.group().offsets.find(orders);
    return found == cluster.group().offsets.end() ? -1 : found->second.committed_offset.value();
  }
  // The next `count` commits are refused so.
  void refuse(ErrorCode error, int count) {
    auto left = std::make_shared<int>(count);
    cluster.script = [=](int, const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      if (!std::holds_alternative<protocol::OffsetCommitRequest>(r.body) || (*left)-- <= 0)
        return std::nullopt;
      return protocol::error_response(r.body, error);
    };
  }
  // A callback that notes what it hears: "5 ok", "3 CommitFailedException".
  consumer::CommitCallback noting() {
    return [this](const consumer::Offsets& offsets, const std::optional<consumer::Failure>& f) {
      heard.push_back(std::to_string(offsets.at(orders).offset.value()) + " " +
                      (f ? f->exception : "ok"));
    };
  }
  Values heard;
};

}  // namespace

// ---- auto-commit ----

TEST_CASE("the interval of auto-commit starts anew when it is seen to be over") {
  CommitLab lab(every_second);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.pass(5s);
  lab.cluster.append("orders", 0, {"D"});
  REQUIRE(lab.read("a", 1) == Values{"D"});  // this poll committed 3
  const sim::Time committed_at = lab.world.now();
  lab.forget();
  while (lab.committed() != 4) lab.poll("a", 50ms);
  const sim::Duration later = lab.world.now() - committed_at;
  CHECK(later >= 950ms);
  CHECK(later <= 1100ms);
}

TEST_CASE("an assignment starts the interval of auto-commit anew") {
  CommitLab lab(every_second);
  lab.cluster.join_delay = 5s;  // the interval passes before there is anything to commit
  lab.poll("a", 4900ms);
  while (lab.seen("a", "assigned").empty()) lab.poll("a", 10ms);
  const sim::Time assigned = lab.world.now();
  REQUIRE(lab.read("a", 3).size() == 3);
  while (lab.committed() != 3) lab.poll("a", 10ms);
  const sim::Duration later = lab.world.now() - assigned;
  CHECK(later >= 990ms);
  CHECK(later <= 1050ms);
}

TEST_CASE("an assignment also starts an interval anew that has not passed yet") {
  CommitLab lab(
      {{"group.id", "g"}, {"auto.offset.reset", "earliest"}, {"auto.commit.interval.ms", "10000"}});
  lab.cluster.join_delay = 6s;
  while (lab.seen("a", "assigned").empty()) lab.poll("a", 10ms);
  const sim::Time assigned = lab.world.now();
  REQUIRE(lab.read("a", 3).size() == 3);
  while (lab.committed() != 3) lab.poll("a", 10ms);
  CHECK(lab.world.now() - assigned >= 9900ms);
}

TEST_CASE("assign() commits what it gives up, if the interval of auto-commit is over") {
  Lab lab;
  lab.cluster.add_topic("orders", 2);
  lab.cluster.append("orders", 0, {"A", "B"});
  consumer::Consumer& consumer = lab.add("a", every_second);
  consumer.assign({orders});
  REQUIRE(lab.read("a", 2).size() == 2);
  SECTION("over") {
    lab.pass(1s);
    consumer.assign({{"orders", 1}});
    lab.pass(100ms);
    CHECK(lab.cluster.group().offsets.at(orders).committed_offset == Offset(2));
  }
  SECTION("not over") {
    consumer.assign({{"orders", 1}});
    lab.pass(100ms);
    CHECK(lab.cluster.group().offsets.empty());
  }
}

TEST_CASE("seek, pause and a wakeup commit nothing") {
  CommitLab lab(every_second);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.pass(5s);
  lab.forget();
  lab.consumer().seek(orders, Offset(1));
  lab.consumer().pause(orders);
  lab.consumer().wakeup();
  lab.pass(5s);
  CHECK(lab.cluster.count("OffsetCommit") == 0);
}

TEST_CASE("an auto-commit that is refused for good is told, and the next one comes in its time") {
  CommitLab lab(every_second);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.refuse(ErrorCode::offset_metadata_too_large, 1);
  lab.pass(1s);
  lab.forget();
  lab.poll("a", 500ms);
  lab.poll("a", 10ms);
  CHECK(lab.cluster.count("OffsetCommit") == 1);
  CHECK(lab.seen("a", "commit-failed").size() == 1);
  lab.poll("a", 1s);
  CHECK(lab.committed() == 3);
}

// ---- commit_sync ----

TEST_CASE("a commit that takes too long names its timeout and its offsets") {
  CommitLab lab(with(by_hand, {{"default.api.timeout.ms", "2000"}}));
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.refuse(ErrorCode::coordinator_load_in_progress, 1000);
  const auto failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->exception == "TimeoutException");
  CHECK(failure->message ==
        "Timeout of 2000ms expired before successfully committing offsets "
        "{orders-0=OffsetAndMetadata{offset=3, leaderEpoch=0, metadata=''}}");
  const auto other = lab.commit("a", lab.offsets(2, "by hand"));
  REQUIRE(other);
  CHECK(other->message ==
        "Timeout of 2000ms expired before successfully committing offsets "
        "{orders-0=OffsetAndMetadata{offset=2, leaderEpoch=null, metadata='by hand'}}");
}

TEST_CASE("commits need a group") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  consumer::Consumer& consumer = lab.add("a", {{"auto.offset.reset", "earliest"}});
  consumer.assign({orders});
  const auto failure = lab.commit("a");
  REQUIRE(failure);
  CHECK(failure->exception == "InvalidGroupIdException");
  CHECK(failure->message ==
        "To use the group management or offset commit APIs, you must provide a valid group.id in "
        "the consumer configuration.");
  CHECK(consumer.commit_async()->exception == "InvalidGroupIdException");
  lab.poll("a", 1s);
  CHECK(lab.cluster.count("FindCoordinator") == 0);
}

TEST_CASE("a commit carries the words of the application, which the group keeps") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  CHECK_FALSE(lab.commit("a", lab.offsets(2, "half of the batch")));
  CHECK(lab.cluster.group().offsets.at(orders).committed_metadata == "half of the batch");
  lab.forget();
  lab.refuse(ErrorCode::offset_metadata_too_large, 1);
  const auto failure = lab.commit("a", lab.offsets(3, std::string(5000, 'x')));
  REQUIRE(failure);
  CHECK(failure->exception == "OffsetMetadataTooLarge");
  CHECK(failure->message == "The metadata field of the offset request was too large.");
  CHECK(lab.cluster.count("OffsetCommit") == 1);
}

TEST_CASE("a negative offset is refused before it is sent") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.forget();
  const auto failure = lab.commit("a", lab.offsets(-2));
  REQUIRE(failure);
  CHECK(failure->exception == "IllegalArgumentException");
  CHECK(failure->message == "Invalid offset: -2");
  CHECK(lab.cluster.count("OffsetCommit") == 0);
}

TEST_CASE("what each refusal of a commit is to the application") {
  struct Case {
    ErrorCode error;
    std::string exception;
    std::string message;
  };
  const Case cases[] = {
      {ErrorCode::unknown_member_id, "CommitFailedException", "Commit cannot be completed since"},
      {ErrorCode::illegal_generation, "CommitFailedException", "Commit cannot be completed since"},
      {ErrorCode::rebalance_in_progress, "RebalanceInProgressException",
       "Offset commit cannot be completed since the consumer group is executing a rebalance at the "
       "moment. You can try completing the rebalance by calling poll() and then retry commit "
       "again"},
      {ErrorCode::fenced_instance_id, "FencedInstanceIdException",
       "The broker rejected this static consumer since another consumer with the same "
       "group.instance.id has registered with a different member.id."},
      {ErrorCode::group_authorization_failed, "GroupAuthorizationException",
       "Not authorized to access group: g"},
      {ErrorCode::topic_authorization_failed, "TopicAuthorizationException",
       "Not authorized to access topics: [orders]"},
      {ErrorCode::invalid_commit_offset_size, "InvalidCommitOffsetSizeException",
       "The committing offset data size is not valid."},
      {ErrorCode::invalid_group_id, "KafkaException",
       "Unexpected error in commit: The configured groupId is invalid."},
  };
  for (const Case& c : cases) {
    INFO(c.exception << " " << c.message);
    CommitLab lab(by_hand);
    REQUIRE(lab.read("a", 3).size() == 3);
    lab.refuse(c.error, 1);
    lab.forget();
    const auto failure = lab.commit("a");
    REQUIRE(failure);
    CHECK(failure->exception == c.exception);
    CHECK(failure->message.substr(0, c.message.size()) == c.message);
    CHECK_FALSE(failure->retriable);
    CHECK(lab.cluster.count("OffsetCommit") == 1);
  }
}

TEST_CASE("what commit_sync tries again, and when it looks for the coordinator first") {
  for (const auto& [error, looks_up] : {std::pair(ErrorCode::coordinator_load_in_progress, false),
                                        std::pair(ErrorCode::unknown_topic_or_partition, false),
                                        std::pair(ErrorCode::coordinator_not_available, true),
                                        std::pair(ErrorCode::not_coordinator, true),
                                        std::pair(ErrorCode::request_timed_out, true)}) {
    INFO(protocol::name(error));
    CommitLab lab(by_hand);
    REQUIRE(lab.read("a", 3).size() == 3);
    lab.forget();
    lab.refuse(error, 1);
    CHECK_FALSE(lab.commit("a"));
    CHECK(lab.committed() == 3);
    CHECK(lab.cluster.count("OffsetCommit") == 2);
    CHECK(lab.cluster.count("FindCoordinator") == (looks_up ? 1U : 0U));
  }
}

// ---- commit_async ----

TEST_CASE("callbacks of asynchronous commits come in order, in a later call") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  for (const int offset : {1, 2, 3}) lab.consumer().commit_async(lab.offsets(offset), lab.noting());
  lab.pass(1s);
  CHECK(lab.committed() == 3);
  CHECK(lab.heard.empty());
  lab.poll("a", 10ms);
  CHECK(lab.heard == Values{"1 ok", "2 ok", "3 ok"});
  lab.poll("a", 10ms);
  CHECK(lab.heard.size() == 3);
}

TEST_CASE("a callback hears whether a retry may help, and nothing is tried again by itself") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.forget();
  lab.refuse(ErrorCode::coordinator_load_in_progress, 1);
  lab.consumer().commit_async(lab.offsets(1), lab.noting());
  lab.pass(1s);
  lab.refuse(ErrorCode::offset_metadata_too_large, 1);
  lab.consumer().commit_async(lab.offsets(2), lab.noting());
  lab.pass(1s);
  lab.poll("a", 10ms);
  CHECK(lab.heard == Values{"1 RetriableCommitFailedException", "2 OffsetMetadataTooLarge"});
  CHECK(lab.cluster.count("OffsetCommit") == 2);
  CHECK(lab.seen("a", "commit-failed").size() == 2);
  CHECK(lab.seen("a", "commit-failed").front().find("Offset commit failed with a retriable") !=
        std::string::npos);
}

TEST_CASE("an application that retries an asynchronous commit may overtake itself") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.refuse(ErrorCode::coordinator_load_in_progress, 1);
  const auto retry = [&](const consumer::Offsets& offsets,
                         const std::optional<consumer::Failure>& failure) {
    if (failure) lab.consumer().commit_async(offsets, lab.noting());
  };
  lab.consumer().commit_async(lab.offsets(1), retry);
  lab.consumer().commit_async(lab.offsets(3), retry);
  lab.pass(1s);
  CHECK(lab.committed() == 3);
  lab.poll("a", 100ms);
  lab.poll("a", 10ms);
  CHECK(lab.committed() == 1);  // the last one in the log wins
  CHECK(lab.heard == Values{"1 ok"});
}

TEST_CASE("commit_sync calls the callbacks of earlier commits before it returns") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.consumer().commit_async(lab.offsets(1), lab.noting());
  SECTION("with offsets") {
    CHECK_FALSE(lab.commit("a", lab.offsets(2)));
    CHECK(lab.committed() == 2);
  }
  SECTION("without any, too") {
    CHECK_FALSE(lab.commit("a", {}));
    CHECK(lab.committed() == 1);
  }
  CHECK(lab.heard == Values{"1 ok"});
}

TEST_CASE("asynchronous commits without a coordinator share one look-up and keep their order") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  consumer::Consumer& consumer = lab.add("a", by_hand);
  consumer.assign({orders});
  lab.pass(100ms);
  const auto at = [](std::int64_t offset) {
    return consumer::Offsets{{orders, {Offset(offset), {}, ""}}};
  };
  for (const int offset : {1, 2, 3}) consumer.commit_async(at(offset));
  lab.pass(1s);
  CHECK(lab.cluster.count("FindCoordinator") == 1);
  CHECK(lab.cluster.count("OffsetCommit") == 3);
  CHECK(lab.cluster.group().offsets.at(orders).committed_offset == Offset(3));
}

TEST_CASE("after an asynchronous commit was fenced every call fails, naming instance and member") {
  CommitLab lab(with(by_hand, {{"group.instance.id", "i-1"}}));
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.refuse(ErrorCode::fenced_instance_id, 1);
  lab.consumer().commit_async();
  lab.pass(100ms);
  const std::string member = lab.consumer().membership().generation().member_id;
  const std::string text = "Get fenced exception for group.instance.id i-1, current member.id is ";
  const auto failure = lab.poll("a", 10ms).failure;
  REQUIRE(failure);
  CHECK(failure->exception == "FencedInstanceIdException");
  CHECK(failure->message == text + member);
  CHECK(lab.commit("a")->message == text + member);
  CHECK(lab.consumer().commit_async()->message == text + member);
}

TEST_CASE("closing waits for asynchronous commits, and calls their callbacks") {
  CommitLab lab(by_hand);
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.consumer().commit_async(lab.offsets(2), lab.noting());
  lab.close("a");
  CHECK(lab.committed() == 2);
  CHECK(lab.heard == Values{"2 ok"});
}

// Kafka's rules of positions and fetched data, one by one: what the end of a partition is, what an
// answer that came too late is worth, and what errors of a partition are to the application.
#include "consumer/fetch_collector.hpp"

#include <algorithm>

#include "tests/consumer/consumer_lab.hpp"
#include "tests/consumer/fake_epoch_group.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using protocol::IsolationLevel;
using protocol::Offset;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};
const protocol::TopicPartition others{"orders", 1};
const Settings from_start = {{"auto.offset.reset", "earliest"}};

struct ReaderLab : Lab {
  explicit ReaderLab(const Settings& settings = from_start, int partitions = 1) {
    cluster.add_topic("orders", partitions);
    add("a", settings);
  }
  ~ReaderLab() {
    for (auto& [name, client] : clients) client.host->crash();
  }
  consumer::Consumer& consumer() { return *clients.at("a").consumer; }
};

protocol::RecordBatch batch(const std::string& value) {
  protocol::RecordBatch result;
  protocol::Record record;
  record.value = protocol::Bytes(value);
  result.records.push_back(std::move(record));
  protocol::seal(result);
  return result;
}

}  // namespace

// ---- where a reader starts ----

TEST_CASE("a look-up of the end asks for the end that the reader may see") {
  for (const bool committed : {true, false}) {
    ReaderLab lab({{"auto.offset.reset", "latest"},
                   {"isolation.level", committed ? "read_committed" : "read_uncommitted"}});
    std::optional<protocol::ListOffsetsRequest> sent;
    lab.cluster.script = [&](int,
                             const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
      if (const auto* list = std::get_if<protocol::ListOffsetsRequest>(&r.body)) sent = *list;
      return std::nullopt;
    };
    lab.consumer().assign({orders});
    lab.poll("a", 1s);
    REQUIRE(sent);
    CHECK(sent->isolation_level ==
          (committed ? IsolationLevel::read_committed : IsolationLevel::read_uncommitted));
    CHECK(sent->partitions.at(0).timestamp == protocol::latest_timestamp);
    CHECK(sent->partitions.at(0).current_leader_epoch == protocol::LeaderEpoch(0));
  }
}

TEST_CASE("without a policy all partitions that have no offset are named, the others are read") {
  ReaderLab lab({{"auto.offset.reset", "none"}, {"group.id", "g"}}, 3);
  lab.cluster.append("orders", 1, {"A"});
  lab.cluster.group().offsets[others] = {others, Offset(0), {}, ""};
  lab.consumer().assign({orders, others, {"orders", 2}});
  const auto failure = lab.poll("a", 1s).failure;
  REQUIRE(failure);
  CHECK(failure->exception == "NoOffsetForPartitionException");
  CHECK(failure->message ==
        "Undefined offset with no reset policy for partitions: [orders-0, orders-2]");
  CHECK(lab.consumer().position(others) == Offset(0));
}

TEST_CASE("a committed offset comes before the reset policy, seek before both") {
  ReaderLab lab({{"auto.offset.reset", "earliest"}, {"group.id", "g"}}, 2);
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.cluster.append("orders", 1, {"D", "E", "F"});
  for (const auto& partition : {orders, others})
    lab.cluster.group().offsets[partition] = {partition, Offset(1), {}, ""};
  lab.consumer().assign({orders, others});
  lab.consumer().seek(others, Offset(2));
  Values read = lab.read("a", 3);
  std::sort(read.begin(), read.end());
  CHECK(read == Values{"B", "C", "F"});
  CHECK(lab.cluster.count("ListOffsets") == 0);
}

// ---- positions ----

TEST_CASE("a position is that of the next record to return, however much is buffered behind it") {
  ReaderLab lab(with(from_start, "max.poll.records", "1"));
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.consumer().assign({orders});
  REQUIRE(lab.read("a", 1) == Values{"A"});
  CHECK(lab.consumer().position(orders) == Offset(1));
  REQUIRE(lab.read("a", 1) == Values{"B"});
  CHECK(lab.consumer().position(orders) == Offset(2));
}

TEST_CASE("a partition is not fetched while something of it is buffered") {
  ReaderLab lab(with(from_start, "max.poll.records", "1"));
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.consumer().assign({orders});
  std::vector<protocol::TopicPartition> asked;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (const auto* fetch = std::get_if<protocol::FetchRequest>(&r.body)) {
      for (const auto& part : fetch->partitions) asked.push_back(part.partition);
    }
    return std::nullopt;
  };
  REQUIRE(lab.read("a", 1) == Values{"A"});
  asked.clear();
  lab.pass(2s);
  REQUIRE(lab.read("a", 1) == Values{"B"});
  lab.pass(2s);
  CHECK(asked.empty());
  REQUIRE(lab.read("a", 1) == Values{"C"});
  lab.poll("a", 100ms);  // finds that there is no more
  CHECK(asked.size() == 1);
}

TEST_CASE("a seek without an epoch is taken as it is: nobody is asked about it") {
  ReaderLab lab;
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.consumer().assign({orders});
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.forget();
  CHECK(lab.consumer().seek(orders, Offset(1)));
  CHECK(lab.consumer().position(orders) == Offset(1));
  CHECK(lab.read("a", 2) == Values{"B", "C"});
  CHECK(lab.cluster.count("OffsetForLeaderEpoch") == 0);
  CHECK(lab.cluster.count("ListOffsets") == 0);
  CHECK_FALSE(lab.consumer().seek(others, Offset(1)));
}

TEST_CASE("what was fetched of a partition that is not read any more is not handed out") {
  ReaderLab lab(with(from_start, "max.poll.records", "1"), 2);
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.consumer().assign({orders});
  REQUIRE(lab.read("a", 1) == Values{"A"});
  lab.consumer().assign({others});
  CHECK(lab.poll("a", 200ms).records.empty());
  lab.consumer().assign({orders});
  CHECK(lab.read("a", 2) == Values{"A", "B"});  // from the start: it was given up
}

// ---- transactions, as far as the reader is concerned ----

TEST_CASE("records outside of transactions pass, also of a producer whose transaction aborted") {
  ReaderLab lab(with(from_start, "isolation.level", "read_committed"));
  protocol::RecordBatch in_transaction = batch("A");
  in_transaction.producer_id = protocol::ProducerId(7);
  in_transaction.transactional = true;
  protocol::RecordBatch outside = batch("B");
  outside.producer_id = protocol::ProducerId(7);
  lab.cluster.append("orders", 0, std::move(in_transaction), 1);
  lab.cluster.append("orders", 0, std::move(outside), 1);
  lab.cluster.log("orders", 0).aborted = {{protocol::ProducerId(7), Offset(0)}};
  lab.consumer().assign({orders});
  CHECK(lab.read("a", 1) == Values{"B"});
  CHECK(lab.consumer().position(orders) == Offset(2));
}

// ---- errors of a partition ----

TEST_CASE("an error that Kafka's client does not know of is told with its number and its place") {
  ReaderLab lab;
  lab.cluster.append("orders", 0, {"A"});
  int left = 1;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::FetchRequest>(r.body) || left-- <= 0) return std::nullopt;
    protocol::FetchResponse response;
    response.partitions.emplace_back();
    response.partitions.back().partition = orders;
    response.partitions.back().error = ErrorCode::invalid_fetch_size;
    return response;
  };
  lab.consumer().assign({orders});
  std::optional<consumer::Failure> failure;
  for (int i = 0; i < 5 && !failure; ++i) failure = lab.poll("a", 1s).failure;
  REQUIRE(failure);
  CHECK(failure->exception == "IllegalStateException");
  CHECK(failure->message ==
        "Unexpected error code 4 while fetching at offset 0 from topic-partition orders-0");
  CHECK(lab.read("a", 1) == Values{"A"});
}

TEST_CASE("an unexpected error takes the records along that were to be returned with it") {
  consumer::Settings settings;
  consumer::SubscriptionState subscriptions({consumer::OffsetReset::Kind::earliest, {}});
  consumer::FetchCollector collector(subscriptions, settings);
  subscriptions.assign_from_user({orders, others});
  consumer::FetchPosition start;
  start.offset = Offset(0);
  start.current_leader = {protocol::BrokerId(1), protocol::LeaderEpoch(0)};
  for (const auto& partition : {orders, others})
    subscriptions.find(partition)->seek_validated(start);
  const auto arrive = [&](const protocol::TopicPartition& partition, ErrorCode error) {
    protocol::FetchPartitionResponse answer;
    answer.partition = partition;
    answer.error = error;
    protocol::StoredBatch stored;
    stored.base_offset = Offset(0);
    stored.batch = protocol::make_ref<protocol::RecordBatch>(batch("A"));
    if (error == ErrorCode::none) answer.records.push_back(std::move(stored));
    collector.add(consumer::CompletedFetch(answer, Offset(0), settings.isolation));
  };
  arrive(orders, ErrorCode::none);
  arrive(others, ErrorCode::invalid_fetch_size);
  const auto collected = collector.collect(sim::zero);
  REQUIRE(collected.failure);
  CHECK(collected.failure->exception == "IllegalStateException");
  CHECK(collected.records.empty());
  CHECK(subscriptions.find(orders)->position()->offset == Offset(1));  // as if it was returned
}

// ---- auto-commit under the consumer protocol ----

TEST_CASE("closing a member with epochs commits what was returned before it leaves") {
  const Settings settings = with(with(from_start, "group.id", "g"), "group.protocol", "consumer");
  ReaderLab lab(settings);
  FakeEpochGroup group(lab.cluster, "orders", 1);
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.consumer().subscribe({"orders"});
  REQUIRE(lab.read("a", 2).size() == 2);
  CHECK(group.committed(0) == -1);
  lab.close("a");
  CHECK(group.committed(0) == 2);
  CHECK(group.seen.back().member_epoch == -1);
}

TEST_CASE("a member with epochs tries the commit before a rebalance until the rebalance timeout") {
  Settings settings = with(with(from_start, "group.id", "g"), "group.protocol", "consumer");
  settings = with(settings, "max.poll.interval.ms", "8000");
  ReaderLab lab(with(settings, "auto.commit.interval.ms", "3600000"), 2);
  FakeEpochGroup group(lab.cluster, "orders", 2);
  lab.cluster.append("orders", 0, {"A"});
  lab.cluster.append("orders", 1, {"B"});
  lab.consumer().subscribe({"orders"});
  lab.polling("a");
  lab.pass(1s);
  group.commit_refusals.assign(10'000, ErrorCode::coordinator_load_in_progress);
  lab.add("b", settings).subscribe({"orders"});
  lab.polling("b");
  lab.pass(11s);  // heartbeats come every 5 s
  const sim::Time began = lab.when("a error OffsetCommit");
  REQUIRE(began < lab.world.now());
  CHECK(lab.seen("a", "revoked").empty());
  lab.pass(began + 8s - lab.world.now() + 1s);
  CHECK(lab.seen("a", "revoked") == Values{"orders-1"});
  CHECK(lab.when("a revoked") - began >= 7900ms);
  CHECK(group.committed(1) == -1);
}

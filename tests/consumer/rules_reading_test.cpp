// Kafka's rules of reading, one by one: what a fetch asks for, what moves a position, and what the
// application hears when the log is not what it was.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};
const protocol::TopicPartition others{"orders", 1};

Settings from_earliest(const Settings& more = {}) {
  Settings settings = {{"auto.offset.reset", "earliest"}};
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

protocol::RecordBatch marker(protocol::ControlType type, std::int64_t producer) {
  protocol::RecordBatch batch;
  batch.producer_id = protocol::ProducerId(producer);
  batch.transactional = true;
  batch.control = type;
  batch.records.emplace_back();
  protocol::seal(batch);
  return batch;
}

protocol::RecordBatch in_transaction(std::int64_t producer, const std::string& value) {
  protocol::RecordBatch batch;
  batch.producer_id = protocol::ProducerId(producer);
  batch.transactional = true;
  protocol::Record record;
  record.value = protocol::Bytes(value);
  batch.records.push_back(std::move(record));
  protocol::seal(batch);
  return batch;
}

}  // namespace

TEST_CASE("a fetch asks for what the settings say") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.add("a", from_earliest({{"fetch.min.bytes", "7"},
                              {"fetch.max.wait.ms", "321"},
                              {"fetch.max.bytes", "1000"},
                              {"max.partition.fetch.bytes", "100"},
                              {"client.rack", "r1"},
                              {"isolation.level", "read_committed"}}))
      .assign({orders});
  std::optional<protocol::FetchRequest> sent;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (const auto* fetch = std::get_if<protocol::FetchRequest>(&r.body)) sent = *fetch;
    return std::nullopt;
  };
  lab.poll("a", 1s);
  REQUIRE(sent);
  CHECK(sent->min_bytes == 7);
  CHECK(sent->max_wait_ms == 321);
  CHECK(sent->max_bytes == 1000);
  CHECK(sent->partitions.at(0).max_bytes == 100);
  CHECK(sent->rack_id == "r1");
  CHECK(sent->isolation_level == protocol::IsolationLevel::read_committed);
}

TEST_CASE("partitions of one leader share a fetch, each leader gets its own") {
  Lab lab(2);
  lab.cluster.add_topic("orders", 3);
  lab.cluster.log("orders", 2).leader = protocol::BrokerId(2);
  lab.add("a", from_earliest()).assign({orders, others, {"orders", 2}});
  std::map<int, std::size_t> asked;
  lab.cluster.script = [&](int broker,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (const auto* fetch = std::get_if<protocol::FetchRequest>(&r.body))
      asked[broker] = fetch->partitions.size();
    return std::nullopt;
  };
  lab.poll("a", 300ms);
  CHECK(asked == std::map<int, std::size_t>{{1, 2}, {2, 1}});
  CHECK(lab.cluster.count("Fetch to 1") == 1);
  CHECK(lab.cluster.count("Fetch to 2") == 1);
}

TEST_CASE("a position that cannot be known yet keeps only its own partition waiting") {
  Lab lab;
  lab.cluster.add_topic("orders", 2);
  lab.cluster.append("orders", 0, {"A"});
  lab.cluster.append("orders", 1, {"B"});
  lab.add("a", from_earliest()).assign({orders, others});
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    const auto* list = std::get_if<protocol::ListOffsetsRequest>(&r.body);
    if (list == nullptr) return std::nullopt;
    protocol::ListOffsetsResponse response;
    for (const protocol::ListOffsetsPartition& part : list->partitions) {
      response.partitions.emplace_back();
      response.partitions.back().partition = part.partition;
      response.partitions.back().offset = Offset(0);
      if (part.partition == others)
        response.partitions.back().error = ErrorCode::leader_not_available;
    }
    return response;
  };
  CHECK(lab.read("a", 2) == Values{"A"});
}

TEST_CASE("by_duration asks for the first record that is not older") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.add("a", {{"auto.offset.reset", "by_duration:PT1M"}}).assign({orders});
  std::vector<std::int64_t> asked;
  Offset found(1);
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    const auto* list = std::get_if<protocol::ListOffsetsRequest>(&r.body);
    if (list == nullptr || list->partitions.at(0).timestamp < 0) return std::nullopt;
    asked.push_back(list->partitions.at(0).timestamp);
    protocol::ListOffsetsResponse response;
    response.partitions.emplace_back();
    response.partitions.back().partition = orders;
    response.partitions.back().offset = found;
    return response;
  };
  SECTION("there is one") {
    CHECK(lab.read("a", 2) == Values{"B", "C"});
    const std::int64_t now = sim::to_epoch_ms(lab.world.now());
    REQUIRE(asked.size() == 1);
    CHECK(asked.front() <= now - 60000);
    CHECK(asked.front() > now - 61000);
  }
  SECTION("there is none: it goes on at the end") {
    found = Offset();
    lab.poll("a", 500ms);
    CHECK(lab.clients.at("a").consumer->position(orders) == Offset(3));
  }
}

TEST_CASE("a reader without a group never asks for a coordinator") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A"});
  lab.add("a", from_earliest()).assign({orders});
  CHECK(lab.read("a", 1) == Values{"A"});
  lab.close("a");
  for (const char* request : {"FindCoordinator", "JoinGroup", "OffsetFetch", "OffsetCommit"})
    CHECK(lab.cluster.count(request) == 0);
}

TEST_CASE("partitions assigned by hand start at what the group committed, without joining it") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.cluster.group().offsets[orders] = {orders, Offset(1), LeaderEpoch(0), ""};
  lab.add("a", from_earliest({{"group.id", "g"}})).assign({orders});
  CHECK(lab.read("a", 1) == Values{"B"});
  CHECK(lab.cluster.count("JoinGroup") == 0);
}

// ---- read_committed ----

TEST_CASE("a poll that only passes aborted records and markers returns nothing and gets on") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, in_transaction(7, "A"), 1);
  lab.cluster.append("orders", 0, marker(protocol::ControlType::abort, 7), 1);
  lab.cluster.log("orders", 0).aborted.push_back({protocol::ProducerId(7), Offset(0)});
  consumer::Consumer& consumer =
      lab.add("a", from_earliest({{"isolation.level", "read_committed"}}));
  consumer.assign({orders});
  const sim::Time before = lab.world.now();
  const consumer::PollResult polled = lab.poll("a", 10s);
  CHECK(polled.records.empty());
  CHECK_FALSE(polled.failure);
  CHECK(lab.world.now() - before < 1s);  // it did not wait for more
  CHECK(consumer.position(orders) == Offset(2));
  CHECK(consumer.is_settled());
}

TEST_CASE("lag counts to the end that the reader may see") {
  for (const bool committed : {false, true}) {
    INFO(committed);
    Lab lab;
    lab.cluster.add_topic("orders", 1);
    lab.cluster.append("orders", 0, {"A"});
    lab.cluster.append("orders", 0, in_transaction(7, "B"), 1);
    lab.cluster.append("orders", 0, {"C", "D"});
    lab.cluster.log("orders", 0).stable = Offset(1);
    consumer::Consumer& consumer = lab.add(
        "a", from_earliest({{"isolation.level", committed ? "read_committed" : "read_uncommitted"},
                            {"max.poll.records", "1"}}));
    consumer.assign({orders});
    REQUIRE(lab.read("a", 1) == Values{"A"});
    CHECK(consumer.lag().at(orders) == (committed ? 0 : 3));
  }
}

// ---- seeking ----

TEST_CASE("seeking to the beginning or the end is looked up by the next poll") {
  Lab lab;
  lab.cluster.add_topic("orders", 2);
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.cluster.append("orders", 1, {"C"});
  consumer::Consumer& consumer = lab.add("a", from_earliest());
  consumer.assign({orders, others});
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.forget();
  consumer.seek_to_beginning({orders});
  CHECK_FALSE(consumer.position(orders).is_set());
  CHECK(lab.cluster.count("ListOffsets") == 0);
  CHECK(lab.read("a", 2) == Values{"A", "B"});
  CHECK(lab.seen("a", "reset").size() == 1);
  consumer.seek_to_beginning({});
  consumer.seek_to_end({orders});
  CHECK(lab.read("a", 1) == Values{"C"});
  CHECK(consumer.position(orders) == Offset(2));
}

TEST_CASE("seeking with an epoch asks the leader whether that epoch reached so far") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.cluster.elect("orders", 0, 1);
  lab.cluster.append("orders", 0, {"C"});
  consumer::Consumer& consumer = lab.add("a", from_earliest());
  consumer.assign({orders});
  REQUIRE(lab.read("a", 3).size() == 3);
  lab.forget();
  consumer.seek(orders, consumer::OffsetAndEpoch{Offset(1), LeaderEpoch(0), ""});
  CHECK(lab.read("a", 2) == Values{"B", "C"});
  CHECK(lab.cluster.count("OffsetForLeaderEpoch") == 1);
  // Epoch 0 ended at 2: what is asked for was cut off.
  consumer.seek(orders, consumer::OffsetAndEpoch{Offset(3), LeaderEpoch(0), ""});
  CHECK(lab.read("a", 1) == Values{"C"});
}

// ---- truncation ----

TEST_CASE("without a policy one exception names all partitions whose logs were cut") {
  Lab lab;
  lab.cluster.add_topic("orders", 2);
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.cluster.append("orders", 1, {"D", "E"});
  consumer::Consumer& consumer = lab.add("a", {{"auto.offset.reset", "none"}});
  consumer.assign({orders, others});
  consumer.seek(orders, Offset(0));
  consumer.seek(others, Offset(0));
  REQUIRE(lab.read("a", 5).size() == 5);
  for (const int partition : {0, 1}) {
    FakeLog& log = lab.cluster.log("orders", partition);
    log.batches.clear();
    log.end = Offset(1);
    lab.cluster.elect("orders", partition, 1);
  }
  std::optional<consumer::Failure> failure;
  for (int i = 0; i < 10 && !failure; ++i) failure = lab.poll("a", 1s).failure;
  REQUIRE(failure);
  CHECK(failure->exception == "LogTruncationException");
  CHECK(failure->message ==
        "Truncated partitions detected with divergent offsets "
        "{orders-0=OffsetAndMetadata{offset=1, leaderEpoch=0, metadata=''}, "
        "orders-1=OffsetAndMetadata{offset=1, leaderEpoch=0, metadata=''}}");
}

TEST_CASE("what is not known of a truncation is left out of the exception's offsets") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A", "B"});
  consumer::Consumer& consumer = lab.add("a", {{"auto.offset.reset", "none"}});
  consumer.assign({orders});
  consumer.seek(orders, Offset(0));
  REQUIRE(lab.read("a", 2).size() == 2);
  lab.cluster.elect("orders", 0, 1);
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetForLeaderEpochRequest>(r.body)) return std::nullopt;
    protocol::OffsetForLeaderEpochResponse response;
    response.partitions.emplace_back();
    response.partitions.back().partition = orders;
    return response;
  };
  std::optional<consumer::Failure> failure;
  for (int i = 0; i < 10 && !failure; ++i) failure = lab.poll("a", 1s).failure;
  REQUIRE(failure);
  CHECK(failure->message == "Truncated partitions detected with divergent offsets {}");
}

// ---- the end ----

TEST_CASE("closing ends in its time, whatever the coordinator does") {
  Lab lab;
  lab.cluster.add_topic("orders", 1);
  lab.cluster.append("orders", 0, {"A"});
  consumer::Consumer& consumer =
      lab.add("a", from_earliest({{"group.id", "g"}, {"request.timeout.ms", "4000"}}));
  consumer.subscribe({"orders"});
  REQUIRE(lab.read("a", 1).size() == 1);
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::OffsetCommitRequest>(r.body)) return std::nullopt;
    return protocol::error_response(r.body, ErrorCode::coordinator_load_in_progress);
  };
  lab.close("a");
  CHECK_FALSE(consumer.is_closed());
  lab.pass(4s);
  CHECK(consumer.is_closed());
  CHECK(lab.seen("a", "commit-failed").size() == 1);
}

// A consumer without a group: where it starts, what it fetches, and how it follows its partition's
// leader.
#include "tests/consumer/consumer_lab.hpp"
#include "tests/support/catch.hpp"

using namespace kafkasim;
using namespace kafkasim::consumer_test;
using Values = std::vector<std::string>;

namespace {

const protocol::TopicPartition orders{"orders", 0};

struct Reader : Lab {
  explicit Reader(const std::string& reset, Settings more = {}, int brokers = 1) : Lab(brokers) {
    cluster.add_topic("orders", 1);
    more.emplace_back("auto.offset.reset", reset);
    add("reader", more);
  }
  void begin() { clients.at("reader").consumer->assign({orders}); }
  consumer::Consumer& consumer() { return *clients.at("reader").consumer; }
};

}  // namespace

TEST_CASE("earliest starts at the first record and returns all of them in order") {
  Reader lab("earliest");
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.cluster.append("orders", 0, {"C"});
  lab.begin();
  CHECK(lab.read("reader", 3) == Values{"A", "B", "C"});
  CHECK(lab.consumer().position(orders) == protocol::Offset(3));
  CHECK(lab.seen("reader", "reset") == Values{"orders-0 from none to 0: no committed offset"});
}

TEST_CASE("latest skips what was stored before the look-up") {
  Reader lab("latest");
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.begin();
  CHECK(lab.read("reader", 1, 200ms).empty());
  lab.cluster.append("orders", 0, {"C"});
  CHECK(lab.read("reader", 1) == Values{"C"});
}

TEST_CASE("a leader that cannot name the end yet is asked again") {
  Reader lab("latest");
  lab.cluster.append("orders", 0, {"A"});
  int refusals = 0;
  lab.cluster.script =
      [&](int, const protocol::Request& request) -> std::optional<protocol::ResponseBody> {
    const auto* list = std::get_if<protocol::ListOffsetsRequest>(&request.body);
    if (list == nullptr || refusals == 3) return std::nullopt;
    ++refusals;
    protocol::ListOffsetsResponse response;
    response.partitions.emplace_back().partition = orders;
    response.partitions.back().error = protocol::ErrorCode::offset_not_available;
    return response;
  };
  lab.begin();
  CHECK(lab.read("reader", 1, 500ms).empty());
  CHECK(refusals == 3);
  CHECK(lab.consumer().position(orders) == protocol::Offset(1));
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 1) == Values{"B"});
}

TEST_CASE("without a reset policy the application is told that there is no offset") {
  Reader lab("none");
  lab.begin();
  const auto result = lab.poll("reader", 1s);
  REQUIRE(result.failure);
  CHECK(result.failure->exception == "NoOffsetForPartitionException");
  CHECK(result.failure->message ==
        "Undefined offset with no reset policy for partitions: [orders-0]");
}

TEST_CASE("a poll returns at most max.poll.records and the rest comes without another fetch") {
  Reader lab("earliest", {{"max.poll.records", "2"}});
  lab.cluster.append("orders", 0, {"A", "B", "C", "D", "E"});
  lab.begin();
  CHECK(lab.read("reader", 1) == Values{"A", "B"});
  lab.cluster.forget_requests();
  CHECK(lab.read("reader", 1) == Values{"C", "D"});
  CHECK(lab.cluster.count("Fetch") == 0);
  CHECK(lab.read("reader", 1) == Values{"E"});
}

TEST_CASE("the next fetch is under way before poll returns, and only one per broker") {
  Reader lab("earliest");
  lab.cluster.append("orders", 0, {"A"});
  lab.begin();
  lab.read("reader", 1);
  lab.cluster.forget_requests();
  lab.pass(3ms);
  CHECK(lab.cluster.count("Fetch") == 1);
  // It is answered at the end of fetch.max.wait.ms, and without a poll nothing follows.
  lab.pass(5s);
  CHECK(lab.cluster.count("Fetch") == 1);
}

TEST_CASE("a poll that finds nothing returns at its timeout") {
  Reader lab("earliest");
  lab.begin();
  const sim::Time before = lab.world.now();
  CHECK(lab.poll("reader", 700ms).records.empty());
  CHECK(lab.world.now() == before + 700ms);
}

TEST_CASE("a new leader is found through the refusal of the old one") {
  Reader lab("earliest", {}, 2);
  lab.cluster.append("orders", 0, {"A"});
  lab.begin();
  CHECK(lab.read("reader", 1) == Values{"A"});
  lab.cluster.elect("orders", 0, 2);
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 1) == Values{"B"});
  CHECK(lab.seen("reader", "error") == Values{"Fetch: NOT_LEADER_OR_FOLLOWER"});
  CHECK(lab.cluster.count("OffsetForLeaderEpoch to 2") == 1);
  CHECK(lab.consumer().position(orders) == protocol::Offset(2));
}

TEST_CASE(
    "a new leader that lacks what was read makes the consumer go back to where the logs part") {
  Reader lab("earliest", {}, 2);
  lab.cluster.append("orders", 0, {"A"});
  lab.cluster.append("orders", 0, {"B", "C"});
  lab.begin();
  CHECK(lab.read("reader", 3).size() == 3);
  FakeLog& log = lab.cluster.log("orders", 0);
  log.batches.pop_back();
  log.end = protocol::Offset(1);
  lab.cluster.elect("orders", 0, 2);
  lab.cluster.append("orders", 0, {"D"});
  CHECK(lab.read("reader", 1) == Values{"D"});
  CHECK(lab.seen("reader", "reset").back() == "orders-0 from 3 to 1: truncated");
}

TEST_CASE("truncation is an error for an application without a reset policy") {
  Reader lab("none", {}, 2);
  lab.cluster.append("orders", 0, {"A"});
  lab.cluster.append("orders", 0, {"B"});
  lab.begin();
  REQUIRE(lab.consumer().seek(orders, protocol::Offset(0)));
  CHECK(lab.read("reader", 2).size() == 2);
  FakeLog& log = lab.cluster.log("orders", 0);
  log.batches.pop_back();
  log.end = protocol::Offset(1);
  lab.cluster.elect("orders", 0, 2);
  std::optional<consumer::Failure> failure;
  for (int i = 0; i < 10 && !failure; ++i) failure = lab.poll("reader", 500ms).failure;
  REQUIRE(failure);
  CHECK(failure->exception == "LogTruncationException");
  CHECK(failure->message ==
        "Truncated partitions detected with divergent offsets "
        "{orders-0=OffsetAndMetadata{offset=1, leaderEpoch=0, metadata=''}}");
}

TEST_CASE("a position below the log's start is reset by the policy") {
  Reader lab("earliest");
  lab.cluster.append("orders", 0, {"A"});
  lab.cluster.append("orders", 0, {"B"});
  lab.begin();
  lab.cluster.log("orders", 0).start = protocol::Offset(1);
  lab.consumer().seek(orders, protocol::Offset(0));
  CHECK(lab.read("reader", 1) == Values{"B"});
  CHECK(lab.seen("reader", "reset").back() == "orders-0 from 0 to 1: out of range");
  CHECK(lab.seen("reader", "error") == Values{"Fetch: OFFSET_OUT_OF_RANGE"});
}

TEST_CASE("a position out of range is an error without a reset policy") {
  Reader lab("none");
  lab.begin();
  lab.consumer().seek(orders, protocol::Offset(7));
  const auto result = lab.poll("reader", 1s);
  REQUIRE(result.failure);
  CHECK(result.failure->exception == "OffsetOutOfRangeException");
}

TEST_CASE("seek goes on elsewhere and drops what was buffered") {
  Reader lab("earliest", {{"max.poll.records", "1"}});
  lab.cluster.append("orders", 0, {"A", "B", "C"});
  lab.begin();
  CHECK(lab.read("reader", 1) == Values{"A"});
  lab.consumer().seek(orders, protocol::Offset(2));
  CHECK(lab.read("reader", 1) == Values{"C"});
  lab.consumer().seek(orders, protocol::Offset(0));
  CHECK(lab.read("reader", 1) == Values{"A"});
}

TEST_CASE("a paused partition keeps its buffered records until it is resumed") {
  Reader lab("earliest", {{"max.poll.records", "1"}});
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.begin();
  CHECK(lab.read("reader", 1) == Values{"A"});
  lab.consumer().pause(orders);
  CHECK(lab.poll("reader", 300ms).records.empty());
  lab.consumer().resume(orders);
  lab.cluster.forget_requests();
  CHECK(lab.read("reader", 1) == Values{"B"});
  CHECK(lab.cluster.count("Fetch") == 0);
}

TEST_CASE("readers of committed records stop at the last stable offset and skip what was aborted") {
  Reader lab("earliest", {{"isolation.level", "read_committed"}});
  protocol::RecordBatch batch;
  batch.producer_id = protocol::ProducerId(7);
  batch.transactional = true;
  batch.records.resize(1);
  batch.records[0].value = protocol::Bytes("aborted");
  protocol::seal(batch);
  lab.cluster.append("orders", 0, batch, 1);
  lab.cluster.log("orders", 0).stable = protocol::Offset(0);
  lab.begin();
  CHECK(lab.read("reader", 1, 100ms).empty());
  protocol::RecordBatch marker = batch;
  marker.control = protocol::ControlType::abort;
  lab.cluster.log("orders", 0).aborted.push_back({protocol::ProducerId(7), protocol::Offset(0)});
  lab.cluster.log("orders", 0).stable.reset();
  lab.cluster.append("orders", 0, marker, 1);
  lab.cluster.append("orders", 0, {"after"});
  CHECK(lab.read("reader", 1) == Values{"after"});
  CHECK(lab.consumer().position(orders) == protocol::Offset(3));
}

TEST_CASE("a broken connection is made again and nothing is read twice") {
  Reader lab("earliest");
  lab.cluster.append("orders", 0, {"A"});
  lab.begin();
  CHECK(lab.read("reader", 1) == Values{"A"});
  lab.world.network().cut(lab.world.host("reader")->id(), lab.world.host("broker-1")->id());
  lab.cluster.append("orders", 0, {"B"});
  CHECK(lab.read("reader", 1) == Values{"B"});
}

TEST_CASE("a look-up that is refused is tried again after retry.backoff.ms") {
  Reader lab("earliest");
  lab.cluster.append("orders", 0, {"A"});
  int refusals = 2;
  lab.cluster.script = [&](int,
                           const protocol::Request& r) -> std::optional<protocol::ResponseBody> {
    if (!std::holds_alternative<protocol::ListOffsetsRequest>(r.body) || refusals-- <= 0)
      return std::nullopt;
    return protocol::error_response(r.body, protocol::ErrorCode::offset_not_available);
  };
  lab.begin();
  CHECK(lab.read("reader", 1) == Values{"A"});
  CHECK(lab.cluster.count("ListOffsets") == 3);
  CHECK(lab.world.now() >= sim::zero + 200ms);
}

TEST_CASE("a reader is settled at the end of its partition, and lag says how far it is") {
  Reader lab("earliest", {{"max.poll.records", "1"}});
  lab.cluster.append("orders", 0, {"A", "B"});
  lab.begin();
  CHECK_FALSE(lab.consumer().is_settled());
  lab.read("reader", 1);
  CHECK(lab.consumer().lag() == std::map<protocol::TopicPartition, std::int64_t>{{orders, 1}});
  CHECK_FALSE(lab.consumer().is_settled());
  lab.read("reader", 1);
  lab.poll("reader", 100ms);
  CHECK(lab.consumer().lag().at(orders) == 0);
  CHECK(lab.consumer().is_settled());
}

TEST_CASE("a consumer that never reached a broker closes") {
  Lab lab;
  lab.add("reader", Settings{});
  lab.close("reader");
  CHECK(lab.clients.at("reader").consumer->is_closed());
}

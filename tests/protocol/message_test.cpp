// What is true of every message, and how messages read in a trace.
#include "protocol/message.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

using namespace kafkasim::protocol;

namespace {

const TopicPartition orders_0{"orders", 0};
const TopicPartition orders_1{"orders", 1};

BatchRef batch(const std::vector<std::string>& labels) {
  RecordBatch out;
  for (const std::string& label : labels) {
    Record record;
    record.value = Bytes(label);
    record.value_size = static_cast<std::int32_t>(label.size());
    out.records.push_back(record);
  }
  seal(out);
  return make_ref<RecordBatch>(std::move(out));
}

Request request(RequestBody body) {
  Request out;
  out.body = std::move(body);
  return out;
}

Response response(ResponseBody body) { return Response{0, std::move(body)}; }

ProduceRequest produce() {
  ProduceRequest out;
  out.partitions.push_back(ProducePartition{orders_0, batch({"A", "B"})});
  return out;
}

// The request of each API, by its place in the variant.
template <std::size_t... I>
std::vector<Request> all_requests(std::index_sequence<I...>) {
  return {request(RequestBody(std::in_place_index<I>))...};
}
std::vector<Request> all_requests() {
  return all_requests(std::make_index_sequence<std::variant_size_v<RequestBody>>());
}

}  // namespace

TEST_CASE("every API has a name, two kinds and its own key") {
  std::vector<std::int16_t> keys;
  for (const Request& r : all_requests()) {
    const std::string name(api_name(r.body.index()));
    CHECK(kind(r) == name + "Request");
    CHECK(is_message_kind(name + "Request"));
    CHECK(is_message_kind(name + "Response"));
    keys.push_back(api_key(r.body.index()));
  }
  CHECK(std::is_sorted(keys.begin(), keys.end()));
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
  CHECK(api_key(request(ProduceRequest{}).body.index()) == 0);
  CHECK(api_key(request(InitProducerIdRequest{}).body.index()) == 22);
  CHECK_FALSE(is_message_kind("Produce"));
}

TEST_CASE("the error answer to a request is the answer of the same API") {
  for (const Request& r : all_requests()) {
    CHECK(error_response(r.body, ErrorCode::not_controller).index() == r.body.index());
  }
}

TEST_CASE("a refused Produce request carries the error at each partition") {
  ProduceRequest two = produce();
  two.partitions.push_back(ProducePartition{orders_1, batch({"C"})});
  const auto answer =
      std::get<ProduceResponse>(error_response(two, ErrorCode::not_enough_replicas));
  REQUIRE(answer.partitions.size() == 2);
  CHECK(answer.partitions[1].partition == orders_1);
  CHECK(answer.partitions[1].error == ErrorCode::not_enough_replicas);
  CHECK_FALSE(answer.partitions[1].base_offset.is_set());
}

TEST_CASE(
    "refused Metadata, FindCoordinator and CreateTopics requests carry the error at each entry") {
  MetadataRequest metadata;
  metadata.topics = {"orders"};
  const auto topics =
      std::get<MetadataResponse>(error_response(metadata, ErrorCode::leader_not_available));
  CHECK(topics.topics.at(0).error == ErrorCode::leader_not_available);
  CHECK(topics.brokers.empty());
  FindCoordinatorRequest find;
  find.coordinator_keys = {"billing"};
  const auto found =
      std::get<FindCoordinatorResponse>(error_response(find, ErrorCode::coordinator_not_available));
  CHECK(found.coordinators.at(0).key == "billing");
  CreateTopicsRequest create;
  create.topics.push_back(CreatableTopic{"t", 1, 1, {}, {}});
  const auto created =
      std::get<CreateTopicsResponse>(error_response(create, ErrorCode::topic_already_exists));
  CHECK(created.topics.at(0).error == ErrorCode::topic_already_exists);
}

TEST_CASE("group requests are refused at the top") {
  JoinGroupRequest join;
  join.member_id = "m1";
  const auto answer =
      std::get<JoinGroupResponse>(error_response(join, ErrorCode::unknown_member_id));
  CHECK(answer.error == ErrorCode::unknown_member_id);
  CHECK(answer.member_id == "m1");
  OffsetFetchRequest fetch;
  fetch.partitions = {orders_0};
  CHECK(std::get<OffsetFetchResponse>(error_response(fetch, ErrorCode::not_coordinator))
            .partitions.empty());
}

TEST_CASE("a message concerns the partitions that it lists") {
  CHECK(concerns(request(produce()), orders_0));
  CHECK_FALSE(concerns(request(produce()), orders_1));
  OffsetFetchRequest offsets;
  offsets.partitions = {orders_1};
  CHECK(concerns(request(offsets), orders_1));
  MetadataRequest metadata;
  metadata.topics = {"orders"};
  CHECK(concerns(request(metadata), orders_1));
  CHECK_FALSE(concerns(request(metadata), TopicPartition{"returns", 0}));
  MetadataResponse answer;
  answer.topics.push_back(MetadataTopic{
      ErrorCode::none, "orders", {}, false, SharedList<MetadataPartition>({MetadataPartition{}})});
  CHECK(concerns(response(answer), orders_0));
  CHECK_FALSE(concerns(response(answer), orders_1));
  CHECK_FALSE(concerns(request(HeartbeatRequest{}), orders_0));
}

TEST_CASE("a message is as large as its records make it") {
  const std::int32_t empty = wire_size(request(ProduceRequest{}));
  const std::int32_t full = wire_size(request(produce()));
  CHECK(full >= empty + produce().partitions[0].records->size_in_bytes);
  FetchResponse fetched;
  fetched.partitions.emplace_back();
  const std::int32_t nothing = wire_size(response(fetched));
  fetched.partitions[0].records.push_back(StoredBatch{Offset(0), LeaderEpoch(0), -1, batch({"A"})});
  CHECK(wire_size(response(fetched)) == nothing + batch({"A"})->size_in_bytes);
}

TEST_CASE("requests read as one line") {
  CHECK(summary(request(produce())) == "Produce orders-0 [A B] acks=all");
  Request rejected = request(produce());
  rejected.rejected_with = ErrorCode::not_enough_replicas;
  CHECK(summary(rejected) == "Produce orders-0 [A B] acks=all (rejected with NOT_ENOUGH_REPLICAS)");
  FetchRequest fetch;
  fetch.replica_id = BrokerId(2);
  fetch.partitions.resize(6);
  for (int i = 0; i < 6; ++i) {
    fetch.partitions[static_cast<std::size_t>(i)].partition = TopicPartition{"orders", i};
    fetch.partitions[static_cast<std::size_t>(i)].fetch_offset = Offset(i);
  }
  CHECK(summary(request(fetch)) ==
        "Fetch replica=2 orders-0@0, orders-1@1, orders-2@2, orders-3@3 and 2 more");
  CHECK(summary(request(ApiVersionsRequest{})) == "ApiVersions");
  for (const Request& r : all_requests())
    CHECK(summary(r).substr(0, 3) == api_name(r.body.index()).substr(0, 3));
}

TEST_CASE("responses read as one line") {
  ProduceResponse stored;
  stored.partitions.emplace_back();
  stored.partitions[0].partition = orders_0;
  stored.partitions[0].base_offset = Offset(4);
  CHECK(summary(response(stored)) == "ProduceResponse orders-0 offset 4");
  stored.partitions[0].error = ErrorCode::not_enough_replicas;
  CHECK(summary(response(stored)) == "ProduceResponse orders-0 NOT_ENOUGH_REPLICAS");
  FetchResponse fetched;
  fetched.partitions.emplace_back();
  fetched.partitions[0].partition = orders_0;
  fetched.partitions[0].high_watermark = Offset(9);
  fetched.partitions[0].records.push_back(
      StoredBatch{Offset(7), LeaderEpoch(0), -1, batch({"A", "B"})});
  CHECK(summary(response(fetched)) == "FetchResponse orders-0 7 [A B] hw=9");
  HeartbeatResponse refused;
  refused.error = ErrorCode::rebalance_in_progress;
  CHECK(summary(response(refused)) == "HeartbeatResponse REBALANCE_IN_PROGRESS");
  InitProducerIdResponse id;
  id.producer_id = ProducerId(1000);
  id.producer_epoch = ProducerEpoch(0);
  CHECK(summary(response(id)) == "InitProducerIdResponse id=1000 epoch=0");
}

// A cluster of brokers that only replicate: real logs, partitions, fetchers and connections; the
// metadata is written by the test, and changes of an ISR are decided as the controller does, at
// once (or not at all).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/controller/replication_control.hpp"
#include "broker/invariants/invariant_checker.hpp"
#include "broker/replica_manager.hpp"
#include "broker/request_server.hpp"
#include "protocol/events.hpp"
#include "sim/channel.hpp"
#include "sim/world.hpp"
#include "tests/broker/log_support.hpp"

namespace kafkasim::broker::testing {

using namespace std::chrono_literals;
using protocol::Acks;
using protocol::BrokerId;
using protocol::ErrorCode;
using protocol::Offset;
using protocol::TopicPartition;

inline const TopicPartition orders{"orders", 0};
inline constexpr protocol::Uuid orders_id{7, 7};

class ReplicaLab;

// One broker: what survives a crash, and what runs.
class Node final : public RequestHandler {
 public:
  Node(sim::World& world, sim::Host& host, int id, sim::HostId controller,
       InvariantChecker& invariants)
      : world_(world),
        host_(host),
        id_(id),
        controller_(controller),
        invariants_(invariants),
        storage_(host.storage<Storage>()) {}

  void boot() {
    sim::Process& process = host_.boot();
    image_ = MetadataImage();
    context_.emplace(Context{world_, host_, process, BrokerId(id_), config, image_, controller_,
                             protocol::BrokerEpoch(id_ - 1), &invariants_, mutations});
    replicas_ = std::make_unique<ReplicaManager>(*context_, storage_);
    server_ = std::make_unique<RequestServer>(process, world_.network(), host_.id(), *this, 600s);
    server_->start();
    replicas_->start();
  }
  void apply(const std::vector<MetadataRecord>& log) {
    MetadataDelta delta;
    while (image_.next_offset() < Offset(static_cast<std::int64_t>(log.size()))) {
      image_.apply(log[static_cast<std::size_t>(image_.next_offset().value())],
                   image_.next_offset(), delta);
    }
    replicas_->apply(delta);
  }
  sim::Task<Answer> handle(protocol::Request request, sim::HostId) override {
    if (auto* produce = std::get_if<protocol::ProduceRequest>(&request.body)) {
      protocol::ProduceResponse response = co_await replicas_->produce(std::move(*produce));
      co_return Answer(std::move(response));
    }
    if (auto* fetch = std::get_if<protocol::FetchRequest>(&request.body)) {
      protocol::FetchResponse response = co_await replicas_->fetch(std::move(*fetch));
      co_return Answer(std::move(response));
    }
    if (auto* list = std::get_if<protocol::ListOffsetsRequest>(&request.body)) {
      co_return Answer(replicas_->list_offsets(*list));
    }
    co_return Answer(replicas_->offset_for_leader_epoch(
        std::get<protocol::OffsetForLeaderEpochRequest>(request.body)));
  }

  ReplicaManager& replicas() { return *replicas_; }
  sim::Host& host() { return host_; }
  LogStorage& log_storage(const TopicPartition& id = orders) { return storage_.logs[id]; }

  protocol::ConfigValues config{protocol::broker_config_defs()};
  Mutations mutations;  // planted bugs

 private:
  sim::World& world_;
  sim::Host& host_;
  int id_;
  sim::HostId controller_;
  InvariantChecker& invariants_;
  Storage& storage_;
  MetadataImage image_;
  std::optional<Context> context_;
  std::unique_ptr<ReplicaManager> replicas_;
  std::unique_ptr<RequestServer> server_;
};

class ReplicaLab : public RequestHandler {
 public:
  explicit ReplicaLab(int brokers = 3, std::map<std::string, std::string> topic_config = {}) {
    world.trace().keep_lines(true);
    sim::Process& process = controller_.boot();
    server_ =
        std::make_unique<RequestServer>(process, world.network(), controller_.id(), *this, 600s);
    server_->start();
    client_.boot();
    for (int id = 1; id <= brokers; ++id) {
      sim::Host& host = world.add_host("broker-" + std::to_string(id));
      nodes_.push_back(std::make_unique<Node>(world, host, id, controller_.id(), invariants));
      RegisterBrokerRecord record;
      record.broker_id = BrokerId(id);
      record.host = host.name();
      record.fenced = false;
      metadata.push_back(record);
    }
    metadata.push_back(TopicRecord{"orders", orders_id});
    for (const auto& [name, value] : topic_config) {
      metadata.push_back(ConfigRecord{"orders", name, value});
      if (name == "min.insync.replicas") min_isr_ = std::stoi(value);
    }
  }
  ~ReplicaLab() override {
    for (const auto& node : nodes_) node->host().crash();
    client_.crash();
    controller_.crash();
  }

  Node& node(int id) { return *nodes_.at(static_cast<std::size_t>(id - 1)); }
  void boot_all() {
    for (const auto& node : nodes_) node->boot();
  }
  // orders-`partition`, led by the first replica, all of them in sync unless it is said who.
  void create(std::initializer_list<int> replicas, std::int32_t partition = 0, int leader_epoch = 0,
              std::initializer_list<int> isr = {}) {
    PartitionRecord record;
    record.partition = partition;
    record.topic_id = orders_id;
    record.replicas = ids(replicas);
    record.isr = isr.size() > 0 ? ids(isr) : record.replicas;
    record.leader = record.replicas.front();
    record.leader_epoch = protocol::LeaderEpoch(leader_epoch);
    record.partition_epoch = protocol::PartitionEpoch(0);
    metadata.push_back(record);
    spread();
  }
  void fence(int id, bool fenced = true) {
    BrokerRegistrationChangeRecord change;
    change.broker_id = BrokerId(id);
    change.broker_epoch = protocol::BrokerEpoch(id - 1);
    change.fenced = fenced;
    metadata.push_back(change);
    spread();
  }
  void elect(int leader, std::initializer_list<int> isr, std::int32_t partition = 0) {
    PartitionChangeRecord change;
    change.partition = partition;
    change.topic_id = orders_id;
    change.leader = BrokerId(leader);
    change.isr = ids(isr);
    metadata.push_back(change);
    spread();
  }
  void set_isr(std::initializer_list<int> isr, std::int32_t partition = 0) {
    PartitionChangeRecord change;
    change.partition = partition;
    change.topic_id = orders_id;
    change.isr = ids(isr);
    metadata.push_back(change);
    spread();
  }
  // The metadata as the controller knows it.
  MetadataImage image() const {
    MetadataImage image;
    MetadataDelta delta;
    for (const MetadataRecord& record : metadata) image.apply(record, image.next_offset(), delta);
    return image;
  }
  // What Kafka's controller decides on that.
  template <class Decide>
  auto control(Decide decide) {
    const MetadataImage now = image();
    ReplicationControl control(now, settings, sim::Rng(1));
    MetadataRecords records;
    auto outcome = decide(control, records);
    metadata.insert(metadata.end(), records.begin(), records.end());
    spread();
    return outcome;
  }
  // To those brokers, in that order; none: takes the reassignment back.
  ErrorCode reassign(std::optional<std::vector<int>> target) {
    std::optional<BrokerIds> brokers;
    if (target) {
      brokers.emplace();
      for (const int id : *target) brokers->push_back(BrokerId(id));
    }
    return control([&](const ReplicationControl& c, MetadataRecords& records) {
      return c.reassign(orders, brokers, records);
    });
  }
  // Every running broker that is not kept in the dark applies all metadata.
  void spread() {
    decide();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i]->host().is_up() && !in_the_dark.contains(static_cast<int>(i) + 1))
        nodes_[i]->apply(metadata);
    }
  }
  void crash(int id) { node(id).host().crash(); }
  void restart(int id) {
    node(id).boot();
    spread();
  }
  void run_for(sim::Duration duration) { world.loop().run_until(world.now() + duration); }

  std::string state(int id) {
    const Partition* partition = node(id).replicas().find(orders);
    return partition == nullptr ? "none" : partition->describe();
  }

  // ---- a client: one connection for each request ----
  struct Pending {
    std::optional<protocol::ResponseBody> body;
    bool closed = false;
    sim::Time at{};
    std::unique_ptr<sim::Channel> channel;
  };
  Pending& send(int broker, protocol::RequestBody body) {
    Pending& pending = *pending_.emplace_back(std::make_unique<Pending>());
    pending.channel = std::make_unique<sim::Channel>(world.network(), *client_.process(),
                                                     client_.id(), node(broker).host().id());
    sim::spawn(*client_.process(), exchange(&pending, std::move(body)));
    return pending;
  }
  // Runs until it is answered, at most two minutes.
  template <class Response>
  Response wait(Pending& pending) {
    const sim::Time limit = world.now() + 120s;
    while (!pending.body && !pending.closed && world.now() < limit && world.loop().step()) {
    }
    if (!pending.body) return {};
    return std::get<Response>(*pending.body);
  }
  Pending& send_produce(int broker, const protocol::BatchRef& batch, Acks acks = Acks::all,
                        std::int32_t timeout_ms = 5000) {
    protocol::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = timeout_ms;
    request.partitions.push_back({orders, batch});
    return send(broker, std::move(request));
  }
  protocol::ProducePartitionResponse produce(int broker, std::initializer_list<const char*> values,
                                             Acks acks = Acks::all,
                                             std::int32_t timeout_ms = 5000) {
    auto response =
        wait<protocol::ProduceResponse>(send_produce(broker, batch(values), acks, timeout_ms));
    if (response.partitions.empty()) return {};
    return response.partitions[0];
  }
  Pending& send_fetch(int broker, std::int64_t offset, std::int32_t max_wait_ms = 500) {
    protocol::FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    protocol::FetchPartition& item = request.partitions.emplace_back();
    item.partition = orders;
    item.fetch_offset = Offset(offset);
    return send(broker, std::move(request));
  }
  protocol::FetchPartitionResponse fetched(Pending& pending) {
    auto response = wait<protocol::FetchResponse>(pending);
    if (response.partitions.empty()) return {};
    return response.partitions[0];
  }

  // Lines of the trace that bear this event's name, without the time.
  std::vector<std::string> events(const std::string& name) const {
    std::vector<std::string> found;
    for (const std::string& line : world.trace().lines()) {
      if (line.find(" " + name + " ") != std::string::npos) found.push_back(line);
    }
    return found;
  }

  sim::Task<Answer> handle(protocol::Request request, sim::HostId) override {
    const auto& alter = std::get<protocol::AlterPartitionRequest>(request.body);
    if (deaf) co_return Answer::close_connection();
    if (hesitates > sim::Duration(0)) co_await sim::sleep_until(world.now() + hesitates);
    co_return Answer(decide_on(alter));
  }

  sim::World world{1, {1ms, 1ms}};
  InvariantChecker invariants{world.loop()};
  std::vector<MetadataRecord> metadata;
  std::set<int> in_the_dark;     // brokers that metadata does not reach
  ReplicationSettings settings;  // of the controller
  bool deaf = false;             // the controller hangs up
  sim::Duration hesitates{};     // before the controller decides on a change of an ISR

 private:
  // What the metadata says by now is what the controller decided.
  void decide() {
    MetadataDelta delta;
    while (image_.next_offset() < Offset(static_cast<std::int64_t>(metadata.size()))) {
      image_.apply(metadata[static_cast<std::size_t>(image_.next_offset().value())],
                   image_.next_offset(), delta);
    }
    invariants.decided(image_, delta, min_isr_);
  }
  protocol::AlterPartitionResponse decide_on(const protocol::AlterPartitionRequest& request) {
    return control([&](const ReplicationControl& c, MetadataRecords& records) {
      auto decision = c.alter_partition(request);
      records = std::move(decision.records);
      return decision.response;
    });
  }
  sim::Task<> exchange(Pending* pending, protocol::RequestBody body) {
    protocol::Request request;
    request.body = std::move(body);
    sim::MessagePtr message = sim::enclose(std::move(request));
    sim::CallResult result =
        co_await pending->channel->call(std::move(message), world.now() + 100s);
    pending->at = world.now();
    pending->closed = result.status != sim::CallResult::Status::answered;
    if (!pending->closed) pending->body = result.message->open<protocol::Response>()->body;
  }

  MetadataImage image_;
  std::int32_t min_isr_ = 1;
  sim::Host& controller_ = world.add_host("controller-1");
  sim::Host& client_ = world.add_host("client");
  std::unique_ptr<RequestServer> server_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Pending>> pending_;
};

}  // namespace kafkasim::broker::testing

// The stage of such a run. Left out: other traffic on the cluster.
#include "tests/conformance/group_run.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "producer/producer.hpp"
#include "protocol/config_rules.hpp"
#include "sim/timer.hpp"
#include "sim/wait.hpp"
#include "tests/conformance/recorded_cluster.hpp"

namespace kafkasim::conformance {
namespace {

using namespace std::chrono_literals;
using consumer::Failure;
using protocol::BrokerId;

constexpr const char* topic_name = "jobs";
constexpr sim::Duration poll_timeout = 100ms;

std::vector<std::string> bootstrap() {
  std::vector<std::string> hosts;
  for (int id = 0; id < recorded_brokers; ++id) hosts.push_back(recorded_broker_name(id));
  return hosts;
}

std::vector<protocol::CreatableTopic> topics(int partitions) {
  protocol::CreatableTopic jobs;
  jobs.name = topic_name;
  for (int i = 0; i < partitions; ++i) jobs.assignments.push_back({BrokerId(i % recorded_brokers)});
  return {jobs, recorded_offsets_topic()};
}

protocol::ConfigValues consumer_config(const ConsumerSettings& settings) {
  protocol::ConfigValues values{protocol::consumer_config_defs()};
  for (const auto& [name, value] : settings) {
    const std::string refusal = values.set(name, value);
    if (!refusal.empty()) throw std::invalid_argument("cannot be replayed: " + refusal);
  }
  if (const auto conflict = protocol::resolve_consumer_config(values))
    throw std::invalid_argument("cannot be replayed: " + conflict.text);
  return values;
}

}  // namespace

// One consumer with the application around it.
class GroupRun::Member final : public consumer::RebalanceListener {
 public:
  Member(sim::World& world, sim::Host& host, std::string name, std::vector<Told>& told)
      : world_(world),
        host_(host),
        name_(std::move(name)),
        told_(told),
        hears_again_(world.loop()) {}
  ~Member() override { host_.crash(); }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void start(const protocol::ConfigValues& config, bool commits, sim::Duration pause) {
    if (host_.process() != nullptr && !ended_)
      throw std::invalid_argument("cannot be replayed: " + name_ + " starts twice");
    host_.crash();
    consumer_.reset();
    process_ = &host_.boot();
    ended_ = false;
    closing_ = false;
    pause_ends_ = process_->now();
    reading_ = {};
    consumer_ =
        std::make_unique<consumer::Consumer>(world_, host_, *process_, name_, config, bootstrap());
    consumer_->set_listener(this);
    consumer_->subscribe({topic_name});
    sim::spawn(*process_, run(commits, pause));
  }
  void close() {
    closing_ = true;
    if (is_running()) consumer_->wakeup();
  }
  void crash() { host_.crash(); }
  void stop_polling(sim::Duration time) { pause_ends_ = sim::later(world_.now(), time); }

  bool is_running() const { return host_.process() != nullptr && !ended_; }
  const Reading& reading() const { return reading_; }
  void stand_still(int call, sim::Duration length) {
    calls_until_still_ = call;
    still_for_ = length;
  }

  sim::Task<std::optional<Failure>> on_partitions_revoked(consumer::Partitions list) override {
    tell("revoked", list);
    co_return std::nullopt;
  }
  sim::Task<std::optional<Failure>> on_partitions_assigned(consumer::Partitions list) override {
    tell("assigned", list);
    co_return std::nullopt;
  }
  sim::Task<std::optional<Failure>> on_partitions_lost(consumer::Partitions list) override {
    tell("lost", list);
    co_return std::nullopt;
  }

 private:
  void tell(const char* event, const consumer::Partitions& list) {
    Told& told = told_.emplace_back();
    told.consumer = name_;
    told.event = event;
    for (const protocol::TopicPartition& one : list) told.partitions.push_back(one.partition);
    if (calls_until_still_ == 0 || --calls_until_still_ > 0) return;
    sim::Network& network = world_.network();
    for (int id = 0; id < recorded_brokers; ++id)
      network.block(host_.id(), world_.host(recorded_broker_name(id))->id());
    hears_again_.at(sim::later(world_.now(), still_for_), [this] {
      for (int id = 0; id < recorded_brokers; ++id)
        world_.network().unblock(host_.id(), world_.host(recorded_broker_name(id))->id());
    });
  }

  sim::Task<> run(bool commits, sim::Duration pause) {
    while (!closing_) {
      if (process_->now() < pause_ends_) co_await sim::sleep_until(pause_ends_);
      consumer::PollResult polled = co_await consumer_->poll(poll_timeout);
      if (polled.failure) {
        told_.push_back({name_, polled.failure->exception, {}});
        break;
      }
      if (polled.records.empty()) continue;
      take(polled.records);
      if (commits) {
        co_await consumer_->commit_sync();
        reading_.committed_polls = reading_.polls.size();
      }
      const sim::Time next = sim::later(process_->now(), pause);
      if (pause.count() > 0) co_await sim::sleep_until(next);
    }
    co_await consumer_->close();
    ended_ = true;
  }

  void take(const std::vector<consumer::ConsumedRecord>& records) {
    if (reading_.polls.empty()) {
      reading_.first = world_.now();
      const protocol::Offset found = consumer_->committed(records.front().partition);
      if (found.is_set()) reading_.found = found.value();
    }
    std::vector<std::int64_t>& offsets = reading_.polls.emplace_back();
    for (const consumer::ConsumedRecord& record : records) offsets.push_back(record.offset.value());
  }

  sim::World& world_;
  sim::Host& host_;
  const std::string name_;
  std::vector<Told>& told_;
  sim::Process* process_ = nullptr;
  std::unique_ptr<consumer::Consumer> consumer_;
  bool closing_ = false;
  bool ended_ = false;
  sim::Time pause_ends_{};
  int calls_until_still_ = 0;  // 0 = does not stand still
  sim::Duration still_for_{};
  sim::Timer hears_again_;
  Reading reading_;
};

GroupRun::GroupRun(int partitions, const GroupSpeed& speed)
    : speed_(speed),
      world_(speed.seed, speed.replicas),
      cluster_(world_, recorded_cluster()),
      outside_(world_.add_host("outside")) {
  cluster_.start();
  const auto refusal = cluster_.set_up(topics(partitions), world_.now() + 60s);
  if (refusal) throw std::runtime_error("the cluster did not come up: " + *refusal);
  world_.trace().enable(false);
}

GroupRun::~GroupRun() { outside_.crash(); }

GroupRun::Member& GroupRun::member(const std::string& name) const {
  const auto found = members_.find(name);
  if (found == members_.end())
    throw std::invalid_argument("cannot be replayed: " + name + " was never started");
  return *found->second;
}

void GroupRun::start(const std::string& name, const ConsumerSettings& settings, bool commits,
                     sim::Duration pause) {
  std::unique_ptr<Member>& member = members_[name];
  if (member == nullptr) {
    sim::Host& host = world_.add_host("consumer-" + name);
    for (int id = 0; id < recorded_brokers; ++id) {
      const sim::HostId broker = world_.host(recorded_broker_name(id))->id();
      world_.network().set_latency(host.id(), broker, speed_.clients);
      world_.network().set_latency(broker, host.id(), speed_.clients);
    }
    member = std::make_unique<Member>(world_, host, name, told_);
  }
  member->start(consumer_config(settings), commits, pause);
}

void GroupRun::close(const std::string& name) { member(name).close(); }
void GroupRun::crash(const std::string& name) { member(name).crash(); }
void GroupRun::stop_polling(const std::string& name, sim::Duration time) {
  member(name).stop_polling(time);
}

void GroupRun::stand_still(const std::string& name, int call, sim::Duration length) {
  member(name).stand_still(call, length);
}

const GroupRun::Reading& GroupRun::reading(const std::string& name) const {
  return member(name).reading();
}

std::vector<GroupRun::Told> GroupRun::take_told() { return std::exchange(told_, {}); }

void GroupRun::append(int records) {
  protocol::ConfigValues values{protocol::producer_config_defs()};
  const auto conflict = protocol::resolve_producer_config(values);
  CHECKED(!conflict, "a producer with default settings");
  sim::Process& process = outside_.boot();
  int stored = 0;
  producer::Producer producer(world_, outside_, process, "outside",
                              producer::read_config(values, "outside", bootstrap()));
  producer.set_listener(
      [&stored](const producer::SendResult& result) { stored += result.acked(); });
  producer.start();
  sim::spawn(process, send(&producer, records));
  if (!run_until([&] { return stored == records; }, 60s))
    throw std::runtime_error("the records were not stored");
  outside_.crash();
}

sim::Task<> GroupRun::send(producer::Producer* producer, int records) {
  for (int i = 0; i < records; ++i) {
    protocol::Record record;
    record.tag = static_cast<protocol::RecordTag>(i) + 1;
    producer::OutgoingRecord outgoing(topic_name, 0, std::move(record));
    co_await producer->send(std::move(outgoing), static_cast<producer::Ticket>(i));
  }
}

}  // namespace kafkasim::conformance

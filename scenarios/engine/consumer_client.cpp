// Starting, stopping and watching a consumer.
#include "scenarios/engine/consumer_client.hpp"

#include <utility>

#include "sim/check.hpp"

namespace kafkasim::scenarios {

namespace {

consumer::CommitOrder order_of(Commits commits) {
  switch (commits) {
    case Commits::after_handling:
      return consumer::CommitOrder::after_handling;
    case Commits::after_handling_async:
      return consumer::CommitOrder::after_handling_async;
    case Commits::after_contiguous:
      return consumer::CommitOrder::after_contiguous;
    case Commits::after_each:
      return consumer::CommitOrder::after_each;
    case Commits::before_handling:
      return consumer::CommitOrder::before_handling;
    case Commits::automatic:
      return consumer::CommitOrder::automatic;
    case Commits::never:
      return consumer::CommitOrder::never;
  }
  return consumer::CommitOrder::never;
}

consumer::WorkerOptions workers_of(const Workers& workers) {
  consumer::WorkerOptions options;
  options.count = workers.count;
  options.queue = static_cast<std::size_t>(workers.queue);
  if (workers.order == Workers::Order::key) options.order = consumer::WorkOrder::by_key;
  if (workers.order == Workers::Order::partition) options.order = consumer::WorkOrder::by_partition;
  if (workers.pauses) options.when_full = consumer::WhenFull::pause;
  return options;
}

}  // namespace

ConsumerClient::ConsumerClient(sim::World& world, const Consumer& spec, SharedHandling& shared,
                               std::vector<std::string> bootstrap)
    : Client(world, spec.name, spec.start),
      spec_(spec),
      shared_(shared),
      bootstrap_(std::move(bootstrap)),
      config_(spec.config) {
  if (spec.group && !config_.is_set("group.id")) {
    const std::string error = config_.set("group.id", *spec.group);
    CHECKED(error.empty(), "group.id {}: {}", *spec.group, error);
  }
}

// Coroutines refer to consumer and application: they end first.
ConsumerClient::~ConsumerClient() { host().crash(); }

void ConsumerClient::boot(sim::Process& process) {
  application_.reset();
  consumer_.reset();
  metrics_.ended();
  dead_letters_.reset();
  if (spec_.fails_on && spec_.fails_on->then == FailsOn::Then::dead_letter) {
    dead_letters_ = std::make_unique<DeadLetterProducer>(
        world(), host(), process, spec_.name, bootstrap_, spec_.fails_on->dead_letter, shared_);
  }
  consumer_ = std::make_unique<consumer::Consumer>(world(), host(), process, spec_.name, config_,
                                                   bootstrap_, &metrics_);
  application_ = std::make_unique<consumer::Application>(world(), process, spec_.name, *consumer_,
                                                         application_options());
  if (spec_.assign.empty()) {
    consumer_->subscribe({spec_.reads.begin(), spec_.reads.end()});
  } else {
    consumer_->assign({spec_.assign.begin(), spec_.assign.end()});
  }
  sim::spawn(process, application_->run());
}

consumer::ApplicationOptions ConsumerClient::application_options() {
  consumer::ApplicationOptions options;
  options.takes = takes_.value_or(spec_.takes);
  options.commits = spec_.group ? order_of(spec_.commits) : consumer::CommitOrder::never;
  options.commits_when_revoked = spec_.commits_when_revoked && spec_.group.has_value();
  options.dead_letters = dead_letters_.get();
  if (spec_.workers) options.workers = workers_of(*spec_.workers);
  options.handle = [this](const consumer::ConsumedRecord& record) {
    return shared_.handle(spec_, record.record);
  };
  return options;
}

void ConsumerClient::set_handling_time(std::optional<sim::Duration> takes) {
  takes_ = takes;
  if (is_running()) application_->set_takes(takes_.value_or(spec_.takes));
}

std::string ConsumerClient::client_id() const {
  return config_.is_set("client.id") ? config_.text("client.id") : spec_.name;
}

void ConsumerClient::stop() {
  if (is_running()) application_->stop();
}

void ConsumerClient::stall(sim::Time until) {
  if (is_running()) application_->stall(until);
}

consumer::MetricsSnapshot ConsumerClient::metrics() const {
  const bool owns = is_running() && consumer_ != nullptr;
  const std::size_t assigned = owns ? consumer_->assignment().size() : 0;
  return metrics_.snapshot(static_cast<std::int64_t>(assigned), world().now());
}

bool ConsumerClient::has_ended() const { return application_->has_ended(); }

void ConsumerClient::seek(const std::map<TopicPartition, std::int64_t>& offsets) {
  if (!is_running() || consumer_ == nullptr) return;
  for (const auto& [partition, offset] : offsets)
    consumer_->seek(partition, protocol::Offset(offset));
}

bool ConsumerClient::is_settled() const {
  return !is_running() || has_ended() || application_->is_settled();
}

}  // namespace kafkasim::scenarios

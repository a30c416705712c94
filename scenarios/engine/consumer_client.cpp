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

}  // namespace

ConsumerClient::ConsumerClient(sim::World& world, const Consumer& spec,
                               std::vector<std::string> bootstrap)
    : Client(world, spec.name, spec.start),
      spec_(spec),
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
  consumer_ = std::make_unique<consumer::Consumer>(world(), host(), process, spec_.name, config_,
                                                   bootstrap_);
  consumer::ApplicationOptions options;
  options.takes = spec_.takes;
  options.commits = spec_.group ? order_of(spec_.commits) : consumer::CommitOrder::never;
  application_ =
      std::make_unique<consumer::Application>(world(), process, spec_.name, *consumer_, options);
  if (spec_.assign.empty()) {
    consumer_->subscribe({spec_.reads.begin(), spec_.reads.end()});
  } else {
    consumer_->assign({spec_.assign.begin(), spec_.assign.end()});
  }
  sim::spawn(process, application_->run());
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

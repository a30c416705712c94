// The application's loop: wait for the time of the next record, send it, take note of what becomes
// of it.
#include "scenarios/engine/producer_client.hpp"

#include <algorithm>
#include <utility>

namespace kafkasim::scenarios {

namespace {

// What a value weighs unless the scenario says: its name is a label, not its content. So much that
// two records do not share a batch where batch.size is 0, as that setting leads one to expect.
constexpr std::int64_t default_value_size = 100;
// A ticket is the number of a plan above that many bits of the record's index in it.
constexpr int plan_shift = 40;

}  // namespace

ProducerClient::ProducerClient(sim::World& world, const Producer& spec, std::uint64_t number,
                               std::vector<std::string> bootstrap)
    : Client(world, spec.name, spec.start),
      spec_(spec),
      number_(number),
      config_(producer::read_config(spec.config, spec.name, std::move(bootstrap))) {
  if (spec.partitioner) {
    config_.partitioner = producer::PartitionerKind::by_key_prefix;
    config_.key_prefixes = *spec.partitioner;
  }
  std::uint64_t first = 1;
  for (const SendPlan& plan : spec.sends) {
    first_number_.push_back(first);
    first += static_cast<std::uint64_t>(plan.record_count());
    std::vector<protocol::Bytes>& keys = keys_.emplace_back();
    const std::int64_t different = plan.key_count > 0
                                       ? std::min(plan.key_count, plan.record_count())
                                       : static_cast<std::int64_t>(plan.keys.size());
    for (std::int64_t i = 0; i < different; ++i) keys.emplace_back(*plan.key(i));
  }
}

// Coroutines refer to the producer: they end first.
ProducerClient::~ProducerClient() { host().crash(); }

void ProducerClient::boot(sim::Process& process) {
  if (producer_) metrics_.ended(producer_->wire());
  producer_.reset();
  again_.assign(unheard_.begin(), unheard_.end());
  unheard_.clear();
  stopping_ = false;
  ended_ = false;
  stalled_until_ = sim::zero;
  producer_ = std::make_unique<producer::Producer>(world(), host(), process, spec_.name, config_,
                                                   &metrics_);
  producer_->set_listener([this](const producer::SendResult& result) { heard(result); });
  producer_->start();
  sim::spawn(process, run(&process));
}

sim::Task<> ProducerClient::run(sim::Process* process) {
  while (!stopping_ && next_.plan < spec_.sends.size()) {
    co_await send_plan(process);
    if (!stopping_) next_ = Place{next_.plan + 1, 0};
  }
  // All is sent; what fails may have to be sent again until nothing is unheard of.
  while (!stopping_ && !(unheard_.empty() && again_.empty())) {
    co_await send_again(process);
    if (unheard_.empty() && again_.empty()) break;
    co_await news_.wait(sim::never);
  }
  if (!stopping_) co_return;
  co_await producer_->close(sim::Duration::max());
  ended_ = true;
}

sim::Task<> ProducerClient::send_plan(sim::Process* process) {
  const SendPlan& plan = spec_.sends[next_.plan];
  co_await sim::sleep_until(std::max(process->now(), sim::later(sim::zero, plan.start)));
  // Records keep their pace: one that was late does not make the next one late.
  sim::Time due = process->now();
  while (!stopping_ && next_.index < plan.record_count()) {
    while (process->now() < due && !stopping_) {
      co_await send_again(process);
      if (process->now() < due) co_await news_.wait(due);
    }
    co_await send_again(process);
    if (stopping_) break;
    const Place place = next_;
    ++next_.index;
    co_await send_one(process, place);
    due = sim::later(due, plan.every);
  }
}

sim::Task<> ProducerClient::send_again(sim::Process* process) {
  while (!again_.empty() && !stopping_) {
    const Place place = again_.front();
    again_.pop_front();
    co_await send_one(process, place);
  }
}

sim::Task<> ProducerClient::send_one(sim::Process* process, Place place) {
  co_await stand_still(process);
  const SendPlan& plan = spec_.sends[place.plan];
  std::optional<std::int32_t> partition;
  if (plan.partition) partition = *plan.partition;
  unheard_.insert(place);
  protocol::Record record = record_at(place);
  const producer::Ticket ticket = ticket_of(place);
  if (!producer_->try_send(plan.topic, partition, record, ticket)) {
    producer::OutgoingRecord outgoing(plan.topic, partition, std::move(record));
    co_await producer_->send(std::move(outgoing), ticket);
  }
  if (sim::must_yield(*process)) co_await sim::yield_now();
}

sim::Task<> ProducerClient::stand_still(sim::Process* process) {
  while (process->now() < stalled_until_) co_await sim::sleep_until(stalled_until_);
}

protocol::Record ProducerClient::record_at(Place place) const {
  const SendPlan& plan = spec_.sends[place.plan];
  const std::string name = plan.record(place.index);
  protocol::Record record;
  record.tag =
      (number_ << 32) | (first_number_[place.plan] + static_cast<std::uint64_t>(place.index));
  const std::vector<protocol::Bytes>& keys = keys_[place.plan];
  if (!keys.empty()) record.key = keys[static_cast<std::size_t>(place.index) % keys.size()];
  record.value = protocol::Bytes(name);
  record.value_size =
      plan.tombstones ? -1 : static_cast<std::int32_t>(plan.size.value_or(default_value_size));
  return record;
}

producer::Ticket ProducerClient::ticket_of(Place place) {
  return (static_cast<producer::Ticket>(place.plan) << plan_shift) |
         static_cast<producer::Ticket>(place.index);
}

void ProducerClient::heard(const producer::SendResult& result) {
  const Place place{static_cast<std::size_t>(result.ticket >> plan_shift),
                    static_cast<std::int64_t>(result.ticket & ((1ull << plan_shift) - 1))};
  unheard_.erase(place);
  if (!result.acked() && spec_.on_failure == OnFailure::resend) again_.push_back(place);
  news_.notify_all();
}

producer::MetricsSnapshot ProducerClient::metrics() const {
  const producer::WireTotals wire = producer_ ? producer_->wire() : producer::WireTotals{};
  producer::Gauges gauges{config_.buffer_memory, config_.buffer_memory, 0, 0};
  if (producer_ && is_running()) gauges = producer_->gauges();
  return metrics_.snapshot(gauges, wire);
}

void ProducerClient::stop() {
  stopping_ = true;
  news_.notify_all();
}

void ProducerClient::stall(sim::Time until) { stalled_until_ = std::max(stalled_until_, until); }

bool ProducerClient::is_settled() const {
  if (!is_running() || ended_) return true;
  const bool all_sent = next_.plan >= spec_.sends.size();
  return all_sent && unheard_.empty() && again_.empty() && producer_->is_idle();
}

}  // namespace kafkasim::scenarios

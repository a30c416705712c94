// A producer of a scenario: an application on a host of its own that sends its records one after
// the other and remembers what it has heard of each.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "producer/producer.hpp"
#include "scenarios/engine/client.hpp"
#include "scenarios/engine/scenario.hpp"
#include "sim/wait.hpp"

namespace kafkasim::scenarios {

// The application's memory survives a restart: a new incarnation sends again every record that was
// sent and of which nothing was heard, then goes on with the next one.
class ProducerClient final : public Client {
 public:
  // `spec` must outlive it. `number` (from 1) tells its records from those of other producers.
  ProducerClient(sim::World& world, const Producer& spec, std::uint64_t number,
                 std::vector<std::string> bootstrap);
  ~ProducerClient() override;

  const Producer& spec() const { return spec_; }
  // Over the whole life of the application; what stands now is that of the process that runs.
  producer::MetricsSnapshot metrics() const;

  void stop() override;
  void stall(sim::Time until) override;
  bool is_settled() const override;

 private:
  // A record by its place: which plan, and the how-many-th of it.
  struct Place {
    std::size_t plan = 0;
    std::int64_t index = 0;
    auto operator<=>(const Place&) const = default;
  };

  void boot(sim::Process& process) override;
  bool has_ended() const override { return ended_; }

  sim::Task<> run(sim::Process* process);
  sim::Task<> send_plan(sim::Process* process);
  sim::Task<> send_again(sim::Process* process);
  sim::Task<> send_one(sim::Process* process, Place place);
  sim::Task<> stand_still(sim::Process* process);
  protocol::Record record_at(Place place) const;
  static producer::Ticket ticket_of(Place place);
  void heard(const producer::SendResult& result);

  const Producer& spec_;
  std::uint64_t number_;
  producer::Config config_;
  std::vector<std::vector<protocol::Bytes>> keys_;  // of each plan
  std::vector<std::uint64_t> first_number_;         // of each plan's first record, from 1
  producer::Metrics metrics_;                       // of all incarnations
  std::unique_ptr<producer::Producer> producer_;    // of the last incarnation

  Place next_;               // the record to be sent next
  std::set<Place> unheard_;  // sent, outcome unknown
  std::deque<Place> again_;  // failed, or unheard of at a restart: to be sent again
  sim::Signal news_;
  sim::Time stalled_until_ = sim::zero;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace kafkasim::scenarios

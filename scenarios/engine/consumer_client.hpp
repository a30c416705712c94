// A consumer instance of a scenario: the application of consumer/application.hpp on a host of its
// own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/application.hpp"
#include "consumer/consumer.hpp"
#include "scenarios/engine/client.hpp"
#include "scenarios/engine/dead_letter_producer.hpp"
#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/shared_handling.hpp"

namespace kafkasim::scenarios {

class ConsumerClient final : public Client {
 public:
  // `spec` and `shared`, what its group has in common, must outlive it.
  ConsumerClient(sim::World& world, const Consumer& spec, SharedHandling& shared,
                 std::vector<std::string> bootstrap);
  ~ConsumerClient() override;

  const Consumer& spec() const { return spec_; }
  // As brokers know it.
  std::string client_id() const;
  // Null before its first start.
  const consumer::Consumer* consumer() const { return consumer_.get(); }
  // Over all its starts.
  consumer::MetricsSnapshot metrics() const;

  void stop() override;
  void stall(sim::Time until) override;
  // The application moves to those offsets; one that is not assigned to it stays as it is.
  void seek(const std::map<TopicPartition, std::int64_t>& offsets);
  // How long it takes for a record from now on, also after a restart; nothing: as described.
  void set_handling_time(std::optional<sim::Duration> takes);
  bool is_settled() const override;

 private:
  void boot(sim::Process& process) override;
  consumer::ApplicationOptions application_options();
  bool has_ended() const override;

  const Consumer& spec_;
  SharedHandling& shared_;
  std::vector<std::string> bootstrap_;
  protocol::ConfigValues config_;
  std::optional<sim::Duration> takes_;                  // in place of the described time
  std::unique_ptr<DeadLetterProducer> dead_letters_;    // of the last incarnation; null: none
  consumer::Metrics metrics_;                           // of all incarnations
  std::unique_ptr<consumer::Consumer> consumer_;        // likewise
  std::unique_ptr<consumer::Application> application_;  // likewise
};

}  // namespace kafkasim::scenarios

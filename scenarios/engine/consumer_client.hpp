// A consumer instance of a scenario: the application of consumer/application.hpp on a host of its
// own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consumer/application.hpp"
#include "consumer/consumer.hpp"
#include "scenarios/engine/client.hpp"
#include "scenarios/engine/scenario.hpp"

namespace kafkasim::scenarios {

class ConsumerClient final : public Client {
 public:
  // `spec` must outlive it.
  ConsumerClient(sim::World& world, const Consumer& spec, std::vector<std::string> bootstrap);
  ~ConsumerClient() override;

  const Consumer& spec() const { return spec_; }
  // As brokers know it.
  std::string client_id() const;
  // Null before its first start.
  const consumer::Consumer* consumer() const { return consumer_.get(); }

  void stop() override;
  void stall(sim::Time until) override;
  // The application moves to those offsets; one that is not assigned to it stays as it is.
  void seek(const std::map<TopicPartition, std::int64_t>& offsets);
  bool is_settled() const override;

 private:
  void boot(sim::Process& process) override;
  bool has_ended() const override;

  const Consumer& spec_;
  std::vector<std::string> bootstrap_;
  protocol::ConfigValues config_;
  std::unique_ptr<consumer::Consumer> consumer_;        // of the last incarnation
  std::unique_ptr<consumer::Application> application_;  // likewise
};

}  // namespace kafkasim::scenarios

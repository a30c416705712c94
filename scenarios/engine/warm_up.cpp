// One coroutine for each broker: FindCoordinator and InitProducerId until they succeed.
#include "scenarios/engine/warm_up.hpp"

#include "protocol/message.hpp"
#include "sim/channel.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr sim::Duration pause = std::chrono::milliseconds(50);

bool is_served(const protocol::Response& response) {
  if (const auto* found = std::get_if<protocol::FindCoordinatorResponse>(&response.body)) {
    return found->coordinators.front().error == protocol::ErrorCode::none;
  }
  const auto* given = std::get_if<protocol::InitProducerIdResponse>(&response.body);
  return given != nullptr && given->error == protocol::ErrorCode::none;
}

sim::Task<> ask_until_served(sim::Channel* channel, sim::Process* process,
                             protocol::RequestBody question, sim::Time limit, bool* served) {
  for (std::int32_t attempt = 1; !*served && process->now() < limit; ++attempt) {
    protocol::Request request;
    request.correlation_id = attempt;
    request.client_id = "warm-up";
    request.body = question;
    sim::MessagePtr message = sim::enclose(std::move(request));
    sim::CallResult result = co_await channel->call(std::move(message), limit);
    const auto* response =
        result.message == nullptr ? nullptr : result.message->open<protocol::Response>();
    *served = response != nullptr && is_served(*response);
    if (!*served) co_await sim::sleep_until(process->now() + pause);
  }
}

sim::Task<> ask(sim::World* world, sim::Host* from, sim::Process* process, sim::HostId broker,
                bool with_groups, sim::Time limit, std::size_t* finished) {
  sim::Channel channel(world->network(), *process, from->id(), broker);
  bool has_coordinator = !with_groups;
  protocol::FindCoordinatorRequest find;
  find.coordinator_keys = {"warm-up"};
  protocol::RequestBody question(find);
  co_await ask_until_served(&channel, process, std::move(question), limit, &has_coordinator);
  bool has_producer_id = false;
  protocol::RequestBody next_question{protocol::InitProducerIdRequest()};
  co_await ask_until_served(&channel, process, std::move(next_question), limit, &has_producer_id);
  if (has_coordinator && has_producer_id) ++*finished;
}

}  // namespace

bool warm_up(sim::World& world, const std::vector<sim::HostId>& brokers, bool with_groups,
             sim::Time limit) {
  sim::Host& host = world.add_host("warm-up");
  sim::Process& process = host.boot();
  std::size_t finished = 0;
  for (const sim::HostId broker : brokers) {
    sim::spawn(process, ask(&world, &host, &process, broker, with_groups, limit, &finished));
  }
  while (finished < brokers.size() && world.loop().next_event_time() <= limit &&
         world.loop().step()) {
  }
  host.crash();
  return finished == brokers.size();
}

}  // namespace kafkasim::scenarios

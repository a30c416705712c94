// Two coroutines a connection, one each way, so that a delay one way does not hold the other.
#include "tests/conformance/fault_proxy.hpp"

#include <fmt/format.h>

namespace kafkasim::conformance {
namespace {

using Kind = Fault::Kind;
using protocol::ErrorCode;

bool has_answer(const protocol::Request& request) {
  const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
  return produce == nullptr || produce->acks != protocol::Acks::none;
}

void name_proxies(std::vector<protocol::NodeEndpoint>& nodes) {
  for (protocol::NodeEndpoint& node : nodes) node.host = proxy_name(node.node_id.value());
}

// The client is to come to the proxies.
void name_proxies(protocol::ResponseBody& body) {
  if (auto* metadata = std::get_if<protocol::MetadataResponse>(&body)) {
    name_proxies(metadata->brokers);
  } else if (auto* produced = std::get_if<protocol::ProduceResponse>(&body)) {
    name_proxies(produced->node_endpoints);
  } else if (auto* found = std::get_if<protocol::FindCoordinatorResponse>(&body)) {
    for (protocol::Coordinator& coordinator : found->coordinators) {
      if (coordinator.node_id.is_set()) coordinator.host = proxy_name(coordinator.node_id.value());
    }
  }
}

}  // namespace

std::string proxy_name(int broker) { return fmt::format("proxy-{}", broker); }

FaultProxy::FaultProxy(sim::World& world, int broker, sim::HostId behind, ProxyState& state)
    : world_(world),
      host_(world.add_host(proxy_name(broker))),
      behind_(behind),
      state_(state),
      process_(host_.boot()) {
  world_.network().listen(process_, host_.id(), acceptor_);
  sim::spawn(process_, accept());
}

FaultProxy::~FaultProxy() { host_.crash(); }

sim::Task<> FaultProxy::accept() {
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await acceptor_.receive(sim::never);
    if (!event || event->kind != sim::SocketEvent::Kind::opened) continue;
    lines_.push_back(std::make_unique<Line>());
    Line* const line = lines_.back().get();
    line->client = event->socket;
    line->client.deliver_to(line->from_client);
    line->broker = world_.network().connect(process_, host_.id(), behind_, line->from_broker);
    sim::spawn(process_, pass_requests(line));
    sim::spawn(process_, pass_answers(line));
  }
}

void FaultProxy::close(Line& line) {
  line.client.close();
  line.broker.close();
}

sim::Task<> FaultProxy::pass_requests(Line* line) {
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await line->from_client.receive(sim::never);
    if (!event || event->kind != sim::SocketEvent::Kind::message) break;
    auto* arrived = event->message->open<protocol::Request>();
    if (arrived == nullptr) break;
    protocol::Request request = std::move(*arrived);
    const std::string api(protocol::api_name(request.body.index()));
    const bool is_struck = state_.fault.strikes(api, ++state_.requests[api]);
    const Kind kind = is_struck ? state_.fault.kind : Kind::none;
    state_.struck = state_.struck || is_struck;
    if (kind == Kind::request_late) co_await sim::sleep_until(process_.now() + state_.fault.delay);
    if (kind == Kind::request_lost) {
      if (state_.fault.closes) break;
      line->is_silent = true;
    } else if (kind == Kind::refused) {
      answer(*line, request, state_.fault.error);
    } else if (is_refused_by_2_4(request)) {
      answer(*line, request, ErrorCode::unknown_producer_id);
    } else {
      forward(*line, std::move(request), is_struck);
    }
  }
  close(*line);
}

sim::Task<> FaultProxy::pass_answers(Line* line) {
  for (;;) {
    std::optional<sim::SocketEvent> event = co_await line->from_broker.receive(sim::never);
    if (!event || event->kind == sim::SocketEvent::Kind::closed) break;
    if (event->kind == sim::SocketEvent::Kind::opened) {
      line->broker_listens = true;
      send_on(*line);
      continue;
    }
    auto* arrived = event->message->open<protocol::Response>();
    if (arrived == nullptr || line->owed.empty()) break;
    --line->at_broker;
    protocol::Response response = std::move(*arrived);
    const bool is_struck = line->owed.front().is_struck;
    const Kind kind = is_struck ? state_.fault.kind : Kind::none;
    if (kind == Kind::answer_late) co_await sim::sleep_until(process_.now() + state_.fault.delay);
    if (kind == Kind::answer_lost && state_.fault.closes) break;
    send_on(*line);
    if (kind == Kind::answer_lost) line->is_silent = true;
    if (kind == Kind::answer_replaced) response = std::move(*line->owed.front().ours);
    name_proxies(response.body);
    if (!line->is_silent) line->client.send(sim::enclose(std::move(response)));
    line->owed.pop_front();
    give_own_answers(*line);
  }
  close(*line);
}

void FaultProxy::forward(Line& line, protocol::Request request, bool is_struck) {
  note_producers(request);
  if (has_answer(request)) {
    Owed& owed = line.owed.emplace_back();
    owed.correlation_id = request.correlation_id;
    owed.is_struck = is_struck;
    if (is_struck && state_.fault.kind == Kind::answer_replaced) {
      owed.ours = protocol::Response{request.correlation_id,
                                     protocol::error_response(request.body, state_.fault.error)};
    }
  }
  line.unsent.push_back(std::move(request));
  send_on(line);
}

void FaultProxy::send_on(Line& line) {
  while (line.broker_listens && !line.unsent.empty() && line.at_broker < state_.taken) {
    if (has_answer(line.unsent.front())) ++line.at_broker;
    line.broker.send(sim::enclose(std::move(line.unsent.front())));
    line.unsent.pop_front();
  }
}

// Answers come in the order of the requests: ours waits for those before it.
void FaultProxy::answer(Line& line, const protocol::Request& request, ErrorCode error) {
  protocol::Response response{request.correlation_id,
                              protocol::error_response(request.body, error)};
  if (auto* produced = std::get_if<protocol::ProduceResponse>(&response.body)) {
    if (error == ErrorCode::unknown_producer_id) {
      for (protocol::ProducePartitionResponse& partition : produced->partitions)
        partition.log_start_offset = protocol::Offset(0);
    }
  }
  Owed& owed = line.owed.emplace_back();
  owed.correlation_id = request.correlation_id;
  owed.ours = std::move(response);
  give_own_answers(line);
}

// Not what replaces an answer that the broker has yet to give.
void FaultProxy::give_own_answers(Line& line) {
  while (!line.owed.empty() && line.owed.front().ours && !line.owed.front().is_struck) {
    if (!line.is_silent) line.client.send(sim::enclose(std::move(*line.owed.front().ours)));
    line.owed.pop_front();
  }
}

// The first batch of a producer that a broker does not know must begin at sequence 0.
bool FaultProxy::is_refused_by_2_4(const protocol::Request& request) const {
  const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
  if (produce == nullptr) return false;
  for (const protocol::ProducePartition& part : produce->partitions) {
    if (part.records->has_producer_id() && part.records->base_sequence != 0 &&
        !state_.known.contains({part.partition, part.records->producer_id}))
      return true;
  }
  return false;
}

void FaultProxy::note_producers(const protocol::Request& request) {
  const auto* produce = std::get_if<protocol::ProduceRequest>(&request.body);
  if (produce == nullptr) return;
  for (const protocol::ProducePartition& part : produce->partitions) {
    if (part.records->has_producer_id())
      state_.known.emplace(part.partition, part.records->producer_id);
  }
}

}  // namespace kafkasim::conformance

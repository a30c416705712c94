// The three brokers that conversations and experiments were recorded on, as far as the simulator
// needs to know them.
#pragma once

#include <string>

#include "broker/cluster.hpp"
#include "protocol/admin_messages.hpp"

namespace kafkasim::conformance {

inline constexpr int recorded_brokers = 3;

std::string recorded_broker_name(int id);
// With their settings, and what takes the place of their three-second session.
broker::ClusterSpec recorded_cluster();
// Which broker leads which of its partitions decides where a group has its coordinator.
protocol::CreatableTopic recorded_offsets_topic();

}  // namespace kafkasim::conformance

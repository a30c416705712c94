// What administrators ask of the controller: one decision a request, answered when it is committed.
#include <utility>

#include "broker/controller/controller.hpp"

namespace kafkasim::broker {

sim::Task<Answer> Controller::serve(protocol::DeleteTopicsRequest request) {
  return decide(request, [&] { return replication_.delete_topics(request); });
}

sim::Task<Answer> Controller::serve(protocol::CreatePartitionsRequest request) {
  return decide(request, [&] { return replication_.create_partitions(request); });
}

sim::Task<Answer> Controller::serve(protocol::ElectLeadersRequest request) {
  return decide(request, [&] { return replication_.elect_leaders(request); });
}

sim::Task<Answer> Controller::serve(protocol::AlterPartitionReassignmentsRequest request) {
  return decide(request, [&] { return replication_.alter_partition_reassignments(request); });
}

sim::Task<Answer> Controller::serve(protocol::ListPartitionReassignmentsRequest request) {
  return decide(request, [&] {
    return Decision<protocol::ListPartitionReassignmentsResponse>{
        {}, replication_.list_partition_reassignments(request)};
  });
}

sim::Task<Answer> Controller::serve(protocol::IncrementalAlterConfigsRequest request) {
  return decide(request, [&] { return ConfigControl(image_).incremental_alter_configs(request); });
}

}  // namespace kafkasim::broker

// A broker as a process: starts, registers, follows the metadata log, serves requests, and stops in
// order when asked to. One incarnation; a restart makes another. Which part answers which request
// is in broker_requests.cpp. Left out: transactions, share groups, authentication, several
// listeners.
#pragma once

#include <string>

#include "broker/admin_requests.hpp"
#include "broker/client_quotas.hpp"
#include "broker/context.hpp"
#include "broker/controller_channel.hpp"
#include "broker/create_topics.hpp"
#include "broker/group/group_service.hpp"
#include "broker/init_producer_id.hpp"
#include "broker/lifecycle.hpp"
#include "broker/log_manager.hpp"
#include "broker/metadata_fetcher.hpp"
#include "broker/metadata_handler.hpp"
#include "broker/metadata_image.hpp"
#include "broker/quorum.hpp"
#include "broker/replica_manager.hpp"
#include "broker/request_server.hpp"
#include "broker/storage.hpp"
#include "protocol/config_def.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

// What tests and the bench change about a broker.
struct Inspection {
  InvariantChecker* invariants = nullptr;  // null = nobody checks them
  Mutations mutations;
};

struct BrokerSettings {
  protocol::BrokerId id;
  std::string rack;  // empty = none
  protocol::ConfigValues config{protocol::broker_config_defs()};
  Voters voters;  // the controllers
  std::string cluster_id;
  Inspection inspection;
  ClientQuotaLimits quotas;
};

class Broker final : public RequestHandler {
 public:
  // In `process` of `host`. Requires: all arguments outlive the process.
  Broker(sim::World& world, sim::Host& host, sim::Process& process, const BrokerSettings& settings);
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Registers, catches up, opens for requests, wants to be unfenced.
  void start();
  // Hands its leaderships over (controlled.shutdown.enable), writes what a clean shutdown writes,
  // ends the process.
  void stop();

  protocol::BrokerId id() const { return context_.id; }
  BrokerStatus status() const { return lifecycle_.status(); }
  // Unfenced since it started.
  bool is_running() const { return status() == BrokerStatus::running; }
  // Some client is over its quota, and what it has sent since was not looked at.
  bool is_throttling() const { return server_.is_muting(); }
  const MetadataImage& image() const { return image_; }
  const ReplicaManager& replicas() const { return replicas_; }
  const GroupService& groups() const { return groups_; }

  sim::Task<Answer> handle(protocol::Request request, sim::HostId from) override;

 private:
  template <class Body>
  sim::Task<Answer> serve(Body request, std::string client_id);
  sim::Task<Answer> serve(protocol::ProduceRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::FetchRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::ListOffsetsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::OffsetForLeaderEpochRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::ApiVersionsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::MetadataRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::FindCoordinatorRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::CreateTopicsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::DeleteTopicsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::CreatePartitionsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::ElectLeadersRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::AlterPartitionReassignmentsRequest request,
                          std::string client_id);
  sim::Task<Answer> serve(protocol::ListPartitionReassignmentsRequest request,
                          std::string client_id);
  sim::Task<Answer> serve(protocol::IncrementalAlterConfigsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::DeleteRecordsRequest request, std::string client_id);
  sim::Task<Answer> forward(protocol::RequestBody request);
  sim::Task<Answer> serve(protocol::InitProducerIdRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::JoinGroupRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::SyncGroupRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::HeartbeatRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::LeaveGroupRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::ConsumerGroupHeartbeatRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::OffsetCommitRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::OffsetFetchRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::DeleteGroupsRequest request, std::string client_id);
  sim::Task<Answer> serve(protocol::OffsetDeleteRequest request, std::string client_id);

  // What handle() does for a client with a quota.
  sim::Task<Answer> produce_within_quota(protocol::Request request);

  sim::Task<> start_up();
  sim::Task<> shut_down();
  void publish(const MetadataDelta& delta);

  const BrokerSettings& settings_;
  Storage& storage_;
  MetadataImage image_;
  protocol::ConfigValues config_;  // the settings at the start, and those changed since over them
  Context context_;
  ControllerChannel forwarding_;
  ReplicaManager replicas_;
  LogManager logs_;
  GroupService groups_;
  TopicCreation topic_creation_;
  MetadataCache metadata_cache_;
  AdminRequests admin_requests_;
  ProducerIdManager producer_ids_;
  ClientQuotas quotas_;
  MetadataFetcher metadata_fetcher_;
  Lifecycle lifecycle_;
  RequestServer server_;
};

}  // namespace kafkasim::broker

// The controller process: takes requests, decides, writes the decision to the metadata log, answers
// when it is committed, and hands the log to the brokers. Its memory is the log; after a crash it
// reads it again. Left out: the quorum (one voter decides alone), snapshots, deletion and growth of
// topics, settings that change, delegation tokens.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "broker/controller/cluster_control.hpp"
#include "broker/controller/controller_events.hpp"
#include "broker/controller/metadata_log.hpp"
#include "broker/controller/replication_control.hpp"
#include "broker/metadata_image.hpp"
#include "broker/request_server.hpp"
#include "protocol/config_def.hpp"
#include "protocol/message.hpp"
#include "sim/world.hpp"

namespace kafkasim::broker {

class Controller final : public RequestHandler {
 public:
  // One incarnation, in `process` of `host`. The settings are Kafka's broker settings as the
  // controller has them. Requires: all arguments outlive the process.
  Controller(sim::World& world, sim::Host& host, sim::Process& process,
             const protocol::ConfigValues& config, std::string cluster_id);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Takes office: reads the log, begins sessions, accepts connections.
  void start();

  // The newest image; its last records may not be committed yet.
  const MetadataImage& image() const { return image_; }
  // The first offset of the metadata log that is not committed.
  protocol::Offset committed() const { return log_.committed(); }
  // Is everything decided so far committed?
  bool is_settled() const { return log_.committed() == log_.end_offset(); }

  // As if a client had asked for it; the topics exist once they are committed.
  protocol::CreateTopicsResponse create_topics(const protocol::CreateTopicsRequest& request);

  sim::Task<Answer> handle(protocol::Request request, sim::HostId from) override;

 private:
  template <class Body>
  sim::Task<Answer> serve(Body request);
  sim::Task<Answer> serve(protocol::FetchRequest request);
  sim::Task<Answer> serve(protocol::BrokerRegistrationRequest request);
  sim::Task<Answer> serve(protocol::BrokerHeartbeatRequest request);
  sim::Task<Answer> serve(protocol::AlterPartitionRequest request);
  sim::Task<Answer> serve(protocol::CreateTopicsRequest request);
  sim::Task<Answer> serve(protocol::AllocateProducerIdsRequest request);

  // A decision takes effect: its records change the image and are on their way to the log. Returns
  // the offset that must be committed before anyone may hear of it; without records that of the
  // decisions before it.
  protocol::Offset decided(const MetadataRecords& records);
  // The end of every decision: waits until it is committed, then this is the answer.
  sim::Task<Answer> answer_when_committed(protocol::Offset end, protocol::ResponseBody response);
  sim::Task<> fence_stale_brokers();
  sim::Task<> balance_leaders();
  sim::Task<> elect_unclean_leaders();
  void report_committed(protocol::Offset committed);

  struct Unreported {
    protocol::Offset end;
    std::vector<ControllerEvent> events;
  };

  sim::World& world_;
  sim::Host& host_;
  sim::Process& process_;
  const protocol::ConfigValues& config_;
  ControllerStorage& storage_;
  MetadataImage image_;
  MetadataLog log_;
  ReplicationControl replication_;
  ClusterControl cluster_;
  RequestServer server_;
  std::deque<Unreported> unreported_;
  sim::Signal image_changed_;
};

}  // namespace kafkasim::broker

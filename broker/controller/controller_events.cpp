// One overload for each record that somebody may want to hear of.
#include "broker/controller/controller_events.hpp"

#include "broker/controller/reassignment.hpp"
#include "sim/check.hpp"

namespace kafkasim::broker {
namespace {

namespace events = protocol::events;

class Listing {
 public:
  Listing(const MetadataImage& before, std::vector<ControllerEvent>& out)
      : before_(before), out_(out) {}

  void add(const RegisterBrokerRecord& record, protocol::Offset offset) {
    const protocol::BrokerEpoch at(offset.value());
    out_.push_back(events::BrokerRegistered{
        record.broker_id, record.broker_epoch.is_set() ? record.broker_epoch : at});
  }

  void add(const BrokerRegistrationChangeRecord& record, protocol::Offset) {
    const BrokerRegistration* broker = before_.broker(record.broker_id);
    if (!record.fenced || broker == nullptr || broker->fenced == *record.fenced) return;
    if (*record.fenced) {
      out_.push_back(events::BrokerFenced{record.broker_id});
    } else {
      out_.push_back(events::BrokerUnfenced{record.broker_id});
    }
  }

  void add(const TopicRecord& record, protocol::Offset) {
    created_id_ = record.topic_id;
    out_.push_back(events::TopicCreated{record.name, 0});
  }

  void add(const PartitionRecord& record, protocol::Offset) {
    if (record.topic_id != created_id_) return add_to_grown(record);
    // Partitions follow their topic with nothing else that is reported in between.
    auto* created = std::get_if<events::TopicCreated>(&out_.back());
    CHECKED(created != nullptr, "the partitions of a new topic do not follow it");
    ++created->partitions;
  }

  void add(const PartitionChangeRecord& record, protocol::Offset) {
    const TopicImage* topic = before_.topic(record.topic_id);
    if (topic == nullptr) return;
    const PartitionRegistration& old = topic->partitions.at(record.partition);
    const protocol::TopicPartition partition{topic->name, record.partition};
    if (record.leader && *record.leader != old.leader) {
      const bool knew_everything =
          contains(old.isr, *record.leader) || contains(old.elr, *record.leader);
      // An eligible replica is that no more once its broker comes back from an unclean shutdown.
      const bool must_recover =
          record.leader_recovery_state == protocol::LeaderRecoveryState::recovering;
      const bool unclean = record.leader->is_set() && (must_recover || !knew_everything);
      out_.push_back(events::Elected{partition, *record.leader, old.leader_epoch.next(), unclean});
    }
    if (record.isr && *record.isr != old.isr)
      out_.push_back(events::IsrChanged{partition, *record.isr});
    if (record.elr && *record.elr != old.elr)
      out_.push_back(events::EligibleLeadersChanged{partition, *record.elr});
    const PartitionRegistration now = merged(old, record);
    if (now.replicas == old.replicas && now.adding_replicas == old.adding_replicas &&
        now.removing_replicas == old.removing_replicas)
      return;
    out_.push_back(events::ReassignmentChanged{partition, now.replicas, now.adding_replicas,
                                               now.removing_replicas});
  }

  void add(const RemoveTopicRecord& record, protocol::Offset) {
    if (const TopicImage* topic = before_.topic(record.topic_id))
      out_.push_back(events::TopicDeleted{topic->name});
  }

  void add(const ConfigRecord& record, protocol::Offset) {
    std::string of = record.resource;
    if (record.type == protocol::ConfigResourceType::broker) {
      of = of.empty() ? "all brokers" : "broker-" + of;
    } else if (before_.topic(record.resource) == nullptr) {
      return;  // part of the creation of the topic
    }
    out_.push_back(events::ConfigChanged{std::move(of), record.name, record.value.has_value(),
                                         record.value.value_or("")});
  }

  template <class Other>
  void add(const Other&, protocol::Offset) {}

 private:
  void add_to_grown(const PartitionRecord& record) {
    const TopicImage* topic = before_.topic(record.topic_id);
    if (topic == nullptr) return;
    auto* grown = out_.empty() ? nullptr : std::get_if<events::PartitionsAdded>(&out_.back());
    if (grown == nullptr || grown->topic != topic->name) {
      const auto count = static_cast<std::int32_t>(topic->partitions.size());
      out_.push_back(events::PartitionsAdded{topic->name, count, count});
      grown = std::get_if<events::PartitionsAdded>(&out_.back());
    }
    ++grown->to;
  }

  const MetadataImage& before_;
  std::vector<ControllerEvent>& out_;
  protocol::Uuid created_id_;
};

}  // namespace

std::vector<ControllerEvent> events_of(const MetadataImage& before,
                                       const std::vector<MetadataRecord>& records,
                                       protocol::Offset base_offset) {
  std::vector<ControllerEvent> out;
  Listing listing(before, out);
  protocol::Offset offset = base_offset;
  for (const MetadataRecord& record : records) {
    std::visit([&](const auto& r) { listing.add(r, offset); }, record);
    offset = offset.next();
  }
  return out;
}

}  // namespace kafkasim::broker

// What a decision of the controller means to somebody who watches: elections, changes of in-sync
// sets, brokers that come and go, topics that are made, grow and go, moves, settings. Reported when
// the decision is committed.
#pragma once

#include <variant>
#include <vector>

#include "broker/metadata_image.hpp"
#include "broker/metadata_records.hpp"
#include "protocol/events.hpp"

namespace kafkasim::broker {

using ControllerEvent =
    std::variant<protocol::events::Elected, protocol::events::IsrChanged,
                 protocol::events::EligibleLeadersChanged, protocol::events::BrokerFenced,
                 protocol::events::BrokerUnfenced, protocol::events::BrokerRegistered,
                 protocol::events::TopicCreated, protocol::events::TopicDeleted,
                 protocol::events::PartitionsAdded, protocol::events::ReassignmentChanged,
                 protocol::events::ConfigChanged>;

// `before` is the image before the records, which will stand at `base_offset` and on. The first
// leaders of a new topic are part of its creation, not elections.
std::vector<ControllerEvent> events_of(const MetadataImage& before,
                                       const std::vector<MetadataRecord>& records,
                                       protocol::Offset base_offset);

}  // namespace kafkasim::broker

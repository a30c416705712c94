// One clause for each word after `after:`.
#include "scenarios/engine/trigger_match.hpp"

#include <algorithm>

#include "protocol/events.hpp"
#include "protocol/message.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

namespace {

bool holds(const protocol::RecordBatch& batch, const std::string& record) {
  return std::any_of(batch.records.begin(), batch.records.end(),
                     [&](const protocol::Record& r) { return protocol::label(r) == record; });
}

bool replicated(const events::HighWatermarkMoved& moved, const std::string& record) {
  for (const protocol::StoredBatch& stored : moved.records) {
    for (const protocol::Record& r : stored.batch->records) {
      const protocol::Offset offset = stored.base_offset + r.offset_delta;
      if (offset >= moved.from && offset < moved.to && protocol::label(r) == record) return true;
    }
  }
  return false;
}

bool by_matches(const Trigger& trigger, std::string_view who, const std::string& group) {
  return trigger.by.empty() || trigger.by == who || trigger.by == group;
}

bool isr_matches(const Trigger& trigger, const events::IsrChanged& changed) {
  std::vector<int> isr;
  for (const protocol::BrokerId id : changed.isr) isr.push_back(id.value());
  std::sort(isr.begin(), isr.end());
  return changed.partition == trigger.partition && isr == trigger.isr;
}

}  // namespace

void TriggerMatcher::note(const sim::TraceEvent& event) {
  const auto* appended = event.as<events::Appended>();
  if (appended == nullptr) return;
  for (const protocol::Record& record : appended->stored.batch->records) {
    if (record.tag == 0) continue;
    appended_.try_emplace(
        protocol::label(record),
        Place{appended->partition, appended->stored.base_offset + record.offset_delta});
  }
}

bool TriggerMatcher::means(const Selector& selector, std::string_view host) {
  const std::vector<std::string> names = stage_.resolve(selector);
  return std::find(names.begin(), names.end(), host) != names.end();
}

bool TriggerMatcher::committed(const Trigger& trigger, const sim::TraceEvent& event) const {
  const auto* e = event.as<events::OffsetCommitted>();
  if (e == nullptr || (!trigger.group.empty() && e->group != trigger.group)) return false;
  if (trigger.record.empty()) return true;
  const auto place = appended_.find(trigger.record);
  return place != appended_.end() && place->second.partition == e->partition &&
         e->offset > place->second.offset;
}

bool TriggerMatcher::matches(const Trigger& trigger, std::string_view who,
                             const sim::TraceEvent& event) {
  switch (trigger.after) {
    case AfterKind::sent: {
      const auto* e = event.as<events::Sent>();
      return e != nullptr && protocol::label(e->record) == trigger.record;
    }
    case AfterKind::appended: {
      if (const auto* e = event.as<events::Appended>()) {
        return holds(*e->stored.batch, trigger.record) && (!trigger.on || means(*trigger.on, who));
      }
      const auto* e = event.as<events::Copied>();
      return e != nullptr && trigger.on && holds(*e->stored.batch, trigger.record) &&
             means(*trigger.on, who);
    }
    case AfterKind::replicated: {
      const auto* e = event.as<events::HighWatermarkMoved>();
      return e != nullptr && replicated(*e, trigger.record);
    }
    case AfterKind::acked: {
      const auto* e = event.as<events::Acked>();
      return e != nullptr && holds(*e->batch, trigger.record);
    }
    case AfterKind::failed: {
      const auto* e = event.as<events::Failed>();
      return e != nullptr && protocol::label(e->record) == trigger.record;
    }
    case AfterKind::polled: {
      const auto* e = event.as<events::Polled>();
      return e != nullptr && protocol::label(e->record) == trigger.record &&
             by_matches(trigger, who, "");
    }
    case AfterKind::handled: {
      const auto* e = event.as<events::Handled>();
      return e != nullptr && protocol::label(e->record) == trigger.record &&
             by_matches(trigger, who, e->group);
    }
    case AfterKind::committed:
      return committed(trigger, event);
    case AfterKind::elected: {
      const auto* e = event.as<events::Elected>();
      return e != nullptr && e->partition == trigger.partition && e->leader.is_set();
    }
    case AfterKind::isr: {
      const auto* e = event.as<events::IsrChanged>();
      return e != nullptr && isr_matches(trigger, *e);
    }
    case AfterKind::joined:
      return event.as<events::Joined>() != nullptr && who == trigger.client;
    case AfterKind::event:
      return false;
  }
  return false;
}

bool TriggerMatcher::matches(const MessageFilter& filter, const sim::Delivery& delivery) {
  const auto* request = delivery.message.open<protocol::Request>();
  const auto* response = request == nullptr ? delivery.message.open<protocol::Response>() : nullptr;
  if (request == nullptr && response == nullptr) return false;
  if ((request != nullptr ? kind(*request) : kind(*response)) != filter.kind) return false;
  if (filter.of &&
      !(request != nullptr ? concerns(*request, *filter.of) : concerns(*response, *filter.of)))
    return false;
  const sim::Network& network = stage_.world().network();
  if (filter.from && !means(*filter.from, network.host_name(delivery.from))) return false;
  return !filter.to || means(*filter.to, network.host_name(delivery.to));
}

}  // namespace kafkasim::scenarios

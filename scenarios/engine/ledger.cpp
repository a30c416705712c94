// The ledger's questions, and what it notes of records on their way through producers and logs.
#include "scenarios/engine/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "scenarios/engine/fault_event.hpp"

namespace kafkasim::scenarios {

namespace events = protocol::events;

bool is_internal(std::string_view topic) { return topic.starts_with("__"); }

int broker_number(std::string_view name) {
  constexpr std::string_view prefix = "broker-";
  if (!name.starts_with(prefix)) return -1;
  int number = -1;
  const char* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data() + prefix.size(), end, number);
  return error == std::errc() && stopped == end ? number : -1;
}

// ---- questions ----

const Step* RecordFate::step(StepKind kind, std::size_t n) const {
  for (const Step& step : life) {
    if (step.kind == kind && n-- == 0) return &step;
  }
  return nullptr;
}

std::size_t RecordFate::count(StepKind kind) const {
  return static_cast<std::size_t>(
      std::count_if(life.begin(), life.end(), [&](const Step& step) { return step.kind == kind; }));
}

const Step* RecordFate::last(StepKind kind) const {
  const auto found =
      std::find_if(life.rbegin(), life.rend(), [&](const Step& step) { return step.kind == kind; });
  return found == life.rend() ? nullptr : &*found;
}

const RecordFate* Ledger::record(protocol::RecordTag tag) const {
  const auto found = by_tag_.find(tag);
  return found == by_tag_.end() ? nullptr : &records_[found->second];
}

std::vector<std::string> Ledger::leaders(const TopicPartition& partition) const {
  std::vector<std::string> out;
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return out;
  for (const auto& [epoch, office] : found->second.offices) {
    if (office.leader.empty()) continue;
    if (out.empty() || out.back() != office.leader) out.push_back(office.leader);
  }
  return out;
}

std::vector<Assignment> Ledger::assignments(const std::string& group) const {
  std::vector<Assignment> out;
  const auto found = groups_.find(group);
  if (found == groups_.end()) return out;
  for (const Generation& generation : found->second.generations) {
    if (generation.by_epoch && !found->second.stable_in.contains(generation.number)) continue;
    Assignment owners = generation.members;
    std::erase_if(owners, [](const auto& member) { return member.second.empty(); });
    if (out.empty() || out.back() != owners) out.push_back(std::move(owners));
  }
  return out;
}

const FaultNote* Ledger::fault_before(sim::Time time) const {
  const FaultNote* last = nullptr;
  for (const FaultNote& fault : faults_) {
    if (fault.time <= time) last = &fault;
  }
  return last;
}

protocol::Offset Ledger::committed(const std::string& group,
                                   const TopicPartition& partition) const {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return {};
  const auto commits = found->second.commits.find(partition);
  return commits == found->second.commits.end() ? protocol::Offset()
                                                : commits->second.back().offset;
}

std::vector<const std::string*> RecordFate::holders() const {
  std::vector<const std::string*> out;
  for (const Step& step : life) {
    switch (step.kind) {
      case StepKind::appended:
      case StepKind::copied:
        if (std::find(out.begin(), out.end(), step.who) == out.end()) out.push_back(step.who);
        break;
      case StepKind::truncated:
      case StepKind::unflushed:
      case StepKind::cut:
      case StepKind::deleted:
      case StepKind::compacted:
        std::erase(out, step.who);
        break;
      case StepKind::sent:
      case StepKind::deduplicated:
      case StepKind::replicated:
      case StepKind::acked:
      case StepKind::retried:
      case StepKind::failed:
      case StepKind::polled:
      case StepKind::handled:
      case StepKind::unhandled:
      case StepKind::parked:
        break;
    }
  }
  return out;
}

// ---- notes ----

void Ledger::begin(const FinalState& state) {
  for (const PartitionState& partition : state.partitions) {
    PartitionNotes& notes = partitions_[partition.partition];
    notes.isr = partition.isr;
    notes.offices.try_emplace(partition.leader_epoch, Office{partition.leader, state.at, false});
  }
}

void Ledger::observe(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  note_cause(time, who, event);
  if (note_producer(time, who, event) || note_log(time, who, event) ||
      note_cluster(time, who, event) || note_group(time, who, event) ||
      note_consumer(time, who, event)) {
    return;
  }
  if (const auto* fault = event.as<FaultHappened>(); fault != nullptr && fault->is_fault) {
    faults_.push_back({time, fault->text});
  }
}

const std::string* Ledger::intern(std::string_view text) {
  auto found = names_.find(text);
  if (found == names_.end()) found = names_.emplace(text).first;
  return &*found;
}

RecordIndex Ledger::index_of(const protocol::Record& record, const std::string& topic) {
  const auto [found, is_new] = by_tag_.try_emplace(record.tag, records_.size());
  if (is_new) {
    RecordFate fate;
    fate.tag = record.tag;
    fate.name = protocol::label(record);
    fate.topic = topic;
    fate.key = record.key;
    fate.producer = intern("");
    fate.send_order = sends_++;
    records_.push_back(std::move(fate));
  }
  return found->second;
}

void Ledger::add_step(RecordIndex record, const Step& step) {
  records_[record].life.push_back(step);
}

// Adds `pattern` to the life of each record of a batch, at its own offset.
void Ledger::add_batch(const TopicPartition& partition, protocol::Offset base,
                       const protocol::BatchRef& batch, const Step& pattern) {
  if (!batch || batch->is_control()) return;
  Step step = pattern;
  step.partition = partition.partition;
  for (const protocol::Record& record : batch->records) {
    if (record.tag == 0) continue;
    step.offset = base.is_set() ? base + record.offset_delta : protocol::Offset();
    add_step(index_of(record, partition.topic), step);
  }
}

bool Ledger::note_producer(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  Step step;
  step.time = time;
  if (const auto* sent = event.as<events::Sent>()) {
    if (sent->record.tag == 0) return true;
    step.who = intern(who);
    const RecordIndex record = index_of(sent->record, sent->topic);
    records_[record].producer = step.who;
    add_step(record, step);
  } else if (const auto* acked = event.as<events::Acked>()) {
    step.kind = StepKind::acked;
    step.who = intern(who);
    add_batch(acked->partition, acked->expects_offset ? acked->base_offset : protocol::Offset(),
              acked->batch, step);
    ProducerNotes& notes = producers_[std::string(who)];
    for (const protocol::Record& record : acked->batch->records) {
      if (record.tag != 0) notes.acked.push_back(index_of(record, acked->partition.topic));
    }
  } else if (const auto* failed = event.as<events::Failed>()) {
    if (failed->record.tag == 0) return true;
    step.kind = StepKind::failed;
    step.error = failed->error;
    step.partition = failed->partition;
    step.who = intern(who);
    const RecordIndex record = index_of(failed->record, failed->topic);
    add_step(record, step);
    producers_[std::string(who)].failed.push_back({time, record, failed->error, failed->message});
  } else if (const auto* retried = event.as<events::Retried>()) {
    step.kind = StepKind::retried;
    step.error = retried->error;
    step.who = intern(who);
    add_batch(retried->partition, {}, retried->batch, step);
  } else if (const auto* met = event.as<events::MetError>()) {
    std::vector<protocol::ErrorCode>& errors = errors_[std::string(who)];
    if (std::find(errors.begin(), errors.end(), met->error) == errors.end())
      errors.push_back(met->error);
  } else {
    return false;
  }
  return true;
}

bool Ledger::note_log(sim::Time time, std::string_view who, const sim::TraceEvent& event) {
  Step step;
  step.time = time;
  if (const auto* appended = event.as<events::Appended>()) {
    if (is_internal(appended->partition.topic)) return true;
    step.kind = StepKind::appended;
    step.who = intern(who);
    add_batch(appended->partition, appended->stored.base_offset, appended->stored.batch, step);
  } else if (const auto* copied = event.as<events::Copied>()) {
    if (is_internal(copied->partition.topic)) return true;
    step.kind = StepKind::copied;
    step.who = intern(who);
    add_batch(copied->partition, copied->stored.base_offset, copied->stored.batch, step);
  } else if (const auto* deduplicated = event.as<events::Deduplicated>()) {
    step.kind = StepKind::deduplicated;
    step.who = intern(who);
    add_batch(deduplicated->partition, deduplicated->base_offset, deduplicated->batch, step);
  } else if (const auto* moved = event.as<events::HighWatermarkMoved>()) {
    if (!is_internal(moved->partition.topic)) note_replicated(time, who, *moved);
  } else {
    return note_removal(time, who, event);
  }
  return true;
}

void Ledger::note_replicated(sim::Time time, std::string_view who,
                             const events::HighWatermarkMoved& event) {
  PartitionNotes& notes = partitions_[event.partition];
  notes.high_watermarks.emplace_back(time, event.to);
  Step step;
  step.time = time;
  step.kind = StepKind::replicated;
  step.partition = event.partition.partition;
  step.who = intern(who);
  for (const protocol::StoredBatch& stored : event.records) {
    if (stored.batch->is_control()) continue;
    for (const protocol::Record& record : stored.batch->records) {
      step.offset = stored.base_offset + record.offset_delta;
      if (record.tag == 0 || step.offset < event.from || step.offset >= event.to) continue;
      add_step(index_of(record, event.partition.topic), step);
      const auto at = static_cast<std::size_t>(step.offset.value());
      if (notes.replicated.size() <= at) notes.replicated.resize(at + 1, 0);
      notes.replicated[at] = record.tag;
    }
  }
}

}  // namespace kafkasim::scenarios

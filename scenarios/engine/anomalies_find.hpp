// The finders of single anomalies, for anomalies.cpp and tests of its parts. Each adds what it
// finds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scenarios/engine/anomalies_truth.hpp"

namespace kafkasim::scenarios {

void find_lost(const Truth& truth, std::vector<Finding>& out);
void find_duplicated(const Truth& truth, std::vector<Finding>& out);
void find_reordered(const Truth& truth, std::vector<Finding>& out);

// What one group handled, in order of time. Consumers without a group are no group.
using HandledByGroup = std::map<std::string, std::vector<const Handling*>>;
HandledByGroup handled_by_group(const Ledger& ledger);

void find_handled_twice(const Truth& truth, std::vector<Finding>& out);
void find_handled_out_of_order(const Truth& truth, std::vector<Finding>& out);
void find_skipped_and_stuck(const Truth& truth, std::vector<Finding>& out);
void find_phantoms(const Truth& truth, std::vector<Finding>& out);
void find_effect_twice(const Truth& truth, std::vector<Finding>& out);
void find_two_owners(const Truth& truth, std::vector<Finding>& out);

// A finding of that record without its cause.
Finding finding(Anomaly anomaly, const RecordFate& fate);
// "at 10.001 s".
std::string at(sim::Time time);
// "offset 3 of orders-0".
std::string spot(const TopicPartition& partition, protocol::Offset offset);

}  // namespace kafkasim::scenarios

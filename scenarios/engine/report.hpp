// The report of one run as text: the question, the story, the logs and groups at the end, each
// expectation as met or not, the anomalies with their causes, the verdict, the line that runs it
// again, and when asked for the metrics of producers. For people and a hundred columns.
#pragma once

#include <cstddef>
#include <string>

#include "scenarios/engine/outcome.hpp"

namespace kafkasim::scenarios {

struct ReportOptions {
  bool colour = false;              // for terminals; the caller knows NO_COLOR
  std::size_t width = 100;          // lines are wrapped there
  std::size_t timeline_lines = 90;  // faults and turns are kept first
  bool metrics = false;             // of producers, after all the rest
};

std::string text_report(const Outcome& outcome, const ReportOptions& options);

// One line for lists of many runs: "ok    lost-ack [idempotent]" or "FAIL  lost-ack: log orders-0,
// lost A".
std::string summary_line(const Outcome& outcome, const ReportOptions& options);

// The timeline alone, bounded as the options say.
std::string timeline_report(const TimelineText& timeline, const ReportOptions& options);

}  // namespace kafkasim::scenarios

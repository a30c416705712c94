// Puts the report together.
#include "scenarios/engine/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/engine/anomalies.hpp"
#include "scenarios/engine/diagnostics.hpp"
#include "scenarios/engine/report_logs.hpp"
#include "scenarios/engine/report_metrics.hpp"
#include "scenarios/engine/report_text.hpp"

namespace kafkasim::scenarios {

namespace {

constexpr std::size_t findings_shown = 8;  // of one anomaly

// Which lines are shown when there are too many: faults first, then turns and troubles, then
// routine; of equals the first two thirds and the last third of what still fits.
std::vector<bool> chosen(const std::vector<TimelineEntry>& entries, std::size_t limit) {
  std::vector<bool> out(entries.size(), entries.size() <= limit);
  if (entries.size() <= limit) return out;
  std::size_t room = limit;
  for (const Weight weight : {Weight::fault, Weight::trouble, Weight::notable, Weight::routine}) {
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].weight == weight) candidates.push_back(i);
    }
    const std::size_t taken = std::min(room, candidates.size());
    const std::size_t head = taken == candidates.size() ? taken : taken - taken / 3;
    for (std::size_t i = 0; i < head; ++i) out[candidates[i]] = true;
    for (std::size_t i = candidates.size() - (taken - head); i < candidates.size(); ++i)
      out[candidates[i]] = true;
    room -= taken;
  }
  return out;
}

// Without control characters, but with the line breaks that a text may have.
std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string heading(const Outcome& outcome, const ReportOptions& options, const Paint& paint) {
  std::string title = outcome.scenario;
  if (!outcome.variant.empty()) title += " [" + outcome.variant + "]";
  std::string out = paint.bold(title) + paint.dim(fmt::format("  seed {}", outcome.seed)) + "\n";
  if (!outcome.question.empty())
    out += hanging("  ", 2, printable_lines(outcome.question), options.width);
  return out + "\n";
}

std::string whose(const Finding& finding) {
  switch (finding.anomaly) {
    case Anomaly::handled_twice:
    case Anomaly::skipped:
    case Anomaly::handled_out_of_order:
    case Anomaly::stuck:
    case Anomaly::effect_twice:
    case Anomaly::two_owners:
      return fmt::format(" (group {})", finding.whose);
    case Anomaly::phantom:
      return fmt::format(" (by {})", finding.whose);
    case Anomaly::lost:
    case Anomaly::duplicated:
    case Anomaly::reordered:
    case Anomaly::aborted_visible:
    case Anomaly::torn:
      return "";
  }
  return "";
}

// The causes of the findings of one anomaly that are (or are not) expected.
std::string causes(const Outcome& outcome, Anomaly anomaly, bool expected, std::size_t indent,
                   const ReportOptions& options) {
  std::string out;
  std::size_t count = 0;
  for (const Finding& finding : outcome.findings) {
    if (finding.anomaly != anomaly || finding.expected != expected) continue;
    if (++count > findings_shown) continue;
    const std::string first =
        std::string(indent, ' ') + printable(finding.record) + whose(finding) + ": ";
    const std::string text = first.substr(indent) + printable(finding.cause);
    out += hanging(std::string(indent, ' '), indent, text, options.width);
  }
  if (count > findings_shown)
    out += fmt::format("{}... and {} more\n", std::string(indent, ' '), count - findings_shown);
  return out;
}

std::string expectations_report(const Outcome& outcome, const ReportOptions& options,
                                const Paint& paint) {
  if (outcome.expectations.empty()) return "";
  std::size_t key_width = 0;
  for (const ExpectationResult& result : outcome.expectations)
    key_width = std::max(key_width, columns(result.key));
  key_width = std::min<std::size_t>(key_width, 40);
  std::string out = paint.bold("Expected") + "\n";
  for (const ExpectationResult& result : outcome.expectations) {
    const std::string key = padded(printable(result.key), key_width);
    const std::size_t indent = 2 + 9 + columns(key) + 2;
    if (result.met) {
      out += hanging("  " + paint.green("met") + "      " + key + "  ", indent,
                     printable(result.got), options.width);
    } else {
      const std::string start = "  " + paint.red("NOT MET") + "  " + key + "  ";
      out += start + paint.dim(fmt::format("line {}", result.position.line)) + "\n";
      out += hanging("             expected  ", 23, printable(result.expected), options.width);
      out += hanging("             got       ", 23, printable(result.got), options.width);
    }
    for (int i = 0; i <= static_cast<int>(last_anomaly); ++i) {
      const auto anomaly = static_cast<Anomaly>(i);
      if (result.key == to_string(anomaly))
        out += paint.dim(causes(outcome, anomaly, true, 13, options));
    }
  }
  return out + "\n";
}

std::string unexpected_report(const Outcome& outcome, const ReportOptions& options,
                              const Paint& paint) {
  std::string out;
  for (int i = 0; i <= static_cast<int>(last_anomaly); ++i) {
    const auto anomaly = static_cast<Anomaly>(i);
    const std::string text = causes(outcome, anomaly, false, 7, options);
    if (text.empty()) continue;
    out += "  !! " + paint.red(to_string(anomaly)) +
           paint.dim(fmt::format("  ({})", meaning(anomaly))) + "\n" + text;
  }
  return out.empty() ? "" : paint.bold("Happened, and was not expected") + "\n" + out + "\n";
}

std::size_t not_met(const Outcome& outcome) {
  return static_cast<std::size_t>(std::count_if(outcome.expectations.begin(),
                                                outcome.expectations.end(),
                                                [](const ExpectationResult& r) { return !r.met; }));
}

std::string verdict_report(const Outcome& outcome, const ReportOptions& options,
                           const Paint& paint) {
  std::string out;
  if (!outcome.invariant.empty()) {
    out += paint.red("An invariant broke: a bug of the simulator, or a planted one") + "\n";
    out += hanging("  ", 2, printable_lines(outcome.invariant), options.width) + "\n";
  }
  const auto unexpected =
      static_cast<std::size_t>(std::count_if(outcome.findings.begin(), outcome.findings.end(),
                                             [](const Finding& f) { return !f.expected; }));
  std::string verdict(to_string(outcome.verdict));
  if (outcome.verdict == Verdict::not_as_expected) {
    verdict +=
        fmt::format(": {} of {} expectations not met, {} unexpected anomal{}", not_met(outcome),
                    outcome.expectations.size(), unexpected, unexpected == 1 ? "y" : "ies");
  }
  const bool good = outcome.verdict == Verdict::as_expected;
  out += paint.bold("Verdict") + "  " + (good ? paint.green(verdict) : paint.red(verdict)) + "\n";
  if (!outcome.answer.empty())
    out += hanging(paint.bold("Answer") + "   ", 9, printable_lines(outcome.answer), options.width);
  for (const std::string& note : outcome.notes) {
    out += hanging(paint.yellow("Note") + "     ", 9, printable(note), options.width);
  }
  std::string run = fmt::format("{} s of virtual time", seconds(sim::Time(outcome.duration)));
  if (!outcome.ended_because.empty()) run += fmt::format(", ended by: {}", outcome.ended_because);
  out += hanging(paint.dim("run") + "      ", 9, run, options.width);
  out += fmt::format("{}    {:016x}, {} lines, {} events of the simulator\n", paint.dim("trace"),
                     outcome.trace_hash, outcome.trace_lines, outcome.events_run);
  out += paint.dim("again") + "    " + reproduce_line(outcome) + "\n";
  return out;
}

}  // namespace

std::string timeline_report(const TimelineText& timeline, const ReportOptions& options) {
  const Paint paint(options.colour);
  const std::vector<TimelineEntry>& entries = timeline.entries;
  const std::vector<bool> shown = chosen(entries, options.timeline_lines);
  std::size_t time_width = 6;
  std::size_t who_width = 8;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!shown[i]) continue;
    time_width = std::max(time_width, seconds(entries[i].time).size());
    who_width = std::max(who_width, std::min<std::size_t>(columns(entries[i].who), 20));
  }
  const std::size_t indent = 3 + time_width + 2 + who_width + 2;
  std::string out = paint.dim("   " + right_aligned("time s", time_width) + "  " +
                              padded("who", who_width) + "  what") +
                    "\n";
  std::uint64_t hidden = timeline.left_out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const TimelineEntry& entry = entries[i];
    if (!shown[i]) {
      ++hidden;
      continue;
    }
    const std::string mark = entry.weight == Weight::fault     ? "!! "
                             : entry.weight == Weight::trouble ? " ! "
                                                               : "   ";
    const std::string first = mark + right_aligned(seconds(entry.time), time_width) + "  " +
                              padded(printable(entry.who), who_width) + "  ";
    const std::size_t first_columns = std::max(indent, columns(first));
    std::string line = hanging(first, first_columns, printable(entry.text), options.width);
    line.pop_back();
    if (entry.weight == Weight::fault) line = paint.red(line);
    if (entry.weight == Weight::trouble) line = paint.yellow(line);
    if (entry.weight == Weight::notable) line = paint.bold(line);
    out += line + "\n";
  }
  if (entries.empty()) out += "   nothing happened\n";
  if (hidden > 0)
    out +=
        paint.dim(fmt::format("   {} lines are left out; --trace shows everything", hidden)) + "\n";
  return out;
}

std::string text_report(const Outcome& outcome, const ReportOptions& options) {
  const Paint paint(options.colour);
  std::string out = heading(outcome, options, paint);
  out += timeline_report(outcome.timeline, options) + "\n";
  const std::string logs = logs_report(outcome.state, options.width, paint);
  if (!logs.empty()) out += logs + "\n";
  const std::string controllers = controllers_report(outcome.state, options.width, paint);
  if (!controllers.empty()) out += controllers + "\n";
  const std::string groups = groups_report(outcome.state, options.width, paint);
  if (!groups.empty()) out += groups + "\n";
  out += expectations_report(outcome, options, paint);
  out += unexpected_report(outcome, options, paint);
  out += verdict_report(outcome, options, paint);
  if (options.metrics) out += metrics_report(outcome.state, options.width, paint);
  return out;
}

std::string summary_line(const Outcome& outcome, const ReportOptions& options) {
  const Paint paint(options.colour);
  std::string name = outcome.scenario;
  if (!outcome.variant.empty()) name += " [" + outcome.variant + "]";
  if (outcome.verdict == Verdict::as_expected) return paint.green("ok") + "    " + name;
  std::string why = outcome.invariant.substr(0, outcome.invariant.find('\n'));
  std::size_t reasons = 0;
  const auto add = [&](const std::string& reason) {
    if (++reasons <= 4) why += (why.empty() ? "" : ", ") + reason;
  };
  for (const ExpectationResult& result : outcome.expectations) {
    if (!result.met) add(result.key);
  }
  std::set<std::pair<Anomaly, protocol::RecordTag>> seen;
  for (const Finding& finding : outcome.findings) {
    if (finding.expected || !seen.insert({finding.anomaly, finding.tag}).second) continue;
    add(fmt::format("{} {}", to_string(finding.anomaly), finding.record));
  }
  if (reasons > 4) why += fmt::format(" and {} more", reasons - 4);
  return paint.red("FAIL") + "  " + name + ": " + printable(why);
}

}  // namespace kafkasim::scenarios

// Reading, replaying, telling. The whole file is parsed before anything runs, so that a broken file
// gives no count.
#include "tests/conformance/run.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string_view>

#include "tests/conformance/kinds.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

constexpr std::size_t mismatches_shown = 20;

struct File {
  std::vector<std::string> names;  // of the cases
  std::vector<json> cases;
};

void usage(std::ostream& err) {
  err << "usage: conformance KIND FILE\nkinds:";
  for (const Kind& kind : kinds()) err << ' ' << kind.name;
  err << '\n';
}

std::string name_of(const json& content, std::size_t line) {
  for (const char* key : {"name", "case"}) {
    const auto found = content.find(key);
    if (found == content.end()) continue;
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  const auto scenario = content.find("scenario");
  if (scenario != content.end() && scenario->is_string())
    return fmt::format("{} of line {}", scenario->get<std::string>(), line);
  return fmt::format("of line {}", line);
}

// None when the file cannot be used; `err` then has the reason.
std::optional<File> read(const std::string& path, std::ostream& err) {
  std::ifstream stream(path);
  if (!stream || std::filesystem::is_directory(path)) {
    err << "conformance: cannot read " << path << '\n';
    return std::nullopt;
  }
  File read;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      json content = json::parse(line);
      if (!content.is_object()) {
        err << fmt::format("conformance: {}:{}: not a JSON object\n", path, number);
        return std::nullopt;
      }
      read.names.push_back(name_of(content, number));
      read.cases.push_back(std::move(content));
    } catch (const json::parse_error& error) {
      err << fmt::format("conformance: {}:{}: {}\n", path, number, error.what());
      return std::nullopt;
    }
  }
  if (stream.bad()) {
    err << "conformance: cannot read " << path << '\n';
    return std::nullopt;
  }
  return read;
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
        Tally* tally) {
  if (arguments.size() != 2) {
    usage(err);
    return not_run;
  }
  const Kind* const kind = find_kind(arguments[0]);
  if (kind == nullptr) {
    err << fmt::format("conformance: there is no kind '{}'\n", arguments[0]);
    usage(err);
    return not_run;
  }
  const auto file = read(arguments[1], err);
  if (!file) return not_run;

  Tally counts;
  std::size_t shown = 0;
  std::size_t found = 0;
  for (std::size_t i = 0; i < file->cases.size(); ++i) {
    const std::string& name = file->names[i];
    const Findings findings = replay(*kind, file->cases[i], file->cases);
    for (const std::string& note : findings.notes())
      out << fmt::format("case {}: not compared: {}\n", name, note);
    for (const std::string& remark : findings.remarks())
      out << fmt::format("case {}: {}\n", name, remark);
    for (const std::string& mismatch : findings.mismatches()) {
      ++found;
      if (shown == mismatches_shown) continue;
      ++shown;
      out << fmt::format("case {}: {}\n", name, mismatch);
    }
    ++(findings.mismatches().empty() ? counts.passed : counts.failed);
    if (!findings.notes().empty()) ++counts.left_aside;
  }
  if (found > shown) out << fmt::format("and {} more mismatches\n", found - shown);
  out << fmt::format("{} passed, {} failed\n", counts.passed, counts.failed);
  out.flush();
  if (tally != nullptr) *tally = counts;
  return counts.failed == 0 ? all_passed : some_failed;
}

}  // namespace kafkasim::conformance

// Reading, replaying, telling. The whole file is parsed before anything runs, so that a broken file
// gives no count.
#include "tests/conformance/run.hpp"

#include <fmt/format.h>

#include <algorithm>
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

struct Recorded {
  std::string name;
  json content;
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
  return fmt::format("of line {}", line);
}

// None when the file cannot be used; `err` then has the reason.
std::optional<std::vector<Recorded>> read(const std::string& path, std::ostream& err) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) {
    err << "conformance: cannot read " << path << '\n';
    return std::nullopt;
  }
  std::vector<Recorded> cases;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      json content = json::parse(line);
      if (!content.is_object()) {
        err << fmt::format("conformance: {}:{}: not a JSON object\n", path, number);
        return std::nullopt;
      }
      std::string name = name_of(content, number);
      cases.push_back({std::move(name), std::move(content)});
    } catch (const json::parse_error& error) {
      err << fmt::format("conformance: {}:{}: {}\n", path, number, error.what());
      return std::nullopt;
    }
  }
  if (file.bad()) {
    err << "conformance: cannot read " << path << '\n';
    return std::nullopt;
  }
  return cases;
}

Findings replay(const Kind& kind, const Recorded& recorded) {
  Findings findings;
  try {
    kind.replay(recorded.content, findings);
  } catch (const std::exception& error) {
    findings.fail(fmt::format("threw: {}", error.what()));
  }
  return findings;
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
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
  const auto cases = read(arguments[1], err);
  if (!cases) return not_run;

  std::size_t passed = 0;
  std::size_t shown = 0;
  std::size_t found = 0;
  for (const Recorded& recorded : *cases) {
    const Findings findings = replay(*kind, recorded);
    for (const std::string& note : findings.notes())
      out << fmt::format("case {}: not compared: {}\n", recorded.name, note);
    for (const std::string& mismatch : findings.mismatches()) {
      ++found;
      if (shown == mismatches_shown) continue;
      ++shown;
      out << fmt::format("case {}: {}\n", recorded.name, mismatch);
    }
    if (findings.mismatches().empty()) ++passed;
  }
  if (found > shown) out << fmt::format("and {} more mismatches\n", found - shown);
  const std::size_t failed = cases->size() - passed;
  out << fmt::format("{} passed, {} failed\n", passed, failed);
  out.flush();
  return failed == 0 ? all_passed : some_failed;
}

}  // namespace kafkasim::conformance

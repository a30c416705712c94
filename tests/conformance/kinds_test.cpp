// Every kind of recorded vectors that lies in the project passes. Prints a line for each, which
// `./dev test` shows.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>

#include "tests/conformance/kinds.hpp"
#include "tests/conformance/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

namespace kafkasim::conformance {
namespace {

std::string last_line(const std::string& text) {
  const auto before = text.rfind('\n', text.size() - 2);
  return text.substr(before == std::string::npos ? 0 : before + 1);
}

// "conformance: controller_traces 27 of 27 agree (sample)".
std::string line_of(const Kind& kind, const Tally& tally, bool is_whole) {
  std::string line = fmt::format("conformance: {:<28} {:>4} of {:>4} cases agree", kind.name,
                                 tally.passed, tally.passed + tally.failed);
  if (tally.left_aside > 0)
    line += fmt::format(", of {} some values are left aside", tally.left_aside);
  return line + (is_whole ? " (whole set)\n" : " (sample)\n");
}

}  // namespace

TEST_CASE("Our code agrees with what Kafka's did in every recorded case") {
  for (const Kind& kind : kinds()) {
    const std::string file = tests::vectors(std::string(kind.name) + ".jsonl");
    INFO(kind.name << " in " << file);
    REQUIRE(std::filesystem::exists(file));
    std::ostringstream out;
    std::ostringstream err;
    Tally tally;
    const int status = run({std::string(kind.name), file}, out, err, &tally);
    std::cout << line_of(kind, tally, tests::is_whole(file)) << std::flush;
    INFO(out.str());
    CHECK(err.str() == "");
    CHECK(status == all_passed);
    CHECK(last_line(out.str()) != "0 passed, 0 failed\n");
  }
}

}  // namespace kafkasim::conformance

// Every kind of recorded vectors that lies in the project passes.
#include <filesystem>
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

}  // namespace

TEST_CASE("Our code agrees with what Kafka's did in every recorded case") {
  for (const Kind& kind : kinds()) {
    const std::string file = tests::vectors(std::string(kind.name) + ".jsonl");
    INFO(kind.name << " in " << file);
    REQUIRE(std::filesystem::exists(file));
    std::ostringstream out;
    std::ostringstream err;
    const int status = run({std::string(kind.name), file}, out, err);
    INFO(out.str());
    CHECK(err.str() == "");
    CHECK(status == all_passed);
    CHECK(last_line(out.str()) != "0 passed, 0 failed\n");
  }
}

}  // namespace kafkasim::conformance

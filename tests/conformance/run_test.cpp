// What the program says, and how it ends.
#include "tests/conformance/run.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"

namespace kafkasim::conformance {
namespace {

using nlohmann::json;

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

Outcome run_with(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = run(arguments, out, err);
  return {status, out.str(), err.str()};
}

// A file of vectors for the time of a test, of this clone alone.
class File {
 public:
  explicit File(const std::string& text) { std::ofstream(path_) << text; }
  ~File() { std::remove(path_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ =
      (std::filesystem::temp_directory_path() /
       ("kafkasim-" + std::to_string(hash_value(std::filesystem::current_path())) + ".jsonl"))
          .string();
};

json assign(int epoch, int offset, const json& entries) {
  return {{"op", "assign"}, {"epoch", epoch}, {"start_offset", offset}, {"entries", entries}};
}

std::string vector_of(int number, const json& steps) {
  return json({{"case", number}, {"steps", steps}}).dump() + "\n";
}

const json right = json::array({assign(1, 5, json::array({{1, 5}}))});
const json wrong = json::array({assign(1, 5, json::array({{1, 6}}))});

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A conformance run that agrees counts its cases and ends with 0") {
  const File file(vector_of(0, right) + vector_of(1, right));
  const Outcome outcome = run_with({"leader_epoch_cache", file.path()});
  CHECK(outcome.status == all_passed);
  CHECK(outcome.out == "2 passed, 0 failed\n");
  CHECK(outcome.err == "");
}

TEST_CASE("A wrong vector is reported with its case, the step, what was expected and what came") {
  const File file(vector_of(0, right) + vector_of(7, wrong));
  const Outcome outcome = run_with({"leader_epoch_cache", file.path()});
  CHECK(outcome.status == some_failed);
  CHECK(outcome.out ==
        "case 7: step 0 assign: entries: expected [[1,6]], got [[1,5]]\n1 passed, 1 failed\n");
}

TEST_CASE("A case that throws has failed, and the ones behind it still run") {
  const File file(vector_of(0, json::array({{{"op", "assign"}}})) + vector_of(1, right));
  const Outcome outcome = run_with({"leader_epoch_cache", file.path()});
  CHECK(outcome.status == some_failed);
  CHECK(has(outcome.out, "case 0: step 0 assign: threw: "));
  CHECK(has(outcome.out, "\n1 passed, 1 failed\n"));
}

TEST_CASE("At most twenty mismatches are shown, all are counted") {
  std::string text;
  for (int i = 0; i < 30; ++i) text += vector_of(i, wrong);
  const File file(text);
  const Outcome outcome = run_with({"leader_epoch_cache", file.path()});
  CHECK(has(outcome.out, "case 19: "));
  CHECK_FALSE(has(outcome.out, "case 20: "));
  CHECK(has(outcome.out, "and 10 more mismatches\n0 passed, 30 failed\n"));
}

TEST_CASE("An unknown kind ends with 2 and names the kinds") {
  const Outcome outcome = run_with({"nonsense", "x.jsonl"});
  CHECK(outcome.status == not_run);
  CHECK(outcome.out == "");
  CHECK(has(outcome.err, "there is no kind 'nonsense'"));
  CHECK(has(outcome.err, "controller_traces"));
  CHECK(has(outcome.err, "broker24_replication"));
}

TEST_CASE("A wrong command line ends with 2") {
  CHECK(run_with({}).status == not_run);
  CHECK(run_with({"controller_traces"}).status == not_run);
  const Outcome outcome = run_with({"controller_traces", "a", "b"});
  CHECK(outcome.status == not_run);
  CHECK(has(outcome.err, "usage: conformance KIND FILE"));
}

TEST_CASE("An unreadable file ends with 2") {
  const Outcome outcome = run_with({"controller_traces", "there/is/no/such.jsonl"});
  CHECK(outcome.status == not_run);
  CHECK(has(outcome.err, "cannot read there/is/no/such.jsonl"));
  CHECK(run_with({"controller_traces", "."}).status == not_run);
}

TEST_CASE("Broken JSON ends with 2, with its line, before anything has run") {
  const File file(vector_of(0, right) + "\n{\"case\": 1,\n");
  const Outcome outcome = run_with({"leader_epoch_cache", file.path()});
  CHECK(outcome.status == not_run);
  CHECK(outcome.out == "");
  CHECK(has(outcome.err, file.path() + ":3: "));
  const File list("[1, 2]\n");
  CHECK(has(run_with({"leader_epoch_cache", list.path()}).err, ":1: not a JSON object"));
}

}  // namespace kafkasim::conformance

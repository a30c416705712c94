// What a replay of one recorded case found: where our code disagrees with what was recorded, and
// what could not be compared.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kafkasim::conformance {

class Findings {
 public:
  // The place that later findings bear: "step 3 append".
  void at(std::string place) { place_ = std::move(place); }

  // Notes a mismatch of that field unless both are equal. Returns whether they are.
  bool expect(const std::string& field, const nlohmann::json& expected, const nlohmann::json& got);
  void fail(const std::string& what);
  // Something of the recording that was left aside, and why.
  void note(const std::string& what);
  // How an agreement was found, where that is not plain.
  void remark(const std::string& what) { remarks_.push_back(placed(what)); }

  // Lines without the name of the case: "step 3 append: base_offset: expected 4, got 5".
  const std::vector<std::string>& mismatches() const { return mismatches_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  std::string placed(const std::string& what) const;

  std::string place_;
  std::vector<std::string> mismatches_;
  std::vector<std::string> notes_;
  std::vector<std::string> remarks_;
};

}  // namespace kafkasim::conformance

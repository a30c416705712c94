// Vectors recorded from real Kafka code. The project holds a sample of each kind; where the whole
// collection lies beside the project, tests run all of it.
#pragma once

#include <filesystem>
#include <string>

namespace kafkasim::tests {

inline constexpr const char* whole_collection = "../shared/golden/";

// The file of that name, relative to the root of the project.
inline std::string vectors(const std::string& name) {
  const std::string all = whole_collection + name;
  return std::filesystem::exists(all) ? all : "tests/vectors/" + name;
}

// Is that a file of the whole collection, not of the sample?
inline bool is_whole(const std::string& file) { return file.starts_with(whole_collection); }

}  // namespace kafkasim::tests

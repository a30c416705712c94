// Vectors recorded from real Kafka code. The project holds a sample of each kind; where the whole
// collection lies beside the project, tests run all of it.
#pragma once

#include <filesystem>
#include <string>

namespace kafkasim::tests {

// The file of that name, relative to the root of the project.
inline std::string vectors(const std::string& name) {
  const std::string all = "../shared/golden/" + name;
  return std::filesystem::exists(all) ? all : "tests/vectors/" + name;
}

}  // namespace kafkasim::tests

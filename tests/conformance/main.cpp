// conformance KIND FILE: does our code agree with what real Kafka code did?
#include <iostream>
#include <string>
#include <vector>

#include "tests/conformance/run.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return kafkasim::conformance::run(arguments, std::cout, std::cerr);
}

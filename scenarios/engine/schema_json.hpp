// The schema as a JSON Schema (draft 2020-12), for editors that check and complete scenario files
// while they are written.
#pragma once

#include <string>

namespace kafkasim::scenarios {

std::string schema_as_json();

}  // namespace kafkasim::scenarios

// What an administrator does in the course of a scenario: said, and handed to the stage. How it
// ended is told by the administrator itself.
#include "scenarios/engine/injector.hpp"
#include "scenarios/engine/injector_armed.hpp"

namespace kafkasim::scenarios {

void Injector::administer(Armed& a) {
  report(a, to_string(*a.event.action.admin), {a.event.action.admin->name});
  stage_.administer(*a.event.action.admin);
}

}  // namespace kafkasim::scenarios

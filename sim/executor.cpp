// Starting coroutines, and the context that Asio asks for.
#include "sim/executor.hpp"

#include <boost/asio/co_spawn.hpp>

namespace kafkasim::sim {

namespace {

struct Context : asio::execution_context {
  ~Context() {
    shutdown();
    destroy();
  }
};

}  // namespace

asio::execution_context& Executor::query(asio::execution::context_t) const {
  std::shared_ptr<void>& slot = process_->loop().executor_context();
  if (!slot) slot = std::make_shared<Context>();
  return *static_cast<Context*>(slot.get());
}

void spawn(Process& process, Task<> task) {
  if (!process.alive()) return;
  asio::co_spawn(Executor(process), std::move(task), [](std::exception_ptr error) {
    // Not asio::detached, which would swallow it.
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace kafkasim::sim

// What a broken invariant says.
#include "sim/check.hpp"

#include <string_view>

namespace kafkasim::sim {

void invariant_broken(const char* file, int line, const char* condition,
                      const std::string& message) {
  std::string_view path(file);
  // The last two parts name the file in the tree, wherever the tree stands.
  if (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0) {
    if (auto folder = path.rfind('/', slash - 1); folder != std::string_view::npos)
      path.remove_prefix(folder + 1);
  }
  throw InvariantBroken(fmt::format("{}:{}: invariant broken: {}{}{}", path, line, condition,
                                    message.empty() ? "" : ": ", message));
}

}  // namespace kafkasim::sim

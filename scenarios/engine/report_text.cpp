// Text layout.
#include "scenarios/engine/report_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kafkasim::scenarios {

std::string Paint::with(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, columns(text)), ' ');
}

std::string right_aligned(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, columns(text)), ' ') + std::string(text);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t blank = text.find_first_of(" \n");
    const std::string_view word = text.substr(0, blank);
    const bool breaks = blank != std::string_view::npos && text[blank] == '\n';
    if (!lines.back().empty() && columns(lines.back()) + 1 + columns(word) > width)
      lines.emplace_back();
    if (!word.empty()) lines.back() += (lines.back().empty() ? "" : " ") + std::string(word);
    if (breaks) lines.emplace_back();
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  return lines;
}

std::string hanging(std::string_view first, std::size_t first_columns, std::string_view text,
                    std::size_t width) {
  constexpr std::size_t least = 20;  // columns for the text, however wide what stands before it is
  const std::size_t room = width > first_columns + least ? width - first_columns : least;
  std::string out(first);
  bool is_first = true;
  for (const std::string& line : wrapped(text, room)) {
    out += (is_first ? "" : std::string(first_columns, ' ')) + line;
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
    is_first = false;
  }
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right,
                  std::size_t width, const Paint& paint) {
  std::vector<std::size_t> widths(right.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string before;
    for (std::size_t i = 0; i + 1 < rows[r].size(); ++i) {
      before +=
          "  " + (right[i] ? right_aligned(rows[r][i], widths[i]) : padded(rows[r][i], widths[i]));
    }
    before += "  ";
    const std::size_t before_columns = columns(before);
    out += r == 0 ? paint.dim(before + rows[r].back()) + "\n"
                  : hanging(before, before_columns, rows[r].back(), width);
  }
  return out;
}

}  // namespace kafkasim::scenarios

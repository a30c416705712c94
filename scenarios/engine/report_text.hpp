// Colours, wrapping and columns for text reports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kafkasim::scenarios {

class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string bold(std::string_view text) const { return with("1", text); }
  std::string dim(std::string_view text) const { return with("2", text); }
  std::string red(std::string_view text) const { return with("1;31", text); }
  std::string green(std::string_view text) const { return with("32", text); }
  std::string yellow(std::string_view text) const { return with("33", text); }

 private:
  std::string with(std::string_view code, std::string_view text) const;
  bool on_;
};

// Columns that a text takes: its code points.
std::size_t columns(std::string_view text);
// `text` with blanks behind (or before) it, up to that many columns.
std::string padded(std::string_view text, std::size_t width);
std::string right_aligned(std::string_view text, std::size_t width);
// The lines of a text broken at blanks, the first of `width` columns less what stands before it. A
// longer word is left whole. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
// `first` and then the text, wrapped at `width`, further lines indented to stand below its start;
// ends in a newline. `first` takes `first_columns` (it may hold colours).
std::string hanging(std::string_view first, std::size_t first_columns, std::string_view text,
                    std::size_t width);

// Rows of cells below a heading, columns as wide as their widest cell, the last one wrapped at
// `width`; two blanks between columns and before the first. `right`: which columns are numbers.
std::string table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right,
                  std::size_t width, const Paint& paint);

}  // namespace kafkasim::scenarios

// Collecting and printing findings, and guessing what a misspelt word was to be.
#include "scenarios/engine/diagnostics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace kafkasim::scenarios {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Letters to change, add, remove or swap with their neighbour; case counts as nothing.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

template <typename Words>
std::string_view nearest(std::string_view word, const Words& words) {
  constexpr std::size_t longest = 100;
  if (word.size() > longest) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : words) {
    const std::size_t changes = distance(word, candidate);
    if (changes < best_distance &&
        changes < std::max(word.size(), std::string_view(candidate).size())) {
      best = candidate;
      best_distance = changes;
    }
  }
  if (!best.empty()) return best;
  // A word cut short, or one with something more: "bro" for "brokers".
  constexpr std::size_t enough = 3;
  for (const auto& candidate : words) {
    const std::string_view known = candidate;
    if (word.size() >= enough && known.starts_with(word)) return known;
    if (known.size() >= enough && word.starts_with(known)) return known;
  }
  return {};
}

}  // namespace

void Diagnostics::add(Diagnostic found) {
  has_errors_ = has_errors_ || found.severity == Severity::error;
  if (!is_full() && known_.emplace(found.position, found.text).second)
    all_.push_back(std::move(found));
}

void Diagnostics::error(Position position, std::string text) {
  add({Severity::error, position, std::move(text)});
}

void Diagnostics::warning(Position position, std::string text) {
  add({Severity::warning, position, std::move(text)});
}

void Diagnostics::warning_once(Position position, std::string text) {
  if (said_once_.insert(text).second) warning(position, std::move(text));
}

void Diagnostics::add_new(const Diagnostics& other, std::string_view suffix) {
  for (const Diagnostic& found : other.all_) {
    if (known_.contains({found.position, found.text})) continue;
    add({found.severity, found.position, found.text + std::string(suffix)});
  }
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> ordered = all_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.position < b.position;
  });
  return ordered;
}

std::string Diagnostics::lines(std::string_view path) const {
  std::string all;
  for (const Diagnostic& d : sorted()) {
    all += fmt::format("{}:{}:{}: {}: {}\n", printable(path), d.position.line, d.position.column,
                       d.severity == Severity::error ? "error" : "warning", printable(d.text));
  }
  if (is_full()) {
    all +=
        fmt::format("{}:{}:{}: error: there may be more than these {} findings\n", printable(path),
                    all_.back().position.line, all_.back().position.column, all_.size());
  }
  return all;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return fmt::format("'{}'", text);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("'{}...'", text.substr(0, end));
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string_view nearest_word(std::string_view word, std::span<const std::string> words) {
  return nearest(word, words);
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  return nearest(word, words);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> words) {
  const std::string_view near = nearest(word, words);
  return near.empty() ? std::string() : fmt::format(", did you mean '{}'?", near);
}

std::string did_you_mean_or_one_of(std::string_view word, std::span<const std::string> words) {
  constexpr std::size_t most_listed = 8;
  std::string near = did_you_mean(word, words);
  if (!near.empty() || words.empty() || words.size() > most_listed) return near;
  return fmt::format(", expected {}{}", words.size() == 1 ? "" : "one of ", fmt::join(words, ", "));
}

}  // namespace kafkasim::scenarios

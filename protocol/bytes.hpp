// Bytes: an immutable, shared, possibly null byte string; copying it costs a count.
#pragma once

#include <string>
#include <string_view>

#include "protocol/ref.hpp"

namespace kafkasim::protocol {

class Bytes {
 public:
  Bytes() = default;  // null
  explicit Bytes(std::string_view text) : content_(make_ref<Content>(text)) {}

  bool is_null() const { return !content_; }
  // The bytes; empty when null.
  std::string_view view() const { return content_ ? std::string_view(content_->text) : ""; }
  // Length in bytes; -1 when null, as on the wire.
  int size() const { return content_ ? static_cast<int>(content_->text.size()) : -1; }
  friend bool operator==(const Bytes& a, const Bytes& b) {
    return a.is_null() == b.is_null() && a.view() == b.view();
  }

 private:
  struct Content : Counted {
    explicit Content(std::string_view t) : text(t) {}
    std::string text;
  };

  Ref<Content> content_;
};

}  // namespace kafkasim::protocol

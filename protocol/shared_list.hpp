// A list that many hold and nobody changes while they do: copying costs a count, whoever changes it
// gets a list of its own first. What somebody made of the items can be kept beside them, so that it
// is made once for all who hold the list.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace kafkasim::protocol {

template <class T>
class SharedList {
 public:
  SharedList() = default;
  explicit SharedList(std::vector<T> items)
      : content_(std::make_shared<Content>(Content{std::move(items), nullptr})) {}

  const std::vector<T>& items() const { return content_ ? content_->items : none(); }
  auto begin() const { return items().begin(); }
  auto end() const { return items().end(); }
  std::size_t size() const { return items().size(); }
  bool empty() const { return items().empty(); }
  const T& operator[](std::size_t index) const { return items()[index]; }
  const T& at(std::size_t index) const { return items().at(index); }
  const T& front() const { return items().front(); }
  const T& back() const { return items().back(); }

  // To change; what was made of the items is forgotten.
  std::vector<T>& edit() {
    if (!content_) {
      content_ = std::make_shared<Content>();
    } else if (content_.use_count() > 1) {
      content_ = std::make_shared<Content>(Content{content_->items, nullptr});
    }
    content_->made = nullptr;
    return content_->items;
  }
  void push_back(T item) { edit().push_back(std::move(item)); }

  // Is it the same list, not only an equal one?
  bool is_same(const SharedList& other) const { return content_ == other.content_; }

  // What make(items) gives; made at the first call for this list, whoever asks.
  template <class Made, class Make>
  const Made& made(Make make) const {
    if (!content_) content_ = std::make_shared<Content>();
    if (!content_->made) content_->made = std::make_shared<const Made>(make(content_->items));
    return *static_cast<const Made*>(content_->made.get());
  }

 private:
  struct Content {
    std::vector<T> items;
    std::shared_ptr<const void> made;
  };
  static const std::vector<T>& none() {
    static const std::vector<T> nothing;
    return nothing;
  }

  mutable std::shared_ptr<Content> content_;
};

}  // namespace kafkasim::protocol

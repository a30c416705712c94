// Something that travels on a connection. The network knows its size and nothing of its meaning;
// both ends, and whoever injects faults, open it as what it is.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace kafkasim::sim {

class Message {
 public:
  virtual ~Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  // The content when it is a T, else null.
  template <class T>
  T* open();

 protected:
  explicit Message(const void* type) : type_(type) {}

 private:
  const void* type_;
};

template <class T>
class Envelope final : public Message {
 public:
  explicit Envelope(T content) : Message(&type), content_(std::move(content)) {}
  T& content() { return content_; }

 private:
  friend class Message;
  static constexpr char type = 0;  // its address names the type
  T content_;
};

template <class T>
T* Message::open() {
  return type_ == &Envelope<T>::type ? &static_cast<Envelope<T>*>(this)->content() : nullptr;
}

using MessagePtr = std::unique_ptr<Message>;

// enclose(request): a message that carries it.
template <class T>
MessagePtr enclose(T content) {
  return std::make_unique<Envelope<T>>(std::move(content));
}

}  // namespace kafkasim::sim

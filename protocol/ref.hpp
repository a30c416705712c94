// Ref<T>: a shared pointer to an immutable object with a count inside it. One world is one thread,
// so the count is not atomic; a batch that five logs and three responses hold costs its bytes once.
#pragma once

#include <cstdint>
#include <utility>

namespace kafkasim::protocol {

// Base of what a Ref can hold. Copies of the object start with a count of their own.
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) {}
  Counted& operator=(const Counted&) { return *this; }

 private:
  template <class T>
  friend class Ref;
  mutable std::uint32_t count_ = 0;
};

template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(const T* object) : object_(object) { retain(); }
  Ref(const Ref& other) : object_(other.object_) { retain(); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { release(); }

  explicit operator bool() const { return object_ != nullptr; }
  const T* get() const { return object_; }
  const T& operator*() const { return *object_; }
  const T* operator->() const { return object_; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

 private:
  void retain() {
    if (object_ != nullptr) ++object_->Counted::count_;
  }
  void release() {
    if (object_ != nullptr && --object_->Counted::count_ == 0) delete object_;
  }

  const T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace kafkasim::protocol

#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/hash.hpp"

namespace faultline {

// Plain values as bytes and back: what checkpoints are made of.
//
// Units: native byte order; a checkpoint belongs to the kind of machine that wrote it.
// Requires: trivially copyable types. Thread safety: none.
class StateWriter {
 public:
  template <class T>
  void put(T value) {
    put_all(std::span<const T>(&value, 1));
  }
  template <class T>
  void put_all(std::span<const T> values) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(values.data());
    bytes_.insert(bytes_.end(), from, from + values.size_bytes());
  }
  // A count, then the values.
  template <class T>
  void put_list(std::span<const T> values) {
    put(static_cast<std::uint64_t>(values.size()));
    put_all(values);
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }
  // The same with a digest of all before it at the end.
  std::vector<std::uint8_t> take_with_digest() {
    put(Hash64().add_bytes(bytes_).value());
    return take();
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

// Whether bytes end with the digest that take_with_digest() puts there.
inline bool has_right_digest(std::span<const std::uint8_t> bytes) {
  std::uint64_t digest = 0;
  if (bytes.size() < sizeof digest) return false;
  const auto body = bytes.first(bytes.size() - sizeof digest);
  std::memcpy(&digest, bytes.data() + body.size(), sizeof digest);
  return digest == Hash64().add_bytes(body).value();
}

// Errors: none are returned by the single calls; what is missing reads as zero and has_all() says
// so, so that a caller checks once.
class StateReader {
 public:
  explicit StateReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <class T>
  T get() {
    T value{};
    get_all(std::span<T>(&value, 1));
    return value;
  }
  template <class T>
  void get_all(std::span<T> values) {
    if (values.size_bytes() > bytes_.size() - at_) {
      has_all_ = false;
      at_ = bytes_.size();
      return;
    }
    if (!values.empty()) std::memcpy(values.data(), bytes_.data() + at_, values.size_bytes());
    at_ += values.size_bytes();
  }
  template <class T>
  std::vector<T> get_list() {
    const auto count = get<std::uint64_t>();
    if (count > (bytes_.size() - at_) / sizeof(T)) {
      has_all_ = false;
      return {};
    }
    std::vector<T> values(count);
    get_all(std::span<T>(values));
    return values;
  }
  bool has_all() const { return has_all_; }
  bool is_at_end() const { return at_ == bytes_.size(); }
  std::size_t at() const { return at_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool has_all_ = true;
};

}  // namespace faultline

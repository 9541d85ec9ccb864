#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/errc.hpp"

namespace faultline {

// What went wrong and where in the input: small, so that hot paths can return it.
//
// Units: `offset` counts bytes from the start of the text or file that the function was given; 0
// where it has no meaning. The text for people is made at the edge, from this and from what the
// caller knows (base/diagnostic.hpp).
struct Error {
  Errc code;
  std::uint64_t offset = 0;

  friend bool operator==(const Error&, const Error&) = default;
};

// A value, or the reason why there is none.
//
//   Result<Config> config = parse_config(text);
//   if (!config) return config.error();
//   use(config.value());
//
// Requires: value() only when there is one, error() only when there is none; both are checked, in
// release too.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }

  const T& value() const& {
    FAULTLINE_CHECK(has_value());
    return std::get<0>(state_);
  }
  T& value() & {
    FAULTLINE_CHECK(has_value());
    return std::get<0>(state_);
  }
  T&& value() && {
    FAULTLINE_CHECK(has_value());
    return std::get<0>(std::move(state_));
  }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }

  const E& error() const& {
    FAULTLINE_CHECK(!has_value());
    return std::get<1>(state_);
  }
  E&& error() && {
    FAULTLINE_CHECK(!has_value());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, E> state_;
};

// Success without a value, or the reason of the failure. Default-constructed it is a success.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const { return !error_.has_value(); }
  bool has_value() const { return !error_.has_value(); }

  const E& error() const& {
    FAULTLINE_CHECK(error_.has_value());
    return *error_;
  }
  E&& error() && {
    FAULTLINE_CHECK(error_.has_value());
    return std::move(*error_);
  }

 private:
  std::optional<E> error_;
};

}  // namespace faultline

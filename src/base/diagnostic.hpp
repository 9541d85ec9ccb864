#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace faultline {

// An error as a person reads it: made at the edge, where file, line and field are known.
//
//   prices.csv:17: price = "12,5": not a decimal number
//
// Units: `line` counts from 1; 0 means that the whole file is meant.
struct Diagnostic {
  Errc code;
  std::string file = {};
  std::uint64_t line = 0;
  std::string field = {};
  std::string value = {};  // the offending text, shortened by describe()
  std::string note = {};   // what to do about it, or more detail; may be empty

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

// One line without a newline. Control characters in `value` are escaped and long values shortened
// to 60 characters.
std::string describe(const Diagnostic& diagnostic);

// A result of an edge function: its error can be printed as it is.
template <class T>
using Outcome = Result<T, Diagnostic>;

}  // namespace faultline

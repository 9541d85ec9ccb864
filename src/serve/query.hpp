#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/diagnostic.hpp"
#include "core/units.hpp"
#include "net/http.hpp"
#include "text/json.hpp"

namespace faultline {

// Parameters of a query as what they mean. Errors: kNotANumber, kOutOfRange, kBadTime, with the
// parameter's name and value; absent ones are no errors.
struct IntegerBounds {
  std::int64_t least;
  std::int64_t most;
};
Outcome<std::optional<std::int64_t>> query_integer(const HttpRequest& request,
                                                   std::string_view name, IntegerBounds bounds);
Outcome<std::optional<double>> query_amount(const HttpRequest& request, std::string_view name);
Outcome<std::optional<UnixNanos>> query_time(const HttpRequest& request, std::string_view name);

// The body, which is a JSON object. Errors: kBadFormat (another Content-Type: a form of a foreign
// page cannot have this one without asking first), kBadJson, kUnexpectedField (no object).
Outcome<JsonValue> json_body(const HttpRequest& request);

}  // namespace faultline

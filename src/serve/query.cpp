#include "serve/query.hpp"

#include <charconv>
#include <cmath>
#include <string>

#include "core/time_text.hpp"

namespace faultline {
namespace {

Diagnostic complaint(Errc code, std::string_view name, std::string_view value) {
  return {.code = code, .field = std::string(name), .value = std::string(value)};
}

}  // namespace

Outcome<std::optional<std::int64_t>> query_integer(const HttpRequest& request,
                                                   std::string_view name, IntegerBounds bounds) {
  const auto text = request.query_value(name);
  if (!text) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, value);
  if (read.ec == std::errc::result_out_of_range) return complaint(Errc::kOutOfRange, name, *text);
  if (read.ec != std::errc() || read.ptr != end) return complaint(Errc::kNotANumber, name, *text);
  if (value < bounds.least || value > bounds.most) return complaint(Errc::kOutOfRange, name, *text);
  return std::optional(value);
}

Outcome<std::optional<double>> query_amount(const HttpRequest& request, std::string_view name) {
  const auto text = request.query_value(name);
  if (!text) return std::optional<double>();
  double value = 0.0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return complaint(Errc::kNotANumber, name, *text);
  if (!std::isfinite(value) || value < 0.0) return complaint(Errc::kOutOfRange, name, *text);
  return std::optional(value);
}

Outcome<std::optional<UnixNanos>> query_time(const HttpRequest& request, std::string_view name) {
  const auto text = request.query_value(name);
  if (!text) return std::optional<UnixNanos>();
  const Result<UnixNanos> time = parse_time_text(*text);
  if (!time) return complaint(Errc::kBadTime, name, *text);
  return std::optional(*time);
}

Outcome<JsonValue> json_body(const HttpRequest& request) {
  constexpr std::string_view kType = "application/json";
  const std::string_view type = request.header("Content-Type").value_or("");
  if (!equals_ignoring_case(type.substr(0, kType.size()), kType))
    return Diagnostic{.code = Errc::kBadFormat,
                      .field = "Content-Type",
                      .value = std::string(type),
                      .note = "application/json is what is read here"};
  Result<JsonValue> body = parse_json(request.body(), {.bytes_max = 1U << 20U, .depth_max = 16});
  if (!body) return Diagnostic{.code = body.error().code, .field = "body"};
  if (body->as_object() == nullptr)
    return Diagnostic{.code = Errc::kUnexpectedField,
                      .field = "body",
                      .note = "a JSON object is what is read here"};
  return std::move(body).value();
}

}  // namespace faultline

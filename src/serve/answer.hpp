#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "net/http.hpp"
#include "net/server_config.hpp"
#include "text/json.hpp"

namespace faultline {

// The forms that answers have: JSON, problem details, bytes that may be kept.

// How long a body stays what it is.
enum class Caching : std::uint8_t {
  kRevalidate,  // no-cache: ask again with the ETag
  kForever,     // immutable
};

// With ETag, and gzipped where the request accepts it and it saves something; 304 where the request
// has it already. Cost: a hash of the body, and zlib's of a text over kGzipBytesLeast.
inline constexpr std::size_t kGzipBytesLeast = 1'024;
HttpResponse answer_text(const HttpRequest& request, std::string_view content_type,
                         std::string body);
// A text that does not change: packed once, and answered as answer_text() would, without a copy.
// Thread safety: answer() from any thread.
class KeptText {
 public:
  KeptText(std::string_view content_type, std::string_view text);
  HttpResponse answer(const HttpRequest& request) const;

 private:
  std::string content_type_;
  std::string etag_;
  std::string packed_etag_;
  std::shared_ptr<const std::string> plain_;
  std::shared_ptr<const std::string> packed_;  // null where gzip saves nothing
};

HttpResponse answer_json(const HttpRequest& request, const JsonValue& body);
HttpResponse answer_bytes(const HttpRequest& request, std::shared_ptr<const std::string> bytes,
                          Caching caching);

// application/problem+json (RFC 9457): the status of the error, and errc, field and value.
HttpResponse answer_problem(const HttpRequest& request, const Diagnostic& problem);
HttpResponse answer_problem(const HttpRequest& request, const Diagnostic& problem, int status);
HttpResponse answer_problem(RequestId id, const Diagnostic& problem, int status);
// What the server itself refused (net), in the same form.
HttpResponse answer_refusal(Refusal refusal, RequestId id);
int status_of(Errc code);

// Requires: a level of zlib's, 1 to 9.
std::string gzipped(std::string_view text, int level);

// What the headers of a request say.
std::string etag_of(std::string_view body);
// Of the same body, gzipped: what is byte for byte another has another strong ETag (RFC 9110,
// section 8.8.3).
std::string packed_etag_of(std::string_view body);
bool has_already(const HttpRequest& request, std::string_view etag);
bool accepts_gzip(const HttpRequest& request);

}  // namespace faultline

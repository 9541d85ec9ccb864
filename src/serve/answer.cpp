#include "serve/answer.hpp"

#include <zlib.h>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace faultline {
namespace {

// Of answers that are made for one request: 9 would take three times as long and save 3 %.
constexpr int kGzipLevel = 5;
// Of texts that are packed once.
constexpr int kGzipLevelKept = 9;
constexpr std::string_view kTextCaching = "no-cache";

HttpResponse not_modified(std::string etag, std::string_view cache_control) {
  HttpResponse out;
  out.status = 304;
  out.headers = {{"ETag", std::move(etag)}, {"Cache-Control", std::string(cache_control)}};
  return out;
}

HttpResponse text_not_modified(std::string etag) {
  HttpResponse out = not_modified(std::move(etag), kTextCaching);
  out.headers.push_back({"Vary", "Accept-Encoding"});
  return out;
}

HttpResponse text_response(std::string_view content_type, std::string etag,
                           std::shared_ptr<const std::string> body, bool is_packed) {
  HttpResponse out;
  out.content_type = content_type;
  out.headers = {{"ETag", std::move(etag)},
                 {"Cache-Control", std::string(kTextCaching)},
                 {"Vary", "Accept-Encoding"}};
  if (is_packed) out.headers.push_back({"Content-Encoding", "gzip"});
  out.body = std::move(body);
  return out;
}

Errc code_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed:
    case Refusal::kMethodUnknown:
    case Refusal::kExpectationUnknown:
    case Refusal::kUpgradeUnknown:
      return Errc::kBadRequest;
    case Refusal::kRate:
    case Refusal::kPeerConnections:
      return Errc::kTooOften;
    case Refusal::kAnswerBroken:
    case Refusal::kAnswerTimeout:
      return Errc::kAnswerFailed;
    case Refusal::kConnections:
      return Errc::kBusy;
    case Refusal::kHeadTimeout:
    case Refusal::kBodyTimeout:
    case Refusal::kBodyTooLarge:
    case Refusal::kUrlTooLong:
    case Refusal::kHeadTooLarge:
      return Errc::kLimit;
  }
  return Errc::kLimit;
}

}  // namespace

std::string etag_of(std::string_view body) {
  return '"' + hex_text(Hash64().add_text(body).value()) + '"';
}

std::string packed_etag_of(std::string_view body) {
  std::string out = etag_of(body);
  out.insert(out.size() - 1, "-gzip");
  return out;
}

bool has_already(const HttpRequest& request, std::string_view etag) {
  const auto known = request.header("If-None-Match");
  return known && (*known == "*" || known->find(etag) != std::string_view::npos);
}

bool accepts_gzip(const HttpRequest& request) {
  const auto accepted = request.header("Accept-Encoding");
  if (!accepted) return false;
  const std::size_t at = accepted->find("gzip");
  if (at == std::string_view::npos) return false;
  // "gzip;q=0" is a no, with or without spaces, and "gzip;q=0.5" is not.
  std::string rest;
  for (const char c : accepted->substr(at + 4, accepted->find(',', at) - at - 4)) {
    if (c != ' ' && c != '\t') rest += c;
  }
  return rest.rfind(";q=0", 0) != 0 || rest.find_first_of("123456789") != std::string::npos;
}

std::string gzipped(std::string_view text, int level) {
  constexpr int kGzipWindow = 15 + 16;  // zlib's way to say gzip
  z_stream stream{};
  FAULTLINE_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) ==
                  Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  FAULTLINE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

HttpResponse answer_text(const HttpRequest& request, std::string_view content_type,
                         std::string body) {
  const bool is_packed = body.size() >= kGzipBytesLeast && accepts_gzip(request);
  std::string etag = is_packed ? packed_etag_of(body) : etag_of(body);
  if (has_already(request, etag)) return text_not_modified(std::move(etag));
  if (is_packed) body = gzipped(body, kGzipLevel);
  return text_response(content_type, std::move(etag),
                       std::make_shared<const std::string>(std::move(body)), is_packed);
}

KeptText::KeptText(std::string_view content_type, std::string_view text)
    : content_type_(content_type),
      etag_(etag_of(text)),
      packed_etag_(packed_etag_of(text)),
      plain_(std::make_shared<const std::string>(text)) {
  if (text.size() < kGzipBytesLeast) return;
  std::string packed = gzipped(text, kGzipLevelKept);
  if (packed.size() < text.size()) packed_ = std::make_shared<const std::string>(std::move(packed));
}

HttpResponse KeptText::answer(const HttpRequest& request) const {
  const bool is_packed = packed_ && accepts_gzip(request);
  const std::string& etag = is_packed ? packed_etag_ : etag_;
  if (has_already(request, etag)) return text_not_modified(etag);
  return text_response(content_type_, etag, is_packed ? packed_ : plain_, is_packed);
}

HttpResponse answer_json(const HttpRequest& request, const JsonValue& body) {
  return answer_text(request, "application/json", write_json(body));
}

HttpResponse answer_bytes(const HttpRequest& request, std::shared_ptr<const std::string> bytes,
                          Caching caching) {
  const std::string_view control =
      caching == Caching::kForever ? "private, max-age=31536000, immutable" : "no-cache";
  std::string etag = etag_of(*bytes);
  if (has_already(request, etag)) return not_modified(std::move(etag), control);
  HttpResponse out;
  out.content_type = "application/octet-stream";
  out.headers = {{"ETag", std::move(etag)}, {"Cache-Control", std::string(control)}};
  out.body = std::move(bytes);
  return out;
}

int status_of(Errc code) {
  switch (code) {
    case Errc::kUnknownInstrument:
    case Errc::kNotFound:
    case Errc::kNoData:
      return 404;
    case Errc::kLimit:
      return 413;
    default:
      return static_cast<int>(code) >= 300 && static_cast<int>(code) < 400 ? 500 : 400;
  }
}

HttpResponse answer_problem(RequestId id, const Diagnostic& problem, int status) {
  JsonValue out = JsonValue::object();
  out.set("type", "about:blank").set("title", meaning_of(problem.code)).set("status", status);
  out.set("detail", describe(problem));
  out.set("errc", static_cast<int>(problem.code)).set("name", name_of(problem.code));
  out.set("field", problem.field.empty() ? JsonValue() : JsonValue(problem.field));
  out.set("value", problem.value.empty() ? JsonValue() : JsonValue(problem.value));
  out.set("request_id", text_of(id));
  return HttpResponse::of(status, "application/problem+json", write_json(out));
}

HttpResponse answer_problem(const HttpRequest& request, const Diagnostic& problem, int status) {
  return answer_problem(request.id(), problem, status);
}

HttpResponse answer_problem(const HttpRequest& request, const Diagnostic& problem) {
  return answer_problem(request, problem, status_of(problem.code));
}

HttpResponse answer_refusal(Refusal refusal, RequestId id) {
  return answer_problem(id, {.code = code_of(refusal), .note = std::string(meaning_of(refusal))},
                        status_of(refusal));
}

}  // namespace faultline

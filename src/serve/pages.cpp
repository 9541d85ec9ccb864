#include "serve/pages.hpp"

#include <array>
#include <utility>

#include "serve/access.hpp"
#include "serve/answer.hpp"

namespace faultline {
namespace {

constexpr std::string_view kMissing =
    "<!doctype html><meta charset=\"utf-8\"><title>Faultline</title><p>There is no such page. "
    "<a href=\"/\">The terminal</a> is at the root, the API below <code>/v1/</code>.";
constexpr std::string_view kNotBuilt =
    "<!doctype html><meta charset=\"utf-8\"><title>Faultline</title><p>This program was built "
    "without the terminal (<code>tools/web build</code> makes it, <code>./run</code> does so by "
    "itself). The API is below <code>/v1/</code>.";

// A page is answered to whoever may have it, and needs no key.
AccessNote page_note() { return {.user = {}, .outcome = name_of(AccessOutcome::kAllowed)}; }

HttpResponse page_response(std::string_view type, std::string_view caching,
                           const std::string& etag) {
  HttpResponse out;
  out.content_type = type;
  out.access_note = page_note();
  out.headers = {
      {"ETag", etag}, {"Cache-Control", std::string(caching)}, {"Vary", "Accept-Encoding"}};
  return out;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".json", "application/json"},
      {".woff2", "font/woff2"},
      {".ico", "image/x-icon"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (path.size() > ending.size() && path.substr(path.size() - ending.size()) == ending)
      return type;
  }
  return "application/octet-stream";
}

Pages::File Pages::file_of(const Page& page) {
  const bool is_named_by_digest = page.path.substr(0, 8) == "/assets/";
  const std::string_view caching =
      is_named_by_digest ? "public, max-age=31536000, immutable" : "no-cache";
  File file;
  file.etag = etag_of(page.bytes);
  HttpResponse plain = page_response(content_type_of(page.path), caching, file.etag);
  HttpResponse packed = plain;
  HttpResponse unchanged = plain;
  plain.body = std::make_shared<const std::string>(page.bytes);
  file.plain = PreparedResponse::of(std::move(plain));
  std::string bytes = gzipped(page.bytes, 9);
  if (bytes.size() < page.bytes.size()) {
    packed.headers.push_back({"Content-Encoding", "gzip"});
    packed.body = std::make_shared<const std::string>(std::move(bytes));
    file.packed = PreparedResponse::of(std::move(packed));
  }
  unchanged.status = 304;
  unchanged.content_type.clear();
  file.unchanged = PreparedResponse::of(std::move(unchanged));
  return file;
}

Pages::Pages(std::span<const Page> pages) {
  for (const Page& page : pages) files_.emplace(page.path, file_of(page));
  HttpResponse missing = HttpResponse::of(404, "text/html; charset=utf-8",
                                          std::string(pages.empty() ? kNotBuilt : kMissing));
  missing.access_note = page_note();
  missing_ = PreparedResponse::of(std::move(missing));
}

const Pages::File* Pages::find(std::string_view path) const {
  const auto found = files_.find(path == "/" ? "/index.html" : path);
  return found == files_.end() ? nullptr : &found->second;
}

std::shared_ptr<const PreparedResponse> Pages::answer(const HttpRequest& request) const {
  const File* file = find(request.path());
  if (file == nullptr) return missing_;
  if (has_already(request, file->etag)) return file->unchanged;
  return file->packed && accepts_gzip(request) ? file->packed : file->plain;
}

}  // namespace faultline

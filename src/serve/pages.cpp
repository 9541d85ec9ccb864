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

HttpResponse page_response(const Page& page) {
  const bool is_named_by_digest = page.path.substr(0, 8) == "/assets/";
  HttpResponse out;
  out.content_type = content_type_of(page.path);
  out.headers = {
      {"Cache-Control", is_named_by_digest ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Vary", "Accept-Encoding"}};
  out.access_note = page_note();
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

Pages::Form Pages::form_of(HttpResponse whole, std::string etag) {
  whole.headers.push_back({"ETag", etag});
  HttpResponse unchanged = whole;
  unchanged.status = 304;
  unchanged.content_type.clear();
  std::erase_if(unchanged.headers,
                [](const HttpHeader& header) { return header.name == "Content-Encoding"; });
  return {std::move(etag), PreparedResponse::of(std::move(whole)),
          PreparedResponse::of(std::move(unchanged))};
}

Pages::File Pages::file_of(const Page& page) {
  HttpResponse plain = page_response(page);
  HttpResponse packed = plain;
  plain.body = std::make_shared<const std::string>(page.bytes);
  File file{.plain = form_of(std::move(plain), etag_of(page.bytes)), .packed = {}};
  std::string bytes = gzipped(page.bytes, 9);
  if (bytes.size() < page.bytes.size()) {
    packed.headers.push_back({"Content-Encoding", "gzip"});
    packed.body = std::make_shared<const std::string>(std::move(bytes));
    file.packed = form_of(std::move(packed), packed_etag_of(page.bytes));
  }
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
  const Form& form = file->packed && accepts_gzip(request) ? *file->packed : file->plain;
  return has_already(request, form.etag) ? form.unchanged : form.whole;
}

}  // namespace faultline

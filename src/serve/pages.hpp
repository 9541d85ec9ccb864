#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/http.hpp"

namespace faultline {

// A file of the terminal as it was built into the program.
struct Page {
  std::string_view path;  // "/index.html"
  std::string_view bytes;
};

// The terminal's files, packed once, and answered without another copy.
//
// Names that hold a digest of their bytes (below /assets/) never change; all others are revalidated
// with an ETag. `/` is `/index.html`.
// Thread safety: answer() from any thread. Cost: a look-up, and no copy of the body.
class Pages {
 public:
  // Requires: the bytes outlive it.
  explicit Pages(std::span<const Page> pages);

  bool is_empty() const { return files_.empty(); }
  // A page, 304, or 404 as a page for people.
  std::shared_ptr<const PreparedResponse> answer(const HttpRequest& request) const;

 private:
  struct Form {
    std::string etag;
    std::shared_ptr<const PreparedResponse> whole;
    std::shared_ptr<const PreparedResponse> unchanged;
  };
  struct File {
    Form plain;
    std::optional<Form> packed;  // absent where gzip saves nothing
  };
  static Form form_of(HttpResponse whole, std::string etag);
  static File file_of(const Page& page);
  const File* find(std::string_view path) const;

  std::map<std::string, File, std::less<>> files_;
  std::shared_ptr<const PreparedResponse> missing_;
};

std::string_view content_type_of(std::string_view path);

}  // namespace faultline

#include "store/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 17;

// What all sources share: the count of delivered bytes, and that an error stays.
class CountingSource : public ByteSource {
 public:
  Result<std::size_t> read(std::span<char> into) final {
    FAULTLINE_CHECK(!into.empty());
    if (failure_) return *failure_;
    if (is_at_end_) return std::size_t{0};
    const Result<std::size_t> got = read_some(into);
    if (got) {
      delivered_ += *got;
      is_at_end_ = *got == 0;
      return got;
    }
    failure_ = Error{got.error().code, delivered_};
    return *failure_;
  }

 private:
  virtual Result<std::size_t> read_some(std::span<char> into) = 0;

  std::uint64_t delivered_ = 0;
  std::optional<Error> failure_;
  bool is_at_end_ = false;
};

class PlainSource final : public CountingSource {
 public:
  explicit PlainSource(FileReader reader) : reader_(std::move(reader)) {}

  std::uint64_t bytes_done() const override { return reader_.bytes_done(); }
  std::uint64_t bytes_total() const override { return reader_.bytes_total(); }

 private:
  Result<std::size_t> read_some(std::span<char> into) override {
    const Outcome<std::size_t> got = reader_.read(into);
    if (!got) return Error{got.error().code};
    return *got;
  }

  FileReader reader_;
};

// Unpacks gzip members one after another.
//
// Why zlib itself: libarchive 3.6 checks neither the CRC nor the length of a gzip member, and takes
// a cut-off header of a later member for the end.
class GzipSource final : public CountingSource {
 public:
  explicit GzipSource(FileReader reader) : reader_(std::move(reader)), buffer_(kBufferBytes) {
    constexpr int kGzipOnly = 15 + 16;
    FAULTLINE_CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override { inflateEnd(&stream_); }

  std::uint64_t bytes_done() const override { return reader_.bytes_done() - stream_.avail_in; }
  std::uint64_t bytes_total() const override { return reader_.bytes_total(); }

 private:
  Result<std::size_t> read_some(std::span<char> into) override {
    const std::size_t wanted = std::min<std::size_t>(into.size(), std::size_t{1} << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(wanted);
    while (stream_.avail_out == wanted) {
      const Result<bool> more = refill();
      if (!more) return more.error();
      if (!*more && !is_inside_member_) return std::size_t{0};
      if (!is_inside_member_) {
        const bool skips = *stream_.next_in == 0 && members_ > 0;  // tapes pad with zeros
        if (skips || is_padding_) {
          if (!skips) return Error{Errc::kBadArchive};
          is_padding_ = true;
          ++stream_.next_in;
          --stream_.avail_in;
          continue;
        }
        is_inside_member_ = true;
        ++members_;
      }
      // At the end of the file too: text may still wait inside for room.
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_BUF_ERROR && !*more) return Error{Errc::kTruncated};
      if (state == Z_STREAM_END) {
        is_inside_member_ = false;
        FAULTLINE_CHECK(inflateReset(&stream_) == Z_OK);
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        return Error{Errc::kBadArchive};
      }
    }
    return wanted - stream_.avail_out;
  }

  // False at the end of the file.
  Result<bool> refill() {
    if (stream_.avail_in > 0) return true;
    const Outcome<std::size_t> got = reader_.read(buffer_);
    if (!got) return Error{got.error().code};
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(*got);
    return *got > 0;
  }

  FileReader reader_;
  std::vector<char> buffer_;
  z_stream stream_{};
  std::uint64_t members_ = 0;
  bool is_inside_member_ = false;
  bool is_padding_ = false;
};

// libarchive has one error number for both; its text tells them apart.
Errc code_of_failure(archive* handle) {
  const char* text = archive_error_string(handle);
  const std::string_view said = text == nullptr ? "" : text;
  return said.find("runcated") == std::string_view::npos ? Errc::kBadArchive : Errc::kTruncated;
}

// zip and zstd through libarchive.
class ArchiveSource final : public CountingSource {
 public:
  ArchiveSource(archive* handle, std::uint64_t bytes_total)
      : handle_(handle), bytes_total_(bytes_total) {}
  ArchiveSource(const ArchiveSource&) = delete;
  ArchiveSource& operator=(const ArchiveSource&) = delete;
  ~ArchiveSource() override { archive_read_free(handle_); }

  std::uint64_t bytes_done() const override {
    const std::int64_t done = archive_filter_bytes(handle_, -1);
    return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(done, 0)), bytes_total_);
  }
  std::uint64_t bytes_total() const override { return bytes_total_; }
  std::size_t entry_index() const override { return entries_ == 0 ? 0 : entries_ - 1; }
  std::string_view entry_name() const override { return name_; }

  // Moves to the next file inside; false when there is none.
  Result<bool> next_entry() {
    while (true) {
      archive_entry* entry = nullptr;
      const int state = archive_read_next_header(handle_, &entry);
      if (state == ARCHIVE_EOF) return false;
      if (state != ARCHIVE_OK) return error();
      if (archive_entry_filetype(entry) != AE_IFREG) continue;
      if (archive_entry_is_encrypted(entry) != 0) return Error{Errc::kBadArchive};
      const char* name = archive_entry_pathname(entry);
      name_ = name == nullptr ? "" : name;
      ++entries_;
      is_inside_entry_ = true;
      return true;
    }
  }

 private:
  Result<std::size_t> read_some(std::span<char> into) override {
    while (true) {
      if (!is_inside_entry_) {
        const Result<bool> more = next_entry();
        if (!more) return more.error();
        if (!*more) return std::size_t{0};
      }
      const la_ssize_t got = archive_read_data(handle_, into.data(), into.size());
      if (got < 0 || archive_errno(handle_) != 0) return error();
      if (got > 0) return static_cast<std::size_t>(got);
      is_inside_entry_ = false;
    }
  }

  Error error() const { return Error{code_of_failure(handle_)}; }

  archive* handle_;
  std::uint64_t bytes_total_;
  std::string name_;
  std::size_t entries_ = 0;
  bool is_inside_entry_ = false;
};

enum class Container : std::uint8_t { kPlain, kGzip, kZstd, kZip };

struct Magic {
  Container container;
  std::string_view bytes;
  std::string_view ending;
};

constexpr std::array kMagics{
    Magic{Container::kGzip, "\x1f\x8b", ".gz"}, Magic{Container::kZstd, "\x28\xb5\x2f\xfd", ".zst"},
    Magic{Container::kZip, "PK\x03\x04", ".zip"}, Magic{Container::kZip, "PK\x05\x06", ".zip"}};

Result<Container> container_of(std::string_view start, std::string_view path) {
  for (const Magic& magic : kMagics) {
    if (start.starts_with(magic.bytes)) return magic.container;
    if (path.ends_with(magic.ending) && magic.bytes.starts_with(start))
      return Error{Errc::kTruncated};
  }
  return Container::kPlain;
}

Outcome<std::unique_ptr<ByteSource>> open_archive(const std::string& path, Container container,
                                                  std::uint64_t bytes_total) {
  archive* handle = archive_read_new();
  FAULTLINE_CHECK(handle != nullptr);
  auto source = std::make_unique<ArchiveSource>(handle, bytes_total);
  if (container == Container::kZip) {
    // Not the streaming reader: it takes a zip without its central directory for complete.
    archive_read_support_format_zip_seekable(handle);
  } else {
    archive_read_support_filter_zstd(handle);
    archive_read_support_format_raw(handle);
  }
  if (archive_read_open_filename(handle, path.c_str(), kBufferBytes) != ARCHIVE_OK) {
    // A zip that does not open lacks the directory at its end.
    return Diagnostic{
        .code = container == Container::kZip ? Errc::kTruncated : code_of_failure(handle),
        .file = path,
        .note = archive_error_string(handle)};
  }
  return std::unique_ptr<ByteSource>(std::move(source));
}

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    FAULTLINE_CHECK(context_ != nullptr);
    FAULTLINE_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void add(std::string_view bytes) {
    FAULTLINE_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  std::string finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    FAULTLINE_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1);
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      text += kDigits[digest[i] >> 4U];
      text += kDigits[digest[i] & 15U];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, DigestDeleter> context_;
};

}  // namespace

Outcome<std::unique_ptr<ByteSource>> open_bytes(const std::string& path) {
  Outcome<FileReader> reader = FileReader::open(path);
  if (!reader) return reader.error();
  std::array<char, 4> start{};
  const Outcome<std::size_t> got = reader->read(start);
  if (!got) return got.error();
  const Result<Container> container = container_of({start.data(), *got}, path);
  if (!container) return Diagnostic{.code = container.error().code, .file = path};
  // The library takes it for anything but an archive.
  if (*container == Container::kZip && start[2] == '\x05')
    return Diagnostic{.code = Errc::kEmpty, .file = path, .note = "the archive holds no files"};
  if (*container == Container::kZstd || *container == Container::kZip)
    return open_archive(path, *container, reader->bytes_total());
  Outcome<FileReader> anew = FileReader::open(path);
  if (!anew) return anew.error();
  if (*container == Container::kGzip)
    return std::unique_ptr<ByteSource>(std::make_unique<GzipSource>(std::move(*anew)));
  return std::unique_ptr<ByteSource>(std::make_unique<PlainSource>(std::move(*anew)));
}

Outcome<std::string> sha256_of_file(const std::string& path) {
  Outcome<FileReader> reader = FileReader::open(path);
  if (!reader) return reader.error();
  Sha256 digest;
  std::vector<char> buffer(std::size_t{1} << 18);
  while (true) {
    const Outcome<std::size_t> got = reader->read(buffer);
    if (!got) return got.error();
    if (*got == 0) return digest.finish();
    digest.add({buffer.data(), *got});
  }
}

std::string sha256_of(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.finish();
}

}  // namespace faultline

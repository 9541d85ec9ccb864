// Archives: any bytes give text or one error that stays, the same for large and for small reads;
// what was packed comes back; and one changed or missing byte never passes for a whole archive.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fuzz_input.hpp"
#include "memory_file.hpp"
#include "store/archive.hpp"
#include "store/test_archives.hpp"

namespace faultline {
namespace {

// A few packed bytes can unpack to any number: enough is enough.
constexpr std::size_t kUnpackedMax = std::size_t{1} << 18;
constexpr std::size_t kStoredMax = 60'000;  // of gzip_of()

struct Entry {
  std::string name;
  std::string bytes;

  friend bool operator==(const Entry&, const Entry&) = default;
};

struct Unpacked {
  std::vector<Entry> entries;
  std::string bytes;
  std::optional<Errc> failure;
  bool is_cut = false;

  bool is_whole() const { return !failure && !is_cut; }
};

Unpacked unpack(std::string_view archive, std::size_t step) {
  const MemoryFile file(archive);
  Unpacked out;
  const auto source = open_bytes(file.path());
  if (!source) {
    FAULTLINE_CHECK(source.error().file == file.path());
    out.failure = source.error().code;
    return out;
  }
  std::vector<char> buffer(step);
  while (out.bytes.size() < kUnpackedMax) {
    const Result<std::size_t> got = (*source)->read(buffer);
    FAULTLINE_CHECK((*source)->bytes_done() <= (*source)->bytes_total());
    if (!got) {
      FAULTLINE_CHECK(got.error().offset == out.bytes.size());
      FAULTLINE_CHECK((*source)->read(buffer).error() == got.error());
      out.failure = got.error().code;
      return out;
    }
    if (*got == 0) {
      FAULTLINE_CHECK(*(*source)->read(buffer) == 0);  // the end stays the end
      return out;
    }
    FAULTLINE_CHECK(*got <= step);
    const std::size_t index = (*source)->entry_index();
    // An entry without bytes is passed over.
    if (out.entries.size() <= index) out.entries.resize(index + 1);
    out.entries[index].name = (*source)->entry_name();
    out.entries[index].bytes.append(buffer.data(), *got);
    out.bytes.append(buffer.data(), *got);
  }
  out.is_cut = true;
  return out;
}

void check_any(std::string_view archive) {
  const Unpacked large = unpack(archive, std::size_t{1} << 16);
  const Unpacked small = unpack(archive, 7);
  const std::size_t size = std::min(large.bytes.size(), small.bytes.size());
  FAULTLINE_CHECK(large.bytes.substr(0, size) == small.bytes.substr(0, size));
  if (large.is_cut || small.is_cut) return;
  FAULTLINE_CHECK(large.failure == small.failure);
  if (large.is_whole()) FAULTLINE_CHECK(large.entries == small.entries);
  const MemoryFile file(archive);
  const Outcome<std::string> digest = sha256_of_file(file.path());
  FAULTLINE_CHECK(digest && *digest == sha256_of(archive));
}

std::string damaged(std::string archive, std::size_t position, std::size_t bit) {
  archive[position] = static_cast<char>(archive[position] ^ (1 << (bit % 8)));
  return archive;
}

void check_gzip(std::string_view text, std::size_t at) {
  constexpr std::size_t kHeaderBytes = 11;  // of which nobody checks all
  const std::string archive = gzip_of(text);
  const Unpacked whole = unpack(archive, 1000);
  FAULTLINE_CHECK(whole.is_whole() && whole.bytes == text);
  const std::size_t place = kHeaderBytes + at % (archive.size() - kHeaderBytes);
  FAULTLINE_CHECK(unpack(damaged(archive, place, at), 1000).failure.has_value());
  const Unpacked cut = unpack(archive.substr(0, at % archive.size()), 1000);
  const bool is_unmarked = at % archive.size() < 2;  // too short to be known by its first bytes
  FAULTLINE_CHECK(is_unmarked || cut.failure == Errc::kTruncated);
  const Unpacked twice = unpack(archive + archive, 1000);
  FAULTLINE_CHECK(twice.is_whole() && twice.bytes == std::string(text) + std::string(text));
}

void check_zip(std::string_view text, std::size_t at) {
  const std::string first(text.substr(0, at % (text.size() + 1)));
  const std::string second(text.substr(first.size()));
  const std::string archive = zip_of({{"a", first}, {"folder/b", second}});
  const Unpacked whole = unpack(archive, 1000);
  FAULTLINE_CHECK(whole.is_whole() && whole.bytes == text);
  for (const Entry& entry : whole.entries) {
    if (!entry.bytes.empty()) FAULTLINE_CHECK(entry.bytes == (entry.name == "a" ? first : second));
  }
  constexpr std::size_t kLocalBytes = 31;  // the header of the first entry, and its name
  if (!first.empty()) {
    const std::string changed = damaged(archive, kLocalBytes + at % first.size(), at);
    FAULTLINE_CHECK(unpack(changed, 1000).failure.has_value());
  }
  // A zip is read from its end: where the text is one itself, a cut can leave that one whole.
  const bool holds_zip = text.find("PK\x05\x06") != std::string_view::npos;
  if (at % archive.size() >= 4 && !holds_zip)
    FAULTLINE_CHECK(unpack(archive.substr(0, at % archive.size()), 1000).failure.has_value());
}

}  // namespace
}  // namespace faultline

// The input is tried as an archive, and then packed; its first bytes say what is damaged.
FAULTLINE_FUZZ(text) {
  using namespace faultline;
  check_any(text);
  if (text.size() < 2) return;
  const std::size_t at =
      static_cast<unsigned char>(text[0]) * 256U + static_cast<unsigned char>(text[1]);
  text = text.substr(2, kStoredMax);
  check_gzip(text, at);
  check_zip(text, at);
}

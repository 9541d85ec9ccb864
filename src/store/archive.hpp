#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace faultline {

// The bytes of a file as its author meant them: plain, or unpacked on the way.
//
//   auto source = open_bytes("trades.csv.gz");
//   while (true) {
//     Result<std::size_t> got = (*source)->read(buffer);
//     if (!got) return got.error();
//     if (*got == 0) break;
//   }
//
// Invariant: an end (0) is only reported after every checksum and length of the container was found
// right; a truncated or damaged file is always an error. (A zstd frame need not carry a checksum;
// where it does not, a changed byte can go unseen, a missing one cannot.) Errors: kTruncated,
// kBadArchive, kCannotRead; `offset` counts unpacked bytes delivered so far. After an error every
// read repeats it. Thread safety: none.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills at least one byte and returns the count; 0 at the end, however often it is asked. Bytes
  // of two zip entries never come in one call. Requires: `into` is not empty (checked).
  virtual Result<std::size_t> read(std::span<char> into) = 0;

  // Units: bytes of the file on disk, for progress.
  virtual std::uint64_t bytes_done() const = 0;
  virtual std::uint64_t bytes_total() const = 0;

  // Which entry of a zip the last read() came from, from 0, and its name; 0 and "" elsewhere.
  // A reader of text with headers starts anew when the index changes.
  virtual std::size_t entry_index() const { return 0; }
  virtual std::string_view entry_name() const { return {}; }
};

// Opens a plain, gzip (members may follow one another), zstd or zip file, told apart by the first
// bytes and not by the name. Folders inside a zip are skipped. Nothing is unpacked to disk.
//
// The name matters only where content says nothing: an empty or cut-off file called .gz, .zst or
// .zip is kTruncated.
// Errors: kNotFound, kCannotRead, kTruncated, kBadArchive, kEmpty (a zip without files).
// Cost: gzip about 250 MB/s unpacked.
Outcome<std::unique_ptr<ByteSource>> open_bytes(const std::string& path);

// SHA-256 as 64 lower-case hexadecimal characters; of the file as it lies on disk, not unpacked.
Outcome<std::string> sha256_of_file(const std::string& path);
std::string sha256_of(std::string_view bytes);

}  // namespace faultline

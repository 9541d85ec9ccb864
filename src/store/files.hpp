#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace faultline {

// Files and folders. Only this layer opens file descriptors; every other one takes bytes.
//
// Errors: kNotFound, kCannotRead, kCannotWrite (the note is the system's own message, "No space
// left on device" among them), kLimit. `Diagnostic::file` is the path as it was given.

// An open descriptor that closes itself.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();

  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  // False when the system reports that written bytes were lost.
  bool close();

 private:
  int descriptor_ = -1;
};

// Reads a regular file from start to end.
class FileReader {
 public:
  // Errors: kNotFound, kCannotRead (a folder, a pipe or a device too).
  static Outcome<FileReader> open(const std::string& path);

  // Fills `into` as far as the file reaches; 0 only at the end.
  Outcome<std::size_t> read(std::span<char> into);

  std::uint64_t bytes_done() const { return bytes_done_; }
  // The size when the file was opened.
  std::uint64_t bytes_total() const { return bytes_total_; }

 private:
  FileReader(FileHandle handle, std::string path, std::uint64_t bytes_total);

  FileHandle handle_;
  std::string path_;
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
};

// Writes a file that appears whole or not at all: bytes go to `<path>.partial`, and commit() syncs,
// renames and syncs the folder. Without commit() the partial file is removed.
class FileWriter {
 public:
  static Outcome<FileWriter> create(const std::string& path);
  FileWriter(FileWriter&& other) noexcept = default;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  Outcome<void> write(std::string_view bytes);
  // Requires: not yet committed (checked).
  Outcome<void> commit();

 private:
  FileWriter(FileHandle handle, std::string path);

  FileHandle handle_;
  std::string path_;
};

// A lock that one process at a time holds, and that the system releases when the process dies.
class FileLock {
 public:
  // Creates the file where it is missing. Errors: kLocked, kCannotWrite.
  static Outcome<FileLock> take(const std::string& path);

 private:
  explicit FileLock(FileHandle handle) : handle_(std::move(handle)) {}
  FileHandle handle_;
};

inline constexpr std::string_view kPartialSuffix = ".partial";

// Errors: kLimit when the file is longer than `bytes_max`.
Outcome<std::string> read_whole_file(const std::string& path, std::uint64_t bytes_max);
Outcome<void> write_file_atomically(const std::string& path, std::string_view bytes);

// Syncs `<path>.partial`, which somebody else has written, and gives it its name.
Outcome<void> publish_partial_file(const std::string& path);

// Files of one folder that somebody else has written as `<path>.partial`, and that get their names
// together.
//
// Why together: a sync costs about 4 ms each, however small the file, and there are thousands of
// small ones. From kSyncedApartMax files on the file system is synced once instead, which takes
// hardly longer than one of them.
class PartialFiles {
 public:
  // Before the first file is written: an error while its bytes go to the disk is then seen.
  static Outcome<PartialFiles> open(const std::string& folder);

  void add(const std::string& name) { names_.push_back(name); }
  std::size_t count() const { return names_.size(); }

  // All are on the disk under their names when it succeeds; when it fails, or the machine stops,
  // some may be, whole or not: whoever names the files must wait for it. Empty after a success.
  Outcome<void> publish();

  // Removes what was added.
  void discard();

 private:
  PartialFiles(FileHandle folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}

  FileHandle folder_;
  std::string path_;
  std::vector<std::string> names_;
};
inline constexpr std::size_t kSyncedApartMax = 4;

struct FolderEntry {
  std::string name;
  bool is_folder = false;

  friend bool operator==(const FolderEntry&, const FolderEntry&) = default;
};

// The entries sorted by name, without "." and "..". Symbolic links are followed.
Outcome<std::vector<FolderEntry>> list_folder(const std::string& path);
// Makes the folder and its parents; an existing folder is a success.
Outcome<void> make_folders(const std::string& path);
// A missing file is a success.
Outcome<void> remove_file(const std::string& path);
// Removes the folder and all in it; a missing folder is a success.
Outcome<void> remove_folder(const std::string& path);
bool file_exists(const std::string& path);
// Both are there, and are one: by whatever names and links.
bool is_same_file(const std::string& one, const std::string& other);
// The one absolute path of what is there, without links, "." and "..".
Outcome<std::string> canonical_path(const std::string& path);
Outcome<std::uint64_t> file_bytes(const std::string& path);

}  // namespace faultline

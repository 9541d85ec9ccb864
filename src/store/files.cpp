#include "store/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace faultline {
namespace {

Diagnostic failed(Errc code, const std::string& path, int error_number) {
  const bool is_missing = code == Errc::kCannotRead && error_number == ENOENT;
  return {.code = is_missing ? Errc::kNotFound : code,
          .file = path,
          .note = std::generic_category().message(error_number)};
}

int open_retrying(const std::string& path, int flags) {
  while (true) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string partial_name(const std::string& path) { return path + std::string(kPartialSuffix); }

// A rename is on disk only when the folder that lists it is.
Outcome<void> sync_folder(const std::string& path) {
  const FileHandle folder(open_retrying(path, O_RDONLY | O_DIRECTORY));
  if (!folder.is_open()) return failed(Errc::kCannotWrite, path, errno);
  if (::fsync(folder.get()) != 0 && errno != EINVAL) return failed(Errc::kCannotWrite, path, errno);
  return {};
}

Outcome<void> rename_partial(const std::string& path) {
  if (::rename(partial_name(path).c_str(), path.c_str()) != 0)
    return failed(Errc::kCannotWrite, path, errno);
  return sync_folder(folder_of(path));
}

}  // namespace

FileHandle::FileHandle(FileHandle&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileHandle::~FileHandle() { close(); }

bool FileHandle::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  return descriptor < 0 || ::close(descriptor) == 0;
}

FileReader::FileReader(FileHandle handle, std::string path, std::uint64_t bytes_total)
    : handle_(std::move(handle)), path_(std::move(path)), bytes_total_(bytes_total) {}

Outcome<FileReader> FileReader::open(const std::string& path) {
  // O_NONBLOCK: opening a pipe would wait for somebody who writes. It means nothing to a file.
  FileHandle handle(open_retrying(path, O_RDONLY | O_NONBLOCK));
  if (!handle.is_open()) return failed(Errc::kCannotRead, path, errno);
  struct stat status {};
  if (::fstat(handle.get(), &status) != 0) return failed(Errc::kCannotRead, path, errno);
  if (S_ISDIR(status.st_mode)) return failed(Errc::kCannotRead, path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    return Diagnostic{.code = Errc::kCannotRead,
                      .file = path,
                      .note = "not a regular file: files are read more than once"};
  }
  return FileReader(std::move(handle), path, static_cast<std::uint64_t>(status.st_size));
}

Outcome<std::size_t> FileReader::read(std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t got = ::read(handle_.get(), into.data() + filled, into.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(Errc::kCannotRead, path_, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes_done_ += filled;
  return filled;
}

FileWriter::FileWriter(FileHandle handle, std::string path)
    : handle_(std::move(handle)), path_(std::move(path)) {}

FileWriter::~FileWriter() {
  if (handle_.is_open()) ::unlink(partial_name(path_).c_str());
}

Outcome<FileWriter> FileWriter::create(const std::string& path) {
  FileHandle handle(open_retrying(partial_name(path), O_WRONLY | O_CREAT | O_TRUNC));
  if (!handle.is_open()) return failed(Errc::kCannotWrite, path, errno);
  return FileWriter(std::move(handle), path);
}

Outcome<void> FileWriter::write(std::string_view bytes) {
  FAULTLINE_CHECK(handle_.is_open());
  while (!bytes.empty()) {
    const ssize_t put = ::write(handle_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(Errc::kCannotWrite, path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Outcome<void> FileWriter::commit() {
  FAULTLINE_CHECK(handle_.is_open());
  if (::fsync(handle_.get()) != 0) return failed(Errc::kCannotWrite, path_, errno);
  if (Outcome<void> renamed = rename_partial(path_); !renamed) return renamed;
  if (!handle_.close()) return failed(Errc::kCannotWrite, path_, errno);
  return {};
}

Outcome<FileLock> FileLock::take(const std::string& path) {
  FileHandle handle(open_retrying(path, O_RDWR | O_CREAT));
  if (!handle.is_open()) return failed(Errc::kCannotWrite, path, errno);
  if (::flock(handle.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    if (error_number != EWOULDBLOCK) return failed(Errc::kCannotWrite, path, error_number);
    return Diagnostic{.code = Errc::kLocked, .file = path};
  }
  return FileLock(std::move(handle));
}

Outcome<std::string> read_whole_file(const std::string& path, std::uint64_t bytes_max) {
  Outcome<FileReader> reader = FileReader::open(path);
  if (!reader) return reader.error();
  std::string bytes;
  constexpr std::size_t kStepBytes = std::size_t{1} << 20;
  while (true) {
    // The size of a file may change while it is read, and is 0 for those of /proc.
    const std::size_t before = bytes.size();
    const std::uint64_t wanted = std::max<std::uint64_t>(
        kStepBytes,
        reader->bytes_total() + 1 - std::min<std::uint64_t>(reader->bytes_total() + 1, before));
    const std::uint64_t allowed = std::min<std::uint64_t>(wanted, bytes_max + 1 - before);
    bytes.resize(before + static_cast<std::size_t>(allowed));
    const Outcome<std::size_t> got = reader->read(std::span(bytes).subspan(before));
    if (!got) return got.error();
    bytes.resize(before + *got);
    if (bytes.size() > bytes_max) {
      return Diagnostic{.code = Errc::kLimit,
                        .file = path,
                        .note = "longer than " + std::to_string(bytes_max) + " bytes"};
    }
    if (*got < allowed) return bytes;
  }
}

Outcome<void> write_file_atomically(const std::string& path, std::string_view bytes) {
  Outcome<FileWriter> writer = FileWriter::create(path);
  if (!writer) return writer.error();
  if (Outcome<void> written = writer->write(bytes); !written) return written;
  return writer->commit();
}

Outcome<void> publish_partial_file(const std::string& path) {
  const FileHandle handle(open_retrying(partial_name(path), O_RDONLY));
  if (!handle.is_open()) return failed(Errc::kCannotWrite, path, errno);
  if (::fsync(handle.get()) != 0) return failed(Errc::kCannotWrite, path, errno);
  return rename_partial(path);
}

Outcome<PartialFiles> PartialFiles::open(const std::string& folder) {
  FileHandle handle(open_retrying(folder, O_RDONLY | O_DIRECTORY));
  if (!handle.is_open()) return failed(Errc::kCannotWrite, folder, errno);
  return PartialFiles(std::move(handle), folder);
}

Outcome<void> PartialFiles::publish() {
  if (names_.empty()) return {};
  const bool syncs_apart = names_.size() <= kSyncedApartMax;
  for (const std::string& name : names_) {
    const std::string path = path_ + "/" + name;
    if (syncs_apart) {
      const FileHandle handle(open_retrying(partial_name(path), O_RDONLY));
      if (!handle.is_open()) return failed(Errc::kCannotWrite, path, errno);
      if (::fsync(handle.get()) != 0) return failed(Errc::kCannotWrite, path, errno);
    }
    if (::rename(partial_name(path).c_str(), path.c_str()) != 0)
      return failed(Errc::kCannotWrite, path, errno);
  }
  // A sync of the file system takes the names with it.
  if (syncs_apart) {
    if (Outcome<void> synced = sync_folder(path_); !synced) return synced;
  } else if (::syncfs(folder_.get()) != 0) {
    return failed(Errc::kCannotWrite, path_, errno);
  }
  names_.clear();
  return {};
}

void PartialFiles::discard() {
  // What stays has no name that anybody looks for.
  for (const std::string& name : std::exchange(names_, {}))
    static_cast<void>(remove_file(partial_name(path_ + "/" + name)).has_value());
}

Outcome<std::vector<FolderEntry>> list_folder(const std::string& path) {
  const auto close_folder = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close_folder)> folder(::opendir(path.c_str()), close_folder);
  if (folder == nullptr) return failed(Errc::kCannotRead, path, errno);
  std::vector<FolderEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string name(entry->d_name);
    if (name == "." || name == "..") continue;
    struct stat status {};
    std::string whole = path;
    whole.append("/").append(name);
    const bool is_known = ::stat(whole.c_str(), &status) == 0;
    entries.push_back({name, is_known && S_ISDIR(status.st_mode)});
  }
  if (errno != 0) return failed(Errc::kCannotRead, path, errno);
  std::ranges::sort(entries, {}, &FolderEntry::name);
  return entries;
}

Outcome<void> make_folders(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return failed(Errc::kCannotWrite, path, code.value());
  return {};
}

Outcome<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return failed(Errc::kCannotWrite, path, errno);
  return {};
}

Outcome<void> remove_folder(const std::string& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);
  if (code) return failed(Errc::kCannotWrite, path, code.value());
  return {};
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

Outcome<std::string> canonical_path(const std::string& path) {
  std::error_code code;
  std::string whole = std::filesystem::canonical(path, code).string();
  if (code)
    return failed(code.value() == ENOENT ? Errc::kNotFound : Errc::kCannotRead, path, code.value());
  return whole;
}

Outcome<std::uint64_t> file_bytes(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return failed(Errc::kCannotRead, path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace faultline

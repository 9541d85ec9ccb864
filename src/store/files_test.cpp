#include "store/files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "store/test_folder.hpp"

// Read by ThreadSanitizer when the program starts. At a fork the database's allocator takes all of
// its locks, more than the detector of lock cycles can follow; races are still looked for.
extern "C" const char* __tsan_default_options();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "detect_deadlocks=0";
}

namespace faultline {
namespace {

// Runs `work` in a child process and returns its exit code; -1 when it was killed.
int exit_code_of(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Files, AWrittenFileAppearsWholeOrNotAtAll) {
  const TestFolder folder;
  const std::string path = folder.file("a.json");
  ASSERT_TRUE(write_file_atomically(path, "old"));
  {
    Outcome<FileWriter> writer = FileWriter::create(path);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write("new"));
    EXPECT_EQ(*read_whole_file(path, 100), "old");
  }
  EXPECT_EQ(*read_whole_file(path, 100), "old");
  EXPECT_FALSE(file_exists(path + ".partial"));
  ASSERT_TRUE(write_file_atomically(path, "newer"));
  EXPECT_EQ(*read_whole_file(path, 5), "newer");
  EXPECT_EQ(read_whole_file(path, 4).error().code, Errc::kLimit);
  EXPECT_EQ((*list_folder(folder.path())), (std::vector<FolderEntry>{{"a.json", false}}));
}

TEST(Files, ReadsInBoundedSteps) {
  const TestFolder folder;
  const std::string path = folder.file("a");
  ASSERT_TRUE(write_file_atomically(path, "abcdefg"));
  Outcome<FileReader> reader = FileReader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->bytes_total(), 7U);
  std::string buffer(4, '.');
  EXPECT_EQ(*reader->read(buffer), 4U);
  EXPECT_EQ(reader->bytes_done(), 4U);
  EXPECT_EQ(*reader->read(buffer), 3U);
  EXPECT_EQ(buffer, "efgd");
  EXPECT_EQ(*reader->read(buffer), 0U);
}

TEST(Files, ErrorsNameTheirPath) {
  const TestFolder folder;
  const std::string path = folder.file("none");
  EXPECT_EQ(FileReader::open(path).error().code, Errc::kNotFound);
  EXPECT_EQ(FileReader::open(path).error().file, path);
  EXPECT_EQ(FileReader::open(folder.path()).error().code, Errc::kCannotRead);
  EXPECT_EQ(list_folder(path).error().code, Errc::kNotFound);
  EXPECT_EQ(file_bytes(path).error().code, Errc::kNotFound);
  EXPECT_EQ(canonical_path(path).error().code, Errc::kNotFound);
  EXPECT_EQ(write_file_atomically(path + "/a", "x").error().code, Errc::kCannotWrite);
  EXPECT_EQ(publish_partial_file(path).error().code, Errc::kCannotWrite);
  ASSERT_TRUE(write_file_atomically(path, "a file"));
  EXPECT_EQ(make_folders(path + "/below").error().code, Errc::kCannotWrite);
}

// Neither waits for a writer, nor reads without end.
TEST(Files, PipesAndDevicesAreRefused) {
  const TestFolder folder;
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe, std::string("/dev/zero")}) {
    const auto opened = FileReader::open(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code, Errc::kCannotRead);
    EXPECT_EQ(opened.error().file, path);
  }
}

TEST(Files, PartialFilesGetTheirNamesTogether) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, kSyncedApartMax + 1}) {
    const TestFolder folder;
    Outcome<PartialFiles> files = PartialFiles::open(folder.path());
    ASSERT_TRUE(files);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = std::to_string(i);
      ASSERT_TRUE(write_file_atomically(folder.file(name + ".partial"), name));
      files->add(name);
    }
    EXPECT_EQ(files->count(), count);
    ASSERT_TRUE(files->publish());
    EXPECT_EQ(files->count(), 0U);
    EXPECT_EQ(list_folder(folder.path())->size(), count);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(*read_whole_file(folder.file(std::to_string(i)), 100), std::to_string(i));
  }
}

TEST(Files, PartialFilesThatFailCanBeTakenBack) {
  for (const std::size_t count : {std::size_t{1}, kSyncedApartMax + 1}) {
    const TestFolder folder;
    Outcome<PartialFiles> files = PartialFiles::open(folder.path());
    ASSERT_TRUE(files);
    files->add("missing");
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(write_file_atomically(folder.file(std::to_string(i) + ".partial"), "x"));
      files->add(std::to_string(i));
    }
    const Outcome<void> done = files->publish();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kCannotWrite);
    EXPECT_EQ(done.error().file, folder.file("missing"));
    files->discard();
    EXPECT_TRUE(list_folder(folder.path())->empty());
  }
  EXPECT_EQ(PartialFiles::open("/nowhere/at/all").error().code, Errc::kCannotWrite);
}

TEST(Files, AFullDiskIsAnErrorAndLeavesTheOldFile) {
  const TestFolder folder;
  const std::string path = folder.file("a");
  ASSERT_TRUE(write_file_atomically(path, "old"));
  // A limit on file size makes writes fail half way, as a full disk does.
  const int code = exit_code_of([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const Outcome<void> written = write_file_atomically(path, std::string(5000, 'x'));
    return !written && written.error().code == Errc::kCannotWrite ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(*read_whole_file(path, 100), "old");
  EXPECT_FALSE(file_exists(path + ".partial"));
}

TEST(Files, AReadOnlyFolderIsAnError) {
  const TestFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int code = exit_code_of([&] {
    constexpr uid_t kNobody = 65534;  // the super-user may write everywhere
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) return 1;
    const Outcome<void> written = write_file_atomically(folder.file("a"), "x");
    return !written && written.error().code == Errc::kCannotWrite ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
}

TEST(Files, ALockIsHeldOnceAndDiesWithItsHolder) {
  const TestFolder folder;
  const std::string path = folder.file(".lock");
  {
    const Outcome<FileLock> lock = FileLock::take(path);
    ASSERT_TRUE(lock);
    EXPECT_EQ(FileLock::take(path).error().code, Errc::kLocked);
  }
  EXPECT_EQ(exit_code_of([&] {
              const Outcome<FileLock> lock = FileLock::take(path);
              return ::raise(SIGKILL);
            }),
            -1);
  EXPECT_TRUE(FileLock::take(path));
}

}  // namespace
}  // namespace faultline

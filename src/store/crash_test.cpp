#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include "base/rng.hpp"
#include "store/files.hpp"
#include "store/store.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kDayNumber = 20'423;
constexpr int kDays = 70;  // more than are published at once
constexpr std::int64_t kRowsPerDay = 120;
constexpr std::int64_t kRounds = 2;  // later rounds merge into the days of the earlier ones
constexpr const char* kFolderVariable = "FAULTLINE_CRASH_TEST_FOLDER";

InstrumentSpec crash_spec() {
  InstrumentSpec spec;
  spec.id = *parse_instrument_id("bybit_linear:BTCUSDT");
  return spec;
}

SourceRecord source_of(std::int64_t round) {
  return {"round", std::to_string(round), "crash-test", 0, 0, 0};
}

// Round r writes the rows r, r + kRounds, ... of every day.
ColumnBatch rows_of(std::int64_t round) {
  ColumnBatch batch(EventKind::kFunding);
  for (std::int64_t day = 0; day < kDays; ++day) {
    for (std::int64_t i = round; i < kRowsPerDay; i += kRounds) {
      const std::int64_t time = (kDayNumber + day) * kDay.value + i * kMinute.value;
      batch.append(std::array<std::optional<std::int64_t>, 2>{time, day * kRowsPerDay + i});
    }
  }
  return batch;
}

// Imports every round that is not yet there. True when all went well.
bool run_import(const std::string& folder) {
  const auto store = Store::open(folder, StoreMode::kWrite);
  const InstrumentSpec spec = crash_spec();
  if (!store || !(*store)->put_spec(spec)) return false;
  for (std::int64_t round = 0; round < kRounds; ++round) {
    const SourceRecord source = source_of(round);
    if ((*store)->source(spec.id, EventKind::kFunding, source.sha256)) continue;
    const auto writer = (*store)->writer(spec.id, EventKind::kFunding, {});
    if (!writer || !(*writer)->append(rows_of(round))) return false;
    if (!(*writer)->finish(std::span(&source, 1), {})) return false;
  }
  return true;
}

// The process that is killed: started by the test below with the folder in its environment.
TEST(StoreCrash, DISABLED_Writer) {
  const char* folder = std::getenv(kFolderVariable);
  ASSERT_NE(folder, nullptr);
  EXPECT_TRUE(run_import(folder));
}

// Starts the writer, waits, kills it. True when it had already finished.
bool kill_writer_after(const std::string& folder, std::uint64_t microseconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kFolderVariable, folder.c_str(), 1);
    ::execl("/proc/self/exe", "writer", "--gtest_filter=StoreCrash.DISABLED_Writer",
            "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
    ::_exit(127);
  }
  ::usleep(static_cast<useconds_t>(microseconds));
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(!WIFEXITED(status) || WEXITSTATUS(status) == 0);
  return WIFEXITED(status);
}

// Checks that the store holds only whole rounds of each day, and returns how many rows.
std::uint64_t check_store(const std::string& folder) {
  const auto store = Store::open(folder, StoreMode::kRead);
  if (!store && store.error().code == Errc::kNotAStore) {  // the writer had hardly begun
    EXPECT_FALSE(file_exists(folder + "/bybit_linear"));
    return 0;
  }
  EXPECT_TRUE(store) << describe(store.error());
  const Outcome<void> verified = (*store)->verify({});
  EXPECT_TRUE(verified) << describe(verified.error());
  const InstrumentId id = crash_spec().id;
  const auto reader = (*store)->read(id, EventKind::kFunding, kAllTime);
  if (!reader) return 0;
  ColumnBatch batch(EventKind::kFunding);
  std::array<std::array<std::int64_t, kRounds>, kDays> counts{};
  std::uint64_t rows = 0;
  while (true) {
    const Outcome<bool> more = (*reader)->next(batch);
    EXPECT_TRUE(more) << describe(more.error());
    if (!more || !*more) break;
    for (const std::int64_t value : batch.column("rate_e9")) {
      const std::int64_t day = value / kRowsPerDay;
      ++counts[static_cast<std::size_t>(day)][static_cast<std::size_t>(value % kRounds)];
      ++rows;
    }
  }
  for (const auto& day : counts) {
    for (std::int64_t round = 0; round < kRounds; ++round) {
      const std::int64_t count = day[static_cast<std::size_t>(round)];
      EXPECT_TRUE(count == 0 || count == kRowsPerDay / kRounds) << count;
      const std::string sha256 = source_of(round).sha256;
      const bool is_finished = (*store)->source(id, EventKind::kFunding, sha256).has_value();
      EXPECT_TRUE(!is_finished || count > 0);
    }
  }
  return rows;
}

TEST(StoreCrash, AKilledWriterCorruptsNothing) {
  constexpr std::uint64_t kSeeds = 30;
  std::uint64_t finished = 0;
  std::uint64_t partial = 0;
  std::uint64_t span_us = 400'000;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const TestFolder folder;
    const std::string store = folder.file("store");
    ASSERT_TRUE(make_folders(store));
    Rng rng(seed);
    // Aim at the time that the writer really takes here, whatever the machine.
    const bool is_done = kill_writer_after(store, 20'000 + rng.below(span_us));
    finished += is_done ? 1 : 0;
    span_us = is_done ? span_us * 3 / 4 : span_us + span_us / 10;
    const std::uint64_t rows = check_store(store);
    if (rows > 0 && rows < kDays * kRowsPerDay) ++partial;
    ASSERT_TRUE(run_import(store));
    EXPECT_EQ(check_store(store), static_cast<std::uint64_t>(kDays * kRowsPerDay));
    const auto files = list_folder(store + "/bybit_linear/BTCUSDT/funding");
    ASSERT_TRUE(files);
    EXPECT_TRUE(std::ranges::none_of(
        *files, [](const FolderEntry& file) { return file.name.ends_with(kPartialSuffix); }));
  }
  // Otherwise the kills came too early or too late to show anything.
  EXPECT_GE(partial, 5U);
  EXPECT_LT(finished, kSeeds);
  RecordProperty("killed_half_way", static_cast<int>(partial));
}

}  // namespace
}  // namespace faultline

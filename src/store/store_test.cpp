#include "store/store.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>

#include "base/rng.hpp"
#include "store/archive.hpp"
#include "store/database.hpp"
#include "store/files.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kDayNumber = 20'423;  // 2025-12-01
constexpr UnixNanos kDayBegin{kDayNumber * kDay.value};

InstrumentSpec spec_of(std::string_view id) {
  InstrumentSpec spec;
  spec.id = *parse_instrument_id(id);
  return spec;
}
const InstrumentSpec kSpec = spec_of("binance_usdm:BTCUSDT");

using Row = std::vector<std::optional<std::int64_t>>;

ColumnBatch batch_of(EventKind kind, const std::vector<Row>& rows) {
  ColumnBatch batch(kind);
  for (const Row& row : rows) batch.append(row);
  return batch;
}

// A funding rate is the smallest row: time and value.
ColumnBatch fundings(const std::vector<std::pair<std::int64_t, std::int64_t>>& rows) {
  ColumnBatch batch(EventKind::kFunding);
  for (const auto& [offset, rate] : rows)
    batch.append(Row{kDayBegin.value + offset * kSecond.value, rate});
  return batch;
}

std::unique_ptr<Store> open_store(const std::string& folder, StoreMode mode) {
  auto store = Store::open(folder, mode);
  if (!store) {
    ADD_FAILURE() << describe(store.error());
    return nullptr;
  }
  return std::move(store).value();
}

Outcome<WriteSummary> write(Store& store, const std::vector<ColumnBatch>& batches,
                            WriterOptions options = {}, std::vector<SourceRecord> sources = {}) {
  if (const Outcome<void> put = store.put_spec(kSpec); !put) return put.error();
  const auto writer = store.writer(kSpec.id, batches.front().kind, options);
  if (!writer) return writer.error();
  for (const ColumnBatch& batch : batches) {
    if (const Outcome<void> taken = (*writer)->append(batch); !taken) return taken.error();
  }
  return (*writer)->finish(sources, {});
}

std::vector<Row> read_rows(const Store& store, EventKind kind, TimeRange range = kAllTime) {
  std::vector<Row> rows;
  const auto reader = store.read(kSpec.id, kind, range);
  if (!reader) {
    EXPECT_EQ(reader.error().code, Errc::kNoData);
    return rows;
  }
  ColumnBatch batch(kind);
  while (true) {
    const Outcome<bool> more = (*reader)->next(batch);
    EXPECT_TRUE(more) << describe(more.error());
    if (!more || !*more) return rows;
    for (std::size_t i = 0; i < batch.row_count(); ++i) {
      Row row;
      for (const Column& column : batch.columns)
        row.push_back(column.has(i) ? std::optional(column.values[i]) : std::nullopt);
      rows.push_back(row);
    }
  }
}

// The funding rates in the order of reading.
std::vector<std::int64_t> rates(const Store& store, TimeRange range = kAllTime) {
  std::vector<std::int64_t> values;
  for (const Row& row : read_rows(store, EventKind::kFunding, range)) values.push_back(*row[1]);
  return values;
}

int exit_code_of(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string only_segment_path(const Store& store, const std::string& folder) {
  const auto record = store.record(kSpec.id);
  return folder + "/binance_usdm/BTCUSDT/funding/" +
         record->find(EventKind::kFunding)->segments.at(0).file;
}

TEST(Store, EveryKindComesBackSortedWithItsAbsences) {
  const TestFolder folder;
  Rng rng(1);
  for (std::size_t k = 0; k < kEventKindCount; ++k) {
    const auto kind = static_cast<EventKind>(k);
    std::vector<Row> rows;
    for (int i = 0; i < 5000; ++i) {
      Row row;
      for (const ColumnSpec& column : columns_of(kind)) {
        if (row.empty()) {
          row.emplace_back(kDayBegin.value + static_cast<std::int64_t>(rng.below(
                                                 static_cast<std::uint64_t>(3 * kDay.value))));
        } else if (column.is_nullable && rng.below(3) == 0) {
          row.emplace_back();
        } else {
          const auto span =
              static_cast<std::uint64_t>(column.most) - static_cast<std::uint64_t>(column.least);
          const std::uint64_t step =
              span == ~std::uint64_t{0} ? rng.next_u64() : rng.below(span + 1);
          row.emplace_back(
              static_cast<std::int64_t>(static_cast<std::uint64_t>(column.least) + step));
        }
      }
      rows.push_back(row);
    }
    {
      const auto store = open_store(folder.path(), StoreMode::kWrite);
      const auto summary = write(*store, {batch_of(kind, rows)});
      ASSERT_TRUE(summary) << describe(summary.error());
      EXPECT_EQ(summary->segments_written, 3U);
    }
    std::ranges::stable_sort(rows, {}, [](const Row& row) { return *row[0]; });
    const auto store = open_store(folder.path(), StoreMode::kRead);
    EXPECT_EQ(read_rows(*store, kind), rows) << name_of(kind);
    EXPECT_TRUE(store->verify({}));
    EXPECT_EQ(store->coverage(kSpec.id, kind)->rows, 5000U);
  }
}

TEST(Store, ReadsExactlyTheAskedRange) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(write(*store, {fundings({{0, 1}, {10, 2}, {86'399, 3}, {86'400, 4}, {90'000, 5}})}));
  const auto at = [](std::int64_t second) { return kDayBegin + Nanos(second * kSecond.value); };
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(rates(*store, {at(10), at(86'400)}), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(rates(*store, {at(86'399), at(86'401)}), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(rates(*store, {at(11), at(20)}), (std::vector<std::int64_t>{}));
  EXPECT_EQ(store->read(kSpec.id, EventKind::kFunding, {at(100'000), at(100'001)}).error().code,
            Errc::kNoData);
  EXPECT_EQ(store->read(kSpec.id, EventKind::kTrade, kAllTime).error().code, Errc::kNoData);
  const InstrumentId other = *parse_instrument_id("okx:BTC-USDT-SWAP");
  EXPECT_EQ(store->read(other, EventKind::kTrade, kAllTime).error().code, Errc::kUnknownInstrument);
}

TEST(Store, MergingIsAUnionThatKeepsRepetitions) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(write(*store, {fundings({{5, 7}, {5, 7}, {9, 1}})}));
  const auto same = write(*store, {fundings({{5, 7}, {5, 7}, {9, 1}})});
  ASSERT_TRUE(same);
  EXPECT_EQ(same->rows_appended, 3U);
  EXPECT_EQ(same->rows_already_stored, 3U);
  EXPECT_EQ(same->duplicates_removed, 0U);
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{7, 7, 1}));
  const auto more = write(*store, {fundings({{5, 7}, {5, 6}, {5, 7}, {5, 7}, {9, 2}})});
  ASSERT_TRUE(more);
  EXPECT_EQ(more->rows_already_stored, 2U);
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{7, 7, 6, 7, 1, 2}));
  const auto once = write(*store, {fundings({{5, 7}, {5, 7}})},
                          {.duplicates = Duplicates::kRemoveExact, .expected_interval = {}});
  ASSERT_TRUE(once);
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{7, 6, 1, 2}));
  EXPECT_TRUE(store->verify({}));
}

TEST(Store, ADayThatGrowsAtOneEndKeepsEveryRow) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(write(*store, {fundings({{10, 5}, {10, 4}, {10, 5}})}));
  const auto after = write(*store, {fundings({{12, 3}, {11, 2}, {11, 2}})});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->rows_already_stored, 0U);
  ASSERT_TRUE(write(*store, {fundings({{9, 1}})}));
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1, 5, 4, 5, 2, 2, 3}));
}

TEST(Store, ExactDuplicatesGoOnlyWhereAsked) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  const auto removed = write(*store, {fundings({{5, 7}, {4, 1}, {5, 7}, {5, 8}})},
                             {.duplicates = Duplicates::kRemoveExact, .expected_interval = {}});
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->duplicates_removed, 1U);
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1, 7, 8}));
}

TEST(Store, KnowsItsSourcesAndWarnings) {
  const TestFolder folder;
  const SourceRecord source{"a.csv", sha256_of("a"), "funding-v1", 100, 2, 1};
  {
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    ASSERT_TRUE(store->put_spec(kSpec));
    EXPECT_FALSE(store->source(kSpec.id, EventKind::kFunding, source.sha256));
    const auto writer = store->writer(kSpec.id, EventKind::kFunding, {});
    ASSERT_TRUE(writer);
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE((*writer)->append(fundings({{1, 1}, {2, 2}})));
      (*writer)->count_warning("off_grid", 2);
      ASSERT_TRUE((*writer)->finish(std::span(&source, 1), {}));
    }
  }
  const auto store = open_store(folder.path(), StoreMode::kRead);
  EXPECT_TRUE(store->source(kSpec.id, EventKind::kFunding, source.sha256));
  EXPECT_FALSE(store->source(kSpec.id, EventKind::kTrade, source.sha256));
  const auto record = store->record(kSpec.id);
  ASSERT_TRUE(record);
  const KindRecord* funding = record->find(EventKind::kFunding);
  EXPECT_EQ(funding->sources, std::vector<SourceRecord>{source});
  EXPECT_EQ(funding->warnings, (std::vector<WarningCount>{{"off_grid", 4}}));
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1, 2}));
}

TEST(Store, GapsOfRegularKindsAreRecorded) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(write(*store, {fundings({{0, 1}, {60, 1}, {149, 1}, {300, 1}})}));
  EXPECT_EQ(store->coverage(kSpec.id, EventKind::kFunding)->gap_count, 0U);
  // The new interval looks at stored segments, too.
  ASSERT_TRUE(write(*store, {fundings({{86'400, 1}, {86'460, 1}})},
                    {.duplicates = Duplicates::kKeep, .expected_interval = kMinute}));
  const auto coverage = store->coverage(kSpec.id, EventKind::kFunding);
  const auto at = [](std::int64_t second) { return kDayBegin + Nanos(second * kSecond.value); };
  EXPECT_EQ(coverage->gaps, (std::vector<TimeRange>{{at(209), at(300)}, {at(360), at(86'400)}}));
  EXPECT_EQ(coverage->time_last, at(86'460));
}

TEST(Store, SpecsKeepTheirMeaning) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  InstrumentSpec first = kSpec;
  ASSERT_TRUE(store->put_spec(first));
  ASSERT_TRUE(store->put_spec(first));
  InstrumentSpec other = first;
  other.tick_size = Decimal{1, -2};
  other.base = "XBT";
  const Outcome<void> refused = store->put_spec(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBadRequest);
  EXPECT_TRUE(refused.error().note.starts_with(
      "tick_size is stored as 0.1, asked for 0.01; base is stored as BTC, asked for XBT"))
      << refused.error().note;
  other.valid_from = UnixNanos(100);
  EXPECT_EQ(store->put_spec(other).error().code, Errc::kBadRequest);
  first.valid_to = UnixNanos(100);
  ASSERT_TRUE(store->put_spec(first));
  ASSERT_TRUE(store->put_spec(other));
  EXPECT_EQ(store->spec_at(kSpec.id, UnixNanos(99))->tick_size, kSpec.tick_size);
  EXPECT_EQ(store->spec_at(kSpec.id, UnixNanos(100))->tick_size, other.tick_size);
  // A version cannot end before rows that it gives their meaning.
  const auto writer = store->writer(kSpec.id, EventKind::kFunding, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(fundings({{3600, 1}})));
  ASSERT_TRUE((*writer)->finish({}, {}));
  InstrumentSpec ended = other;
  ended.valid_to = kDayBegin + kHour;
  EXPECT_EQ(store->put_spec(ended).error().field, "valid_to");
  ended.valid_to = kDayBegin + Nanos(2 * kHour.value);
  EXPECT_TRUE(store->put_spec(ended));
  other.id.symbol = "../escape";
  EXPECT_EQ(store->put_spec(other).error().code, Errc::kUnexpectedField);
}

TEST(Store, RefusesTimesOutsideTheCalendar) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  EXPECT_EQ(write(*store, {batch_of(EventKind::kFunding, {{1'700'000'000, 1}})}).error().code,
            Errc::kBadTime);
  EXPECT_FALSE(store->coverage(kSpec.id, EventKind::kFunding));
}

TEST(Store, ChangedFilesAreFound) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(write(*store, {fundings({{0, 1}, {60, 2}})}));
  const std::string path = only_segment_path(*store, folder.path());
  const std::string whole = *read_whole_file(path, 1 << 30);
  ASSERT_TRUE(store->verify({}));
  for (std::size_t i = 0; i < whole.size(); i += 11) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    ASSERT_TRUE(write_file_atomically(path, damaged));
    const Outcome<void> verified = store->verify({});
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, Errc::kCorrupt);
    EXPECT_EQ(verified.error().file, path);
  }
  ASSERT_TRUE(write_file_atomically(path, whole.substr(0, whole.size() / 2)));
  ColumnBatch batch(EventKind::kFunding);
  const auto reader = store->read(kSpec.id, EventKind::kFunding, kAllTime);
  EXPECT_EQ((*reader)->next(batch).error().code, Errc::kCorrupt);
  ASSERT_TRUE(remove_file(path));
  EXPECT_EQ(store->verify({}).error().code, Errc::kNotFound);
}

// Not only verify(): whoever reads gets the rows that were written, or an error that says what to
// do.
TEST(Store, AFlippedBitIsNeverReadAsData) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(write(*store, {fundings({{0, 1}, {60, 2}, {120, 3}})}));
  const std::string path = only_segment_path(*store, folder.path());
  const std::string whole = *read_whole_file(path, 1 << 30);
  ColumnBatch batch(EventKind::kFunding);
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += 59) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_TRUE(write_file_atomically(path, damaged));
    const auto reader = store->read(kSpec.id, EventKind::kFunding, kAllTime);
    ASSERT_TRUE(reader);
    const Outcome<bool> read = (*reader)->next(batch);
    ASSERT_FALSE(read) << "bit " << bit;
    EXPECT_EQ(read.error().code, Errc::kCorrupt);
    EXPECT_EQ(read.error().file, path);
    EXPECT_NE(read.error().note.find("import again"), std::string::npos);
  }
  // Nor does a merge give the damage a fresh checksum.
  const auto merged = write(*store, {fundings({{180, 4}})});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, Errc::kCorrupt);
  ASSERT_TRUE(write_file_atomically(path, whole));
  EXPECT_TRUE(write(*store, {fundings({{180, 4}})}));
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST(Store, TakesAndHandsOutNoValueThatNoMarketHas) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  const auto refused = write(*store, {fundings({{0, 1}, {60, 1'000'000'001}})});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kOutOfRange);
  EXPECT_EQ(refused.error().field, "rate_e9");
  ASSERT_TRUE(write(*store, {fundings({{0, 1}, {60, 1'000'000'000}})}));
  // A program that writes the segment and its checksum anew gets no further.
  const std::string path = only_segment_path(*store, folder.path());
  const std::string manifest = folder.path() + "/binance_usdm/BTCUSDT/manifest.json";
  std::string text = *read_whole_file(manifest, 1 << 20);
  const std::string before = *sha256_of_file(path);
  const auto database = Database::open({});
  ASSERT_TRUE((*(*database)->connect())
                  ->run("COPY (SELECT \"time\", rate_e9 * 2 AS rate_e9 FROM read_parquet(" +
                        sql_path(path) + ")) TO " + sql_text(path) + " (FORMAT parquet)"));
  text.replace(text.find(before), before.size(), *sha256_of_file(path));
  ASSERT_TRUE(write_file_atomically(manifest, text));
  const auto reader_store = open_store(folder.path(), StoreMode::kRead);
  const auto reader = reader_store->read(kSpec.id, EventKind::kFunding, kAllTime);
  ColumnBatch batch(EventKind::kFunding);
  const Outcome<bool> read = (*reader)->next(batch);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::kCorrupt);
  EXPECT_EQ(read.error().value, "2000000000");
}

TEST(Store, CountsRowsThatContradictEarlierOnes) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  const WriterOptions options{.duplicates = Duplicates::kRemoveExact, .expected_interval = {}};
  const auto first = write(*store, {fundings({{0, 1}, {0, 1}, {60, 2}, {60, 3}})}, options);
  ASSERT_TRUE(first) << describe(first.error());
  EXPECT_EQ(first->conflicting_rows, 1U);
  EXPECT_EQ(write(*store, {fundings({{120, 2}})}, options)->conflicting_rows, 1U);
  EXPECT_EQ(write(*store, {fundings({{86'400, 1}})}, options)->conflicting_rows, 0U);
  EXPECT_EQ(write(*store, {fundings({{86'400, 5}})}, options)->conflicting_rows, 1U);
}

TEST(Store, OneWriterAtATimeAndReadersBesideIt) {
  const TestFolder folder;
  const auto writer = open_store(folder.path(), StoreMode::kWrite);
  EXPECT_EQ(Store::open(folder.path(), StoreMode::kWrite).error().code, Errc::kLocked);
  ASSERT_TRUE(write(*writer, {fundings({{0, 1}})}));
  const auto reader = open_store(folder.path(), StoreMode::kRead);
  EXPECT_EQ(reader->put_spec(kSpec).error().code, Errc::kBadRequest);
  EXPECT_EQ(reader->writer(kSpec.id, EventKind::kFunding, {}).error().code, Errc::kBadRequest);
  ASSERT_TRUE(write(*writer, {fundings({{1, 2}})}));
  EXPECT_EQ(rates(*reader), (std::vector<std::int64_t>{1}));
  ASSERT_TRUE(reader->refresh());
  EXPECT_EQ(rates(*reader), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(Store::open(folder.file("none"), StoreMode::kRead).error().code, Errc::kNotFound);
}

TEST(Store, AFolderWithOtherThingsInItIsNoStore) {
  const TestFolder folder;
  EXPECT_EQ(Store::open(folder.path(), StoreMode::kRead).error().code, Errc::kNotAStore);
  ASSERT_TRUE(make_folders(folder.file(".tmp/mine")));
  ASSERT_TRUE(write_file_atomically(folder.file("thesis.txt"), "x"));
  for (const StoreMode mode : {StoreMode::kRead, StoreMode::kWrite}) {
    const auto opened = Store::open(folder.path(), mode);
    ASSERT_FALSE(opened);
    EXPECT_EQ(describe(opened.error()), folder.path() +
                                            ": not a store of Faultline (it holds other things "
                                            "and no store.json)");
  }
  EXPECT_TRUE(file_exists(folder.file(".tmp/mine")));
  EXPECT_EQ(list_folder(folder.path())->size(), 2U);
  EXPECT_EQ(Store::open(folder.file("thesis.txt"), StoreMode::kRead).error().code,
            Errc::kCannotRead);
}

// A writer may be killed between the folder and its mark; a store may be older than the mark.
TEST(Store, AFolderThatIsNearlyOneBecomesOne) {
  const TestFolder folder;
  ASSERT_TRUE(make_folders(folder.file("new")));
  ASSERT_TRUE(write_file_atomically(folder.file("new/.lock"), ""));
  ASSERT_TRUE(write_file_atomically(folder.file("new/store.json.partial"), "{"));
  { ASSERT_TRUE(Store::open(folder.file("new"), StoreMode::kWrite)); }
  EXPECT_TRUE(Store::open(folder.file("new"), StoreMode::kRead));
  {
    const auto store = open_store(folder.file("old"), StoreMode::kWrite);
    ASSERT_TRUE(write(*store, {fundings({{0, 1}})}));
  }
  ASSERT_TRUE(remove_file(folder.file("old/store.json")));
  EXPECT_EQ(rates(*open_store(folder.file("old"), StoreMode::kRead)),
            (std::vector<std::int64_t>{1}));
  EXPECT_EQ(rates(*open_store(folder.file("old"), StoreMode::kWrite)),
            (std::vector<std::int64_t>{1}));
  EXPECT_TRUE(file_exists(folder.file("old/store.json")));
}

TEST(Store, RefusesWhatANewerVersionWrote) {
  const TestFolder folder;
  {
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    ASSERT_TRUE(write(*store, {fundings({{0, 1}})}));
  }
  for (const char* name : {"store.json", "binance_usdm/BTCUSDT/manifest.json"}) {
    const std::string path = folder.file(name);
    const std::string text = *read_whole_file(path, 1 << 20);
    std::string newer = text;
    newer.replace(newer.find("\"format_version\": 1"), 19, "\"format_version\": 2");
    ASSERT_TRUE(write_file_atomically(path, newer));
    for (const StoreMode mode : {StoreMode::kRead, StoreMode::kWrite}) {
      const auto opened = Store::open(folder.path(), mode);
      ASSERT_FALSE(opened);
      EXPECT_EQ(describe(opened.error()),
                path +
                    ": format_version = \"2\": written by a newer version of Faultline (this "
                    "one reads version 1)");
    }
    ASSERT_TRUE(write_file_atomically(path, text));
  }
  ASSERT_TRUE(write_file_atomically(folder.file("store.json"), "{}"));
  EXPECT_EQ(Store::open(folder.path(), StoreMode::kRead).error().code, Errc::kCorrupt);
}

TEST(Store, RemembersImportsThatDidNotEnd) {
  const TestFolder folder;
  const std::vector<UnfinishedImport> imports{{"d", "a \"b\".csv", "stopped"}, {"e", "c.csv", ""}};
  {
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    EXPECT_TRUE(store->unfinished().empty());
    ASSERT_TRUE(store->set_unfinished(imports));
    EXPECT_EQ(store->unfinished(), imports);
  }
  EXPECT_EQ(open_store(folder.path(), StoreMode::kWrite)->unfinished(), imports);
  const auto reader = open_store(folder.path(), StoreMode::kRead);
  EXPECT_EQ(reader->unfinished(), imports);
  EXPECT_EQ(reader->set_unfinished({}).error().code, Errc::kBadRequest);
  ASSERT_TRUE(open_store(folder.path(), StoreMode::kWrite)->set_unfinished({}));
  EXPECT_FALSE(file_exists(folder.file("unfinished.json")));
  ASSERT_TRUE(reader->refresh());
  EXPECT_TRUE(reader->unfinished().empty());
  ASSERT_TRUE(write_file_atomically(folder.file("unfinished.json"),
                                    "{\"format_version\": 1, \"imports\": [{\"file\": 1}]}"));
  EXPECT_EQ(Store::open(folder.path(), StoreMode::kRead).error().code, Errc::kCorrupt);
}

// Rows of ascending times need no search for twins; those of one time do, also across batches.
TEST(Store, TwinsAreFoundWhereverTheyStand) {
  const std::vector<std::vector<ColumnBatch>> cases{
      {fundings({{5, 7}, {5, 7}, {6, 1}})},
      {fundings({{4, 1}, {5, 7}}), fundings({{5, 7}, {6, 1}})},
      {fundings({{5, 7}, {6, 1}}), fundings({{5, 7}})},
      {fundings({{5, 7}, {6, 1}, {5, 7}})},
  };
  for (const std::vector<ColumnBatch>& batches : cases) {
    const TestFolder folder;
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    const auto written =
        write(*store, batches, {.duplicates = Duplicates::kRemoveExact, .expected_interval = {}});
    ASSERT_TRUE(written);
    EXPECT_EQ(written->duplicates_removed, 1U);
    EXPECT_EQ(std::ranges::count(rates(*store), 7), 1);
  }
}

// More days than are published at once; a stop keeps those that were.
TEST(Store, ManyDaysComeInGroups) {
  constexpr std::int64_t kDays = 150;
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ColumnBatch batch(EventKind::kFunding);
  std::vector<std::int64_t> expected;
  for (std::int64_t day = 0; day < kDays; ++day) {
    // The rows of one day are an hour apart, and the days have one hole.
    if (day == 70) continue;
    for (std::int64_t hour = 0; hour < 24; ++hour) {
      const std::int64_t time = kDayBegin.value + day * kDay.value + hour * kHour.value;
      batch.append(Row{time, day * 24 + hour});
      expected.push_back(day * 24 + hour);
    }
  }
  ASSERT_TRUE(store->put_spec(kSpec));
  const WriterOptions options{.duplicates = Duplicates::kRemoveExact, .expected_interval = kHour};
  const auto writer = store->writer(kSpec.id, EventKind::kFunding, options);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(batch));
  int calls = 0;
  const auto stopped = (*writer)->finish({}, [&calls](const Progress&) { return ++calls <= 100; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
  EXPECT_EQ(rates(*store).size(), 100U * 24U);
  EXPECT_TRUE(store->verify({}));
  const auto again = store->writer(kSpec.id, EventKind::kFunding, options);
  ASSERT_TRUE(again);
  ASSERT_TRUE((*again)->append(batch));
  const auto written = (*again)->finish({}, {});
  ASSERT_TRUE(written);
  EXPECT_EQ(written->rows_already_stored, 100U * 24U);
  EXPECT_EQ(written->segments_written, static_cast<std::uint64_t>(kDays - 1));
  EXPECT_EQ(rates(*store), expected);
  EXPECT_TRUE(store->verify({}));
  const auto coverage = store->coverage(kSpec.id, EventKind::kFunding);
  ASSERT_TRUE(coverage);
  EXPECT_EQ(coverage->gap_count, 1U);
  EXPECT_EQ(coverage->segment_count, static_cast<std::uint64_t>(kDays - 1));
  // Another interval looks at all files again.
  const auto sparse =
      store->writer(kSpec.id, EventKind::kFunding,
                    {.duplicates = Duplicates::kKeep, .expected_interval = Nanos(kMinute.value)});
  ASSERT_TRUE((*sparse)->finish({}, {}));
  EXPECT_EQ(store->coverage(kSpec.id, EventKind::kFunding)->gap_count, expected.size() - 1);
}

TEST(Store, LeftoversAreSweptAndOtherFilesStay) {
  const TestFolder folder;
  {
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(write(*store, {fundings({{i, i}})}));
    EXPECT_TRUE(file_exists(folder.file(".tmp")));
  }
  EXPECT_FALSE(file_exists(folder.file(".tmp")));
  const std::string funding = folder.file("binance_usdm/BTCUSDT/funding");
  EXPECT_EQ(list_folder(funding)->size(), 2U);  // the last one and the one before
  for (const char* name : {"/2025-12-02.parquet", "/2025-12-01.9.parquet.partial", "/notes.txt"})
    ASSERT_TRUE(write_file_atomically(funding + name, "x"));
  ASSERT_TRUE(make_folders(folder.file(".tmp/old")));
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  EXPECT_EQ(*list_folder(funding),
            (std::vector<FolderEntry>{{"2025-12-01.3.parquet", false}, {"notes.txt", false}}));
  EXPECT_FALSE(file_exists(folder.file(".tmp/old")));
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST(Store, AFullDiskLosesNothingThatWasStored) {
  const TestFolder folder;
  {
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    ASSERT_TRUE(write(*store, {fundings({{0, 1}})}));
  }
  const int code = exit_code_of([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const auto store = Store::open(folder.path(), StoreMode::kWrite);
    if (!store) return 2;
    Rng rng(3);
    ColumnBatch batch(EventKind::kFunding);
    for (std::int64_t i = 0; i < 20'000; ++i)
      batch.append(Row{kDayBegin.value + i, static_cast<std::int64_t>(rng.below(1'000'000'000))});
    const auto written = write(**store, {batch});
    return !written && written.error().code == Errc::kCannotWrite ? 0 : 3;
  });
  EXPECT_EQ(code, 0);
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  EXPECT_TRUE(store->verify({}));
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(list_folder(folder.file("binance_usdm/BTCUSDT/funding"))->size(), 1U);
}

TEST(Store, AReadOnlyFolderCanBeReadButNotWritten) {
  const TestFolder folder;
  {
    const auto store = open_store(folder.path(), StoreMode::kWrite);
    ASSERT_TRUE(write(*store, {fundings({{0, 1}})}));
  }
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int code = exit_code_of([&] {
    constexpr uid_t kNobody = 65534;
    // Somebody else may be unable to stand where the test was started.
    if (::chdir("/") != 0) return 5;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) return 1;
    const auto writer = Store::open(folder.path(), StoreMode::kWrite);
    if (writer || writer.error().code != Errc::kCannotWrite) return 2;
    const auto reader = Store::open(folder.path(), StoreMode::kRead);
    if (!reader) {
      std::fprintf(stderr, "%s\n", describe(reader.error()).c_str());
      return 3;
    }
    return (*reader)->verify({}) ? 0 : 4;
  });
  EXPECT_EQ(code, 0);
}

TEST(Store, SpillsInsteadOfGrowing) {
  const TestFolder folder;
  auto store = Store::open(folder.path(), StoreMode::kWrite,
                           {.memory_bytes_max = std::uint64_t{128} << 20, .thread_count = 2});
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->put_spec(kSpec));
  const auto writer = (*store)->writer(kSpec.id, EventKind::kTrade, {});
  ASSERT_TRUE(writer);
  Rng rng(5);
  constexpr int kBatches = 60;
  constexpr int kBatchRows = 100'000;
  for (int i = 0; i < kBatches; ++i) {  // 6 M rows of 48 bytes: more than twice the limit
    ColumnBatch batch(EventKind::kTrade);
    for (Column& column : batch.columns) column.values.resize(kBatchRows);
    for (std::size_t row = 0; row < kBatchRows; ++row) {
      batch.columns[0].values[row] =
          kDayBegin.value +
          static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(kDay.value)));
      batch.columns[1].values[row] = batch.columns[2].values[row] = 1;
      batch.columns[4].values[row] = static_cast<std::int64_t>(rng.next_u64());
    }
    const auto taken = (*writer)->append(batch);
    ASSERT_TRUE(taken) << describe(taken.error());
  }
  const auto summary = (*writer)->finish({}, {});
  ASSERT_TRUE(summary) << describe(summary.error());
  EXPECT_EQ((*store)->coverage(kSpec.id, EventKind::kTrade)->rows, 6'000'000U);
  const auto reader = (*store)->read(kSpec.id, EventKind::kTrade, kAllTime);
  ASSERT_TRUE(reader);
  ColumnBatch batch(EventKind::kTrade);
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;
  std::uint64_t expected_sum = 0;
  Rng again(5);
  for (int i = 0; i < kBatches * kBatchRows; ++i) {
    again.below(static_cast<std::uint64_t>(kDay.value));
    expected_sum += again.next_u64();
  }
  while (true) {
    const Outcome<bool> more = (*reader)->next(batch);
    ASSERT_TRUE(more) << describe(more.error());
    if (!*more) break;
    EXPECT_LT(batch.row_count(), 70'000U);
    rows += batch.row_count();
    for (const std::int64_t id : batch.column("trade_id")) sum += static_cast<std::uint64_t>(id);
  }
  EXPECT_EQ(rows, 6'000'000U);
  EXPECT_EQ(sum, expected_sum);
}

TEST(Store, CancellingKeepsWhatIsFinished) {
  const TestFolder folder;
  const auto store = open_store(folder.path(), StoreMode::kWrite);
  ASSERT_TRUE(store->put_spec(kSpec));
  const auto writer = store->writer(kSpec.id, EventKind::kFunding, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(fundings({{0, 1}, {86'400, 2}, {2 * 86'400, 3}})));
  const auto summary = (*writer)->finish({}, [](const Progress& now) { return now.done < 2; });
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, Errc::kCancelled);
  EXPECT_EQ(rates(*store), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(store->verify({}));
}

}  // namespace
}  // namespace faultline

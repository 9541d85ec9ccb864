#include "store/table_file.hpp"

#include <gtest/gtest.h>

#include "store/database.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

const std::vector<std::string> kNames{"a", "b"};

// Both columns of a Parquet file.
std::vector<Column> read_back(const std::string& path) {
  std::vector<Column> columns(2);
  const auto database = Database::open({});
  const auto connection = (*database)->connect();
  const auto rows = (*connection)->stream("SELECT a, b FROM read_parquet(" + sql_path(path) + ")");
  if (!rows) {
    ADD_FAILURE() << describe(rows.error());
    return columns;
  }
  while (*(*rows)->next_chunk() > 0) {
    for (std::size_t i = 0; i < 2; ++i) (*rows)->append_to(i, columns[i]);
  }
  return columns;
}

TEST(TableFile, KeepsTheOrderAndTheAbsencesOfManyPieces) {
  const TestFolder folder;
  const std::string path = folder.file("a.parquet");
  constexpr std::int64_t kPieces = 300;
  constexpr std::int64_t kRows = 1'777;
  std::int64_t piece = 0;
  const auto done =
      write_parquet_file(path, kNames, [&](std::vector<Column>& columns) -> Outcome<bool> {
        if (piece == kPieces) return false;
        columns.assign(2, Column{});
        // A piece may be empty: that is not the end.
        const std::int64_t count = piece % 10 == 3 ? 0 : kRows;
        for (std::int64_t row = 0; row < count; ++row) {
          columns[0].values.push_back(piece * kRows + row);
          columns[1].values.push_back(-row);
          columns[1].present.push_back(row % 3 == 0 ? 0 : 1);
        }
        ++piece;
        return true;
      });
  ASSERT_TRUE(done) << describe(done.error());
  const std::vector<Column> back = read_back(path);
  ASSERT_EQ(back[0].values.size(), static_cast<std::size_t>(kPieces - kPieces / 10) * kRows);
  std::size_t at = 0;
  for (std::int64_t p = 0; p < kPieces; ++p) {
    for (std::int64_t row = 0; p % 10 != 3 && row < kRows; ++row, ++at) {
      ASSERT_EQ(back[0].values[at], p * kRows + row);
      ASSERT_EQ(back[1].has(at), row % 3 != 0);
      ASSERT_EQ(back[1].values[at], row % 3 == 0 ? 0 : -row);
    }
  }
  EXPECT_FALSE(file_exists(path + ".partial"));
}

TEST(TableFile, WritesWholeColumnsAndEmptyOnes) {
  const TestFolder folder;
  const std::string path = folder.file("a.parquet");
  std::vector<Column> columns(2);
  ASSERT_TRUE(write_parquet_file(path, kNames, columns));
  EXPECT_TRUE(read_back(path)[0].values.empty());
  for (std::int64_t row = 0; row < 200'000; ++row) {
    columns[0].values.push_back(row);
    columns[1].values.push_back(row * row);
  }
  ASSERT_TRUE(write_parquet_file(path, kNames, columns));
  EXPECT_EQ(read_back(path)[1].values, columns[1].values);
}

TEST(TableFile, AFailureLeavesNothingBehind) {
  const TestFolder folder;
  const std::string path = folder.file("a.parquet");
  int calls = 0;
  const auto failing = [&](std::vector<Column>& columns) -> Outcome<bool> {
    if (++calls > 100) return Diagnostic{.code = Errc::kCancelled, .field = "rows"};
    columns.assign(2, Column{});
    for (Column& column : columns) column.values.assign(5'000, calls);
    return true;
  };
  const Outcome<void> stopped = write_parquet_file(path, kNames, failing);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
  EXPECT_EQ(stopped.error().field, "rows");
  EXPECT_TRUE(list_folder(folder.path())->empty());
  const std::string nowhere = folder.file("none/a.parquet");
  const Outcome<void> refused = write_parquet_file(nowhere, kNames, std::vector<Column>(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kCannotWrite);
  EXPECT_EQ(refused.error().file, nowhere);
  // A folder stands where the file should be.
  ASSERT_TRUE(make_folders(path));
  EXPECT_FALSE(write_parquet_file(path, kNames, std::vector<Column>(2)));
  EXPECT_EQ(list_folder(folder.path())->size(), 1U);
}

}  // namespace
}  // namespace faultline

#include "store/text_rows.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "store/database.hpp"
#include "store/files.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

using Fields = std::vector<std::optional<std::string_view>>;

// All rows as "a|b|~", with ~ for absent, or the error's name.
std::vector<std::string> rows_of(const std::string& path, std::string* header = nullptr) {
  auto rows = open_text_rows(path);
  if (!rows) return {"error " + std::string(name_of(rows.error().code))};
  if (header != nullptr) {
    for (const std::string& name : (*rows)->column_names()) *header += name + "|";
  }
  std::vector<std::string> lines;
  Fields fields;
  while (true) {
    const Outcome<bool> more = (*rows)->next(fields);
    if (!more) {
      lines.push_back("error " + describe(more.error()));
      return lines;
    }
    if (!*more) return lines;
    EXPECT_EQ((*rows)->row_number(), lines.size() + 1);
    std::string line;
    for (const auto& field : fields) line += std::string(field.value_or("~")) + "|";
    lines.push_back(line);
  }
}

void write(const std::string& path, std::string_view text) {
  ASSERT_TRUE(write_file_atomically(path, text));
}

void run_sql(const std::string& sql) {
  const auto database = Database::open({});
  ASSERT_TRUE(database);
  const auto connection = (*database)->connect();
  ASSERT_TRUE(connection);
  const Outcome<void> done = (*connection)->run(sql);
  ASSERT_TRUE(done) << describe(done.error());
}

TEST(TextRows, ParquetBecomesTextWithoutLoss) {
  const TestFolder folder;
  const std::string path = folder.file("a.parquet");
  run_sql(
      "COPY (SELECT 0.1::DOUBLE AS d, 9007199254740993::BIGINT AS b, [1.5, NULL] AS l,"
      " TIMESTAMPTZ '2025-12-01 00:05:00+00' AS t, TIMESTAMP '2025-12-01 00:05:00.25' AS u,"
      " DATE '2025-12-01' AS day, NULL::INTEGER AS n, 'x\"y' AS s, 12.30::DECIMAL(9,2) AS c,"
      " 1e-9::DOUBLE AS e) TO " +
      sql_text(path) + " (FORMAT parquet)");
  std::string header;
  const auto rows = rows_of(path, &header);
  EXPECT_EQ(header, "d|b|l|t|u|day|n|s|c|e|");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0],
            "0.1|9007199254740993|[1.5,null]|2025-12-01 00:05:00+00|2025-12-01 00:05:00.25|"
            "2025-12-01|~|x\"y|12.30|1e-09|");
}

TEST(TextRows, RefusesOtherFiles) {
  const TestFolder folder;
  const std::string path = folder.file("a");
  EXPECT_EQ(rows_of(path), std::vector<std::string>{"error not_found"});
  write(path, "time,price\n1,2\n");
  const std::vector<std::string> refused{"error bad_format"};
  EXPECT_EQ(rows_of(path), refused);
  write(path, "{\"a\": 1}\n");
  EXPECT_EQ(rows_of(path), refused);
  write(path, "PAR1PAR1");
  EXPECT_EQ(rows_of(path), refused);
  EXPECT_EQ(rows_of(folder.path()), std::vector<std::string>{"error cannot_read"});
}

TEST(TextRows, ReadsTheRecordedFiles) {
  const char* recorded = std::getenv("FAULTLINE_RECORDED_DATA");
  if (recorded == nullptr) GTEST_SKIP() << "set FAULTLINE_RECORDED_DATA to the recorded data";
  for (const char* folder : {"multivenue", "prints"}) {
    const auto entries = list_folder(std::string(recorded) + "/" + folder);
    ASSERT_TRUE(entries) << describe(entries.error());
    for (const FolderEntry& entry : *entries) {
      const std::string path = std::string(recorded) + "/" + folder + "/" + entry.name;
      if (!entry.name.ends_with(".parquet")) continue;
      auto rows = open_text_rows(path);
      ASSERT_TRUE(rows) << describe(rows.error());
      Fields fields;
      std::string first;
      while (true) {
        const Outcome<bool> more = (*rows)->next(fields);
        ASSERT_TRUE(more) << describe(more.error());
        if (!*more) break;
        if (!first.empty()) continue;
        for (std::size_t i = 0; i < fields.size(); ++i)
          first += (*rows)->column_names()[i] + "=" + std::string(fields[i].value_or("~")) + " ";
      }
      EXPECT_GT((*rows)->row_number(), 10U) << path;
      RecordProperty(entry.name, first.substr(0, 300));
    }
  }
}

}  // namespace
}  // namespace faultline

#include "feed/table_reader.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "feed/test_import.hpp"

namespace faultline {
namespace {

class TableReaderTest : public testing::Test {
 protected:
  TableReaderTest() {
    table_.symbol.fixed = *parse_instrument_id("okx:X");
    EmitSpec emit;
    emit.kind = EventKind::kFunding;
    for (const char* column : {"t", "r"}) {
      emit.fields.emplace_back(FieldSource());
      emit.fields.back()->column = column;
    }
    table_.emits.push_back(emit);
  }

  // "header| row@line row@line !complaint", fields between commas, or the error as text.
  std::string read(const std::string& name, std::string_view bytes) {
    const std::string path = folder_.file(name);
    const auto written = write_file_atomically(path, bytes);
    FAULTLINE_CHECK(written.has_value());
    const auto reader = open_table(path, table_);
    if (!reader) return shortened(describe(reader.error()));
    std::string out;
    for (const std::string& column : (*reader)->header()) out += column + "|";
    CsvBlock block;
    for (;;) {
      const Outcome<bool> more = (*reader)->next(block);
      if (!more) return out + " " + shortened(describe(more.error()));
      if (!*more) return out;
      EXPECT_GT(block.row_count() + (*reader)->unreadable().size(), 0U);
      EXPECT_LE((*reader)->bytes_done(), (*reader)->bytes_total());
      for (const UnreadableLine& line : (*reader)->unreadable()) {
        out += " !" + line.part + ":" + std::to_string(line.line) + ":" + line.field + ":" +
               std::string(name_of(line.code)) + ":" + line.text;
      }
      for (std::size_t row = 0; row < block.row_count(); ++row) {
        out += " " + std::string(block.raw_row(row)) + "@" + (*reader)->part() +
               std::to_string(block.line_of(row));
      }
    }
  }

  std::string shortened(std::string text) const {
    const std::string prefix = folder_.path() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

  TestFolder folder_;
  TableSpec table_;
};

TEST_F(TableReaderTest, FindsTheHeader) {
  EXPECT_EQ(read("a.csv", "t,r\n1,2\n\n3,4"), "t|r| 1,2@2 3,4@4");
  EXPECT_EQ(read("a.csv", "1,2\n"),
            "a.csv:1: the header lacks this column (there is no header row, and the descriptor "
            "gives no column_names)");
  table_.column_names = {"t", "r"};
  EXPECT_EQ(read("a.csv", "1,2\n3,4\n"), "t|r| 1,2@1 3,4@2");
  EXPECT_EQ(read("a.csv", "t,r\n3,4\n"), "t|r| 3,4@2");
  table_.header = HeaderChoice::kYes;
  EXPECT_EQ(read("a.csv", "1,2\n3,4\n"), "1|2| 3,4@2");
  table_.header = HeaderChoice::kNo;
  EXPECT_EQ(read("a.csv", "t,r\n3,4\n"), "t|r| t,r@1 3,4@2");
}

TEST_F(TableReaderTest, SaysWhenThereIsNothingToRead) {
  EXPECT_EQ(read("a.csv", ""), "a.csv: empty where a value is required (the file holds no rows)");
  EXPECT_EQ(read("a.csv", "\n\r\n"),
            "a.csv: empty where a value is required (the file holds no rows)");
  EXPECT_EQ(read("a.csv", "t,r\n"), "t|r|");
  EXPECT_EQ(read("a.jsonl", " \n"),
            "a.jsonl: empty where a value is required (the file holds no rows)");
  EXPECT_EQ(read("a.zip", zip_of({})),
            "a.zip: empty where a value is required (the archive holds no files)");
}

TEST_F(TableReaderTest, ReadsEveryEntryOfAnArchive) {
  const std::string zip = zip_of(
      {{"a.csv", "t,r\n1,2\n"}, {"none.csv", ""}, {"only.csv", "t,r\n"}, {"b/c.csv", "t,r\n3,4"}});
  EXPECT_EQ(read("a.zip", zip), "t|r| 1,2@a.csv2 3,4@b/c.csv2");
}

TEST_F(TableReaderTest, LeavesOutEntriesThatHoldSomethingElse) {
  const std::string good = "t,r\n1,2\n";
  std::string other = "key,value\n";
  for (int i = 0; i < 100'000; ++i) other += "a,b\n";
  other += "\"";
  EXPECT_EQ(read("a.zip", zip_of({{"a.csv", good}, {"b.csv", other}, {"c.csv", good}})),
            "t|r| 1,2@a.csv2 !b.csv:1::missing_column:key,value 1,2@c.csv2");
  // The first entry does not decide what the others are.
  EXPECT_EQ(read("a.zip", zip_of({{"a.txt", "read me\n"}, {"b.csv", good}})),
            "t|r| !a.txt:1:t:missing_column:read me 1,2@b.csv2");
  EXPECT_EQ(read("a.zip", zip_of({{"a.csv", good}, {"._a.csv", std::string("\0\5\26\7", 4)}})),
            "t|r| 1,2@a.csv2 !._a.csv:1::binary_data:");
  EXPECT_EQ(read("a.zip", zip_of({{"a.csv", good}, {"b.csv", "r,t\n1,2\n"}})),
            "t|r| 1,2@a.csv2 !b.csv:1::missing_column:r,t");
  // None fits: the first one's complaint.
  EXPECT_EQ(read("a.zip", zip_of({{"a.csv", "x,y\n"}, {"b.csv", "y,z\n"}})),
            "a.zip/a.csv:1: t: the header lacks this column (the descriptor's line 0 asks for it; "
            "the file has x)");
}

TEST_F(TableReaderTest, RefusesAnArchiveWhereAnEntryOfOursIsDamaged) {
  const std::string good = "t,r\n1,2\n";
  EXPECT_EQ(read("a.zip", zip_of({{"a.csv", good}, {"b.csv", good + std::string("\0", 1)}})),
            "t|r| 1,2@a.csv2 !b.csv:3::binary_data:");
  std::string zip = zip_of({{"a.csv", good}, {"b.csv", good}});
  zip[zip.rfind("1,2")] = '7';
  EXPECT_EQ(read("a.zip", zip),
            "a.zip/a.csv:1: compressed data that cannot be unpacked (after 8 bytes "
            "of text)");
}

TEST_F(TableReaderTest, JsonLinesKeepTheirTexts) {
  EXPECT_EQ(
      read("odd [name]*.jsonl",
           "\xEF\xBB\xBF{\"t\": \"2025-12-01T00:05:00+03:00\", \"px\": \"0.10\", "
           "\"n\": 12345678901234567}\r\n"
           "\n"
           "{\"t\": \"x\", \"px\": 92759.3, \"levels\": [[1,\"2\"],[3,\"4\"]], \"ok\": true}\n"
           "{\"n\": null, \"px\": 1e-7, \"late\": {\"a\": \"b\"}}"),
      "t|px|n|levels|ok|late| 2025-12-01T00:05:00+03:00,0.10,12345678901234567,,,@1"
      " x,92759.3,,[[1,\"2\"],[3,\"4\"]],true,@3"
      " ,1e-7,,,,{\"a\": \"b\"}@4");
}

TEST_F(TableReaderTest, AJsonLineThatIsNoneIsPutAsideAndTheOthersAreRead) {
  EXPECT_EQ(read("a.jsonl", "{\"t\":1,\"r\":2}\n{\"t\":3,\n[4]\n{\"t\":5,\"t\":6}\n{\"r\":7}\n"),
            "t|r| !:2:row:bad_json:{\"t\":3, !:3:row:bad_json:[4]"
            " !:4:row:duplicate:{\"t\":5,\"t\":6} 1,2@1 ,7@5");
  EXPECT_EQ(read("a.jsonl", "{\"t\":1}\n\0\n"), "t| 1@1");
  EXPECT_EQ(read("a.jsonl", "time,price\n1,2\n"),
            "a.jsonl:1: not in the format that was named (no line is a JSON object; this one: not "
            "JSON at byte 1 of the line)");
  EXPECT_EQ(read("a.jsonl", "[\n{\"t\":1},\n{\"t\":2}\n]\n"),
            "t| !:1:row:bad_json:[ !:2:row:bad_json:{\"t\":1}, !:4:row:bad_json:] 2@3");
}

TEST_F(TableReaderTest, JsonLinesComePackedToo) {
  const std::string lines = "{\"t\":1,\"r\":2}\n{\"t\":3,\"r\":4}";
  EXPECT_EQ(read("a.jsonl.gz", gzip_of(lines)), "t|r| 1,2@1 3,4@2");
  table_.format = TableFormat::kJsonLines;
  EXPECT_EQ(read("a.zip", zip_of({{"a", lines}, {"b", "{\"u\":5}x\n{\"u\":6}\n"}})),
            "t|r|u| 1,2,@a1 3,4,@a2 !b:1:row:bad_json:{\"u\":5}x ,,6@b2");
  const std::string whole = gzip_of(lines);
  for (const std::size_t kept : {whole.size() - 1, whole.size() - 8, whole.size() / 2}) {
    EXPECT_TRUE(read("a.gz", std::string_view(whole).substr(0, kept))
                    .starts_with("a.gz: the data ends too early (at unpacked byte "))
        << kept;
  }
}

TEST_F(TableReaderTest, ManyLinesComeInManyBlocks) {
  std::string lines;
  std::string expected = "t|";
  for (int i = 1; i <= 20'000; ++i) {
    const bool is_bad = i % 7'000 == 0;
    lines += is_bad ? "{\n" : "{\"t\":" + std::to_string(i) + "}\n";
  }
  const std::string path = folder_.file("a.jsonl");
  ASSERT_TRUE(write_file_atomically(path, lines));
  const auto reader = open_table(path, table_);
  ASSERT_TRUE(reader) << describe(reader.error());
  CsvBlock block;
  std::size_t rows = 0;
  std::vector<std::uint64_t> bad;
  while (*(*reader)->next(block)) {
    for (const UnreadableLine& line : (*reader)->unreadable()) bad.push_back(line.line);
    for (std::size_t row = 0; row < block.row_count(); ++row)
      ASSERT_EQ(block.raw(row, 0), std::to_string(block.line_of(row)));
    rows += block.row_count();
  }
  EXPECT_EQ(rows, 19'998U);
  EXPECT_EQ(bad, (std::vector<std::uint64_t>{7'000, 14'000}));
}

TEST_F(TableReaderTest, NoLineAndNoSetOfNamesGrowsWithoutBound) {
  EXPECT_EQ(read("a.jsonl", "{\"t\":1}\n" + std::string((std::size_t{64} << 20) + 200'000, ' ')),
            "a.jsonl:2: a line longer than the limit");
  std::string lines;
  for (int i = 0; i < 10'001; ++i) lines += "{\"" + std::to_string(i) + "\":1}\n";
  EXPECT_EQ(read("a.jsonl", lines),
            "a.jsonl:10001: a limit was reached (over 10,000 names of members)");
}

TEST_F(TableReaderTest, ReadsTheRecordedJsonLines) {
  const char* recorded = std::getenv("FAULTLINE_RECORDED_DATA");
  if (recorded == nullptr) GTEST_SKIP() << "set FAULTLINE_RECORDED_DATA to the recorded data";
  const std::string live = std::string(recorded) + "/live";
  const auto entries = list_folder(live);
  ASSERT_TRUE(entries) << describe(entries.error());
  for (const FolderEntry& entry : *entries) {
    if (!entry.name.ends_with(".jsonl.gz")) continue;
    const auto reader = open_table(live + "/" + entry.name, table_);
    ASSERT_TRUE(reader) << describe(reader.error());
    CsvBlock block;
    std::uint64_t rows = 0;
    for (;;) {
      const Outcome<bool> more = (*reader)->next(block);
      ASSERT_TRUE(more) << describe(more.error());
      if (!*more) break;
      EXPECT_TRUE((*reader)->unreadable().empty()) << entry.name;
      rows += block.row_count();
    }
    EXPECT_GT(rows, 10U) << entry.name;
  }
}

}  // namespace
}  // namespace faultline

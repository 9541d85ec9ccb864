#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/rng.hpp"
#include "feed/convert.hpp"

namespace faultline {
namespace {

constexpr const char* kDescriptor = R"(name = "d"
[[instrument]]
id = "binance_usdm:BTCUSDT"
[[table]]
files = "x"
preset = "binance_vision_agg_trades"
instrument = "binance_usdm:BTCUSDT"
)";

struct Converted {
  std::vector<std::vector<std::int64_t>> values;
  std::vector<std::string> rejected;  // "line column reason"

  friend bool operator==(const Converted&, const Converted&) = default;
};

enum class Path { kFast, kExact };

// Every `step`-th row of every block.
Converted convert(const std::string& text, Path path, std::size_t step, std::size_t block_bytes) {
  const Outcome<Dataset> dataset = parse_dataset(kDescriptor, "d");
  FAULTLINE_CHECK(dataset.has_value());
  TableSpec table = dataset->tables[0];
  // A word that means "absent" asks for a second look at every cell.
  if (path == Path::kExact) table.absent_words = {"no such word"};
  Outcome<RowConverter> converter =
      RowConverter::make(table, table.emits[0], dataset->instruments[0], table.column_names, "x");
  FAULTLINE_CHECK(converter.has_value());
  std::string_view rest = text;
  const ReadFn source = [&rest](std::span<char> out) -> Result<std::size_t> {
    const std::size_t size = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), size, out.begin());
    rest.remove_prefix(size);
    return size;
  };
  CsvReader reader(source, CsvOptions{.block_bytes = block_bytes});
  CsvBlock block;
  ColumnBatch batch(EventKind::kTrade);
  ConvertCounts counts;
  Converted out;
  std::uint64_t line = 0;
  while (*reader.next(block)) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < block.row_count(); ++row) {
      if (line++ % step == 0) rows.push_back(row);
    }
    std::vector<RejectedRow> rejected;
    converter->convert(block, rows, batch, rejected, counts);
    std::ranges::sort(rejected, {}, &RejectedRow::row);
    for (const RejectedRow& row : rejected) {
      out.rejected.push_back(std::to_string(block.line_of(row.row)) + " " +
                             std::to_string(row.column) + " " + std::string(name_of(row.code)));
    }
  }
  for (const Column& column : batch.columns) out.values.push_back(column.values);
  return out;
}

std::string trade_row(std::size_t i) {
  const std::string number = std::to_string(i);
  return std::to_string(3'000'000'000 + i) + ",92" + std::to_string(700 + i % 200) + ".3," +
         std::to_string(i % 12) + ".125," + number + "," + number + "," +
         std::to_string(1'764'547'500'000 + i) + (i % 3 == 0 ? ",true\n" : ",false\n");
}

TEST(ConvertFill, NamesTheRowThatIsJustInvalid) {
  const std::vector<std::pair<std::string, std::string>> defects{
      {"92703.3", "92703.25"},    {"92703.3", "92703x3"}, {"92703.3", "0.0"},
      {"3.125", "3.1255"},        {"3.125", ""},          {"3.125", "-3.125"},
      {"1764547500003", "17645"}, {"true", "tru"},        {"true", "truest"},
      {"true", "true,1"}};
  const std::vector<std::string> complaints{
      "4 1 off_grid", "4 1 not_a_number",   "4 1 out_of_range", "4 2 off_grid",
      "4 2 empty",    "4 2 out_of_range",   "4 0 bad_time",     "4 3 bad_side",
      "4 3 bad_side", "4 0 too_many_fields"};
  for (std::size_t at = 0; at < defects.size(); ++at) {
    std::string text;
    for (std::size_t i = 0; i < 11; ++i) {
      std::string row = trade_row(i);
      if (i == 3)
        row.replace(row.find(defects[at].first), defects[at].first.size(), defects[at].second);
      text += row;
    }
    const Converted got = convert(text, Path::kFast, 1, 4'096);
    EXPECT_EQ(got.rejected, std::vector<std::string>{complaints[at]}) << defects[at].second;
    ASSERT_EQ(got.values[0].size(), 10U);
    EXPECT_EQ(got.values[0][3], 1'764'547'500'004'000'000);
    EXPECT_EQ(got.values[1][3], 927'043);
    EXPECT_EQ(got.values[2][3], 4'125);
    EXPECT_EQ(got.values[3][3], 0);
    EXPECT_EQ(got.values[4][3], 3'000'000'004);
  }
}

TEST(ConvertFill, FastAndExactPathsAgree) {
  Rng rng(21);
  for (int round = 0; round < 60; ++round) {
    std::string text;
    const std::size_t count = 1 + rng.below(1'500);
    const std::uint64_t rarity = std::uint64_t{40} << rng.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      std::string row = trade_row(i);
      if (rng.below(rarity) == 0) row[rng.below(row.size())] = "0.,-9xe\n"[rng.below(8)];
      if (rng.below(rarity) == 0) row.erase(rng.below(row.size()), 1);
      text += row;
    }
    for (const std::size_t step : {1U, 3U}) {
      const Converted exact = convert(text, Path::kExact, step, std::size_t{1} << 18);
      EXPECT_EQ(exact, convert(text, Path::kFast, step, std::size_t{1} << 18)) << round;
      EXPECT_EQ(exact, convert(text, Path::kFast, step, 1'000)) << round;
    }
  }
}

}  // namespace
}  // namespace faultline

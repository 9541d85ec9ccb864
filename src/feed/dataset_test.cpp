#include "feed/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace faultline {
namespace {

// A descriptor with one line more or other than it should be, and what is said about it.
constexpr std::string_view kGood = R"(name = "d"
[[instrument]]
id = "okx:X"
[[table]]
files = "a.csv"
instrument = "okx:X"
[[table.emit]]
kind = "trade"
time = "t"
price = "p"
qty = "q"
)";

std::string complaint_about(std::string_view text) {
  const auto dataset = parse_dataset(text, "d.toml");
  return dataset ? "" : describe(dataset.error());
}

std::string with(std::string_view from, std::string_view to) {
  std::string text(kGood);
  const std::size_t at = text.find(from);
  FAULTLINE_CHECK(at != std::string::npos);
  return complaint_about(text.replace(at, from.size(), to));
}

TEST(Dataset, TakesWhatIsWellFormed) {
  const auto dataset = parse_dataset(kGood, "d.toml");
  ASSERT_TRUE(dataset.has_value()) << describe(dataset.error());
  EXPECT_EQ(dataset->name, "d");
  ASSERT_EQ(dataset->tables.size(), 1U);
  const EmitSpec& emit = dataset->tables[0].emits[0];
  EXPECT_EQ(emit.kind, EventKind::kTrade);
  EXPECT_EQ(emit.fields[0]->column, "t");
  EXPECT_FALSE(emit.removes_duplicates);  // without an id twins cannot be told apart
  EXPECT_EQ(*emit.fields[3]->constant, 2);
  EXPECT_EQ(*emit.fields[4]->constant, 0);
  EXPECT_FALSE(dataset->spec_of(*parse_instrument_id("okx:Y")).has_value());
}

std::string lines_of(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '|', '\n');
  return out;
}

TEST(Dataset, NamesFileLineAndKey) {
  std::ifstream in(FAULTLINE_SOURCE_DIR "/tests/malformed/descriptors.txt");
  std::string change;
  std::string said;
  std::size_t count = 0;
  while (std::getline(in, change)) {
    if (change.empty() || change[0] == '#') continue;
    std::getline(in, said);
    const std::size_t arrow = change.find(" -> ");
    ASSERT_NE(arrow, std::string::npos) << change;
    ++count;
    const std::string after = change.substr(arrow + 4);
    EXPECT_EQ(with(lines_of(change.substr(0, arrow)), after == "(nothing)" ? "" : lines_of(after)),
              said.substr(2))
        << change;
  }
  EXPECT_GE(count, 48U);
}

TEST(Dataset, EveryPresetParses) {
  ASSERT_EQ(preset_list().size(), 16U);
  for (const PresetInfo& preset : preset_list()) {
    std::string text = "name = \"d\"\n[[instrument]]\nid = \"okx:X\"\n[[table]]\nfiles = \"a\"\n";
    text += "instrument = \"okx:X\"\npreset = \"" + std::string(preset.name) + "\"\n";
    if (preset.name == "binance_vision_klines") {
      EXPECT_EQ(complaint_about(text),
                "d.toml:4: table[0].length: a required field is missing (every bar needs it)");
      text += "length = \"1m\"\n";
    }
    EXPECT_EQ(complaint_about(text), "") << preset.name;
  }
}

}  // namespace
}  // namespace faultline

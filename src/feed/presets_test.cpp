// Every preset reads its public file format: one small sample each (tests/golden/<preset>),
// compared number by number, as it is, packed, with other line ends, and without its header where
// it may lack it.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "feed/test_import.hpp"

namespace faultline {
namespace {

std::string text_of(const std::string& preset, const std::string& name) {
  std::ifstream in(FAULTLINE_SOURCE_DIR "/tests/golden/" + preset + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All rows of the store as text: the kind, then its columns; "-" where absent.
std::string rows_text(ImportBench& bench) {
  std::string out;
  for (std::size_t kind = 0; kind < kEventKindCount; ++kind) {
    for (const TestRow& row : bench.rows("okx:X", static_cast<EventKind>(kind))) {
      out += name_of(static_cast<EventKind>(kind));
      for (const auto& value : row) out += value ? " " + std::to_string(*value) : " -";
      out += '\n';
    }
  }
  return out;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string imported(const std::string& preset, const std::string& file, std::string_view bytes) {
  ImportBench bench;
  bench.write(file, bytes);
  std::string toml = text_of(preset, "descriptor.toml");
  toml.replace(toml.find('@'), 1, file);
  const std::string complaint = bench.complaint(toml);
  return complaint.empty() ? rows_text(bench) : complaint;
}

TEST(Presets, ReadTheirGoldenSamples) {
  for (const PresetInfo& info : preset_list()) {
    const std::string preset(info.name);
    const std::string input = text_of(preset, "input.csv");
    const std::string expected = text_of(preset, "expected.txt");
    ASSERT_FALSE(input.empty()) << preset;
    EXPECT_EQ(imported(preset, "a.csv", input), expected) << preset;
    EXPECT_EQ(imported(preset, "a.csv", with_crlf(input)), expected) << preset << " CRLF";
    EXPECT_EQ(imported(preset, "a.csv.gz", gzip_of(input)), expected) << preset << " gz";
    EXPECT_EQ(imported(preset, "a.zip", zip_of({{"a.csv", input}})), expected) << preset << " zip";
  }
}

// Five minutes of a bar of one would be four minutes of the future.
TEST(Presets, KlinesMustBeAsLongAsTheyAreSaidToBe) {
  ImportBench bench;
  bench.write("a.csv", text_of("binance_vision_klines", "input.csv"));
  std::string toml = text_of("binance_vision_klines", "descriptor.toml");
  toml.replace(toml.find('@'), 1, "a.csv");
  toml.replace(toml.find("\"1m\""), 4, "\"5m\"");
  const std::string complaint = bench.complaint(toml);
  EXPECT_NE(complaint.find("the bar is not as long as it should be"), std::string::npos)
      << complaint;
  EXPECT_TRUE(bench.rows("okx:X", EventKind::kBar).empty());
}

TEST(Presets, TakeFilesThatLackTheirHeader) {
  for (const std::string preset :
       {"binance_vision_klines", "binance_vision_agg_trades", "binance_vision_trades",
        "binance_vision_funding_rate", "binance_vision_liquidation_snapshot"}) {
    const std::string input = text_of(preset, "input.csv");
    const std::string bare = input.substr(input.find('\n') + 1);
    const std::string expected = text_of(preset, "expected.txt");
    EXPECT_EQ(imported(preset, "a.csv", bare), expected) << preset;
    // A month as two files of one archive, the older without a header.
    EXPECT_EQ(imported(preset, "a.zip", zip_of({{"a.csv", bare}, {"b.csv", ""}, {"c.csv", input}}))
                  .find("header"),
              std::string::npos)
        << preset;
  }
}

}  // namespace
}  // namespace faultline

// The descriptors that come with Faultline, on the recorded data that they describe.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "feed/test_import.hpp"

namespace faultline {
namespace {

Outcome<Dataset> shipped(const std::string& name) {
  const std::string path = std::string(FAULTLINE_SOURCE_DIR) + "/datasets/" + name;
  const Outcome<std::string> text = read_whole_file(path, 1 << 20);
  if (!text) return text.error();
  return parse_dataset(*text, path);
}

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  const auto entries = list_folder(FAULTLINE_SOURCE_DIR "/datasets");
  FAULTLINE_CHECK(entries.has_value());
  for (const FolderEntry& entry : *entries) {
    if (entry.name.ends_with(".toml")) names.push_back(entry.name);
  }
  return names;
}

// One tick and lot each, whichever of them is imported first.
TEST(ShippedDescriptors, SayTheSameOfAnInstrument) {
  std::map<InstrumentId, InstrumentSpec> known;
  ASSERT_GE(shipped_names().size(), 12U);
  for (const std::string& name : shipped_names()) {
    const Outcome<Dataset> dataset = shipped(name);
    ASSERT_TRUE(dataset) << describe(dataset.error());
    for (const InstrumentSpec& spec : dataset->instruments)
      EXPECT_EQ(known.emplace(spec.id, spec).first->second, spec) << name;
  }
}

TEST(ShippedDescriptors, GoIntoOneStore) {
  const char* data = std::getenv("FAULTLINE_RECORDED_DATA");
  if (data == nullptr) GTEST_SKIP() << "set FAULTLINE_RECORDED_DATA to the recorded data";
  ImportBench bench;
  bench.options().root = data;
  // Those with symbols that only a file names, and those that share instruments with them.
  for (const char* name : {"binance_force_orders.toml", "hyperliquid_single_account.toml",
                           "hyperliquid_positions.toml", "hyperliquid_2023.toml",
                           "liquidation_prints.toml", "multivenue.toml"}) {
    const auto report = import_dataset(*shipped(name), bench.store(), bench.options(), {});
    ASSERT_TRUE(report) << name << ": " << describe(report.error());
  }
}

}  // namespace
}  // namespace faultline

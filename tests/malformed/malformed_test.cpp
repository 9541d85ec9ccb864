// What a person is told about a file that is not what it should be.
//
// Each row: a file of this folder (or one made here, where it is binary), the descriptor that reads
// it, and the exact complaint. Nothing may be dropped without one, and nothing may crash.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "feed/test_import.hpp"

namespace faultline {
namespace {

constexpr std::string_view kBars = R"(
name = "bars"
[[instrument]]
id = "okx:X"
lot_size = "0.001"
[[table]]
files = ["@"]
instrument = "okx:X"
[[table.emit]]
kind = "bar"
length = "1m"
time = "ts"
open = "open"
high = "high"
low = "low"
close = "close"
volume = "volume"
taker_buy_volume = "taker"
)";

constexpr std::string_view kTrades = R"(
name = "trades"
[[instrument]]
id = "okx:BTC"
[[table]]
files = ["@"]
symbol = { column = "coin", venue = "okx" }
[[table.emit]]
kind = "trade"
time = "ts"
price = "price"
qty = "qty"
taker_side = "side"
)";

constexpr std::string_view kBooks = R"(
name = "books"
[[instrument]]
id = "okx:X"
[[table]]
files = ["@"]
instrument = "okx:X"
[[table.emit]]
kind = "book"
time = "ts"
levels = { bids = "bids", asks = "asks" }
)";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  FAULTLINE_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Case {
  std::string file;
  std::string descriptor;
  std::string complaint;
};

std::string bytes_of(const std::string& name) {
  std::ifstream in(FAULTLINE_SOURCE_DIR "/tests/malformed/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A change "old -> new" to the text; ";" in `new` is a line end.
std::string descriptor_of(std::string_view words) {
  const std::size_t space = words.find(' ');
  const std::string_view name = words.substr(0, space);
  const std::string text(name == "bars" ? kBars : name == "books" ? kBooks : kTrades);
  if (space == std::string_view::npos) return text;
  const std::string_view change = words.substr(space + 1);
  const std::size_t arrow = change.find(" -> ");
  std::string now(change.substr(arrow + 4));
  std::ranges::replace(now, ';', '\n');
  return replaced(text, change.substr(0, arrow), now);
}

std::vector<Case> read_cases() {
  std::ifstream in(FAULTLINE_SOURCE_DIR "/tests/malformed/cases.txt");
  std::vector<Case> out;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    Case one{line, "", ""};
    std::getline(in, one.descriptor);
    std::getline(in, one.complaint);
    one.descriptor = descriptor_of(std::string_view(one.descriptor).substr(2));
    one.complaint.erase(0, 2);
    out.push_back(std::move(one));
  }
  return out;
}

// Files that are binary or large are made here out of good.csv.
void make_files(ImportBench& bench) {
  const std::string good = bytes_of("good.csv");
  const std::string gz = gzip_of(good);
  bench.write("cut_in_header.csv.gz", gz.substr(0, 6));
  bench.write("cut_in_data.csv.gz", gz.substr(0, gz.size() / 2));
  bench.write("cut_in_checksum.csv.gz", gz.substr(0, gz.size() - 3));
  std::string damaged = gz;
  damaged[60] = static_cast<char>(damaged[60] ^ 4);
  bench.write("damaged.csv.gz", damaged);
  bench.write("empty.csv.gz", "");
  std::string returns = good;
  std::ranges::replace(returns, '\n', '\r');
  bench.write("returns_only.csv", returns);
  std::string zip = zip_of({{"a.csv", good}});
  zip[60] = static_cast<char>(zip[60] ^ 4);
  bench.write("damaged.zip", zip);
  bench.write("cut.zip", zip_of({{"a.csv", good}}).substr(0, 80));
  bench.write("other_header.zip", zip_of({{"a.csv", good}, {"b.csv", bytes_of("semicolons.csv")}}));
  bench.write("empty_entries.zip", zip_of({{"a.csv", ""}, {"b.csv", ""}}));
  std::string noise;
  for (int i = 0; i < 4000; ++i) noise += static_cast<char>((i * i * 7 + i / 3) & 0xff);
  bench.write("binary.csv", noise);
  bench.write("huge_line.csv", good + std::string(3'000'000, '7') + "\n" + good);
  bench.write("cut.jsonl.gz", gzip_of("{\"ts\":1}\n").substr(0, 20));
  FAULTLINE_CHECK(make_folders(bench.path("folder.csv")).has_value());
}

TEST(Malformed, EachFileGetsItsComplaint) {
  ImportBench bench;
  make_files(bench);
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 60U);
  for (const Case& one : cases) {
    const std::string on_disk = bytes_of(one.file);
    if (!on_disk.empty() || one.file == "empty.csv") bench.write(one.file, on_disk);
    std::string descriptor = one.descriptor;
    descriptor.replace(descriptor.find('@'), 1, one.file);
    if (one.file.ends_with(".toml")) descriptor = on_disk;
    std::string complaint = bench.complaint(descriptor);
    if (complaint.empty()) complaint = "-";
    std::printf("%-32s %s\n", one.file.c_str(), complaint.c_str());
    EXPECT_EQ(complaint, one.complaint) << one.file;
  }
}

}  // namespace
}  // namespace faultline

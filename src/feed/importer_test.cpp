#include "feed/importer.hpp"

#include <gtest/gtest.h>

#include "feed/test_import.hpp"

namespace faultline {
namespace {

constexpr std::string_view kTrades = R"(name = "d"
[[instrument]]
id = "okx:BTC"
[[instrument]]
id = "okx:ETH"
[[table]]
files = "t*.csv"
symbol = { column = "coin", venue = "okx", upper = true }
[[table.emit]]
kind = "trade"
time = "t"
price = "p"
qty = "q"
trade_id = "i"
running_ids = true
)";
constexpr std::string_view kHead = "t,coin,p,q,i\n";

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  FAULTLINE_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string file_text(const std::string& path) {
  const auto text = read_whole_file(path, 1 << 20);
  return text ? *text : "";
}

TEST(Importer, SortsRowsByTheirInstrumentAndCountsWhatIsOdd) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) +
                            "1764547200,BTC,1,2,10\n1764547203,btc,1,2,11\n1764547202,BTC,1,2,15\n"
                            "1764547202,BTC,1,2,15\n1764547201,eth,3,4,7\n");
  const auto report = bench.run(kTrades);
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  const FileReport& file = report->files[0];
  EXPECT_EQ(file.file, "t1.csv");
  EXPECT_EQ(file.rows_read, 5U);
  EXPECT_EQ(file.rows_taken,
            (std::map<std::string, std::uint64_t>{{"okx:BTC trade", 3}, {"okx:ETH trade", 1}}));
  EXPECT_EQ(file.warnings,
            (std::map<std::string, std::uint64_t>{
                {"duplicate_rows", 1}, {"out_of_order_rows", 2}, {"trade_id_jumps", 1}}));
  const auto rows = bench.rows("okx:BTC", EventKind::kTrade);
  ASSERT_EQ(rows.size(), 3U);  // sorted by time, one of the twins
  EXPECT_EQ(rows[1][4], 15);
  EXPECT_EQ(rows[2][4], 11);
  const auto record = bench.store().record(*parse_instrument_id("okx:ETH"));
  EXPECT_TRUE(record->find(EventKind::kTrade)->warnings.empty());  // those were the other's
}

TEST(Importer, WritesEachBadRowToTheQuarantineFile) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) +
                            "1764547200,BTC,1,2,10\n1764547201,BTC,\"1,5\",2,11\n"
                            "1764547202,BTC,1\n1764547203,BTC,1,2,12\n1764547204,BTC,1,2,13\n");
  const auto report = bench.run(kTrades);
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  const FileReport& file = report->files[0];
  EXPECT_EQ(file.rows_quarantined, 2U);
  // The checksum of the file is part of the name: another t1.csv gets another quarantine.
  EXPECT_TRUE(file.quarantine_file.starts_with(bench.path("quarantine/d-0-t1.csv-")));
  // Complaints about the shape of a row come before those about its fields.
  EXPECT_EQ(file.first_complaint,
            "t1.csv:4: row = \"3 fields instead of 5\": a required field is missing");
  EXPECT_EQ(file_text(file.quarantine_file),
            "file,line,field,reason,row\n"
            "t1.csv,4,row,missing_field,\"1764547202,BTC,1\"\n"
            "t1.csv,3,p,not_a_number,\"1764547201,BTC,\"\"1,5\"\",2,11\"\n");
}

TEST(Importer, CountsARowOnceHoweverManyKindsComplain) {
  ImportBench bench;
  bench.write("a.csv", "t,m,o\n1764547200,1,1\nsoon,2,2\n1764547320,3,3\n");
  const auto report = bench.run(R"(name = "d"
[[instrument]]
id = "okx:X"
[[table]]
files = "a.csv"
instrument = "okx:X"
[[table.emit]]
kind = "mark"
time = "t"
mark = "m"
[[table.emit]]
kind = "open_interest"
time = "t"
qty = "o"
)");
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->files[0].rows_quarantined, 1U);
  EXPECT_EQ(report->total_taken(), 4U);
  EXPECT_EQ(file_text(report->files[0].quarantine_file),
            "file,line,field,reason,row\na.csv,3,t,not_a_number,\"soon,2,2\"\n"
            "a.csv,3,t,not_a_number,\"soon,2,2\"\n");
}

TEST(Importer, DoesNothingTheSecondTime) {
  ImportBench bench;
  const std::string bytes = std::string(kHead) +
                            "1764547200,BTC,1,2,10\n1764547201,ETH,x,2,11\n"
                            "1764547202,ETH,1,2,12\n1764547203,ETH,1,2,13\n";
  bench.write("t1.csv", bytes);
  const auto first = bench.run(kTrades);
  ASSERT_TRUE(first.has_value()) << describe(first.error());
  const std::string quarantined = file_text(first->files[0].quarantine_file);
  const auto second = bench.run(kTrades);
  ASSERT_TRUE(second.has_value()) << describe(second.error());
  EXPECT_TRUE(second->files[0].was_known);
  EXPECT_EQ(second->total_taken(), 0U);
  EXPECT_EQ(file_text(first->files[0].quarantine_file), quarantined);
  EXPECT_EQ(bench.rows("okx:ETH", EventKind::kTrade).size(), 2U);
}

// What a stop in the middle leaves behind: one instrument of the file is done, the other is not.
TEST(Importer, CompletesAFileOfWhichOneInstrumentIsKnown) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) + "1764547200,BTC,1,2,10\n1764547201,ETH,1,2,11\n");
  const std::string only_btc =
      with(std::string(kTrades), "upper = true }",
           "upper = true }\nwhere = [{ column = \"coin\", is = \"BTC\" }]");
  const auto first = bench.run(only_btc);
  ASSERT_TRUE(first.has_value()) << describe(first.error());
  EXPECT_EQ(first->files[0].rows_filtered, 1U);
  EXPECT_TRUE(bench.rows("okx:ETH", EventKind::kTrade).empty());
  const auto second = bench.run(kTrades);
  ASSERT_TRUE(second.has_value()) << describe(second.error());
  EXPECT_FALSE(second->files[0].was_known);
  EXPECT_EQ(second->total_taken(), 1U);
  EXPECT_EQ(bench.rows("okx:BTC", EventKind::kTrade).size(), 1U);
  EXPECT_EQ(bench.rows("okx:ETH", EventKind::kTrade).size(), 1U);
}

// Two tables may take different rows of one file for the same instrument and kind.
TEST(Importer, ReadsAFileForEveryTableThatNamesIt) {
  ImportBench bench;
  bench.write("a.csv", "t,r,k\n1764547200,1,x\n1764547201,2,y\n");
  const auto table = [](const std::string& word) {
    return "[[table]]\nfiles = \"a.csv\"\ninstrument = \"okx:X\"\nwhere = [{ column = \"k\", is = "
           "\"" +
           word + "\" }]\n[[table.emit]]\nkind = \"open_interest\"\ntime = \"t\"\nqty = \"r\"\n";
  };
  const std::string toml =
      "name = \"d\"\n[[instrument]]\nid = \"okx:X\"\n" + table("x") + table("y");
  ASSERT_TRUE(bench.run(toml).has_value());
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 2U);
  ASSERT_TRUE(bench.run(toml).has_value());
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 2U);
}

TEST(Importer, ADryRunJudgesAndStoresNothing) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) +
                            "1764547200,BTC,1,2,10\n1764547201,BTC,x,2,11\n"
                            "1764547202,BTC,1,2,12\n");
  const auto dataset = parse_dataset(kTrades, "d.toml");
  ASSERT_TRUE(dataset);
  const auto report = judge_dataset(*dataset, bench.options(), {});
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->total_taken(), 2U);
  EXPECT_EQ(report->total_quarantined(), 1U);
  EXPECT_EQ(report->files[0].quarantine_file, "");
  EXPECT_TRUE(bench.store().instruments().empty());
  EXPECT_FALSE(file_exists(bench.path("quarantine")));
}

TEST(Importer, QuarantinesAMalformedJsonLineAndGoesOn) {
  ImportBench bench;
  bench.write("a.jsonl",
              "{\"t\":1764547200,\"r\":1}\n{\"t\":1764547201,\"r\":\n{\"t\":1764547202,\"r\":3}\n"
              "{\"t\":1764547203,\"r\":\"x\"}\n{\"t\":1764547204,\"r\":\"5\"}\n");
  const auto report = bench.run(R"(name = "d"
[[instrument]]
id = "okx:X"
[[table]]
files = "a.jsonl"
instrument = "okx:X"
[[table.emit]]
kind = "open_interest"
time = "t"
qty = "r"
)");
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  const FileReport& file = report->files[0];
  EXPECT_EQ(file.rows_read, 5U);
  EXPECT_EQ(file.rows_quarantined, 2U);
  EXPECT_EQ(file.first_complaint, "a.jsonl:2: row: not JSON (at byte 21 of the line)");
  EXPECT_EQ(file_text(file.quarantine_file),
            "file,line,field,reason,row\n"
            "a.jsonl,2,row,bad_json,\"{\"\"t\"\":1764547201,\"\"r\"\":\"\n"
            "a.jsonl,4,r,not_a_number,\"1764547203,x\"\n");
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 3U);
}

TEST(Importer, LeavesOutAnEntryThatHoldsSomethingElse) {
  ImportBench bench;
  bench.write("t1.csv", zip_of({{"a.csv", std::string(kHead) + "1764547200,BTC,1,2,10\n"},
                                {"readme.txt", "all about it\n"},
                                {"b.csv", std::string(kHead) + "1764547201,BTC,1,2,11\nx\n"}}));
  const auto report = bench.run(kTrades);
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  const FileReport& file = report->files[0];
  EXPECT_EQ(file.rows_read, 3U);
  EXPECT_EQ(file.rows_quarantined, 1U);
  EXPECT_EQ(file.entries_left_out, 1U);
  EXPECT_EQ(file.warnings.at("entries_left_out"), 1U);
  EXPECT_EQ(file.first_complaint,
            "t1.csv/readme.txt:1: the header lacks this column (its header is not that of the "
            "archive's first entry; left out)");
  EXPECT_EQ(file_text(file.quarantine_file),
            "file,line,field,reason,row\n"
            "t1.csv/readme.txt,1,,missing_column,all about it\n"
            "t1.csv/b.csv,3,row,missing_field,x\n");
  EXPECT_EQ(bench.rows("okx:BTC", EventKind::kTrade).size(), 2U);
  const auto record = bench.store().record(*parse_instrument_id("okx:BTC"));
  EXPECT_EQ(record->find(EventKind::kTrade)->warnings,
            (std::vector<WarningCount>{{"entries_left_out", 1}}));
}

// 40 days of one row each.
std::string many_days(int first) {
  std::string bytes(kHead);
  for (int day = 0; day < 40; ++day) {
    bytes += std::to_string(1764547200 + day * 86'400) + ",BTC,1,2," + std::to_string(first + day) +
             "\n";
  }
  return bytes;
}

TEST(Importer, AStopMidwayKeepsFinishedDaysAndIsRemembered) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) + "1764547200,ETH,1,2,10\n");
  bench.write("t2.csv", many_days(100));
  bench.write("t3.csv", std::string(kHead) + "1764547300,ETH,1,2,11\n");
  int calls = 0;
  const auto stopped = bench.run(kTrades, [&calls](const Progress& progress) {
    return progress.what != "write" || progress.total < 40 || ++calls < 20;
  });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
  const std::size_t kept = bench.rows("okx:BTC", EventKind::kTrade).size();
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, 40U);
  EXPECT_EQ(bench.rows("okx:ETH", EventKind::kTrade).size(), 1U);
  ASSERT_EQ(bench.store().unfinished().size(), 1U);
  EXPECT_EQ(bench.store().unfinished()[0].dataset, "d");
  EXPECT_EQ(bench.store().unfinished()[0].file, "t2.csv");
  EXPECT_EQ(bench.store().unfinished()[0].reason, "stopped on request");
  const auto again = bench.run(kTrades);
  ASSERT_TRUE(again.has_value()) << describe(again.error());
  EXPECT_FALSE(again->files[1].was_known);
  EXPECT_EQ(again->files[1].warnings.at("rows_already_stored"), kept);
  EXPECT_EQ(bench.rows("okx:BTC", EventKind::kTrade).size(), 40U);
  EXPECT_EQ(bench.rows("okx:ETH", EventKind::kTrade).size(), 2U);
  EXPECT_TRUE(bench.store().unfinished().empty());
  // Rows that repeat are kept where the descriptor says so, and a second half adds none.
  const auto third = bench.run(kTrades);
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->total_taken(), 0U);
}

TEST(Importer, AFileThatFailsIsRememberedUntilItIsImported) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) + "1764547200,BTC,1,2,10\n");
  const std::string whole = gzip_of(std::string(kHead) + "1764547201,BTC,1,2,11\n");
  bench.write("t2.csv", whole.substr(0, whole.size() - 5));
  ASSERT_FALSE(bench.run(kTrades).has_value());
  ASSERT_EQ(bench.store().unfinished().size(), 1U);
  EXPECT_EQ(bench.store().unfinished()[0].file, "t2.csv");
  EXPECT_NE(bench.store().unfinished()[0].reason.find("the data ends too early"),
            std::string::npos);
  // Another dataset does not make it good.
  const std::string other = with(with(std::string(kTrades), "\"d\"", "\"e\""), "t*.csv", "t1.csv");
  ASSERT_TRUE(bench.run(other).has_value());
  EXPECT_EQ(bench.store().unfinished().size(), 1U);
  bench.write("t2.csv", whole);
  ASSERT_TRUE(bench.run(kTrades).has_value());
  EXPECT_TRUE(bench.store().unfinished().empty());
  EXPECT_EQ(bench.rows("okx:BTC", EventKind::kTrade).size(), 2U);
}

TEST(Importer, LooksForAllFilesBeforeItReadsTheFirst) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) + "1764547200,BTC,1,2,10\n");
  const std::string toml =
      with(std::string(kTrades), "\"t*.csv\"", "[\"t1.csv\", \"t*.csv\", \"later.csv\"]");
  EXPECT_EQ(bench.complaint(toml), "later.csv: no such file or folder");
  EXPECT_TRUE(bench.store().instruments().empty());
  bench.write("later.csv", std::string(kHead) + "1764547200,BTC,1,2,10\n");
  const auto report = bench.run(toml);
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->files.size(), 2U);  // the first two patterns name the same file
}

TEST(Importer, RefusesAFileThatIsMostlyUnusable) {
  ImportBench bench;
  std::string bytes(kHead);
  for (int i = 0; i < 300; ++i)
    bytes += "1764547200,BTC," + std::string(i % 3 == 0 ? "1" : "x") + ",2,10\n";
  bench.write("t1.csv", bytes);
  EXPECT_EQ(bench.complaint(kTrades),
            "t1.csv: not in the format that was named (200 of 300 rows are unusable; the first: "
            "t1.csv:3: p = \"x\": not a decimal number)");
  EXPECT_TRUE(bench.rows("okx:BTC", EventKind::kTrade).empty());
  // Just enough good rows.
  bench.options().quarantined_rows_max = 1;
  bench.write("t1.csv", std::string(kHead) + "1764547200,BTC,1,2,1\n1,BTC,1,2,2\n");
  EXPECT_TRUE(bench.run(kTrades).has_value());
  bench.write("t1.csv", std::string(kHead) + "1764547200,BTC,1,2,1\n1764547200,BTC,1,2,2\n" +
                            "1,BTC,1,2,2\n1,BTC,1,2,3\n");
  EXPECT_FALSE(bench.run(kTrades).has_value());
}

TEST(Importer, StopsOnRequestAndLeavesNothing) {
  ImportBench bench;
  bench.write("t1.csv", std::string(kHead) + "1764547200,BTC,1,2,10\n");
  const auto report = bench.run(kTrades, [](const Progress&) { return false; });
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Errc::kCancelled);
  EXPECT_TRUE(bench.rows("okx:BTC", EventKind::kTrade).empty());
  ASSERT_TRUE(bench.run(kTrades).has_value());
  EXPECT_EQ(bench.rows("okx:BTC", EventKind::kTrade).size(), 1U);
}

TEST(Importer, CountsGapsAndWhatCannotBeYet) {
  ImportBench bench;
  bench.options().now = UnixNanos(1'764'547'200'000'000'000);
  bench.write("a.csv",
              "t,r\n1764547200,1\n1764547260,2\n1764547440,3\n1764547500,4\n"
              "1764633600,5\n1764633660,6\n");
  const auto report = bench.run(R"(name = "d"
[[instrument]]
id = "okx:X"
[[table]]
files = "a.csv"
instrument = "okx:X"
[[table.emit]]
kind = "open_interest"
interval = "1m"
time = "t"
qty = "r"
)");
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->files[0].warnings,
            (std::map<std::string, std::uint64_t>{{"gaps", 2}, {"rows_in_the_future", 1}}));
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 6U);
  const auto record = bench.store().record(*parse_instrument_id("okx:X"));
  EXPECT_EQ(record->find(EventKind::kOpenInterest)->warnings,
            (std::vector<WarningCount>{{"rows_in_the_future", 1}}));
}

constexpr std::string_view kInterest = R"(name = "d"
[[instrument]]
id = "okx:X"
[[table]]
files = "a.csv"
instrument = "okx:X"
[[table.emit]]
kind = "open_interest"
interval = "1m"
time = "t"
qty = "r"
)";

// What counts is what the store holds: rows in any order, some of them twice.
TEST(Importer, CountsWhatIsHeldAndGapsThatAre) {
  ImportBench bench;
  bench.write("a.csv",
              "t,r\n1764547440,4\n1764547200,1\n1764547260,2\n1764547320,3\n1764547440,4\n"
              "1764547740,5\n1764547200,1\n");
  const auto report = bench.run(kInterest);
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->total_taken(), 5U);
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 5U);
  EXPECT_EQ(report->files[0].warnings,
            (std::map<std::string, std::uint64_t>{
                {"duplicate_rows", 2}, {"gaps", 2}, {"out_of_order_rows", 4}}));
}

TEST(Importer, WarnsOfRowsThatContradictEachOther) {
  ImportBench bench;
  bench.write("a.csv", "t,r\n1764547200,1\n1764547200,2\n1764547260,3\n");
  EXPECT_EQ(bench.run(kInterest)->files[0].warnings.at("conflicting_rows"), 1U);
}

// Rows of two meanings must not lie side by side.
TEST(Importer, RefusesAFileThatIsStoredWithAnotherMeaning) {
  ImportBench bench;
  bench.write("a.csv", "t,r,other\n1764547200,1,8\n1764547260,2,9\n");
  ASSERT_TRUE(bench.run(kInterest).has_value());
  for (const auto& [from, to] :
       {std::pair("qty = \"r\"", "qty = \"other\""),
        std::pair("qty = \"r\"", "qty = { column = \"r\", factor = \"2\" }"),
        std::pair("time = \"t\"", "time = { column = \"t\", shift = \"1m\" }")}) {
    const auto refused = bench.run(with(std::string(kInterest), from, to));
    ASSERT_FALSE(refused.has_value()) << to;
    EXPECT_EQ(refused.error().code, Errc::kBadRequest);
    EXPECT_EQ(refused.error().field, "okx:X open_interest");
    EXPECT_NE(refused.error().note.find("new store"), std::string::npos);
  }
  EXPECT_EQ(
      bench.rows("okx:X", EventKind::kOpenInterest),
      (std::vector<TestRow>{{1'764'547'200'000'000'000, 1000}, {1'764'547'260'000'000'000, 2000}}));
  // Names and comments mean nothing.
  const auto same = bench.run(with(std::string(kInterest), "\"d\"", "\"e\" # other"));
  ASSERT_TRUE(same.has_value());
  EXPECT_TRUE(same->files[0].was_known);
}

TEST(Importer, AnotherSelectionAddsWhatIsMissing) {
  ImportBench bench;
  bench.write("a.csv", "t,r\n1764547200,1\n1764633600,2\n1764720000,3\n");
  const std::string first =
      with(std::string(kInterest), "interval = \"1m\"", "to = \"2025-12-02\"");
  EXPECT_EQ(bench.run(first)->total_taken(), 1U);
  EXPECT_TRUE(bench.run(first)->files[0].was_known);
  const auto more =
      bench.run(with(std::string(kInterest), "interval = \"1m\"", "to = \"2025-12-03\""));
  ASSERT_TRUE(more.has_value()) << describe(more.error());
  EXPECT_EQ(more->total_taken(), 1U);
  EXPECT_EQ(more->files[0].warnings.at("rows_already_stored"), 1U);
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 2U);
}

// Two emits of one kind: a stop between them must not look like the end.
TEST(Importer, AKindIsDoneWhenAllOfItsEmitsAre) {
  ImportBench bench;
  bench.write("a.csv", "t,r\n1764547200,1\n");
  const std::string toml = std::string(kInterest) +
                           "[[table.emit]]\nkind = \"open_interest\"\n"
                           "time = { column = \"t\", shift = \"1d\" }\nqty = \"r\"\n";
  const auto stopped = bench.run(toml, [&](const Progress& progress) {
    return progress.what != "write" || bench.rows("okx:X", EventKind::kOpenInterest).empty();
  });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 1U);
  const auto again = bench.run(toml);
  ASSERT_TRUE(again.has_value()) << describe(again.error());
  EXPECT_EQ(again->total_taken(), 1U);
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 2U);
}

// A file that says whose rows it holds is believed.
TEST(Importer, LeavesOutRowsOfOtherSymbols) {
  ImportBench bench;
  const std::string head = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n";
  const auto row = [](const std::string& symbol, int id) {
    return "okex-swap," + symbol + ",176454720000000" + std::to_string(id) + ",1764547200005678,7" +
           std::to_string(id) + ",buy,1.5,0.01\n";
  };
  const std::string toml = R"(name = "d"
[[instrument]]
id = "okx:BTC-USDT-SWAP"
[[table]]
files = "a.csv"
instrument = "okx:BTC-USDT-SWAP"
preset = "tardis_trades"
)";
  bench.write("a.csv", head + row("ETH-USDT-SWAP", 1) + row("ETH-USDT-SWAP", 2));
  EXPECT_EQ(bench.complaint(toml),
            "a.csv: symbol = \"ETH-USDT-SWAP\": not in the format that was named (no row is of "
            "okx:BTC-USDT-SWAP; where the file spells it in another way, own_symbol says how)");
  EXPECT_TRUE(bench.rows("okx:BTC-USDT-SWAP", EventKind::kTrade).empty());
  bench.write("a.csv", head + row("ETH-USDT-SWAP", 1) + row("btc-usdt-swap", 2) +
                           row("ETH-USDT-SWAP", 3) + row("\"BTC-USDT-SWAP\"", 4));
  const auto mixed = bench.run(toml);
  ASSERT_TRUE(mixed.has_value()) << describe(mixed.error());
  EXPECT_EQ(mixed->files[0].rows_of_others, 2U);
  EXPECT_EQ(mixed->files[0].warnings.at("rows_of_other_symbols"), 2U);
  EXPECT_EQ(mixed->total_taken(), 2U);
  bench.write("a.csv", head + row("XBT", 5));
  ASSERT_TRUE(bench.run(toml + "own_symbol = [\"XBT\", \"BTC-USDT-SWAP\"]\n").has_value());
  EXPECT_EQ(bench.rows("okx:BTC-USDT-SWAP", EventKind::kTrade).size(), 3U);
  bench.write("a.csv", "symbol,timestamp,id,side,price\nX,1,1,buy,1\n");
  EXPECT_NE(bench.complaint(toml), "");
}

TEST(Importer, SaysWhenAFileHasNoRows) {
  ImportBench bench;
  bench.write("t1.csv", kHead);
  const auto report = bench.run(kTrades);
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->files[0].warnings.at("files_without_rows"), 1U);
}

TEST(Importer, TakesVenuesFromAColumn) {
  ImportBench bench;
  bench.write("a.csv",
              "t,ex,coin,r\n1764547200,OKX,X,1\n1764547200,gate,X,2\n"
              "1764547200,ftx,X,3\n");
  const auto report = bench.run(R"(name = "d"
[other_instruments]
lot_size = "1"
[[table]]
files = "a.csv"
[table.symbol]
column = "coin"
pattern = "{}_USDT"
venue_column = "ex"
venues = { okx = "okx", gate = "gate" }
[[table.emit]]
kind = "open_interest"
time = "t"
qty = "r"
)");
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(bench.rows("okx:X_USDT", EventKind::kOpenInterest)[0][1], 1);
  EXPECT_EQ(bench.rows("gate:X_USDT", EventKind::kOpenInterest)[0][1], 2);
  EXPECT_EQ(report->files[0].first_complaint,
            "a.csv:4: ex = \"ftx\": not a venue that Faultline knows");
}

TEST(ExpandFiles, KnowsStarsAndQuestionMarks) {
  ImportBench bench;
  for (const char* name : {"a1.csv", "a22.csv", "b.csv", "a1.csv.gz"}) bench.write(name, "x");
  const std::string root = bench.path("").substr(0, bench.path("").size() - 1);
  const auto names = [&](const std::string& pattern) {
    std::string out;
    const auto files = expand_files(root, pattern);
    if (!files) return std::string(name_of(files.error().code));
    for (const std::string& file : *files) out += file.substr(root.size() + 1) + " ";
    return out;
  };
  EXPECT_EQ(names("a*.csv"), "a1.csv a22.csv ");
  EXPECT_EQ(names("a?.csv"), "a1.csv ");
  EXPECT_EQ(names("*"), "a1.csv a1.csv.gz a22.csv b.csv ");
  EXPECT_EQ(names("**1*c*v"), "a1.csv ");
  EXPECT_EQ(names("b.csv"), "b.csv ");
  EXPECT_EQ(names("c*"), "not_found");
  EXPECT_EQ(names("nowhere/*"), "not_found");
}

}  // namespace
}  // namespace faultline

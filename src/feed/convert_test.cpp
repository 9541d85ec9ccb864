#include "feed/convert.hpp"

#include <gtest/gtest.h>

#include "feed/test_import.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kDayStart = 1'764'547'200'000'000'000;  // 2025-12-01
constexpr std::int64_t kMilli = 1'000'000;

// Rows of one kind, from one file with the given emit. `spec` holds more lines of the instrument.
struct Reading {
  std::string emit;
  std::string csv;
  std::string spec = "";
  std::string table = "";
  EventKind kind = EventKind::kTrade;
};

std::string descriptor_of(const Reading& reading) {
  return "name = \"d\"\n[[instrument]]\nid = \"okx:X\"\n" + reading.spec +
         "[[table]]\nfiles = \"a.csv\"\ninstrument = \"okx:X\"\n" + reading.table +
         "[[table.emit]]\nkind = \"" + std::string(name_of(reading.kind)) + "\"\n" + reading.emit;
}

std::vector<TestRow> rows_of(const Reading& reading) {
  ImportBench bench;
  bench.write("a.csv", reading.csv);
  const auto report = bench.run(descriptor_of(reading));
  EXPECT_TRUE(report.has_value());
  if (report) {
    EXPECT_EQ(report->files[0].first_complaint, "");
  }
  return bench.rows("okx:X", reading.kind);
}

std::string complaint_of(const Reading& reading) {
  ImportBench bench;
  bench.write("a.csv", reading.csv);
  return bench.complaint(descriptor_of(reading));
}

std::int64_t time_of_cell(const std::string& source, const std::string& cell) {
  const auto rows = rows_of({"time = " + source + "\nrate = \"r\"\n", "t,r\n" + cell + ",0\n", "",
                             "", EventKind::kFunding});
  return rows.size() == 1 ? rows[0][0].value_or(-1) : -1;
}

TEST(Convert, ReadsTimesByMagnitudeAndByUnit) {
  for (const char* cell : {"1764547200.001", "1764547200001", "1764547200001000",
                           "1764547200001000000", "1764547200001.0", "1.764547200001e12"}) {
    EXPECT_EQ(time_of_cell("\"t\"", cell), kDayStart + kMilli) << cell;
  }
  // Thirteen characters with a point are seconds, not milliseconds.
  EXPECT_EQ(time_of_cell("\"t\"", "1764547200.25"), kDayStart + 250 * kMilli);
  EXPECT_EQ(time_of_cell("\"t\"", "1764547200"), kDayStart);
  const std::string text = R"({ column = "t", unit = "text" })";
  for (const char* cell :
       {"2025-12-01", "2025-12-01 00:00:00", "2025-12-01T00:00:00Z", "2025-12-01 03:00:00+03",
        "2025-11-30T22:00:00-0200", "2025-12-01D00:00:00.000000000"}) {
    EXPECT_EQ(time_of_cell(text, cell), kDayStart) << cell;
  }
}

TEST(Convert, TakesLocalTimeAwayAndShiftAdds) {
  const std::int64_t hour = kHour.value;
  EXPECT_EQ(time_of_cell(R"({ column = "t", utc_offset = "+3h" })", "1764547200000"),
            kDayStart - 3 * hour);
  EXPECT_EQ(time_of_cell(R"({ column = "t", utc_offset = "-330m" })", "1764547200"),
            kDayStart + 5 * hour + hour / 2);
  EXPECT_EQ(time_of_cell(R"({ column = "t", unit = "text", shift = "1d" })", "2025-11-30"),
            kDayStart);
}

TEST(Convert, TurnsCloseStampsIntoOpenStamps) {
  const auto rows = rows_of({R"(time = { column = "t", stamp = "close" }
length = "1h"
open = "p"
high = "p"
low = "p"
close = "p"
)",
                             "t,p\n1764547200000,5\n", "", "", EventKind::kBar});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], kDayStart - kHour.value);
  EXPECT_EQ(rows[0][3], 5'000'000'000);
  EXPECT_EQ(rows[0][7], std::nullopt);
}

TEST(Convert, ReadsSidesAsWordsAndAsSigns) {
  const std::string csv = "t,p,q,s\n1,1,2,Buy\n2,1,2,SELL\n3,1,2,\n";
  auto rows =
      rows_of({"time = { column = \"t\", unit = \"text\" }\nprice = \"p\"\nqty = \"q\"\n"
               "taker_side = \"s\"\n",
               "t,p,q,s\n2025-12-01,1,2,Buy\n2025-12-02,1,2,SELL\n2025-12-03,1,2,\n"});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0][3], 0);
  EXPECT_EQ(rows[1][3], 1);
  EXPECT_EQ(rows[2][3], 2);  // an absent side is an unknown one
  rows = rows_of({R"(time = "t"
price = "p"
qty = { column = "q", absolute = true }
taker_side = { column = "q", sign = true }
)",
                  "t,p,q\n1764547200,1,2\n1764547201,1,-3\n"});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][2], 2000);
  EXPECT_EQ(rows[0][3], 0);
  EXPECT_EQ(rows[1][2], 3000);
  EXPECT_EQ(rows[1][3], 1);
  // A flag that is a sign: positive means yes.
  rows = rows_of({R"(time = "t"
account_id = { value = "7" }
is_buy = { column = "q", sign = true }
price = "p"
qty = { column = "q", absolute = true }
is_taker = { value = "yes" }
)",
                  "t,p,q\n1764547200,1,2\n1764547201,1,-3\n", "", "", EventKind::kAccountTrade});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][1], 7);
  EXPECT_EQ(rows[0][2], 1);
  EXPECT_EQ(rows[1][2], 0);
  EXPECT_EQ(rows[1][5], 1);
}

TEST(Convert, ScalesByUnitFactorAndSides) {
  const auto interest = [](const std::string& source, const std::string& spec = "") {
    const auto rows = rows_of({"time = \"t\"\nqty = " + source + "\n",
                               "t,q,p\n1764547200,1000,50\n", spec, "", EventKind::kOpenInterest});
    return rows.size() == 1 ? rows[0][1].value_or(-1) : -1;
  };
  EXPECT_EQ(interest(R"("q")"), 1'000'000);
  EXPECT_EQ(interest(R"({ column = "q", both_sides = true })"), 500'000);
  EXPECT_EQ(interest(R"({ column = "q", factor = "0.01" })"), 10'000);
  EXPECT_EQ(interest(R"({ column = "q", factor = "25" })"), 25'000'000);
  EXPECT_EQ(interest(R"({ column = "q", unit = "usd", price = "p" })"), 20'000);
  EXPECT_EQ(interest(R"({ column = "q", unit = "usd", price = "p", factor = "0.5" })"), 10'000);
  EXPECT_EQ(interest(R"({ column = "q", unit = "usd" })",
                     "kind = \"inverse\"\ncontract_multiplier = \"100\"\nlot_size = \"1\"\n"),
            10);
  EXPECT_EQ(
      complaint_of({"time = \"t\"\nqty = { column = \"q\", unit = \"usd\" }\n",
                    "t,q\n1764547200,1\n", "", "", EventKind::kOpenInterest}),
      "a.csv: q: a required field is missing (an amount in USD needs price = \"column\" here; "
      "the descriptor's line 10)");
  EXPECT_EQ(complaint_of({"time = \"t\"\nqty = { column = \"q\", factor = \"3\" }\n",
                          "t,q\n1764547200,1\n", "", "", EventKind::kOpenInterest}),
            "a.csv: q: not a whole number of ticks, lots or units (the factor does not divide the "
            "instrument's unit)");
}

TEST(Convert, ReadsRatesAsFractionsAndPercent) {
  const auto rate = [](const std::string& more, const std::string& cell) {
    const auto rows = rows_of({"time = \"t\"\nrate = { column = \"r\"" + more + " }\n",
                               "t,r\n1764547200," + cell + "\n", "", "", EventKind::kFunding});
    return rows.size() == 1 ? rows[0][1].value_or(-1) : -1;
  };
  EXPECT_EQ(rate("", "0.0001"), 100'000);
  EXPECT_EQ(rate("", "-1e-05"), -10'000);
  EXPECT_EQ(rate(", unit = \"percent\"", "0.01"), 100'000);
  EXPECT_EQ(rate(", negate = true", "0.0001"), -100'000);
  EXPECT_EQ(rate(", rounding = \"nearest\"", "0.00012345678912345"), 123'457);
  EXPECT_EQ(
      complaint_of({"time = \"t\"\nrate = \"r\"\n", "t,r\n1764547200,0.0000000001\n", "", "",
                    EventKind::kFunding}),
      "a.csv: not in the format that was named (1 of 1 rows are unusable; the first: a.csv:2: "
      "r = \"0.0000000001\": not a whole number of ticks, lots or units)");
}

TEST(Convert, LeavesOutWhatSaysNothing) {
  ImportBench bench;
  bench.write("a.csv",
              "t,m,i,o\n1764547200,1.5,,9\n1764547260,null,null,null\n1764547320,null,2,\n");
  const auto report = bench.run(R"(name = "d"
[[instrument]]
id = "okx:X"
[[table]]
files = "a.csv"
instrument = "okx:X"
absent = ["null"]
[[table.emit]]
kind = "mark"
time = "t"
mark = "m"
index = "i"
[[table.emit]]
kind = "open_interest"
skip_absent = true
time = "t"
qty = "o"
)");
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  const auto marks = bench.rows("okx:X", EventKind::kMark);
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0], (TestRow{kDayStart, 1'500'000'000, std::nullopt, std::nullopt}));
  EXPECT_EQ(marks[1][2], 2'000'000'000);
  EXPECT_EQ(bench.rows("okx:X", EventKind::kOpenInterest).size(), 1U);
  const std::map<std::string, std::uint64_t> expected{{"rows_without_mark", 1},
                                                      {"rows_without_open_interest", 2}};
  EXPECT_EQ(report->files[0].warnings, expected);
  EXPECT_EQ(report->files[0].rows_quarantined, 0U);
}

TEST(Convert, ReadsLevelsOfARowWideAndNested) {
  const std::string wide = R"(time = "t"
levels = { bid_price = "b{}p", bid_qty = "b{}q", ask_price = "a{}p", ask_qty = "a{}q", count = 2 }
)";
  const std::string csv =
      "t,b0p,b0q,a0p,a0q,b1p,b1q,a1p,a1q\n1764547200,\"9.9\",1,10.1,2,9.8,3,,\n";
  const std::vector<TestRow> expected{
      {kDayStart, 1, 1, 99, 1000}, {kDayStart, 1, 0, 101, 2000}, {kDayStart, 1, 1, 98, 3000}};
  EXPECT_EQ(rows_of({wide, csv, "", "", EventKind::kBook}), expected);
  EXPECT_EQ(complaint_of({wide,
                          "t,b0p,b0q,a0p,a0q,b1p,b1q,a1p,a1q\n1764547200,9.9,1,10.1,2,9.8,3,,\n"
                          "1764547201,9.9,1,10.1,2,9.8,3,7,\n",
                          "", "", EventKind::kBook}),
            "a.csv:3: a1q: empty where a value is required");
  const std::string nested = "time = \"t\"\nlevels = { bids = \"b\", asks = \"a\" }\n";
  EXPECT_EQ(
      rows_of({nested, "t,b,a\n1764547200,\"[[9.9,1], [\"\"9.8\"\", \"\"3\"\", 7]]\",\"[]\"\n", "",
               "", EventKind::kBook}),
      (std::vector<TestRow>{{kDayStart, 1, 1, 99, 1000}, {kDayStart, 1, 1, 98, 3000}}));
}

TEST(Convert, TakesOnlyItsPeriod) {
  const auto rows = rows_of({R"(time = "t"
rate = "r"
from = "2025-12-01"
to = "2025-12-02"
)",
                             "t,r\n1764547199,.1\n1764547200,.2\n1764633599,.3\n1764633600,.4\n",
                             "", "", EventKind::kFunding});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][1], 200'000'000);
  EXPECT_EQ(rows[1][1], 300'000'000);
}

// Ticks and lots mean nothing outside of the time that they are given for.
TEST(Convert, LeavesOutWhatTheInstrumentDoesNotCover) {
  ImportBench bench;
  bench.write("a.csv", "t,r\n1764547199,.1\n1764547200,.2\n1764633599,.3\n1764633600,.4\n");
  const auto report = bench.run(descriptor_of(
      {"time = \"t\"\nrate = \"r\"\nfrom = \"2025-12-01T01:00:00Z\"\n", "",
       "valid_from = \"2025-12-01\"\nvalid_to = \"2025-12-02\"\n", "", EventKind::kFunding}));
  ASSERT_TRUE(report.has_value()) << describe(report.error());
  EXPECT_EQ(report->files[0].warnings,
            (std::map<std::string, std::uint64_t>{{"rows_outside_period", 2},
                                                  {"rows_outside_validity", 1}}));
  EXPECT_EQ(bench.rows("okx:X", EventKind::kFunding),
            (std::vector<TestRow>{{kDayStart + 86'399 * kSecond.value, 300'000'000}}));
}

std::string bar_complaint(const std::string& length, const std::string& rows,
                          const std::string& more = "") {
  return complaint_of(
      {"time = \"t\"\nopen = \"o\"\nhigh = \"o\"\nlow = \"o\"\nclose = \"o\"\n"
       "length = \"" +
           length + "\"\n" + more,
       "t,o,last\n" + rows, "", "", EventKind::kBar});
}

// A bar that begins inside another, or is longer than it says, would tell what came after it.
TEST(Convert, BarsBeginWhereTheyShould) {
  EXPECT_EQ(bar_complaint("5m", "1764547200,1,\n1764547500,1,\n"), "");
  EXPECT_EQ(bar_complaint("5m", "1764547200,1,\n1764547500,1,\n1764547560,1,\n"),
            "a.csv:4: t = \"1764547560\": not a whole number of ticks, lots or units (a bar begins "
            "at a whole number of its lengths)");
  // Weeks begin on Mondays, days with the day.
  EXPECT_EQ(bar_complaint("7d", "1764547200,1,\n"), "");
  EXPECT_NE(bar_complaint("7d", "1764550800,1,\n"), "");
}

TEST(Convert, BarsLastAsLongAsTheirLengthSays) {
  const std::string last = "last_time = { column = \"last\", unit = \"ms\" }\n";
  const auto bar = [](const std::string& end) { return "1764547200,1," + end + "\n"; };
  EXPECT_EQ(bar_complaint("5m", bar("1764547499999"), last), "");
  EXPECT_EQ(bar_complaint("5m", bar("1764547500000"), last), "");
  for (const char* end : {"1764547500001", "1764547499998", "1764550799999", "1764547259999"}) {
    EXPECT_NE(bar_complaint("5m", bar(end), last)
                  .find("outside the allowed range (the bar is not as long as it should be)"),
              std::string::npos)
        << end;
  }
  EXPECT_NE(bar_complaint("5m", bar("soon"), last).find("last = \"soon\""), std::string::npos);
  EXPECT_EQ(bar_complaint("5m", bar("1"), "last_time = \"end\"\n"),
            "a.csv:1: end: the header lacks this column (the descriptor's line 7 asks for it)");
}

TEST(Convert, FundingIsAtMostTheWholePosition) {
  const auto complaint = [](const char* rate) {
    return complaint_of({"time = \"t\"\nrate = \"r\"\n",
                         std::string("t,r\n1764547200,0\n1764547201,-1\n1764547202,") + rate + "\n",
                         "", "", EventKind::kFunding});
  };
  EXPECT_EQ(complaint("1"), "");
  EXPECT_EQ(complaint("1.000000001"),
            "a.csv:4: r = \"1.000000001\": outside the allowed range (must be within one whole "
            "position)");
}

// Thirteen characters are not always milliseconds.
TEST(Convert, SecondsWithTwoDecimalsAreSeconds) {
  EXPECT_EQ(time_of_cell("{ column = \"t\" }", "1764547200.12"), 1'764'547'200'120'000'000);
  EXPECT_EQ(time_of_cell("{ column = \"t\" }", "1764547200120"), 1'764'547'200'120'000'000);
  EXPECT_EQ(time_of_cell("{ column = \"t\" }", "0001764547200"), 1'764'547'200'000'000'000);
}

}  // namespace
}  // namespace faultline

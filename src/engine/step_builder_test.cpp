#include "engine/step_builder.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kBegin = 1'764'547'200'000'000'000;  // 2025-12-01T00:00:00Z
constexpr std::int64_t kMin = kMinute.value;

// Rows handed out in batches of a given size.
class MemoryReader final : public ColumnReader {
 public:
  MemoryReader(ColumnBatch rows, std::size_t batch_rows)
      : rows_(std::move(rows)), batch_rows_(batch_rows) {}

  Outcome<bool> next(ColumnBatch& batch) override {
    batch.clear();
    const std::size_t last = std::min(at_ + batch_rows_, rows_.row_count());
    for (; at_ < last; ++at_) {
      std::vector<std::optional<std::int64_t>> row;
      for (const Column& column : rows_.columns) {
        row.push_back(column.has(at_) ? std::optional(column.values[at_]) : std::nullopt);
      }
      batch.append(row);
    }
    return batch.row_count() > 0;
  }

 private:
  ColumnBatch rows_;
  std::size_t batch_rows_;
  std::size_t at_ = 0;
};

using Row = std::vector<std::optional<std::int64_t>>;

std::unique_ptr<ColumnReader> reader(EventKind kind, const std::vector<Row>& rows,
                                     std::size_t batch = 3) {
  ColumnBatch out(kind);
  for (const Row& row : rows) out.append(row);
  return std::make_unique<MemoryReader>(std::move(out), batch);
}

Row trade(std::int64_t at_s, std::int64_t ticks, std::int64_t lots,
          TakerSide side = TakerSide::kBuy) {
  return {kBegin + at_s * kSecond.value, ticks, lots, static_cast<std::int64_t>(side), at_s};
}
Row interest(std::int64_t minute, std::int64_t lots) { return {kBegin + minute * kMin, lots}; }
Row bar(std::int64_t minute, std::int64_t length_min, PriceKind kind,
        std::array<std::int64_t, 4> prices, std::optional<std::int64_t> volume = std::nullopt) {
  const auto e9 = [](std::int64_t price) { return price * 1'000'000'000; };
  return {kBegin + minute * kMin,
          length_min * kMin,
          static_cast<std::int64_t>(kind),
          e9(prices[0]),
          e9(prices[1]),
          e9(prices[2]),
          e9(prices[3]),
          volume,
          std::nullopt};
}

std::vector<MarketStep> steps_of(StepSources sources, StepOptions options = {.length = kMinute}) {
  StepBuilder builder(InstrumentSpec{}, std::move(sources), options);
  std::vector<MarketStep> out;
  MarketStep step;
  for (;;) {
    const Outcome<bool> more = builder.next(step);
    EXPECT_TRUE(more) << (more ? "" : describe(more.error()));
    if (!more || !*more) return out;
    out.push_back(step);
  }
}

TEST(StepBuilder, TradesBecomeStepsWithHoldsForSilence) {
  StepSources sources;
  sources.trades =
      reader(EventKind::kTrade, {trade(5, 1000, 10), trade(30, 1100, 20, TakerSide::kSell),
                                 trade(59, 900, 5), trade(185, 950, 7)});
  sources.open_interest =
      reader(EventKind::kOpenInterest, {interest(0, 5000), interest(1, 5010), interest(4, 5020)});
  const auto steps = steps_of(std::move(sources));
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_DOUBLE_EQ(steps[0].open, 100.0);
  EXPECT_DOUBLE_EQ(steps[0].high, 110.0);
  EXPECT_DOUBLE_EQ(steps[0].low, 90.0);
  EXPECT_DOUBLE_EQ(steps[0].close, 90.0);
  EXPECT_DOUBLE_EQ(steps[0].volume, 0.035);
  EXPECT_DOUBLE_EQ(steps[0].taker_buy_volume, 0.015);
  EXPECT_DOUBLE_EQ(steps[0].oi_begin, 5.0);
  EXPECT_DOUBLE_EQ(steps[0].oi_end, 5.01);  // stamped at the end of the step
  EXPECT_TRUE(steps[1].is_gap);
  EXPECT_DOUBLE_EQ(steps[1].close, 90.0);
  EXPECT_FALSE(steps[1].has_open_interest);
  EXPECT_DOUBLE_EQ(steps[3].close, 95.0);
  EXPECT_DOUBLE_EQ(steps[3].oi_end, 5.02);
}

// Steps never know the future: a value between two recorded ones is the earlier one.
TEST(StepBuilder, OpenInterestIsHeldNotInterpolated) {
  StepSources sources;
  std::vector<Row> trades;
  for (int minute = 0; minute < 4; ++minute) trades.push_back(trade(minute * 60, 1000, 1));
  sources.trades = reader(EventKind::kTrade, trades);
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000), interest(3, 4000)});
  const auto steps = steps_of(std::move(sources));
  EXPECT_DOUBLE_EQ(steps[0].oi_end, 1.0);
  EXPECT_DOUBLE_EQ(steps[1].oi_end, 1.0);
  EXPECT_DOUBLE_EQ(steps[2].oi_end, 4.0);
  EXPECT_DOUBLE_EQ(steps[3].oi_begin, 4.0);
}

// A value must not be known before it was stamped: the steps begin with the first one.
TEST(StepBuilder, BeginsWithTheFirstOpenInterest) {
  const auto sources = [] {
    StepSources out;
    out.trades =
        reader(EventKind::kTrade, {trade(0, 900, 1), trade(60, 1000, 1), trade(230, 1100, 1)});
    out.open_interest =
        reader(EventKind::kOpenInterest, {{kBegin + 90 * kSecond.value, 7000}, interest(3, 8000)});
    return out;
  };
  StepBuilder builder(InstrumentSpec{}, sources(), {.length = kMinute});
  std::vector<MarketStep> steps;
  MarketStep step;
  while (*builder.next(step)) steps.push_back(step);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].begin, UnixNanos(kBegin + 2 * kMin));
  EXPECT_DOUBLE_EQ(steps[0].oi_begin, 7.0);
  EXPECT_DOUBLE_EQ(steps[0].oi_end, 8.0);
  EXPECT_TRUE(steps[0].is_gap);
  EXPECT_DOUBLE_EQ(steps[0].close, 100.0);  // the last price from before
  EXPECT_DOUBLE_EQ(steps[0].volume, 0.0);
  EXPECT_DOUBLE_EQ(steps[1].close, 110.0);
  EXPECT_EQ(builder.notes().steps_without_interest, 2U);
  // Who assumes a value gets all steps, the recorded values from where they are.
  const auto assumed = steps_of(sources(), {.length = kMinute, .assumed_open_interest = 3.0});
  ASSERT_EQ(assumed.size(), 4U);
  EXPECT_DOUBLE_EQ(assumed[1].oi_begin, 3.0);
  EXPECT_DOUBLE_EQ(assumed[1].oi_end, 7.0);
}

TEST(StepBuilder, OpenInterestAfterTheLastPriceIsNoOpenInterest) {
  StepSources sources;
  sources.trades = reader(EventKind::kTrade, {trade(0, 1000, 1)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(5, 7000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = kMinute});
  MarketStep step;
  const Outcome<bool> refused = builder.next(step);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoData);
  EXPECT_NE(refused.error().note.find("2025-12-01T00:05:00"), std::string::npos);
}

// The lot became a tenth, the tick too, and the contract ten times as large.
std::vector<InstrumentSpec> two_versions() {
  InstrumentSpec before;
  before.valid_to = UnixNanos(kBegin + kMin);
  InstrumentSpec after;
  after.lot_size = Decimal{1, -4};
  after.tick_size = Decimal{1, -2};
  after.contract_multiplier = Decimal{10, 0};
  after.valid_from = *before.valid_to;
  return {before, after};
}

TEST(StepBuilder, RowsMeanWhatTheirOwnVersionSays) {
  StepSources sources;
  sources.specs = two_versions();
  sources.trades = reader(
      EventKind::kTrade,
      {trade(10, 1000, 500), trade(70, 10'000, 500, TakerSide::kSell), trade(80, 10'100, 500)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000), interest(2, 1000)});
  sources.liquidations = reader(EventKind::kLiquidation,
                                {{kBegin + 50 * kSecond.value, 0, 100'000'000'000, 0, 1000, 0},
                                 {kBegin + 70 * kSecond.value, 0, 100'000'000'000, 0, 1000, 0}});
  StepBuilder builder(two_versions()[1], std::move(sources), {.length = kMinute});
  MarketStep first;
  MarketStep second;
  ASSERT_TRUE(*builder.next(first));
  ASSERT_TRUE(*builder.next(second));
  // Native units of the second: of the first there go ten into one.
  EXPECT_DOUBLE_EQ(first.close, 100.0);
  EXPECT_DOUBLE_EQ(first.volume, 0.05);
  EXPECT_DOUBLE_EQ(first.oi_begin, 0.1);
  EXPECT_DOUBLE_EQ(second.oi_end, 0.1);
  EXPECT_DOUBLE_EQ(second.high, 101.0);
  EXPECT_DOUBLE_EQ(second.volume, 0.1);
  EXPECT_DOUBLE_EQ(second.taker_buy_volume, 0.05);
  EXPECT_DOUBLE_EQ(first.liquidated_usd[0], 100.0);
  EXPECT_DOUBLE_EQ(second.liquidated_usd[0], 100.0);
}

TEST(StepBuilder, AStepMayHoldRowsOfTwoVersions) {
  StepSources sources;
  sources.specs = two_versions();
  sources.trades =
      reader(EventKind::kTrade, {trade(10, 1000, 500), trade(59, 1010, 500), trade(70, 9900, 500)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = kHour});
  MarketStep step;
  ASSERT_TRUE(*builder.next(step));
  EXPECT_DOUBLE_EQ(step.volume, 0.5 + 0.5 + 0.5);
  EXPECT_DOUBLE_EQ(step.high, 101.0);
  EXPECT_DOUBLE_EQ(step.low, 99.0);
}

TEST(StepBuilder, RowsWithoutAVersionAreAnError) {
  StepSources sources;
  sources.specs = two_versions();
  sources.specs.pop_back();
  sources.trades = reader(EventKind::kTrade, {trade(10, 1000, 1), trade(70, 1000, 1)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = kMinute});
  MarketStep step;
  ASSERT_TRUE(*builder.next(step));
  const Outcome<bool> refused = builder.next(step);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoData);
  StepSources turned;
  turned.specs = two_versions();
  turned.specs[0].kind = ContractKind::kInverse;
  StepBuilder other(InstrumentSpec{}, std::move(turned), {.length = kMinute});
  EXPECT_EQ(other.next(step).error().code, Errc::kBadRequest);
}

// The first of what can only be once counts, and nothing reaches beyond its step.
TEST(StepBuilder, RepeatedAndMisalignedRowsAreLeftOutAndCounted) {
  StepSources sources;
  sources.bars =
      reader(EventKind::kBar,
             {bar(0, 5, PriceKind::kLast, {100, 110, 90, 105}, 500),
              bar(0, 5, PriceKind::kLast, {100, 190, 90, 105}, 700),  // says something else
              bar(0, 5, PriceKind::kMark, {100, 109, 91, 104}),       // about something else
              bar(2, 5, PriceKind::kLast, {100, 180, 90, 105}, 900),  // across the two bars
              bar(5, 5, PriceKind::kLast, {105, 120, 100, 115}, 600),
              bar(57, 5, PriceKind::kLast, {100, 200, 90, 105}, 900)});  // into the next step
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  sources.funding = reader(EventKind::kFunding, {{kBegin + kMin, 100}, {kBegin + kMin, 900}});
  StepBuilder builder(
      InstrumentSpec{}, std::move(sources),
      {.length = kHour, .price = PriceChoice::kLast, .bar_length = Nanos(5 * kMin)});
  MarketStep step;
  ASSERT_TRUE(*builder.next(step));
  EXPECT_DOUBLE_EQ(step.volume, 1.1);
  EXPECT_DOUBLE_EQ(step.high, 120.0);
  EXPECT_DOUBLE_EQ(step.close, 115.0);
  EXPECT_DOUBLE_EQ(step.funding_rate, 1e-7);
  EXPECT_EQ(builder.notes().repeated_rows, 2U);
  EXPECT_EQ(builder.notes().misaligned_bars, 2U);
}

TEST(StepBuilder, RefusesWhatCannotBe) {
  const auto error_of = [](auto change) {
    StepSources sources;
    sources.trades = reader(EventKind::kTrade, {trade(0, 1000, 1)});
    sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
    change(sources);
    StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = kMinute});
    MarketStep step;
    const Outcome<bool> more = builder.next(step);
    return more ? std::string("taken") : std::string(name_of(more.error().code));
  };
  EXPECT_EQ(error_of([](StepSources&) {}), "taken");
  EXPECT_EQ(
      error_of([](StepSources& sources) {
        sources.bars = reader(EventKind::kBar, {bar(0, 1, PriceKind::kLast, {100, 99, 90, 95}, 1)});
      }),
      "corrupt");
  EXPECT_EQ(error_of([](StepSources& sources) {
              sources.bars =
                  reader(EventKind::kBar, {bar(0, 1, PriceKind::kLast, {100, 110, 101, 105}, 1)});
            }),
            "corrupt");
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::size_t batch : {1U, 9U}) {
    EXPECT_EQ(error_of([&](StepSources& sources) {
                sources.trades = reader(EventKind::kTrade,
                                        {trade(0, 1000, kMost), trade(1, 1000, kMost)}, batch);
              }),
              "out_of_range");
  }
  EXPECT_EQ(error_of([](StepSources& sources) {
              sources.funding = reader(EventKind::kFunding,
                                       {{kBegin + 1, 900'000'000}, {kBegin + 2, 900'000'000}});
            }),
            "out_of_range");
}

TEST(StepBuilder, MarkBarsAreSweptWhereTheyAreFineEnough) {
  const auto sources = [](std::int64_t mark_length) {
    StepSources out;
    out.bars =
        reader(EventKind::kBar, {bar(0, 5, PriceKind::kLast, {100, 120, 80, 110}, 500),
                                 bar(0, mark_length, PriceKind::kMark, {101, 111, 91, 109})});
    out.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
    return out;
  };
  const StepOptions options{.length = Nanos(5 * kMin)};
  const auto fine = steps_of(sources(5), options);
  ASSERT_EQ(fine.size(), 1U);
  EXPECT_EQ(fine[0].price_kind, PriceKind::kMark);
  EXPECT_DOUBLE_EQ(fine[0].high, 111.0);
  EXPECT_DOUBLE_EQ(fine[0].volume, 0.5);
  const auto coarse = steps_of(sources(60), options);
  EXPECT_EQ(coarse[0].price_kind, PriceKind::kLast);
  EXPECT_DOUBLE_EQ(coarse[0].high, 120.0);
  StepOptions last = options;
  last.price = PriceChoice::kLast;
  EXPECT_DOUBLE_EQ(steps_of(sources(5), last)[0].low, 80.0);
}

TEST(StepBuilder, OnlyMarksMeansOnlyMarks) {
  StepSources sources;
  sources.trades = reader(EventKind::kTrade, {trade(0, 1000, 1)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources),
                      {.length = kMinute, .price = PriceChoice::kMark});
  MarketStep step;
  EXPECT_EQ(builder.next(step).error().code, Errc::kNoData);
}

TEST(StepBuilder, BarsOfAnotherLengthAreSkippedAndCounted) {
  StepSources sources;
  sources.bars = reader(EventKind::kBar, {bar(0, 5, PriceKind::kLast, {100, 120, 80, 110}, 500),
                                          bar(0, 60, PriceKind::kLast, {100, 150, 70, 110}, 9000)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources),
                      {.length = kHour, .bar_length = Nanos(5 * kMin)});
  MarketStep step;
  ASSERT_TRUE(*builder.next(step));
  EXPECT_DOUBLE_EQ(step.volume, 0.5);
  EXPECT_EQ(builder.notes().skipped_bars, 1U);
}

TEST(StepBuilder, FundingAndLiquidationsFallIntoTheirSteps) {
  StepSources sources;
  sources.trades =
      reader(EventKind::kTrade, {trade(0, 1000, 1), trade(60, 1000, 1), trade(120, 1000, 1)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  sources.funding = reader(EventKind::kFunding, {{kBegin, 900'000}, {kBegin + kMin, 100'000}});
  sources.liquidations = reader(EventKind::kLiquidation,
                                {{kBegin + 90 * kSecond.value, 0, 100'000'000'000, 0, 2000, 0},
                                 {kBegin + 100 * kSecond.value, 1, 100'000'000'000, 0, 500, 0}});
  sources.liquidations_recorded = {
      {UnixNanos(kBegin + 90 * kSecond.value), UnixNanos(kBegin + 100 * kSecond.value + 1)}};
  const auto steps = steps_of(std::move(sources));
  // The payment at the very beginning was before the first step; the one at 00:01 closes the first
  // step.
  EXPECT_DOUBLE_EQ(steps[0].funding_rate, 1e-4);
  EXPECT_DOUBLE_EQ(steps[1].funding_rate, 0.0);
  // Nothing is known about the minutes before and after: that is not a zero.
  EXPECT_FALSE(steps[0].has_liquidations);
  EXPECT_TRUE(steps[1].has_liquidations);
  EXPECT_FALSE(steps[2].has_liquidations);
  EXPECT_DOUBLE_EQ(steps[1].liquidated_usd[0], 200.0);
  EXPECT_DOUBLE_EQ(steps[1].liquidated_usd[1], 50.0);
}

// Totals say nothing about a step that they do not fill.
TEST(StepBuilder, TotalsCountWhereTheyFillTheStep) {
  const auto total = [](std::int64_t minute, std::int64_t length_min, std::int64_t usd) -> Row {
    return {kBegin + minute * kMin, length_min * kMin, usd * 1'000'000, std::nullopt, 0};
  };
  StepSources sources;
  std::vector<Row> trades;
  for (std::int64_t minute = 0; minute < 20; ++minute)
    trades.push_back(trade(minute * 60, 1000, 1));
  sources.trades = reader(EventKind::kTrade, trades);
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  sources.liquidation_totals = reader(
      EventKind::kLiquidationTotal,
      {total(0, 5, 100), total(0, 5, 900), total(5, 1, 10), total(10, 60, 7), total(15, 5, 0)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = Nanos(5 * kMin)});
  std::vector<MarketStep> steps;
  MarketStep step;
  while (*builder.next(step)) steps.push_back(step);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_TRUE(steps[0].has_liquidations);
  EXPECT_DOUBLE_EQ(steps[0].liquidated_usd[0], 100.0);
  EXPECT_FALSE(steps[1].has_liquidations);  // a minute of five
  EXPECT_FALSE(steps[2].has_liquidations);  // an hour
  EXPECT_TRUE(steps[3].has_liquidations);   // a recorded zero
  EXPECT_EQ(builder.notes().skipped_totals, 1U);
  EXPECT_EQ(builder.notes().repeated_rows, 1U);
}

TEST(StepBuilder, WithoutOpenInterestItAsksForOne) {
  const auto sources = [] {
    StepSources out;
    out.trades = reader(EventKind::kTrade, {trade(0, 1000, 1)});
    return out;
  };
  StepBuilder builder(InstrumentSpec{}, sources(), {.length = kMinute});
  MarketStep step;
  const Outcome<bool> refused = builder.next(step);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoData);
  const auto assumed = steps_of(sources(), {.length = kMinute, .assumed_open_interest = 12.0});
  EXPECT_DOUBLE_EQ(assumed[0].oi_end, 12.0);
}

TEST(StepBuilder, WithoutPricesThereIsNoData) {
  StepSources sources;
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = kMinute});
  MarketStep step;
  EXPECT_EQ(builder.next(step).error().code, Errc::kNoData);
}

// However the rows are cut into batches, the steps are the same.
TEST(StepBuilder, BatchSizeDoesNotMatter) {
  Rng rng(5);
  std::vector<Row> trades;
  std::int64_t second = 0;
  for (int i = 0; i < 2000; ++i) {
    second += static_cast<std::int64_t>(rng.below(20));
    trades.push_back(trade(second, 1000 + static_cast<std::int64_t>(rng.below(100)), 1));
  }
  const auto build = [&](std::size_t batch) {
    StepSources sources;
    sources.trades = reader(EventKind::kTrade, trades, batch);
    sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1000)});
    return steps_of(std::move(sources));
  };
  const auto one = build(1);
  const auto all = build(100'000);
  ASSERT_EQ(one.size(), all.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    ASSERT_EQ(one[i].high, all[i].high);
    ASSERT_EQ(one[i].low, all[i].low);
    ASSERT_EQ(one[i].close, all[i].close);
    ASSERT_EQ(one[i].volume, all[i].volume);
  }
}

// A row that is off by orders of magnitude is said, and does not make a map of everything between.
TEST(StepBuilder, RefusesPricesAndInterestBeyondAllReason) {
  StepSources sources;
  sources.bars = reader(EventKind::kBar, {bar(0, 1, PriceKind::kLast, {100, 110, 90, 105}, 500),
                                          bar(1, 1, PriceKind::kLast, {105, 110, 1, 100}, 500)});
  sources.open_interest = reader(EventKind::kOpenInterest, {interest(0, 1'000)});
  StepBuilder builder(InstrumentSpec{}, std::move(sources), {.length = kMinute});
  MarketStep step;
  ASSERT_TRUE(builder.next(step));
  const Outcome<bool> refused = builder.next(step);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kOutOfRange);
}

}  // namespace
}  // namespace faultline

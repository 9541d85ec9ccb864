#include "engine/step_sources.hpp"

#include <gtest/gtest.h>

#include "store/test_folder.hpp"

namespace faultline {
namespace {

InstrumentSpec spec_of_btc() {
  InstrumentSpec spec;
  spec.id = *parse_instrument_id("binance_usdm:BTCUSDT");
  return spec;
}

constexpr UnixNanos kBegin{1'764'547'200'000'000'000};  // 2025-12-01T00:00:00Z
using Row = std::vector<std::optional<std::int64_t>>;

class StepSourcesTest : public ::testing::Test {
 protected:
  StepSourcesTest() {
    auto opened = Store::open(folder_.path(), StoreMode::kWrite);
    FAULTLINE_CHECK(opened.has_value());
    store_ = std::move(opened).value();
  }

  void put(const InstrumentSpec& spec) {
    const Outcome<void> done = store_->put_spec(spec);
    ASSERT_TRUE(done) << describe(done.error());
  }

  void write(EventKind kind, const std::vector<Row>& rows) {
    ColumnBatch batch(kind);
    for (const Row& row : rows) batch.append(row);
    const auto writer = store_->writer(spec_of_btc().id, kind, {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append(batch));
    ASSERT_TRUE((*writer)->finish({}, {}));
  }

  static Row trade(std::int64_t minute, std::int64_t lots) {
    return {kBegin.value + minute * kMinute.value, 1000, lots, 0, minute};
  }

  std::vector<MarketStep> steps() {
    std::vector<MarketStep> out;
    Outcome<OpenedSteps> opened =
        open_steps(*store_, spec_of_btc().id, {.length = kMinute, .assumed_open_interest = 1.0});
    if (!opened) {
      ADD_FAILURE() << describe(opened.error());
      return out;
    }
    unit_ = opened->spec;
    MarketStep step;
    for (;;) {
      const Outcome<bool> more = opened->steps.next(step);
      if (!more) ADD_FAILURE() << describe(more.error());
      if (!more || !*more) return out;
      out.push_back(step);
    }
  }

  TestFolder folder_;
  std::unique_ptr<Store> store_;
  InstrumentSpec unit_;
};

// A later import, of the contract with another lot, does not change what came before.
TEST_F(StepSourcesTest, ALaterVersionLeavesThePastAlone) {
  put(spec_of_btc());
  write(EventKind::kTrade, {trade(0, 500), trade(1, 500)});
  const std::vector<MarketStep> before = steps();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_DOUBLE_EQ(before[0].volume, 0.5);
  InstrumentSpec ended = spec_of_btc();
  ended.valid_to = kBegin + kHour;
  InstrumentSpec next = spec_of_btc();
  next.valid_from = kBegin + kHour;
  next.lot_size = Decimal{1, -4};
  put(ended);
  put(next);
  write(EventKind::kTrade, {trade(60, 500)});
  const std::vector<MarketStep> after = steps();
  ASSERT_EQ(after.size(), 61U);
  EXPECT_EQ(unit_.lot_size, next.lot_size);
  EXPECT_DOUBLE_EQ(after[0].volume, 0.5);
  EXPECT_DOUBLE_EQ(after[1].volume, 0.5);
  EXPECT_DOUBLE_EQ(after[60].volume, 0.05);
}

TEST_F(StepSourcesTest, AContractThatIsOverCanBeRead) {
  InstrumentSpec spec = spec_of_btc();
  spec.valid_to = kBegin + kHour;
  put(spec);
  write(EventKind::kTrade, {trade(0, 500)});
  EXPECT_EQ(steps().size(), 1U);
}

TEST_F(StepSourcesTest, DaysWithoutLiquidationsAreNotZeros) {
  put(spec_of_btc());
  write(EventKind::kTrade, {trade(0, 1), trade(2 * 1440, 1)});
  write(EventKind::kLiquidation, {{kBegin.value + kHour.value, 0, 100'000'000'000, 0, 10, 0},
                                  {kBegin.value + 2 * kHour.value, 1, 100'000'000'000, 0, 10, 0},
                                  {kBegin.value + 2 * kDay.value, 1, 100'000'000'000, 0, 10, 0}});
  const std::vector<MarketStep> all = steps();
  ASSERT_EQ(all.size(), 2U * 1440U + 1U);
  EXPECT_FALSE(all[59].has_liquidations);
  EXPECT_TRUE(all[60].has_liquidations);
  EXPECT_TRUE(all[90].has_liquidations);
  EXPECT_DOUBLE_EQ(all[90].liquidated_usd[0], 0.0);
  EXPECT_TRUE(all[120].has_liquidations);
  EXPECT_FALSE(all[121].has_liquidations);
  EXPECT_FALSE(all[2000].has_liquidations);
  EXPECT_TRUE(all[2880].has_liquidations);
}

}  // namespace
}  // namespace faultline

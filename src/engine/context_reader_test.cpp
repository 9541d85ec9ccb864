#include "engine/context_reader.hpp"

#include <gtest/gtest.h>

#include "engine/test_reader.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kMin = kMinute.value;

Row depth(std::int64_t minute, std::int64_t band_e6, std::int64_t lots,
          std::optional<std::int64_t> usd) {
  if (usd) usd = *usd * 1'000'000;
  return {minute * kMin, band_e6, lots, usd};
}
Row mark(std::int64_t minute, std::optional<std::int64_t> price,
         std::optional<std::int64_t> index) {
  if (price) price = *price * 1'000'000'000;
  if (index) index = *index * 1'000'000'000;
  return {minute * kMin, price, index, std::nullopt};
}
ContextReader reader(const std::vector<Row>& depths, const std::vector<Row>& marks) {
  return ContextReader({InstrumentSpec{}},
                       std::make_unique<MemoryReader>(EventKind::kDepthBand, depths),
                       std::make_unique<MemoryReader>(EventKind::kMark, marks));
}
MarketContext at(ContextReader& context, std::int64_t minute) {
  const Outcome<MarketContext> found = context.at(UnixNanos(minute * kMin));
  EXPECT_TRUE(found);
  return found ? *found : MarketContext();
}

TEST(ContextReader, KnowsTheNewestThatIsStampedByThen) {
  ContextReader context = reader({depth(1, -10'000, 0, 100), depth(1, 10'000, 0, 120),
                                  depth(2, -10'000, 0, 300), depth(2, 10'000, 0, 320)},
                                 {mark(1, 101, 100), mark(3, 99, 100)});
  EXPECT_FALSE(at(context, 0).depth);
  EXPECT_FALSE(at(context, 0).basis);
  const MarketContext one = at(context, 1);
  ASSERT_TRUE(one.depth && one.basis);
  EXPECT_EQ(one.depth->bids_usd, 100.0);
  EXPECT_EQ(one.depth->asks_usd, 120.0);
  EXPECT_NEAR(*one.basis, 0.01, 1e-12);
  const MarketContext three = at(context, 3);
  EXPECT_EQ(three.depth->bids_usd, 300.0);
  EXPECT_NEAR(*three.basis, -0.01, 1e-12);
}

TEST(ContextReader, ForgetsWhatIsTooOld) {
  ContextReader context =
      reader({depth(0, -10'000, 0, 100), depth(0, 10'000, 0, 120)}, {mark(0, 101, 100)});
  EXPECT_TRUE(at(context, 60).depth);
  EXPECT_FALSE(at(context, 61).depth);
  EXPECT_FALSE(at(context, 61).basis);
}

TEST(ContextReader, TakesLotsAtTheMarkWhereNoNotionalIsRecorded) {
  // A lot of an empty specification is .001 coins.
  ContextReader context =
      reader({depth(2, -10'000, 3000, std::nullopt), depth(2, 10'000, 1000, std::nullopt)},
             {mark(1, 100, std::nullopt)});
  const MarketContext found = at(context, 2);
  ASSERT_TRUE(found.depth);
  EXPECT_EQ(found.depth->bids_usd, 300.0);
  EXPECT_EQ(found.depth->asks_usd, 100.0);
  EXPECT_FALSE(found.basis);
}

TEST(ContextReader, TakesLotsAtTheMarkOfTheirTimeOrNotAtAll) {
  const std::vector<Row> depths{depth(2, -10'000, 3000, std::nullopt),
                                depth(2, 10'000, 1000, std::nullopt)};
  ContextReader later = reader(depths, {mark(1, 100, std::nullopt), mark(3, 200, std::nullopt)});
  EXPECT_EQ(at(later, 5).depth->bids_usd, 300.0);
  ContextReader none = reader(depths, {mark(3, 200, std::nullopt)});
  EXPECT_FALSE(at(none, 5).depth);
  InstrumentSpec listed;
  listed.valid_from = UnixNanos(10 * kMin);
  ContextReader early({listed}, std::make_unique<MemoryReader>(EventKind::kDepthBand, depths),
                      std::make_unique<MemoryReader>(EventKind::kMark,
                                                     std::vector<Row>{mark(1, 100, std::nullopt)}));
  EXPECT_FALSE(at(early, 5).depth);
}

TEST(ContextReader, OneSideAloneAndOtherBandsAreNoDepth) {
  ContextReader one = reader({depth(0, -10'000, 0, 100)}, {});
  EXPECT_FALSE(at(one, 1).depth);
  ContextReader other = reader({depth(0, -50'000, 0, 100), depth(0, 50'000, 0, 120)}, {});
  EXPECT_FALSE(at(other, 1).depth);
}

TEST(ContextReader, WithoutRecordingsNothingIsKnown) {
  ContextReader none({}, nullptr, nullptr);
  EXPECT_FALSE(at(none, 5).depth);
}

}  // namespace
}  // namespace faultline

#include "book/ladder.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/rng.hpp"

namespace faultline {
namespace {

void add(Ladder& ladder, LevelKey key) { ladder.open(key).head = 1; }
void drop(Ladder& ladder, LevelKey key) {
  ladder.at(key) = {};
  ladder.settle(key);
}

TEST(Ladder, IsEmptyAtFirst) {
  const Ladder ladder;
  EXPECT_EQ(ladder.first(), kNoLevel);
  EXPECT_EQ(ladder.next_after(0), kNoLevel);
  EXPECT_EQ(ladder.next_after(kNoLevel - 1), kNoLevel);
  EXPECT_EQ(ladder.look(12345).head, 0U);
  EXPECT_EQ(ladder.pages_made(), 0U);
}

TEST(Ladder, FoldsTheSideIntoTheKey) {
  EXPECT_EQ(key_of(Best::kLowest, PriceTicks(7)), 7U);
  EXPECT_EQ(key_of(Best::kHighest, PriceTicks(kPriceLevels - 1)), 0U);
  EXPECT_EQ(price_of(Best::kHighest, key_of(Best::kHighest, PriceTicks(7))), PriceTicks(7));
  EXPECT_LT(key_of(best_of(Side::kLong), PriceTicks(101)),
            key_of(best_of(Side::kLong), PriceTicks(100)));
  EXPECT_LT(key_of(best_of(Side::kShort), PriceTicks(100)),
            key_of(best_of(Side::kShort), PriceTicks(101)));
}

TEST(Ladder, WalksAcrossWordsPagesAndTheirWords) {
  const std::vector<LevelKey> keys{0,       63,      64,        4095,           4096,
                                   262'143, 262'144, 1'000'000, kLevelKeys / 2, kLevelKeys - 1};
  Ladder ladder;
  for (std::size_t i = keys.size(); i-- > 0;) {
    add(ladder, keys[i]);
    EXPECT_EQ(ladder.first(), keys[i]);
  }
  std::vector<LevelKey> seen;
  for (LevelKey key = ladder.first(); key != kNoLevel; key = ladder.next_after(key))
    seen.push_back(key);
  EXPECT_EQ(seen, keys);
  EXPECT_EQ(ladder.next_after(1), 63U);
  EXPECT_EQ(ladder.next_after(5000), 262'143U);       // from a key that is itself empty
  EXPECT_EQ(ladder.next_after(300'000), 1'000'000U);  // and from one without a page
}

TEST(Ladder, AgreesWithASetOnRandomKeys) {
  Rng rng(5);
  Ladder ladder;
  std::set<LevelKey> expected;
  for (int i = 0; i < 20'000; ++i) {
    const LevelKey base = static_cast<LevelKey>(rng.below(4)) * (kLevelKeys / 4);
    const LevelKey key = base + static_cast<LevelKey>(rng.below(rng.below(2) == 0 ? 80 : 300'000));
    if (expected.insert(key).second) {
      add(ladder, key);
    } else {
      expected.erase(key);
      drop(ladder, key);
    }
    ASSERT_EQ(ladder.first(), expected.empty() ? kNoLevel : *expected.begin());
    const LevelKey from = static_cast<LevelKey>(rng.below(kLevelKeys));
    const auto next = expected.upper_bound(from);
    ASSERT_EQ(ladder.next_after(from), next == expected.end() ? kNoLevel : *next);
  }
  EXPECT_GT(expected.size(), 1000U);
}

TEST(Ladder, ReusesPagesThatAreEmpty) {
  Ladder ladder;
  for (LevelKey page = 0; page < 4096; ++page) {  // a price that drifts across the whole range
    add(ladder, page * 4096 + 4095);
    if (page > 0) drop(ladder, (page - 1) * 4096 + 4095);
    EXPECT_EQ(ladder.pages_in_use(), 1U);
  }
  EXPECT_EQ(ladder.pages_made(), 2U);
  drop(ladder, kLevelKeys - 1);
  EXPECT_EQ(ladder.pages_in_use(), 0U);
  EXPECT_EQ(ladder.first(), kNoLevel);
}

TEST(LadderDeathTest, ALevelThatIsClearedHasNoLots) {
  Ladder ladder;
  ladder.open(7).lots = 1;
  EXPECT_DEATH(ladder.settle(7), "lots == 0");
}

}  // namespace
}  // namespace faultline

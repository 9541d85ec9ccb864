#include "serve/served_state.hpp"

#include <gtest/gtest.h>

#include "serve/test_service.hpp"
#include "store/files.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kDigest = 7;

MapNow column(std::int64_t index, float usd) {
  MapColumn rows;
  rows.as_of = UnixNanos(1'764'547'200'000'000'000 + index * kMinute.value);
  rows.notional_at_risk_usd = {std::vector<float>{usd}, std::vector<float>{0.0F}};
  MapNow out;
  out.index = index;
  out.column = std::make_shared<const MapColumn>(std::move(rows));
  return out;
}

class StateKeeperTest : public testing::Test {
 protected:
  // A start that makes columns [0, end), and is killed or stopped.
  void run(std::int64_t end, float usd = 5.0F) {
    StateKeeper keeper(path_, kDigest, earlier());
    for (std::int64_t i = 0; i < end; ++i) keeper.on_column(column(i, usd));
    ASSERT_TRUE(keeper.save());
  }
  std::optional<ServedState> earlier() const { return read_served_state(path_).value(); }

  TestFolder folder_;
  std::string path_ = folder_.path() + "/state.json";
};

TEST_F(StateKeeperTest, HasNothingToSayOnAFirstStart) {
  StateKeeper keeper(path_, kDigest, earlier());
  EXPECT_EQ(keeper.note(), std::nullopt);
  EXPECT_EQ(keeper.at_once_until(), std::nullopt);
  EXPECT_TRUE(keeper.save());
  EXPECT_EQ(earlier(), std::nullopt);
}

TEST_F(StateKeeperTest, GoesOnWhereItStopped) {
  run(10);
  StateKeeper keeper(path_, kDigest, earlier());
  EXPECT_EQ(keeper.at_once_until(), column(9, 5.0F).column->as_of);
  EXPECT_EQ(keeper.note()->columns, 10);
  EXPECT_NE(keeper.note()->note.find("being made"), std::string::npos);
  for (std::int64_t i = 0; i < 10; ++i) keeper.on_column(column(i, 5.0F));
  EXPECT_NE(keeper.note()->note.find("the same"), std::string::npos);
  EXPECT_GE(keeper.note()->seconds_missed, 0.0);
}

TEST_F(StateKeeperTest, SeesThatTheColumnsDiffer) {
  run(10);
  StateKeeper keeper(path_, kDigest, earlier());
  for (std::int64_t i = 0; i < 10; ++i) keeper.on_column(column(i, i == 4 ? 6.0F : 5.0F));
  EXPECT_NE(keeper.note()->note.find("DIFFER"), std::string::npos);
}

TEST_F(StateKeeperTest, DoesNotGoBackWhenItIsStoppedWhileItCatchesUp) {
  run(10);
  run(3);
  EXPECT_EQ(earlier()->index, 9);
}

TEST_F(StateKeeperTest, RefusesWhatIsNoState) {
  for (const char* text : {"", "{}", "nonsense", R"({"format": 2})",
                           R"({"format": 1, "source_digest": "0000000000000007", "index": -1,
                               "as_of_ns": 1764547200000000000, "columns_hash": "0000000000000000",
                               "saved_unix_ns": 0})"}) {
    ASSERT_TRUE(write_file_atomically(path_, text));
    const auto state = read_served_state(path_);
    ASSERT_FALSE(state) << text;
    EXPECT_EQ(state.error().code, Errc::kCorrupt);
  }
}

}  // namespace
}  // namespace faultline

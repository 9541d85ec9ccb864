#include "text/config.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

constexpr const char* kDocument = R"(name = "day"
count = 3
ratio = 0.5
flag = true
files = ["a.csv", "b.csv"]
from = 2025-12-01

[[table]]
kind = "bar"
weights = [1, 0.5]

[[table]]
kind = "trade"
[table.columns]
time = "ts"
)";

TEST(Config, ReadsWhatIsThere) {
  const auto config = parse_toml(kDocument, "day.toml");
  ASSERT_TRUE(config) << describe(config.error());
  EXPECT_EQ(*config->text("name"), "day");
  EXPECT_EQ(*config->integer("count"), 3);
  EXPECT_DOUBLE_EQ(*config->number("count"), 3.0);
  EXPECT_DOUBLE_EQ(*config->number("ratio"), 0.5);
  EXPECT_TRUE(*config->flag("flag"));
  EXPECT_EQ(*config->text("from"), "2025-12-01");
  EXPECT_EQ(config->texts("files")->size(), 2U);
  EXPECT_EQ(config->texts("name")->front(), "day");
  const auto tables = *config->tables("table");
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(*tables[1].text("kind"), "trade");
  EXPECT_EQ(*tables[1].table("columns")->text("time"), "ts");
  EXPECT_DOUBLE_EQ(tables[0].numbers("weights")->at(1), 0.5);
  EXPECT_EQ(*config->text_or("absent", "x"), "x");
}

TEST(Config, ComplaintsNameFileLineAndKey) {
  const auto config = parse_toml(kDocument, "day.toml");
  ASSERT_TRUE(config);
  const auto tables = *config->tables("table");
  EXPECT_EQ(describe(tables[1].table("columns")->integer("time").error()),
            "day.toml:15: table[1].columns.time: not the kind of value expected here (needs a "
            "whole number)");
  EXPECT_EQ(describe(tables[0].text("file").error()),
            "day.toml:8: table[0].file: a required field is missing");
  EXPECT_EQ(describe(tables[0].only({"kind", "weight"}).error()),
            "day.toml:10: table[0].weights: a key that does not exist here (did you mean weight?)");
}

TEST(Config, BadTomlNamesItsLine) {
  const auto config = parse_toml("a = 1\nb = = 2\n", "x.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Errc::kBadToml);
  EXPECT_EQ(config.error().line, 2U);
  EXPECT_FALSE(parse_toml(std::string(2'000'000, '#'), "x.toml"));
}

}  // namespace
}  // namespace faultline

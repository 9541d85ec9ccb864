#include "study/map_tables.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/time_text.hpp"
#include "store/table_file.hpp"

namespace faultline {
namespace {

constexpr double kShownUsdMin = 1.0;

std::string fixed(double value, int places) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.*f", places, value);
  return out.data();
}

struct Cell {
  UnixNanos as_of{};
  std::int32_t row = 0;
  Side side = Side::kLong;
  double usd = 0.0;
  // p10, p50, p90; absent with one member.
  std::optional<std::array<double, 3>> interval{};
};

// Calls visit(cell) for every cell worth a dollar, in order.
template <class Visit>
void for_each_cell(const LiquidationMap& map, const Visit& visit) {
  for (const MapColumn& column : map.columns) {
    for (const Side side : {Side::kLong, Side::kShort}) {
      const auto& rows = column.notional_at_risk_usd[index_of(side)];
      const RowInterval& interval = column.density_interval[index_of(side)];
      for (std::size_t i = 0; i < rows.size(); ++i) {
        Cell cell{.as_of = column.as_of,
                  .row = column.first_row + static_cast<std::int32_t>(i),
                  .side = side,
                  .usd = static_cast<double>(rows[i])};
        if (cell.usd < kShownUsdMin) continue;
        if (column.has_interval()) {
          cell.interval = {static_cast<double>(interval.p10[i]),
                           static_cast<double>(interval.p50[i]),
                           static_cast<double>(interval.p90[i])};
        }
        visit(cell);
      }
    }
  }
}

}  // namespace

std::string csv_of_map(const LiquidationMap& map) {
  std::string out =
      "as_of,price_low,price_high,side,notional_at_risk_usd,density_p10_usd,density_p50_usd,"
      "density_p90_usd\n";
  for_each_cell(map, [&](const Cell& cell) {
    out += to_text(cell.as_of) + "," + fixed(price_of_row(cell.row), 8) + "," +
           fixed(price_of_row(cell.row + 1), 8) + "," + name_of(cell.side) + "," +
           fixed(cell.usd, 2);
    for (const std::size_t level : {0U, 1U, 2U}) {
      out += cell.interval ? "," + fixed((*cell.interval)[level], 2) : ",";
    }
    out += "\n";
  });
  return out;
}

Outcome<void> write_map_parquet(const LiquidationMap& map, const std::string& path) {
  const std::vector<std::string> names{"as_of",
                                       "price_low_e9",
                                       "price_high_e9",
                                       "side",
                                       "notional_at_risk_usd_e6",
                                       "density_p10_usd_e6",
                                       "density_p50_usd_e6",
                                       "density_p90_usd_e6"};
  std::vector<Column> columns(names.size());
  for_each_cell(map, [&](const Cell& cell) {
    columns[0].values.push_back(cell.as_of.value);
    columns[1].values.push_back(std::llround(price_of_row(cell.row) * 1e9));
    columns[2].values.push_back(std::llround(price_of_row(cell.row + 1) * 1e9));
    columns[3].values.push_back(static_cast<std::int64_t>(cell.side));
    columns[4].values.push_back(std::llround(cell.usd * 1e6));
    for (const std::size_t level : {0U, 1U, 2U}) {
      Column& quantile = columns[5 + level];
      quantile.values.push_back(cell.interval ? std::llround((*cell.interval)[level] * 1e6) : 0);
      if (!cell.interval) quantile.present.push_back(0);
    }
  });
  return write_parquet_file(path, names, columns);
}

}  // namespace faultline

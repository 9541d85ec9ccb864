#include "study/map_tables.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "core/time_text.hpp"
#include "store/files.hpp"
#include "store/table_file.hpp"

namespace faultline {
namespace {

constexpr double kShownUsdMin = 1.0;
// Rows are .1 % apart; decimals of a fixed count would lose the price of a cheap coin.
constexpr int kPriceDigits = 12;
constexpr int kMoneyDecimals = 2;
// A few columns of the map: small beside the row group that the Parquet writer holds.
constexpr std::size_t kPieceRows = 16'384;

void append_number(std::string& out, double value, std::chars_format format, int precision) {
  // The largest double has 309 digits before its point.
  std::array<char, 320> text{};
  const auto done = std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
  FAULTLINE_CHECK(done.ec == std::errc());
  out.append(text.data(), done.ptr);
}

void append_price(std::string& out, double price) {
  append_number(out, price, std::chars_format::general, kPriceDigits);
}

void append_usd(std::string& out, double usd) {
  append_number(out, usd, std::chars_format::fixed, kMoneyDecimals);
}

struct Cell {
  UnixNanos as_of{};
  std::int32_t row = 0;
  Side side = Side::kLong;
  double usd = 0.0;
  // p10, p50, p90; absent with one member.
  std::optional<std::array<double, 3>> interval{};
};

// Calls visit(cell) for every cell of a column that is worth a dollar, in order.
template <class Visit>
void for_each_cell(const MapColumn& column, const Visit& visit) {
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
        cell.interval = {static_cast<double>(interval.p10[i]), static_cast<double>(interval.p50[i]),
                         static_cast<double>(interval.p90[i])};
      }
      visit(cell);
    }
  }
}

void append_csv(const MapColumn& column, std::string& out) {
  const std::string as_of = to_text(column.as_of);
  for_each_cell(column, [&](const Cell& cell) {
    out.append(as_of).append(",");
    append_price(out, price_of_row(cell.row));
    out += ',';
    append_price(out, price_of_row(cell.row + 1));
    out.append(",").append(name_of(cell.side)).append(",");
    append_usd(out, cell.usd);
    for (const std::size_t level : {0U, 1U, 2U}) {
      out += ',';
      if (cell.interval) append_usd(out, (*cell.interval)[level]);
    }
    out += '\n';
  });
}

// Requires: the eight columns of write_map_parquet().
void append_integers(const MapColumn& column, std::vector<Column>& table) {
  for_each_cell(column, [&](const Cell& cell) {
    table[0].values.push_back(cell.as_of.value);
    table[1].values.push_back(std::llround(price_of_row(cell.row) * 1e9));
    table[2].values.push_back(std::llround(price_of_row(cell.row + 1) * 1e9));
    table[3].values.push_back(static_cast<std::int64_t>(cell.side));
    table[4].values.push_back(std::llround(cell.usd * 1e6));
    for (const std::size_t level : {0U, 1U, 2U}) {
      Column& quantile = table[5 + level];
      quantile.values.push_back(cell.interval ? std::llround((*cell.interval)[level] * 1e6) : 0);
      quantile.present.push_back(cell.interval ? 1 : 0);
    }
  });
}

}  // namespace

Outcome<void> write_map_csv(const LiquidationMap& map, const std::string& path) {
  Outcome<FileWriter> writer = FileWriter::create(path);
  if (!writer) return writer.error();
  std::string piece =
      "as_of,price_low,price_high,side,notional_at_risk_usd,density_p10_usd,density_p50_usd,"
      "density_p90_usd\n";
  for (const MapColumn& column : map.columns) {
    append_csv(column, piece);
    if (Outcome<void> written = writer->write(piece); !written) return written;
    piece.clear();
  }
  // A map without columns is its heading alone.
  if (Outcome<void> written = writer->write(piece); !written) return written;
  return writer->commit();
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
  std::size_t at = 0;
  const RowPieces pieces = [&](std::vector<Column>& table) -> Outcome<bool> {
    if (at == map.columns.size()) return false;
    table.assign(names.size(), Column{});
    while (at < map.columns.size() && table.front().values.size() < kPieceRows)
      append_integers(map.columns[at++], table);
    return true;
  };
  return write_parquet_file(path, names, pieces);
}

}  // namespace faultline

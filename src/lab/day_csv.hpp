#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "lab/day.hpp"

namespace faultline {

// A lab day as the files that a venue would publish, and the truth as one more.
//
//   lab-aggTrades.csv     Binance Vision aggTrades
//   lab-ticker.csv        timestamp_ms,mark_price,index_price,funding_rate,open_interest
//   lab-fundingRate.csv   calc_time,funding_interval_hours,last_funding_rate
//   lab-liquidations.csv  time,side,average_price,quantity; SELL: a long was liquidated
//   lab-positions.csv     time,account_id,side,qty,entry_price,leverage,liquidation_price,
//                         position_usd; the truth
//
// Units: times in milliseconds, prices and money in USD, quantities in BTC. An empty field is an
//        absent value; the ticker has an open interest every ten seconds only.

// Takes the bytes of one file in pieces, in order; files come one after the other.
using FileSink = std::function<Result<void>(std::string_view file_name, std::string_view bytes)>;

// Errors: whatever the sink returns.
// Cost:   memory of one piece, about a MiB.
Result<void> write_day_csv(const LabDay& day, const LabConfig& config, const FileSink& sink);

// The dataset descriptor (TOML) of those files.
std::string lab_descriptor(const LabConfig& config);

}  // namespace faultline

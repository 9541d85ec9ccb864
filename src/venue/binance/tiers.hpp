#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "base/result.hpp"
#include "margin/tiers.hpp"

namespace faultline::binance {

// Maintenance ladders by the venue's own symbol: "BTCUSDT", "BTCUSDT_260327".
using TierTables = std::map<std::string, TierTable>;

// Reads the leverage brackets of all USDⓈ-M contracts, as ccxt and freqtrade publish them:
//
//   {"BTC/USDT:USDT": [{"minNotional": 0, "maxNotional": 50000, "maintenanceMarginRate": 0.004,
//                       "maxLeverage": 125, "info": {"cum": "0.0", …}, …}, …], …}
//
// Why this form: Binance's own endpoint needs an account's key; this copy of it is public. Numbers
// may be JSON numbers or text; unknown fields are ignored. One bad ladder refuses the whole file: a
// missing symbol would silently get somebody's default.
//
// Requires: `bytes` already unpacked. `validity` is that of all tables; the file does not say it.
// Errors: kBadJson (offset of the byte), kUnexpectedField (not an object of lists of objects, not a
//         number, a symbol that is not BASE/QUOTE:QUOTE), kMissingField, kNotANumber, kDuplicate
//         (two keys for one symbol), kEmpty (no symbols, or a ladder without rungs), and those of
//         TierTable::make. For all but kBadJson the offset is that of the symbol's key.
// Cost:   builds the document in memory: about a tenth of a second for 700 symbols.
Result<TierTables> read_tiers(std::span<const std::byte> bytes, TierValidity validity);

}  // namespace faultline::binance

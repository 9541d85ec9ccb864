#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"
#include "lab/market_config.hpp"

namespace faultline {

// A market as a TOML file: what differs from the defaults of lab/market_config.hpp.
//
//   name = "crowded_longs"
//   about = "Most holders are long, with the leverage of a late rally"
//   seed = 7
//   length_s = 172800
//   [holders]
//   long_bias = 1.6
//   leverage_median = 20
//   [[venue]]
//   symbol = "BTCUSDT"
//   feed = "all"
//
// One table of fields below says what there is, its unit, its bounds and its default: the parser,
// validate(), `faultline lab fields` and the sliders of the terminal read the same.
struct Scenario {
  std::string name;
  std::string about;
  MarketConfig market;
};

// Errors: kBadToml, kUnknownKey (with the nearest known one), kUnexpectedField, kMissingField,
//         kOutOfRange, kBadRequest: all with file, line and key.
Outcome<Scenario> parse_scenario(std::string_view text, std::string_view file_name);

// Where a field lives. Times are Nanos and written in seconds; a flag is not needed so far.
using FieldPointer = std::variant<double*, std::uint32_t*, std::int64_t*, Nanos*>;

struct ScenarioField {
  std::string_view table;  // "" for the top; "venue" for each [[venue]]
  std::string_view key;
  std::string_view about;  // one line, with the unit
  double least = 0.0;
  double most = 0.0;
  FieldPointer (*in)(MarketConfig& config, std::size_t venue) = nullptr;
};

// In the order in which a file would have them.
const std::vector<ScenarioField>& scenario_fields();
// The value as the file has it: times in seconds.
double field_value(const ScenarioField& field, const MarketConfig& config, std::size_t venue = 0);
// Errors: kOutOfRange, kBadRequest (a count that is not whole), naming the field.
Outcome<void> set_field(const ScenarioField& field, double value, MarketConfig& config,
                        std::size_t venue = 0);

// The complete file of a scenario: every field, whether or not it has its default.
std::string write_scenario(const Scenario& scenario);

}  // namespace faultline

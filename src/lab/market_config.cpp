#include "lab/market_config.hpp"

namespace faultline {

// The bounds of numbers stand with their names in scenario files (lab/scenario.cpp).
Outcome<void> validate(const MarketConfig& config) {
  if (config.venues.empty())
    return Diagnostic{.code = Errc::kEmpty, .field = "venues", .note = "there must be one"};
  return {};
}

}  // namespace faultline

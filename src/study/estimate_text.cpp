#include "study/estimate_text.hpp"

#include "draw/axis_ticks.hpp"

namespace faultline {

std::string estimate_text(const std::optional<BootstrapEstimate>& estimate) {
  if (!estimate) return "-";
  return grouped_text(estimate->value, 3) + " [" + grouped_text(estimate->low, 3) + ", " +
         grouped_text(estimate->high, 3) + "]";
}

JsonValue json_of_estimate(const std::optional<BootstrapEstimate>& estimate) {
  if (!estimate) return {};
  return std::move(JsonValue::object()
                       .set("value", estimate->value)
                       .set("low", estimate->low)
                       .set("high", estimate->high));
}

std::string few_days_text(std::size_t day_count) {
  if (day_count >= kDaysFew) return {};
  return "Fewer than " + std::to_string(kDaysFew) + " days: the intervals are too narrow.\n";
}

std::string table_row(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string table_head(std::initializer_list<std::string> cells) {
  std::string out = table_row(cells) + "|";
  for (std::size_t i = 0; i < cells.size(); ++i) out += "---|";
  return out + "\n";
}

}  // namespace faultline

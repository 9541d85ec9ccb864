#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>

#include "stats/cluster_bootstrap.hpp"
#include "text/json.hpp"

namespace faultline {

// Scores with their intervals, as reports show them. One that the data do not determine is "-" in
// the text and null in JSON.

// "0.531 [0.512, 0.550]"
std::string estimate_text(const std::optional<BootstrapEstimate>& estimate);
// {"value": …, "low": …, "high": …}
JsonValue json_of_estimate(const std::optional<BootstrapEstimate>& estimate);

// Fewer days than this make intervals that are too narrow.
inline constexpr std::size_t kDaysFew = 30;
// A sentence that says so, with a line break; empty with days enough.
std::string few_days_text(std::size_t day_count);

// Lines of a Markdown table.
std::string table_row(std::initializer_list<std::string> cells);
std::string table_head(std::initializer_list<std::string> cells);

}  // namespace faultline

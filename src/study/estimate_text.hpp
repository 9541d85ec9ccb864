#pragma once

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

// Lines of a Markdown table.
std::string table_row(std::initializer_list<std::string> cells);
std::string table_head(std::initializer_list<std::string> cells);

}  // namespace faultline

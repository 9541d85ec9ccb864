// Scenario files: any text is a scenario or a complaint, and what is written reads back the same.
#include "fuzz_input.hpp"
#include "lab/scenario.hpp"

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const auto scenario = parse_scenario(text, "fuzz.toml");
  if (!scenario) return;
  const auto again = parse_scenario(write_scenario(*scenario), "again.toml");
  FAULTLINE_CHECK(again.has_value());
  FAULTLINE_CHECK(again->market == scenario->market);
}

// Dataset descriptors: any text gives a dataset or one complaint of one line that names the
// file, or the preset that it uses.
#include <string>

#include "feed/dataset.hpp"
#include "fuzz_input.hpp"

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const Outcome<Dataset> dataset = parse_dataset(text, "fuzz.toml");
  if (!dataset) {
    const std::string said = describe(dataset.error());
    FAULTLINE_CHECK(said.starts_with("fuzz.toml") || said.starts_with("preset "));
    FAULTLINE_CHECK(said.find('\n') == std::string::npos);
    return;
  }
  FAULTLINE_CHECK(!dataset->name.empty() && !dataset->tables.empty());
  for (const InstrumentSpec& spec : dataset->instruments) {
    FAULTLINE_CHECK(spec.tick_size.mantissa > 0 && spec.lot_size.mantissa > 0);
    FAULTLINE_CHECK(dataset->spec_of(spec.id).has_value());
  }
  for (const TableSpec& table : dataset->tables) {
    FAULTLINE_CHECK(!table.files.empty() && !table.emits.empty());
  }
}

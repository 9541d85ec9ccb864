// TOML: any text gives a document or one complaint of one line, and any value may be asked for as
// any type.
#include <string>

#include "fuzz_input.hpp"
#include "text/config.hpp"

namespace faultline {
namespace {

void check_complaint(const Diagnostic& diagnostic) {
  const std::string said = describe(diagnostic);
  FAULTLINE_CHECK(!said.empty());
  FAULTLINE_CHECK(said.find('\n') == std::string::npos);
}

template <class T>
void touch(const Outcome<T>& outcome) {
  if (!outcome) check_complaint(outcome.error());
}

void walk(const Config& config) {
  touch(config.only({"name", "files"}));
  for (const std::string& key : config.keys()) {
    FAULTLINE_CHECK(config.has(key));
    touch(config.text(key));
    touch(config.integer(key));
    touch(config.number(key));
    touch(config.flag(key));
    touch(config.texts(key));
    touch(config.numbers(key));
    FAULTLINE_CHECK(config.text(key).has_value() == config.is_text(key));
    const Outcome<Config> table = config.table(key);
    FAULTLINE_CHECK(table.has_value() == config.is_table(key));
    if (table) walk(*table);
    const Outcome<std::vector<Config>> tables = config.tables(key);
    if (!tables || config.is_table(key)) continue;
    for (const Config& element : *tables) walk(element);
  }
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  const auto config = faultline::parse_toml(text, "fuzz.toml");
  if (config) {
    faultline::walk(*config);
  } else {
    faultline::check_complaint(config.error());
  }
}

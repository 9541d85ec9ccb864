// JSON: what is read is written, in one line and indented, and read again as the same value.
#include "fuzz_input.hpp"
#include "text/json.hpp"

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  const Result<JsonValue> value = parse_json(text);
  if (!value) {
    FAULTLINE_CHECK(value.error().offset <= text.size());
    return;
  }
  const std::string line = write_json(*value);
  FAULTLINE_CHECK(line.find('\n') == std::string::npos);
  const Result<JsonValue> again = parse_json(line);
  FAULTLINE_CHECK(again && *again == *value);
  FAULTLINE_CHECK(write_json(*again) == line);
  const Result<JsonValue> indented = parse_json(write_json(*value, 2));
  FAULTLINE_CHECK(indented && *indented == *value);
}

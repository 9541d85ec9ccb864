// The members of a JSON object against the reader that builds a tree: both take the same objects,
// and every text means the same value.
#include "fuzz_input.hpp"
#include "text/json.hpp"
#include "text/json_members.hpp"

namespace faultline {
namespace {

void check_value(const std::optional<std::string_view>& text, const JsonValue& value) {
  FAULTLINE_CHECK(text.has_value() == !value.is_null());
  if (!text) return;
  if (const std::string* whole = value.as_string(); whole != nullptr) {
    FAULTLINE_CHECK(*text == *whole);
    return;
  }
  const Result<JsonValue> again = parse_json(*text);
  FAULTLINE_CHECK(again && *again == value);
}

}  // namespace
}  // namespace faultline

FAULTLINE_FUZZ(text) {
  using namespace faultline;
  JsonMembers members;
  const Result<void> read = members.read(text);
  if (!read) FAULTLINE_CHECK(read.error().offset <= text.size());
  // A mark of UTF-8 is the line reader's business.
  if (text.starts_with("\xEF\xBB\xBF")) return;
  const Result<JsonValue> tree = parse_json(text);
  if (!tree) {
    // Twins are seen at every depth there, and numbers have to fit into a double.
    const bool is_strict = tree.error().code == Errc::kBadJson;
    if (is_strict && read) FAULTLINE_CHECK(text.find(':') != text.rfind(':'));
    return;
  }
  if (tree->as_object() == nullptr) {
    FAULTLINE_CHECK(!read);
    return;
  }
  FAULTLINE_CHECK(read.has_value());
  const JsonValue::Object& object = *tree->as_object();
  FAULTLINE_CHECK(members.members().size() == object.size());
  for (std::size_t i = 0; i < object.size(); ++i) {
    FAULTLINE_CHECK(members.members()[i].name == object[i].name);
    check_value(members.members()[i].value, object[i].value);
  }
}

#include "base/diagnostic.hpp"

#include <cstdio>

namespace faultline {
namespace {

constexpr std::size_t kShownChars = 60;

std::string shown(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (out.size() >= kShownChars) {
      out += "...";
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string describe(const Diagnostic& diagnostic) {
  std::string out = diagnostic.file;
  if (diagnostic.line != 0) out += ":" + std::to_string(diagnostic.line);
  if (!out.empty()) out += ": ";
  if (!diagnostic.field.empty()) {
    out += diagnostic.field;
    if (!diagnostic.value.empty()) out += " = \"" + shown(diagnostic.value) + "\"";
    out += ": ";
  } else if (!diagnostic.value.empty()) {
    out += "\"" + shown(diagnostic.value) + "\": ";
  }
  out += meaning_of(diagnostic.code);
  if (!diagnostic.note.empty()) out += " (" + diagnostic.note + ")";
  return out;
}

}  // namespace faultline

#include "base/diagnostic.hpp"

#include <cstdio>

namespace faultline {
namespace {

constexpr std::size_t kShownChars = 60;
constexpr std::size_t kNoteChars = 600;

// Control characters are escaped, so that a complaint is always one line.
std::string shown(const std::string& value, std::size_t chars_max) {
  std::string out;
  for (const char c : value) {
    if (out.size() >= chars_max) {
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
  std::string out = shown(diagnostic.file, kNoteChars);
  if (diagnostic.line != 0) out += ":" + std::to_string(diagnostic.line);
  if (!out.empty()) out += ": ";
  if (!diagnostic.field.empty()) {
    out += shown(diagnostic.field, kNoteChars);
    if (!diagnostic.value.empty()) out += " = \"" + shown(diagnostic.value, kShownChars) + "\"";
    out += ": ";
  } else if (!diagnostic.value.empty()) {
    out += "\"" + shown(diagnostic.value, kShownChars) + "\": ";
  }
  out += meaning_of(diagnostic.code);
  if (!diagnostic.note.empty()) out += " (" + shown(diagnostic.note, kNoteChars) + ")";
  return out;
}

}  // namespace faultline

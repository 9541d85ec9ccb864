#include "text/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>

namespace faultline {

std::optional<bool> JsonValue::as_bool() const {
  const bool* value = std::get_if<bool>(&state_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> JsonValue::as_int() const {
  const auto* value = std::get_if<std::int64_t>(&state_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<double> JsonValue::as_double() const {
  if (const auto* whole = std::get_if<std::int64_t>(&state_)) return static_cast<double>(*whole);
  const auto* value = std::get_if<double>(&state_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

JsonValue JsonValue::array() {
  JsonValue value;
  value.state_ = Array{};
  return value;
}

JsonValue JsonValue::object() {
  JsonValue value;
  value.state_ = Object{};
  return value;
}

const JsonValue* JsonValue::find(std::string_view name) const {
  const Object* members = as_object();
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, name, &JsonMember::name);
  return found == members->end() ? nullptr : &found->value;
}

JsonValue& JsonValue::set(std::string_view name, JsonValue value) {
  auto* members = std::get_if<Object>(&state_);
  FAULTLINE_CHECK(members != nullptr);
  const auto found = std::ranges::find(*members, name, &JsonMember::name);
  if (found != members->end()) {
    found->value = std::move(value);
  } else {
    members->push_back({std::string(name), std::move(value)});
  }
  return *this;
}

JsonValue& JsonValue::push(JsonValue value) {
  auto* elements = std::get_if<Array>(&state_);
  FAULTLINE_CHECK(elements != nullptr);
  elements->push_back(std::move(value));
  return *this;
}

bool operator==(const JsonValue& a, const JsonValue& b) { return a.state_ == b.state_; }

// Receives the events of the nlohmann parser and builds the tree bottom up.
//
// Why not its own tree: it forgets the order of members, keeps the last of two equal names without
// a word, and turns integers beyond int64 into doubles.
class JsonBuilder {
 public:
  JsonBuilder(JsonLimits limits, const std::uint64_t* offset) : limits_(limits), offset_(offset) {}

  bool null() { return add(JsonValue()); }
  bool boolean(bool value) { return add(JsonValue(value)); }
  bool number_integer(std::int64_t value) { return add(JsonValue(value)); }
  bool number_unsigned(std::uint64_t value) {
    if (!std::in_range<std::int64_t>(value)) return refuse(Errc::kOutOfRange);
    return add(JsonValue(value));
  }
  bool number_float(double value, const std::string& text) {
    if (text.find_first_of(".eE") == std::string::npos) return refuse(Errc::kOutOfRange);
    if (!std::isfinite(value)) return refuse(Errc::kOutOfRange);
    return add(JsonValue(value));
  }
  bool string(std::string& value) { return add(JsonValue(std::move(value))); }
  bool binary(std::vector<std::uint8_t>&) { return refuse(Errc::kBadJson); }
  bool start_object(std::size_t) { return open(JsonValue::object()); }
  bool start_array(std::size_t) { return open(JsonValue::array()); }
  bool key(std::string& name) {
    names_.push_back(std::move(name));
    return true;
  }
  bool end_object() {
    auto& members = std::get<JsonValue::Object>(open_.back().state_);
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const JsonMember& member : members) names.push_back(member.name);
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) return refuse(Errc::kBadJson);
    return close();
  }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& cause) {
    constexpr int kNumberOverflow = 406;
    error_ = Error{cause.id == kNumberOverflow ? Errc::kOutOfRange : Errc::kBadJson,
                   position == 0 ? 0 : position - 1};
    return false;
  }

  Error error() const { return error_; }
  JsonValue take() { return std::move(root_); }

 private:
  bool refuse(Errc code) {
    error_ = Error{code, *offset_ == 0 ? 0 : *offset_ - 1};
    return false;
  }

  bool open(JsonValue container) {
    if (open_.size() >= limits_.depth_max) return refuse(Errc::kLimit);
    open_.push_back(std::move(container));
    return true;
  }

  bool close() {
    JsonValue done = std::move(open_.back());
    open_.pop_back();
    return add(std::move(done));
  }

  bool add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* elements = std::get_if<JsonValue::Array>(&open_.back().state_)) {
      elements->push_back(std::move(value));
    } else {
      auto& members = std::get<JsonValue::Object>(open_.back().state_);
      members.push_back({std::move(names_.back()), std::move(value)});
      names_.pop_back();
    }
    return true;
  }

  JsonLimits limits_;
  const std::uint64_t* offset_;
  Error error_{Errc::kBadJson, 0};
  JsonValue root_;
  std::vector<JsonValue> open_;
  std::vector<std::string> names_;
};

namespace {

// Walks the text and tells how far the parser has come, which its events do not.
class CountingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator() = default;
  CountingIterator(const char* at, std::uint64_t* offset) : at_(at), offset_(offset) {}

  const char& operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*offset_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_ = nullptr;
  std::uint64_t* offset_ = nullptr;
};

// The length of the UTF-8 sequence at the start of `text`; 0 when it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
  if (lead == 0xed && byte(1) > 0x9f) return 0;  // surrogate
  if (lead == 0xf0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;  // beyond U+10FFFF
  return length;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escaped.data();
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

void write_double(std::string& out, double value) {
  FAULTLINE_CHECK(std::isfinite(value));
  std::array<char, 32> buffer{};
  const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(done.ptr - buffer.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void write_break(std::string& out, std::size_t indent, std::size_t depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(indent * depth, ' ');
}

void write_value(std::string& out, const JsonValue& value, std::size_t indent, std::size_t depth);

// Arrays and objects alike: a list between two brackets.
template <class List, class WriteItem>
void write_list(std::string& out, const List& list, std::string_view brackets, std::size_t indent,
                std::size_t depth, const WriteItem& write_item) {
  out += brackets[0];
  bool is_first = true;
  for (const auto& item : list) {
    if (!is_first) out += indent == 0 ? ", " : ",";
    is_first = false;
    write_break(out, indent, depth + 1);
    write_item(item);
  }
  if (!list.empty()) write_break(out, indent, depth);
  out += brackets[1];
}

void write_value(std::string& out, const JsonValue& value, std::size_t indent, std::size_t depth) {
  if (const auto* array = value.as_array()) {
    write_list(out, *array, "[]", indent, depth,
               [&](const JsonValue& item) { write_value(out, item, indent, depth + 1); });
  } else if (const auto* object = value.as_object()) {
    write_list(out, *object, "{}", indent, depth, [&](const JsonMember& member) {
      write_string(out, member.name);
      out += ": ";
      write_value(out, member.value, indent, depth + 1);
    });
  } else if (const auto* text = value.as_string()) {
    write_string(out, *text);
  } else if (const auto whole = value.as_int()) {
    out += std::to_string(*whole);
  } else if (const auto number = value.as_double()) {
    write_double(out, *number);
  } else if (const auto flag = value.as_bool()) {
    out += *flag ? "true" : "false";
  } else {
    out += "null";
  }
}

}  // namespace

Result<JsonValue> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) return Error{Errc::kLimit, limits.bytes_max};
  // The library takes a NUL for the end of the text, and what follows it for nothing.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return Error{Errc::kBadJson, nul};
  std::uint64_t offset = 0;
  JsonBuilder builder(limits, &offset);
  const CountingIterator begin(text.data(), &offset);
  const CountingIterator end(text.data() + text.size(), &offset);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return builder.error();
  return builder.take();
}

std::string write_json(const JsonValue& value, std::size_t indent) {
  std::string out;
  write_value(out, value, indent, 0);
  return out;
}

}  // namespace faultline

#include "text/config.hpp"

#define TOML_EXCEPTIONS 0
// Its assertions fire on malformed documents, which are the outside world's fault and not ours.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <variant>

namespace faultline {

struct Config::Node {
  using Table = std::map<std::string, Node, std::less<>>;
  using List = std::vector<Node>;
  std::variant<std::string, std::int64_t, double, bool, List, Table> value;
  std::uint64_t line = 0;
  std::string file;

  const Table* as_table() const { return std::get_if<Table>(&value); }
  const List* as_list() const { return std::get_if<List>(&value); }
};

namespace {

using Node = Config::Node;

constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
constexpr int kDepthMax = 64;

bool convert(const toml::node& from, const std::string& file, int depth, Node& to);

bool convert_table(const toml::table& from, const std::string& file, int depth, Node& to) {
  Node::Table table;
  for (const auto& [key, value] : from) {
    Node child;
    if (!convert(value, file, depth + 1, child)) return false;
    table.emplace(std::string(key.str()), std::move(child));
  }
  to.value = std::move(table);
  return true;
}

bool convert(const toml::node& from, const std::string& file, int depth, Node& to) {
  if (depth > kDepthMax) return false;
  to.line = from.source().begin.line;
  to.file = file;
  if (const auto* table = from.as_table()) return convert_table(*table, file, depth, to);
  if (const auto* list = from.as_array()) {
    Node::List nodes(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (!convert(*list->get(i), file, depth + 1, nodes[i])) return false;
    }
    to.value = std::move(nodes);
  } else if (const auto text = from.value_exact<std::string>()) {
    to.value = *text;
  } else if (const auto integer = from.value_exact<std::int64_t>()) {
    to.value = *integer;
  } else if (const auto number = from.value_exact<double>()) {
    to.value = *number;
  } else if (const auto flag = from.value_exact<bool>()) {
    to.value = *flag;
  } else if (const auto date = from.value<toml::date>()) {
    char out[16];
    std::snprintf(out, sizeof out, "%04u-%02u-%02u", date->year, date->month, date->day);
    to.value = std::string(out);
  } else {
    return false;
  }
  return true;
}

const Node* find(const Node* node, std::string_view key) {
  const auto* table = node->as_table();
  if (table == nullptr) return nullptr;
  const auto found = table->find(key);
  return found == table->end() ? nullptr : &found->second;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

// The value of `key` as T, or the complaint.
template <class T>
Outcome<T> scalar(const Config& config, const Node* node, std::string_view key,
                  const char* wanted) {
  const Node* found = find(node, key);
  if (found == nullptr) return config.complain(Errc::kMissingField, key);
  if (const T* value = std::get_if<T>(&found->value)) return *value;
  return config.complain(Errc::kUnexpectedField, key, std::string("needs ") + wanted);
}

// Where a byte that is not ASCII stands outside of comments and quotes: the parser has undefined
// behaviour there.
std::optional<std::ptrdiff_t> stray_character(std::string_view text) {
  char quote = 0;
  bool is_triple = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == 0) {
      if (static_cast<unsigned char>(c) >= 0x80) return static_cast<std::ptrdiff_t>(at);
      if (c == '#') at = std::min(text.find('\n', at), text.size() - 1);
      if (c != '"' && c != '\'') continue;
      quote = c;
      is_triple = text.substr(at, 3) == std::string(3, c);
      if (is_triple) at += 2;
    } else if (c == '\\' && quote == '"') {
      ++at;
    } else if (c == quote && (!is_triple || text.substr(at, 3) == std::string(3, quote))) {
      if (is_triple) at += 2;
      quote = 0;
    } else if (c == '\n' && !is_triple) {
      quote = 0;  // an open text ends with its line; the parser will complain
    }
  }
  return std::nullopt;
}

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

}  // namespace

Config::Config(std::shared_ptr<const Node> root, const Node* node, std::string path)
    : root_(std::move(root)), node_(node), path_(std::move(path)) {}

std::uint64_t Config::line() const { return node_->line; }
const std::string& Config::file() const { return node_->file; }
bool Config::has(std::string_view key) const { return find(node_, key) != nullptr; }

std::vector<std::string> Config::keys() const {
  std::vector<std::string> out;
  if (const auto* table = node_->as_table()) {
    for (const auto& [key, value] : *table) out.push_back(key);
  }
  return out;
}

bool Config::is_text(std::string_view key) const {
  const Node* found = find(node_, key);
  return found != nullptr && std::holds_alternative<std::string>(found->value);
}

bool Config::is_table(std::string_view key) const {
  const Node* found = find(node_, key);
  return found != nullptr && found->as_table() != nullptr;
}

Diagnostic Config::complain(Errc code, std::string_view key, std::string note) const {
  const Node* found = key.empty() ? nullptr : find(node_, key);
  return Diagnostic{.code = code,
                    .file = node_->file,
                    .line = found != nullptr ? found->line : node_->line,
                    .field = key.empty() ? path_ : join(path_, key),
                    .value = {},
                    .note = std::move(note)};
}

Outcome<std::string> Config::text(std::string_view key) const {
  return scalar<std::string>(*this, node_, key, "a text in quotes");
}
Outcome<std::int64_t> Config::integer(std::string_view key) const {
  return scalar<std::int64_t>(*this, node_, key, "a whole number");
}
Outcome<bool> Config::flag(std::string_view key) const {
  return scalar<bool>(*this, node_, key, "true or false");
}

Outcome<double> Config::number(std::string_view key) const {
  const Node* found = find(node_, key);
  if (found != nullptr) {
    if (const auto* whole = std::get_if<std::int64_t>(&found->value))
      return static_cast<double>(*whole);
  }
  return scalar<double>(*this, node_, key, "a number");
}

Outcome<std::string> Config::text_or(std::string_view key, std::string fallback) const {
  return has(key) ? text(key) : Outcome<std::string>(std::move(fallback));
}
Outcome<std::int64_t> Config::integer_or(std::string_view key, std::int64_t fallback) const {
  return has(key) ? integer(key) : Outcome<std::int64_t>(fallback);
}
Outcome<double> Config::number_or(std::string_view key, double fallback) const {
  return has(key) ? number(key) : Outcome<double>(fallback);
}
Outcome<bool> Config::flag_or(std::string_view key, bool fallback) const {
  return has(key) ? flag(key) : Outcome<bool>(fallback);
}

Outcome<std::vector<std::string>> Config::texts(std::string_view key) const {
  const Node* found = find(node_, key);
  if (found == nullptr) return complain(Errc::kMissingField, key);
  if (const auto* one = std::get_if<std::string>(&found->value))
    return std::vector<std::string>{*one};
  std::vector<std::string> out;
  const auto* list = found->as_list();
  if (list == nullptr) return complain(Errc::kUnexpectedField, key, "needs a list of texts");
  for (const Node& entry : *list) {
    const auto* one = std::get_if<std::string>(&entry.value);
    if (one == nullptr) return complain(Errc::kUnexpectedField, key, "needs a list of texts");
    out.push_back(*one);
  }
  return out;
}

Outcome<std::vector<double>> Config::numbers(std::string_view key) const {
  const Node* found = find(node_, key);
  if (found == nullptr) return complain(Errc::kMissingField, key);
  const auto* list = found->as_list();
  if (list == nullptr) return complain(Errc::kUnexpectedField, key, "needs a list of numbers");
  std::vector<double> out;
  for (const Node& entry : *list) {
    if (const auto* whole = std::get_if<std::int64_t>(&entry.value))
      out.push_back(static_cast<double>(*whole));
    else if (const auto* number = std::get_if<double>(&entry.value))
      out.push_back(*number);
    else
      return complain(Errc::kUnexpectedField, key, "needs a list of numbers");
  }
  return out;
}

Outcome<Config> Config::table(std::string_view key) const {
  const Node* found = find(node_, key);
  if (found == nullptr) return complain(Errc::kMissingField, key);
  if (found->as_table() == nullptr) return complain(Errc::kUnexpectedField, key, "needs a table");
  return Config(root_, found, join(path_, key));
}

Outcome<std::vector<Config>> Config::tables(std::string_view key) const {
  std::vector<Config> out;
  const Node* found = find(node_, key);
  if (found == nullptr) return out;
  const auto* list = found->as_list();
  if (list == nullptr) return complain(Errc::kUnexpectedField, key, "needs a list of tables");
  for (const Node& entry : *list) {
    if (entry.as_table() == nullptr)
      return complain(Errc::kUnexpectedField, key, "needs a list of tables");
    out.emplace_back(root_, &entry, join(path_, key) + "[" + std::to_string(out.size()) + "]");
  }
  return out;
}

Outcome<void> Config::only(std::initializer_list<std::string_view> known) const {
  const std::vector<std::string> words(known.begin(), known.end());
  for (const std::string& key : keys()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string near = nearest_word(key, words);
    return complain(Errc::kUnknownKey, key, near.empty() ? "" : "did you mean " + near + "?");
  }
  return {};
}

Outcome<Config> parse_toml(std::string_view text, std::string_view file_name) {
  const std::string file(file_name);
  if (text.size() > kTextBytesMax)
    return Diagnostic{.code = Errc::kLimit, .file = file, .note = "over 1 MiB of TOML"};
  if (const auto stray = stray_character(text)) {
    const auto line =
        static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + *stray, '\n')) + 1;
    return Diagnostic{.code = Errc::kBadToml,
                      .file = file,
                      .line = line,
                      .note = "a character that is not ASCII stands outside of texts and comments"};
  }
  const toml::parse_result parsed = toml::parse(text, file_name);
  if (!parsed) {
    return Diagnostic{.code = Errc::kBadToml,
                      .file = file,
                      .line = parsed.error().source().begin.line,
                      .note = std::string(parsed.error().description())};
  }
  auto root = std::make_shared<Node>();
  if (!convert(parsed.table(), file, 0, *root)) {
    return Diagnostic{
        .code = Errc::kBadToml, .file = file, .note = "holds a value that is not used here"};
  }
  const Node* node = root.get();
  return Config(std::move(root), node, "");
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace faultline

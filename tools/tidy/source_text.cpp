#include "source_text.hpp"

#include <algorithm>
#include <array>

namespace faultline::tidy {
namespace {

enum class Mode { kCode, kLineComment, kBlockComment, kText, kCharacter, kRawText };

// Copies a file character by character and decides for each whether it is code.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  SourceText run() {
    new_line();
    while (at_ < text_.size()) step();
    if (out_.raw.size() > 1 && out_.raw.back().empty()) drop_line();
    return std::move(out_);
  }

 private:
  void new_line() {
    out_.raw.emplace_back();
    out_.code.emplace_back();
    out_.comment.emplace_back();
  }
  void drop_line() {
    out_.raw.pop_back();
    out_.code.pop_back();
    out_.comment.pop_back();
  }
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void put(char as_code) {
    out_.raw.back().push_back(text_[at_]);
    out_.code.back().push_back(as_code);
    if (mode_ == Mode::kLineComment || mode_ == Mode::kBlockComment) {
      out_.comment.back().push_back(text_[at_]);
    }
    ++at_;
  }
  void skip_marker() {
    out_.raw.back().append(text_.substr(at_, 2));
    out_.code.back().append("  ");
    at_ += 2;
  }

  void step() {
    if (text_[at_] == '\n') {
      if (mode_ == Mode::kLineComment) mode_ = Mode::kCode;
      new_line();
      ++at_;
      return;
    }
    switch (mode_) {
      case Mode::kCode:
        return step_code();
      case Mode::kLineComment:
        return put(' ');
      case Mode::kBlockComment:
        if (peek(0) == '*' && peek(1) == '/') {
          mode_ = Mode::kCode;
          return skip_marker();
        }
        return put(' ');
      case Mode::kText:
      case Mode::kCharacter:
        return step_text(mode_ == Mode::kText ? '"' : '\'');
      case Mode::kRawText:
        return step_raw_text();
    }
  }

  void step_code() {
    if (peek(0) == '/' && (peek(1) == '/' || peek(1) == '*')) {
      mode_ = peek(1) == '/' ? Mode::kLineComment : Mode::kBlockComment;
      return skip_marker();
    }
    const char before = out_.code.back().empty() ? ' ' : out_.code.back().back();
    if (peek(0) == '"') {
      if (before == 'R') {
        const std::size_t open = text_.find('(', at_);
        raw_end_ = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
        mode_ = Mode::kRawText;
      } else {
        mode_ = Mode::kText;
      }
    } else if (peek(0) == '\'' && !(is_identifier_char(before) && is_identifier_char(peek(1)))) {
      mode_ = Mode::kCharacter;  // else it separates digits: 1'000
    }
    put(text_[at_]);
  }

  void step_text(char quote) {
    if (peek(0) == '\\' && peek(1) != '\n') {
      put(' ');
      if (at_ < text_.size()) put(' ');
      return;
    }
    if (peek(0) != quote) return put(' ');
    mode_ = Mode::kCode;
    put(quote);
  }

  void step_raw_text() {
    if (text_.substr(at_, raw_end_.size()) != raw_end_) return put(' ');
    for (std::size_t left = raw_end_.size(); left > 1; --left) put(' ');
    mode_ = Mode::kCode;
    put('"');
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Mode mode_ = Mode::kCode;
  std::string raw_end_;
  SourceText out_;
};

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) &&
         (text.size() == word.size() || !is_identifier_char(text[word.size()]));
}

// `head` without what stands in parentheses and angle brackets.
std::string top_level_of(std::string_view head) {
  std::string out;
  int depth = 0;
  for (const char c : head) {
    if (c == '(' || c == '[') ++depth;
    if (depth == 0) out.push_back(c);
    if (c == ')' || c == ']') --depth;
  }
  return out;
}

// Drops `template <...>` from the front.
std::string_view without_template(std::string_view head) {
  while (starts_with_word(head, "template")) {
    std::size_t at = head.find('<');
    int depth = 0;
    for (; at < head.size(); ++at) {
      if (head[at] == '<') ++depth;
      if (head[at] == '>' && --depth == 0) break;
    }
    if (at >= head.size()) return {};
    head = trim(head.substr(at + 1));
  }
  return head;
}

enum class BraceKind { kScope, kFunction, kData };

// What the brace after `head` opens, outside of functions.
BraceKind kind_of(std::string_view full_head) {
  const std::string_view head = without_template(trim(full_head));
  constexpr std::array<std::string_view, 7> kScopes = {
      "namespace", "inline namespace", "class", "struct", "union", "enum", "extern \""};
  for (const std::string_view word : kScopes) {
    const bool is_call = word.ends_with('"') && head.find('(') != std::string_view::npos;
    if (head.starts_with(word) && !is_call) return BraceKind::kScope;
  }
  if (head.empty()) return BraceKind::kScope;
  if (head.find('(') == std::string_view::npos) return BraceKind::kData;
  std::string top = top_level_of(head);
  if (const std::size_t at = top.find("operator"); at != std::string::npos) top.resize(at);
  if (top.find('=') != std::string::npos) return BraceKind::kData;
  // A constructor's member{...} comes after the colon and has a name directly before its brace.
  if (top.find(" : ") != std::string::npos && is_identifier_char(head.back())) {
    return BraceKind::kData;
  }
  return BraceKind::kFunction;
}

class FunctionFinder {
 public:
  std::vector<FunctionSpan> run(const SourceText& source) {
    bool is_directive = false;
    for (std::size_t i = 0; i < source.code.size(); ++i) {
      const std::string& code = source.code[i];
      is_directive = is_directive || trim(code).starts_with('#');
      if (!is_directive) {
        for (const char c : code) take(c, i + 1);
        take(' ', i + 1);
      } else if (!code.ends_with('\\')) {
        is_directive = false;
      }
    }
    return std::move(found_);
  }

 private:
  void take(char c, std::size_t line) {
    if (inside_function_ > 0) {
      if (c == '{') ++inside_function_;
      if (c == '}' && --inside_function_ == 0) {
        found_.push_back({start_line_, line - start_line_ + 1});
        head_.clear();
      }
      return;
    }
    if (c == '(') ++parens_;
    if (c == ')' && parens_ > 0) --parens_;
    if (c == '{' && parens_ == 0) return open(line);
    if (c == '}' && parens_ == 0) return close();
    if (c == ';' && parens_ == 0) return head_.clear();
    if (trim(head_).empty()) start_line_ = line;
    head_.push_back(c);
    for (const std::string_view access : {"public:", "private:", "protected:"}) {
      if (trim(head_) == access) head_.clear();
    }
  }

  void open(std::size_t line) {
    const BraceKind kind = kind_of(head_);
    if (kind == BraceKind::kFunction) {
      inside_function_ = 1;
      if (trim(head_).empty()) start_line_ = line;
      return;
    }
    open_.push_back(kind);
    if (kind == BraceKind::kScope) head_.clear();
  }

  void close() {
    const BraceKind kind = open_.empty() ? BraceKind::kScope : open_.back();
    if (!open_.empty()) open_.pop_back();
    if (kind == BraceKind::kScope) return head_.clear();
    head_ += "{}";  // a braced value inside a head that goes on
  }

  std::vector<FunctionSpan> found_;
  std::vector<BraceKind> open_;
  std::string head_;
  std::size_t start_line_ = 1;
  std::size_t inside_function_ = 0;
  std::size_t parens_ = 0;
};

}  // namespace

SourceText read_source(std::string_view text) { return Scanner(text).run(); }

std::vector<FunctionSpan> find_functions(const SourceText& source) {
  return FunctionFinder().run(source);
}

std::size_t column_count(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool is_identifier_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace faultline::tidy

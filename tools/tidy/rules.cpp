#include "rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "includes.hpp"
#include "source_text.hpp"

namespace faultline::tidy {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kFunctionLinesMax = 70;
constexpr std::size_t kHeaderLinesMax = 300;
constexpr std::size_t kSourceLinesMax = 800;

// --- Which rule spares which files, and why ---------------------------------------------------

struct Exception {
  std::string_view rule;
  std::string_view path;  // a file, a folder (ends with /), or an ending (begins with *)
  std::string_view reason;
};
constexpr std::array kExceptions = {
    Exception{"printing", "src/apps/", "printing is what the command line is for"},
    Exception{"printing", "src/base/check.cpp", "says which promise broke, then aborts"},
    Exception{"printing", "*_test.cpp", "a test may explain its failure"},
    Exception{"printing", "tests/", "drivers of tests are programs"},
    Exception{"printing", "tools/", "tools are programs"},
    Exception{"printing", "bench/", "benchmarks print what they measured"},
    Exception{"files", "src/store/", "the one layer that opens files"},
    Exception{"files", "*_test.cpp", "tests make files for the code under test"},
    Exception{"files", "tests/", "drivers of tests read their cases"},
    Exception{"files", "tools/", "tools read the source tree"},
    Exception{"files", "bench/", "benchmarks make their own input"},
    Exception{"sockets", "src/net/", "the one layer that opens sockets"},
    Exception{"sockets", "tests/", "tests may play the other end"},
    Exception{"clock and chance", "src/base/", "where clock and randomness live"},
    Exception{"clock and chance", "src/apps/", "wires the real clock in"},
    Exception{"clock and chance", "bench/", "measures time"},
    Exception{"clock and chance", "tools/", "tools are not replayed"},
    Exception{"environment", "src/base/", "where the environment is read"},
    Exception{"environment", "src/apps/", "wires the environment in"},
    Exception{"environment", "*_test.cpp", "FAULTLINE_RECORDED_DATA names the recorded data"},
    Exception{"environment", "tests/", "FAULTLINE_RECORDED_DATA names the recorded data"},
    Exception{"environment", "bench/", "FAULTLINE_RECORDED_DATA names the recorded data"},
};

bool spares(const Exception& exception, std::string_view path) {
  if (exception.path.front() == '*') return path.ends_with(exception.path.substr(1));
  if (exception.path.back() == '/') return path.starts_with(exception.path);
  return path == exception.path;
}

bool is_exempt(std::string_view rule, std::string_view path) {
  return std::any_of(kExceptions.begin(), kExceptions.end(), [&](const Exception& exception) {
    return exception.rule == rule && spares(exception, path);
  });
}

// --- Words that code must not hold --------------------------------------------------------------

// A word that ends with `(` is a call: of that name alone, in std:: or in the global namespace, and
// not a member's. A word that begins with :: is the operating system's own function.
struct WordRule {
  std::string_view rule;
  std::string_view message;
  std::vector<std::string_view> words;
};

const std::vector<WordRule>& word_rules() {
  static const std::vector<WordRule> kRules = {
      {"printing",
       "only apps print; report progress and results to the caller",
       {"std::cout", "std::cerr", "std::clog", "printf(", "fprintf(", "vprintf(", "puts(",
        "fputs(", "putchar(", "fmt::print", "<iostream>"}},
      {"files",
       "only store opens files; take a span or a sink",
       {"fopen(", "freopen(", "fdopen(", "::open(", "::openat(", "::creat(", "ifstream",
        "ofstream", "fstream", "std::filesystem", "<filesystem>"}},
      {"sockets",
       "only net opens sockets",
       {"socket(", "::connect(", "::bind(", "::listen(", "::accept(", "getaddrinfo("}},
      {"clock and chance",
       "clock and randomness come from base, so that runs can be repeated",
       {"std::random_device", "rand(", "srand(", "random(", "drand48(", "std::mt19937",
        "std::mt19937_64", "std::default_random_engine", "<random>", "time(nullptr)", "time(NULL)",
        "time(0)", "system_clock", "steady_clock", "high_resolution_clock", "clock_gettime(",
        "gettimeofday(", "clock("}},
      {"environment",
       "the environment is read in base and apps only",
       {"getenv(", "secure_getenv(", "setenv(", "putenv("}},
      {"library",
       "libstdc++ 12 or clang 14 lacks this",
       {"std::format", "std::format_to", "std::print", "std::println", "std::mdspan",
        "std::expected", "std::views", "std::ranges::views", "<format>", "<print>", "<expected>",
        "<mdspan>"}},
      {"using namespace", "name what you use", {"using namespace std"}},
  };
  return kRules;
}

bool stands_alone(std::string_view code, std::size_t at, std::string_view word) {
  const std::string_view before = code.substr(0, at);
  const char last = before.empty() ? ' ' : before.back();
  if (is_identifier_char(word.front()) && is_identifier_char(last)) return false;
  if (word.starts_with("::")) return !is_identifier_char(last) && last != '>';
  if (!word.ends_with('(') || !is_identifier_char(word.front())) return true;
  if (last == '.' || before.ends_with("->")) return false;
  if (!before.ends_with("::")) return true;
  const std::string_view scope = before.substr(0, before.size() - 2);
  return scope.ends_with("std") || scope.empty() || !is_identifier_char(scope.back());
}

bool holds(std::string_view code, std::string_view word) {
  for (std::size_t at = code.find(word); at != std::string_view::npos;
       at = code.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool is_whole = !is_identifier_char(word.back()) || end == code.size() ||
                          !is_identifier_char(code[end]);
    if (is_whole && stands_alone(code, at, word)) return true;
  }
  return false;
}

// Words that no file of the repository holds: paths of one machine, hosts that people configure
// themselves, and commands that only one workplace has. Split, so that this file passes.
constexpr std::array<std::string_view, 8> kForbidden = {
    "/wor" "k/",           "registry.npm" "js.org", "deb.deb" "ian.org", "snapshot.deb" "ian.org",
    "security.deb" "ian.org", "archive.ub" "untu.com", "far" "m-",       "duplicates --ch" "ange",
};

// --- The check ---------------------------------------------------------------------------------

bool is_cpp(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".hpp"); }

bool is_ours(std::string_view path) {
  constexpr std::array<std::string_view, 5> kFolders = {"src/", "tests/", "bench/", "tools/",
                                                        "web/"};
  return std::any_of(kFolders.begin(), kFolders.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

bool is_script(std::string_view path) {
  if (path == "run" || path == "test" || path == ".ci/run") return true;
  return path.ends_with(".sh") || (path.starts_with("tools/") && path.find('.') == path.npos);
}

// What people read and change by hand, wherever it lies.
bool has_line_limit(std::string_view path) {
  constexpr std::array<std::string_view, 6> kEndings = {".ts",    ".tsx",           ".mjs",
                                                        ".cmake", "CMakeLists.txt", ".md"};
  return is_cpp(path) || is_script(path) ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view end) { return path.ends_with(end); });
}

// Data that tests read is as it is.
bool is_data(std::string_view path) {
  return path.find("/corpus/") != std::string_view::npos ||
         path.find("/golden/") != std::string_view::npos;
}

// True where three words follow each other with nothing but spaces between: a sentence.
bool is_prose(std::string_view comment) {
  std::istringstream words{std::string(comment)};
  int run = 0;
  for (std::string word; words >> word;) {
    const bool is_word = std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    run = is_word ? run + 1 : 0;
    if (run == 3) return true;
  }
  return false;
}

// True where a comment holds what only code holds: an assignment, a call, a scope, a member.
bool looks_like_code(std::string_view comment) {
  for (const std::string_view mark : {" = ", "::", "->", " += "}) {
    if (comment.find(mark) != std::string_view::npos) return true;
  }
  for (std::size_t at = comment.find('('); at != std::string_view::npos;
       at = comment.find('(', at + 1)) {
    if (at > 0 && is_identifier_char(comment[at - 1])) return true;
  }
  return comment.starts_with("return ");
}

// The middle folder of src/LAYER/file; empty elsewhere.
std::string_view layer_of(std::string_view path) {
  if (!path.starts_with("src/")) return {};
  const std::string_view rest = path.substr(4);
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view{} : rest.substr(0, slash);
}

class FileCheck {
 public:
  FileCheck(std::string_view path, std::string_view text, const LayerTable& layers)
      : path_(path), layers_(layers), source_(read_source(text)) {}

  std::vector<Finding> run() {
    if (!is_data(path_)) {
      for (std::size_t i = 0; i < source_.raw.size(); ++i) check_forbidden(i);
      if (has_line_limit(path_)) check_columns();
      if (is_ours(path_)) check_layout();
      if (is_ours(path_) && is_cpp(path_)) check_cpp();
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Finding& a, const Finding& b) { return a.line < b.line; });
    return std::move(found_);
  }

 private:
  bool is_header() const { return path_.ends_with(".hpp"); }
  // x_test.cpp, and test_x.hpp for what several of them share.
  bool is_test() const {
    return path_.ends_with("_test.cpp") || (is_header() && path_.find("/test_") < path_.size());
  }

  void add(std::size_t index, std::string_view rule, std::string message) {
    found_.push_back({std::string(path_), index + 1, std::string(rule), std::move(message)});
  }

  void check_forbidden(std::size_t i) {
    for (const std::string_view word : kForbidden) {
      const std::size_t at = source_.raw[i].find(word);
      if (at == std::string::npos) continue;
      if (at > 0 && is_identifier_char(source_.raw[i][at - 1])) continue;
      add(i, "forbidden word", "'" + std::string(word) + "' belongs to one machine only");
    }
  }

  // Tables and pictures of a document cannot be wrapped.
  void check_columns() {
    const bool is_document = path_.ends_with(".md");
    for (std::size_t i = 0; i < source_.raw.size(); ++i) {
      const std::string& line = source_.raw[i];
      if (is_document && (line.starts_with("|") || line.starts_with("!["))) continue;
      const std::size_t columns = column_count(line);
      if (columns > kColumnsMax)
        add(i, "line length", std::to_string(columns) + " columns, at most 100");
    }
  }

  void check_layout() {
    for (std::size_t i = 0; i < source_.raw.size(); ++i) {
      const std::string& line = source_.raw[i];
      if (line.find('\t') != std::string::npos) add(i, "white space", "a tab");
      if (line.ends_with(' ') || line.ends_with('\r')) {
        add(i, "white space", "white space at the end of the line");
      }
    }
  }

  void check_cpp() {
    check_sizes();
    if (is_header()) check_pragma_once();
    for (std::size_t i = 0; i < source_.code.size(); ++i) {
      check_comment(i);
      const bool is_include = trim(source_.code[i]).starts_with("#include");
      if (is_include) check_include(i);
      check_words(i);
    }
  }

  void check_sizes() {
    const std::size_t limit = is_header() ? kHeaderLinesMax : kSourceLinesMax;
    if (source_.raw.size() > limit) {
      add(0, "file length",
          std::to_string(source_.raw.size()) + " lines, at most " + std::to_string(limit));
    }
    for (const FunctionSpan& span : find_functions(source_)) {
      if (span.line_count <= kFunctionLinesMax) continue;
      add(span.line - 1, "function length", std::to_string(span.line_count) + " lines, at most 70");
    }
  }

  void check_pragma_once() {
    for (const std::string& code : source_.code) {
      if (trim(code).empty()) continue;
      if (trim(code) != "#pragma once") break;
      return;
    }
    add(0, "pragma once", "a header begins with #pragma once");
  }

  void check_comment(std::size_t i) {
    const std::string& comment = source_.comment[i];
    for (const std::string_view mark : {"TODO", "FIXME", "XXX"}) {
      if (holds(comment, mark)) add(i, "open end", std::string(mark) + ": do it, or file it");
    }
    // An example in a header is set three columns in; that is how it differs from dead code.
    const std::string_view said = trim(comment);
    const bool is_example = comment.starts_with("   ");
    if (is_example || !said.ends_with(';') || is_prose(said)) return;
    if (!looks_like_code(said)) return;
    add(i, "dead code", "a comment that looks like code; delete it, or indent an example by three");
  }

  void check_include(std::size_t i) {
    const std::string_view raw = source_.raw[i];
    const std::size_t open = raw.find_first_of("<\"");
    if (open == std::string_view::npos) return;
    const std::size_t close = raw.find_first_of(">\"", open + 1);
    if (close == std::string_view::npos || layer_of(path_).empty()) return;
    IncludeLine line;
    line.layer = layer_of(path_);
    line.included = raw.substr(open + 1, close - open - 1);
    line.is_quoted = raw[open] == '"';
    line.is_test = is_test();
    line.is_header = is_header() && !line.is_test;
    std::string complaint = complaint_about(line, layers_);
    if (!complaint.empty()) add(i, "include", std::move(complaint));
  }

  void check_words(std::size_t i) {
    for (const WordRule& rule : word_rules()) {
      if (is_exempt(rule.rule, path_)) continue;
      for (const std::string_view word : rule.words) {
        if (!holds(source_.code[i], word)) continue;
        add(i, rule.rule, std::string(word) + ": " + std::string(rule.message));
        break;
      }
    }
  }

  std::string_view path_;
  const LayerTable& layers_;
  SourceText source_;
  std::vector<Finding> found_;
};

// Adds what the layers of `layer` may use to what it may use itself.
void close_over(LayerTable& table, const std::string& layer) {
  std::set<std::string>& uses = table[layer];
  for (bool has_grown = true; has_grown;) {
    has_grown = false;
    for (const std::string& used : std::set<std::string>(uses)) {
      for (const std::string& further : std::set<std::string>(table[used])) {
        has_grown = uses.insert(further).second || has_grown;
      }
    }
  }
}

}  // namespace

std::string describe(const Finding& finding) {
  return finding.path + ":" + std::to_string(finding.line) + ": " + finding.rule + ": " +
         finding.message;
}

LayerTable parse_layers(std::string_view text) {
  LayerTable table;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::set<std::string>& uses = table[line.substr(0, colon)];
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;) uses.insert(word);
  }
  std::vector<std::string> names;
  for (const auto& [name, uses] : table) names.push_back(name);
  for (const std::string& name : names) close_over(table, name);
  return table;
}

std::vector<Finding> check_file(std::string_view path, std::string_view text,
                                const LayerTable& layers) {
  return FileCheck(path, text, layers).run();
}

}  // namespace faultline::tidy

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tidy {

// A C++ file as the rules see it: every line three times, with equal line numbers.
//
//   raw       auto s = "a // b";  // why
//   code      auto s = "      ";           texts and comments blanked, columns kept
//   comment   why                          what the line's comments say, leading spaces kept
//
// Why no real parser: the rules need to know only what is code, text and comment, and a checker
// that has no dependencies runs everywhere.
struct SourceText {
  std::vector<std::string> raw;
  std::vector<std::string> code;
  std::vector<std::string> comment;
};

SourceText read_source(std::string_view text);

// Where a function begins and how many lines it has, from its first word to its closing brace.
struct FunctionSpan {
  std::size_t line;  // from 1
  std::size_t line_count;
};

// Functions at namespace and class level; lambdas and blocks count as part of what they stand in.
//
// Why a heuristic is enough: it reads braces and the words before them, and what it takes for data
// (an `=` or a name directly before the brace) has no length limit.
std::vector<FunctionSpan> find_functions(const SourceText& source);

// Columns of a line: one a character, not one a byte. Requires: UTF-8.
std::size_t column_count(std::string_view line);

bool is_identifier_char(char c);
std::string_view trim(std::string_view text);

}  // namespace faultline::tidy

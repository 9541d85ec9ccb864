#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "map/map_column.hpp"
#include "text/json.hpp"

namespace faultline {

// Talking to the person or program at the other end. Answers go to stdout, everything else to
// stderr.

// Exit codes, as `faultline --help` documents them.
enum class ExitCode : int { kSuccess = 0, kFailed = 1, kUsage = 2, kCancelled = 130 };

struct OutputOptions {
  bool is_json = false;
  bool is_quiet = false;
};

// One line on stderr, or {"error": ...} on stdout with --json. Returns the exit code that fits.
ExitCode fail(const Diagnostic& diagnostic, const OutputOptions& options);
// What fail() says on stdout: {"error": ...}.
JsonValue error_document(const Diagnostic& diagnostic);

void say(std::string_view line);
// What was said so far reaches the other end now: of a program that goes on for long.
void flush_said();
void say_json(const JsonValue& value);

// Sees that everything said has reached the other end: kFailed, with a line on stderr, where it has
// not, for a full disk behind stdout is a failure like any other. A reader that has gone away wants
// no more, but did not get all.
ExitCode finish_output(ExitCode code);

// A bar with rate and time left on stderr, when stderr is a terminal and nothing asked for silence.
// Stops the work when the user pressed Ctrl-C.
ProgressFn progress_bar(const OutputOptions& options);
// Wipes the bar.
void end_progress();

// Makes Ctrl-C, and the signal that stops a service, a request instead of a death; a second one
// kills.
void catch_interrupt();
bool is_interrupted();

// From now on a reader of stdout or stderr that goes away does not end the process: for a service,
// which others still use.
void ignore_closed_pipes();

// "1.2 GB", "$7.2B", "23,243"
std::string bytes_text(std::uint64_t bytes);
std::string usd_text(double usd);
// "66267.60", "0.000012345": two decimals, below 1 as many as show five digits.
std::string price_text(double price);
// "$1.20B (80 %: $0.90B to $1.60B)"; the mean alone with one member.
std::string sum_text(const SumInterval& sum, std::size_t members);
std::string count_text(std::uint64_t count);

}  // namespace faultline

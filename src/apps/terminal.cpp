#include "apps/terminal.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace faultline {
namespace {

std::atomic<int> interrupts{0};
bool is_bar_shown = false;

void on_interrupt(int) {
  if (++interrupts > 1) std::_Exit(static_cast<int>(ExitCode::kCancelled));
}

// On stderr. Not fmt::print, which throws where nobody reads any more.
void say_aside(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string duration_text(double seconds) {
  if (seconds < 60.0) return fmt::format("{:.0f} s", seconds);
  if (seconds < 3600.0) return fmt::format("{:.0f} min", seconds / 60.0);
  return fmt::format("{:.1f} h", seconds / 3600.0);
}

}  // namespace

JsonValue error_document(const Diagnostic& diagnostic) {
  JsonValue error = JsonValue::object();
  error.set("code", static_cast<int>(diagnostic.code)).set("name", name_of(diagnostic.code));
  error.set("file", diagnostic.file).set("line", diagnostic.line).set("field", diagnostic.field);
  error.set("value", diagnostic.value).set("message", describe(diagnostic));
  return JsonValue::object().set("error", std::move(error));
}

ExitCode fail(const Diagnostic& diagnostic, const OutputOptions& options) {
  end_progress();
  if (options.is_json) say_json(error_document(diagnostic));
  say_aside(fmt::format("faultline: {}\n", describe(diagnostic)));
  return diagnostic.code == Errc::kCancelled ? ExitCode::kCancelled : ExitCode::kFailed;
}

// Not fmt::print, which throws: finish_output() tells what was not written.
void say(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void say_json(const JsonValue& value) { say(write_json(value, 2)); }

void flush_said() { std::fflush(stdout); }

ExitCode finish_output(ExitCode code) {
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_written) return code;
  say_aside(fmt::format("faultline: the answer could not be written: {}\n",
                        std::strerror(errno == 0 ? EIO : errno)));
  return code == ExitCode::kSuccess ? ExitCode::kFailed : code;
}

void catch_interrupt() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

void ignore_closed_pipes() { std::signal(SIGPIPE, SIG_IGN); }

bool is_interrupted() { return interrupts.load() > 0; }

ProgressFn progress_bar(const OutputOptions& options) {
  const bool is_shown = !options.is_quiet && isatty(STDERR_FILENO) == 1;
  using Clock = std::chrono::steady_clock;
  struct State {
    Clock::time_point started = Clock::now();
    Clock::time_point drawn{};
    std::string what;
  };
  return [is_shown, state = State()](const Progress& progress) mutable {
    if (interrupts.load() > 0) return false;
    if (!is_shown) return true;
    const Clock::time_point now = Clock::now();
    if (state.what != progress.what) {
      state.what = progress.what;
      state.started = now;
    }
    if (now - state.drawn < std::chrono::milliseconds(100)) return true;
    state.drawn = now;
    const double seconds =
        std::max(std::chrono::duration<double>(now - state.started).count(), 1e-3);
    std::string line = fmt::format(
        "{}  {} rows, {}/s", state.what, count_text(progress.rows),
        count_text(static_cast<std::uint64_t>(static_cast<double>(progress.rows) / seconds)));
    if (progress.total > 0 && progress.done > 0) {
      const double share =
          std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
      const auto filled = static_cast<std::size_t>(share * 24.0);
      line = fmt::format("[{}{}] {:3.0f} %  {}, {} left", std::string(filled, '#'),
                         std::string(24 - filled, '.'), share * 100.0, line,
                         duration_text(seconds * (1.0 - share) / share));
    }
    say_aside(fmt::format("\r\x1b[K{}", line.substr(0, 118)));
    std::fflush(stderr);
    is_bar_shown = true;
    return true;
  };
}

void end_progress() {
  if (!is_bar_shown) return;
  say_aside("\r\x1b[K");
  is_bar_shown = false;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000.0 && unit + 1 < kUnits.size(); ++unit) value /= 1000.0;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string usd_text(double usd) {
  constexpr std::array<const char*, 4> kUnits{"", "k", "M", "B"};
  double value = std::abs(usd);
  std::size_t unit = 0;
  for (; value >= 1000.0 && unit + 1 < kUnits.size(); ++unit) value /= 1000.0;
  return fmt::format("{}${:.{}f}{}", usd < 0.0 ? "-" : "", value, unit == 0 ? 0 : 2, kUnits[unit]);
}

std::string price_text(double price) {
  const double size = std::abs(price);
  if (size >= 1.0 || size == 0.0) return fmt::format("{:.2f}", price);
  return fmt::format("{:.{}f}", price, 4 - static_cast<int>(std::floor(std::log10(size))));
}

std::string sum_text(const SumInterval& sum, std::size_t members) {
  std::string mean = usd_text(sum.mean);
  if (members == 1) return mean;
  return fmt::format("{} (80 %: {} to {})", mean, usd_text(sum.p10), usd_text(sum.p90));
}

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace faultline

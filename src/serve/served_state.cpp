#include "serve/served_state.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "core/time_text.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::uint64_t kStateBytesMax = 4'096;
constexpr std::int64_t kSaveEveryNs = 5'000'000'000;

std::optional<std::uint64_t> from_hex(const JsonValue* value) {
  if (value == nullptr || value->as_string() == nullptr) return std::nullopt;
  const std::string& text = *value->as_string();
  std::uint64_t out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out, 16);
  if (text.size() != 16 || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

std::optional<std::int64_t> whole(const JsonValue& json, const char* name) {
  const JsonValue* value = json.find(name);
  return value != nullptr ? value->as_int() : std::nullopt;
}

std::uint64_t hash_with(std::uint64_t before, const MapNow& now) {
  Hash64 hash;
  const auto add = [&](double value) { hash.add_double(value); };
  hash.add_u64(before).add_u64(static_cast<std::uint64_t>(now.index));
  hash.add_u64(static_cast<std::uint64_t>(now.column->as_of.value));
  hash.add_u64(static_cast<std::uint64_t>(now.column->first_row));
  for (const double value : {now.column->mark, now.column->open_interest_usd, now.span.candle.high,
                             now.span.candle.low, now.span.candle.close})
    add(value);
  if (now.span.feed) {
    for (const double usd : now.span.feed->printed_usd) add(usd);
    for (const double usd : now.span.feed->expected_liquidation_usd) add(usd);
  }
  for (const std::vector<float>& rows : now.column->notional_at_risk_usd) {
    for (const float usd : rows) hash.add_u64(std::bit_cast<std::uint32_t>(usd));
  }
  return hash.value();
}

}  // namespace

Outcome<std::optional<ServedState>> read_served_state(const std::string& path) {
  const Outcome<std::string> text = read_whole_file(path, kStateBytesMax);
  if (!text && text.error().code == Errc::kNotFound) return std::optional<ServedState>();
  if (!text) return text.error();
  const Diagnostic corrupt{.code = Errc::kCorrupt,
                           .file = path,
                           .note = "it is no state of a service; remove it to begin anew"};
  const Result<JsonValue> json = parse_json(*text, {.bytes_max = kStateBytesMax, .depth_max = 2});
  if (!json || whole(*json, "format") != kFormat) return corrupt;
  const auto digest = from_hex(json->find("source_digest"));
  const auto hash = from_hex(json->find("columns_hash"));
  const auto index = whole(*json, "index");
  const auto as_of = whole(*json, "as_of_ns");
  const auto saved = whole(*json, "saved_unix_ns");
  if (!digest || !hash || !index || !as_of || !saved) return corrupt;
  constexpr std::int64_t kIndexMax = std::int64_t{1} << 40;
  if (*index < 0 || *index > kIndexMax || *saved < 0 || *as_of < kAllTime.from.value ||
      *as_of >= kAllTime.to.value)
    return corrupt;
  return std::optional(ServedState{.source_digest = *digest,
                                   .index = *index,
                                   .as_of = UnixNanos(*as_of),
                                   .columns_hash = *hash,
                                   .saved_unix_ns = *saved});
}

Outcome<void> write_served_state(const std::string& path, const ServedState& state) {
  JsonValue out = JsonValue::object();
  out.set("format", kFormat).set("source_digest", hex_text(state.source_digest));
  out.set("index", state.index).set("as_of_ns", state.as_of.value);
  out.set("columns_hash", hex_text(state.columns_hash)).set("saved_unix_ns", state.saved_unix_ns);
  return write_file_atomically(path, write_json(out, 2) + "\n");
}

StateKeeper::StateKeeper(std::string path, std::uint64_t source_digest,
                         std::optional<ServedState> earlier)
    : path_(std::move(path)),
      earlier_(earlier),
      started_unix_ns_(unix_now().count()),
      saved_at_(monotonic_now().count()) {
  FAULTLINE_CHECK(!earlier || earlier->source_digest == source_digest);
  state_.source_digest = source_digest;
}

std::optional<UnixNanos> StateKeeper::at_once_until() const {
  return earlier_ ? std::optional(earlier_->as_of) : std::nullopt;
}

void StateKeeper::on_column(const MapNow& now) {
  {
    const std::lock_guard lock(mutex_);
    state_.columns_hash = hash_with(state_.columns_hash, now);
    state_.index = now.index;
    state_.as_of = now.column->as_of;
    has_column_ = true;
    if (earlier_ && !is_same_ && now.index >= earlier_->index)
      is_same_ = now.index == earlier_->index && state_.columns_hash == earlier_->columns_hash;
    const std::int64_t clock = monotonic_now().count();
    if (clock - saved_at_ < kSaveEveryNs) return;
    saved_at_ = clock;
  }
  const Outcome<void> done = save();
  const std::lock_guard lock(mutex_);
  problem_ = done ? std::nullopt : std::optional(done.error());
}

Outcome<void> StateKeeper::save() {
  const std::lock_guard file(file_mutex_);
  ServedState state;
  {
    const std::lock_guard lock(mutex_);
    // What is made again would only take the state back.
    const bool is_behind = earlier_ && state_.index < earlier_->index;
    if (!has_column_ || is_behind) return {};
    state = state_;
  }
  state.saved_unix_ns = unix_now().count();
  return write_served_state(path_, state);
}

std::optional<ResumeNote> StateKeeper::note() const {
  if (!earlier_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  ResumeNote out{.from = earlier_->as_of, .columns = earlier_->index + 1, .note = {}};
  // A clock that was set back knows nothing.
  out.seconds_missed =
      std::max(0.0, 1e-9 * static_cast<double>(started_unix_ns_ - earlier_->saved_unix_ns));
  if (!is_same_) {
    out.note = "columns up to it are being made again";
  } else if (*is_same_) {
    out.note = "all columns up to it were made again and are the same; none is missing";
  } else {
    out.note = "columns up to it were made again and DIFFER from those that were shown";
    out.is_different = true;
  }
  return out;
}

std::optional<Diagnostic> StateKeeper::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace faultline

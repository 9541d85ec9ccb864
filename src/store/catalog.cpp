#include "store/catalog.hpp"

#include <algorithm>
#include <charconv>

#include "core/time_text.hpp"
#include "text/json.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kFormatVersion = 1;
constexpr std::string_view kSegmentEnding = ".parquet";
constexpr std::size_t kDayChars = 10;

UnixNanos day_start(std::int64_t day) { return UnixNanos(day * kDay.value); }

JsonValue range_json(const TimeRange& range) {
  return JsonValue::object().set("from", range.from.value).set("to", range.to.value);
}

JsonValue spec_json(const InstrumentSpec& spec) {
  const auto decimal = [](Decimal value) { return to_text(1, value); };
  JsonValue json = JsonValue::object();
  json.set("contract_kind", spec.kind == ContractKind::kLinear ? "linear" : "inverse")
      .set("contract_multiplier", decimal(spec.contract_multiplier))
      .set("tick_size", decimal(spec.tick_size))
      .set("lot_size", decimal(spec.lot_size))
      .set("base", spec.base)
      .set("quote", spec.quote)
      .set("settle", spec.settle)
      .set("valid_from", spec.valid_from.value)
      .set("valid_to", spec.valid_to ? JsonValue(spec.valid_to->value) : JsonValue());
  return json;
}

JsonValue segment_json(const SegmentInfo& segment) {
  JsonValue gaps = JsonValue::array();
  for (const TimeRange& gap : segment.gaps) gaps.push(range_json(gap));
  JsonValue json = JsonValue::object();
  json.set("day", day_text(day_start(segment.day)))
      .set("file", segment.file)
      .set("rows", segment.rows)
      .set("time_first", segment.time_first.value)
      .set("time_last", segment.time_last.value)
      .set("bytes", segment.bytes)
      .set("sha256", segment.sha256)
      .set("gap_count", segment.gap_count)
      .set("gaps", std::move(gaps));
  return json;
}

JsonValue source_json(const SourceRecord& source) {
  JsonValue json = JsonValue::object();
  json.set("name", source.name)
      .set("sha256", source.sha256)
      .set("imported_with", source.imported_with)
      .set("bytes", source.bytes)
      .set("rows_taken", source.rows_taken)
      .set("rows_quarantined", source.rows_quarantined)
      .set("meaning", source.meaning)
      .set("selection", source.selection);
  return json;
}

JsonValue kind_json(const KindRecord& record) {
  JsonValue segments = JsonValue::array();
  for (const SegmentInfo& segment : record.segments) segments.push(segment_json(segment));
  JsonValue sources = JsonValue::array();
  for (const SourceRecord& source : record.sources) sources.push(source_json(source));
  JsonValue warnings = JsonValue::array();
  for (const WarningCount& warning : record.warnings) {
    warnings.push(JsonValue::object().set("name", warning.name).set("count", warning.count));
  }
  JsonValue watched = JsonValue::array();
  for (const TimeRange& range : record.watched)
    watched.push(JsonValue::object().set("from", range.from.value).set("to", range.to.value));
  JsonValue json = JsonValue::object();
  json.set("kind", name_of(record.kind))
      .set("expected_interval_ns",
           record.expected_interval ? JsonValue(record.expected_interval->value) : JsonValue())
      .set("segments", std::move(segments))
      .set("sources", std::move(sources))
      .set("warnings", std::move(warnings));
  if (!record.watched.empty()) json.set("watched", std::move(watched));
  return json;
}

// Reads members of one object and remembers the first that is missing or of another type.
class Fields {
 public:
  Fields(const JsonValue& json, std::string& bad) : json_(json), bad_(bad) {}

  std::string text(std::string_view name) {
    const JsonValue* value = json_.find(name);
    const std::string* found = value == nullptr ? nullptr : value->as_string();
    if (found == nullptr) fail(name);
    return found == nullptr ? "" : *found;
  }
  // Of manifests that older versions wrote it may be absent.
  std::string text_or_absent(std::string_view name) {
    return json_.find(name) == nullptr ? "" : text(name);
  }
  std::int64_t integer(std::string_view name) {
    const JsonValue* value = json_.find(name);
    const auto found = value == nullptr ? std::nullopt : value->as_int();
    if (!found) fail(name);
    return found.value_or(0);
  }
  std::uint64_t count(std::string_view name) {
    const std::int64_t value = integer(name);
    if (value < 0) fail(name);
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
  }
  std::optional<std::int64_t> integer_or_null(std::string_view name) {
    const JsonValue* value = json_.find(name);
    if (value != nullptr && value->is_null()) return std::nullopt;
    return integer(name);
  }
  Decimal decimal(std::string_view name) {
    const Result<Decimal> value = parse_decimal(text(name));
    if (!value || value->mantissa <= 0) fail(name);
    return value ? *value : Decimal{1, 0};
  }
  const JsonValue::Array& list(std::string_view name) {
    static const JsonValue::Array kNone;
    const JsonValue* value = json_.find(name);
    const JsonValue::Array* found = value == nullptr ? nullptr : value->as_array();
    if (found == nullptr) fail(name);
    return found == nullptr ? kNone : *found;
  }
  void fail(std::string_view name) {
    if (bad_.empty()) bad_ = name;
  }

 private:
  const JsonValue& json_;
  std::string& bad_;
};

InstrumentSpec read_spec(const JsonValue& json, const InstrumentId& id, std::string& bad) {
  Fields fields(json, bad);
  InstrumentSpec spec;
  spec.id = id;
  const std::string kind = fields.text("contract_kind");
  if (kind != "linear" && kind != "inverse") fields.fail("contract_kind");
  spec.kind = kind == "inverse" ? ContractKind::kInverse : ContractKind::kLinear;
  spec.contract_multiplier = fields.decimal("contract_multiplier");
  spec.tick_size = fields.decimal("tick_size");
  spec.lot_size = fields.decimal("lot_size");
  spec.base = fields.text("base");
  spec.quote = fields.text("quote");
  spec.settle = fields.text("settle");
  spec.valid_from = UnixNanos(fields.integer("valid_from"));
  if (const auto end = fields.integer_or_null("valid_to")) spec.valid_to = UnixNanos(*end);
  return spec;
}

SegmentInfo read_segment(const JsonValue& json, std::string& bad) {
  Fields fields(json, bad);
  SegmentInfo segment;
  segment.file = fields.text("file");
  if (const auto name = parse_segment_file_name(segment.file)) {
    segment.day = name->first;
  } else {
    fields.fail("file");
  }
  if (fields.text("day") != day_text(day_start(segment.day))) fields.fail("day");
  segment.rows = fields.count("rows");
  segment.time_first = UnixNanos(fields.integer("time_first"));
  segment.time_last = UnixNanos(fields.integer("time_last"));
  const UnixNanos begin = day_start(segment.day);
  if (segment.rows == 0) fields.fail("rows");
  if (segment.time_first < begin) fields.fail("time_first");
  if (segment.time_last < segment.time_first || segment.time_last >= begin + kDay)
    fields.fail("time_last");
  segment.bytes = fields.count("bytes");
  segment.sha256 = fields.text("sha256");
  segment.gap_count = fields.count("gap_count");
  for (const JsonValue& gap : fields.list("gaps")) {
    Fields range(gap, bad);
    segment.gaps.push_back({UnixNanos(range.integer("from")), UnixNanos(range.integer("to"))});
  }
  if (segment.gaps.size() != std::min<std::uint64_t>(segment.gap_count, kGapsListedMax))
    fields.fail("gaps");
  return segment;
}

SourceRecord read_source(const JsonValue& json, std::string& bad) {
  Fields fields(json, bad);
  return {.name = fields.text("name"),
          .sha256 = fields.text("sha256"),
          .imported_with = fields.text("imported_with"),
          .bytes = fields.count("bytes"),
          .rows_taken = fields.count("rows_taken"),
          .rows_quarantined = fields.count("rows_quarantined"),
          .meaning = fields.text_or_absent("meaning"),
          .selection = fields.text_or_absent("selection")};
}

KindRecord read_kind(const JsonValue& json, std::string& bad) {
  Fields fields(json, bad);
  KindRecord record;
  const Result<EventKind> kind = parse_event_kind(fields.text("kind"));
  if (!kind) fields.fail("kind");
  record.kind = kind ? *kind : EventKind::kTrade;
  if (const auto interval = fields.integer_or_null("expected_interval_ns")) {
    record.expected_interval = Nanos(*interval);
    if (*interval <= 0) fields.fail("expected_interval_ns");
  }
  for (const JsonValue& segment : fields.list("segments"))
    record.segments.push_back(read_segment(segment, bad));
  const auto out_of_order = [](const SegmentInfo& a, const SegmentInfo& b) {
    return a.day >= b.day;
  };
  if (std::ranges::adjacent_find(record.segments, out_of_order) != record.segments.end())
    fields.fail("segments");
  if (json.find("watched") != nullptr) {
    for (const JsonValue& watched : fields.list("watched")) {
      Fields range(watched, bad);
      const TimeRange stretch{UnixNanos(range.integer("from")), UnixNanos(range.integer("to"))};
      const bool follows = record.watched.empty() || record.watched.back().to < stretch.from;
      if (stretch.to <= stretch.from || !follows) fields.fail("watched");
      record.watched.push_back(stretch);
    }
  }
  for (const JsonValue& source : fields.list("sources"))
    record.sources.push_back(read_source(source, bad));
  for (const JsonValue& warning : fields.list("warnings")) {
    Fields counted(warning, bad);
    record.warnings.push_back({counted.text("name"), counted.count("count")});
  }
  return record;
}

void add_gap(Coverage& coverage, const TimeRange& gap) {
  ++coverage.gap_count;
  if (coverage.gaps.size() < kGapsListedMax) coverage.gaps.push_back(gap);
}

}  // namespace

const KindRecord* InstrumentRecord::find(EventKind kind) const {
  const auto found = std::ranges::find(kinds, kind, &KindRecord::kind);
  return found == kinds.end() ? nullptr : &*found;
}

KindRecord& InstrumentRecord::find_or_add(EventKind kind) {
  const auto at = std::ranges::lower_bound(kinds, kind, {}, &KindRecord::kind);
  if (at != kinds.end() && at->kind == kind) return *at;
  KindRecord record;
  record.kind = kind;
  return *kinds.insert(at, std::move(record));
}

Nanos gap_threshold(Nanos expected_interval) {
  return Nanos(expected_interval.value + expected_interval.value / 2);
}

void add_watched(KindRecord& record, TimeRange range) {
  if (range.to <= range.from) return;
  std::vector<TimeRange> joined;
  for (const TimeRange& one : record.watched) {
    if (one.to < range.from || range.to < one.from) {
      joined.push_back(one);
    } else {
      range = {std::min(one.from, range.from), std::max(one.to, range.to)};
    }
  }
  const auto at = std::ranges::lower_bound(joined, range.from, {}, &TimeRange::from);
  joined.insert(at, range);
  record.watched = std::move(joined);
}

bool is_watched(std::span<const TimeRange> watched, TimeRange range) {
  return std::ranges::any_of(
      watched, [&](const TimeRange& one) { return one.from <= range.from && range.to <= one.to; });
}

std::optional<Coverage> coverage_of(const KindRecord& record) {
  if (record.segments.empty()) return std::nullopt;
  Coverage coverage;
  coverage.time_first = record.segments.front().time_first;
  coverage.time_last = record.segments.back().time_last;
  coverage.segment_count = record.segments.size();
  coverage.expected_interval = record.expected_interval;
  const SegmentInfo* before = nullptr;
  for (const SegmentInfo& segment : record.segments) {
    coverage.rows += segment.rows;
    coverage.bytes += segment.bytes;
    if (before != nullptr && record.expected_interval &&
        segment.time_first - before->time_last > gap_threshold(*record.expected_interval)) {
      add_gap(coverage, {before->time_last + *record.expected_interval, segment.time_first});
    }
    for (const TimeRange& gap : segment.gaps) add_gap(coverage, gap);
    coverage.gap_count += segment.gap_count - segment.gaps.size();
    before = &segment;
  }
  return coverage;
}

std::vector<TimeRange> recorded_days(const KindRecord& record) {
  std::vector<TimeRange> ranges;
  const SegmentInfo* before = nullptr;
  for (const SegmentInfo& segment : record.segments) {
    if (before == nullptr || before->day + 1 != segment.day)
      ranges.push_back({segment.time_first, segment.time_first});
    ranges.back().to = segment.time_last + Nanos(1);
    before = &segment;
  }
  return ranges;
}

std::string write_manifest(const InstrumentRecord& record) {
  JsonValue specs = JsonValue::array();
  for (const InstrumentSpec& spec : record.specs) specs.push(spec_json(spec));
  JsonValue kinds = JsonValue::array();
  for (const KindRecord& kind : record.kinds) kinds.push(kind_json(kind));
  JsonValue json = JsonValue::object();
  json.set("format_version", kFormatVersion)
      .set("instrument", to_text(record.id))
      .set("specs", std::move(specs))
      .set("kinds", std::move(kinds));
  return write_json(json, 1) + "\n";
}

Outcome<InstrumentRecord> parse_manifest(std::string_view text, const std::string& file) {
  const auto corrupt = [&](std::string field, std::string note) {
    return Diagnostic{
        .code = Errc::kCorrupt, .file = file, .field = std::move(field), .note = std::move(note)};
  };
  const Result<JsonValue> json = parse_json(text);
  if (!json) {
    return corrupt("", std::string(meaning_of(json.error().code)) + " at byte " +
                           std::to_string(json.error().offset));
  }
  std::string bad;
  Fields fields(*json, bad);
  const std::int64_t version = fields.integer("format_version");
  if (version > kFormatVersion) {
    return Diagnostic{.code = Errc::kNewerFormat,
                      .file = file,
                      .field = "format_version",
                      .value = std::to_string(version),
                      .note = "this one reads version " + std::to_string(kFormatVersion)};
  }
  if (version != kFormatVersion) fields.fail("format_version");
  InstrumentRecord record;
  const Result<InstrumentId> id = parse_instrument_id(fields.text("instrument"));
  if (!id) return corrupt(bad.empty() ? "instrument" : bad, "");
  record.id = *id;
  for (const JsonValue& spec : fields.list("specs"))
    record.specs.push_back(read_spec(spec, *id, bad));
  for (const JsonValue& kind : fields.list("kinds")) record.kinds.push_back(read_kind(kind, bad));
  const auto out_of_order = [](const KindRecord& a, const KindRecord& b) {
    return a.kind >= b.kind;
  };
  if (std::ranges::adjacent_find(record.kinds, out_of_order) != record.kinds.end())
    fields.fail("kinds");
  if (!bad.empty()) return corrupt(bad, "missing or out of range");
  return record;
}

std::string segment_file_name(std::int64_t day, std::uint64_t generation) {
  std::string name = day_text(day_start(day));
  if (generation != 0) name += "." + std::to_string(generation);
  return name.append(kSegmentEnding);
}

std::optional<std::pair<std::int64_t, std::uint64_t>> parse_segment_file_name(
    std::string_view name) {
  const Result<UnixNanos> day = parse_time_text(name.substr(0, kDayChars));
  if (!day) return std::nullopt;
  std::uint64_t generation = 0;
  if (name.size() > kDayChars + 1)
    std::from_chars(name.data() + kDayChars + 1, name.data() + name.size(), generation);
  const std::int64_t number = day_number(*day);
  if (segment_file_name(number, generation) != name) return std::nullopt;
  return std::pair(number, generation);
}

}  // namespace faultline

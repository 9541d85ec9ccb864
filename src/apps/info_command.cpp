#include <fmt/core.h>

#include "apps/commands.hpp"
#include "core/time_text.hpp"
#include "store/store.hpp"

namespace faultline {
namespace {

JsonValue json_of_gaps(const Coverage& coverage) {
  JsonValue gaps = JsonValue::array();
  for (const TimeRange& gap : coverage.gaps) {
    gaps.push(JsonValue::object().set("from", to_text(gap.from)).set("to", to_text(gap.to)));
  }
  return gaps;
}

JsonValue json_of_sources(const KindRecord& record) {
  JsonValue sources = JsonValue::array();
  for (const SourceRecord& source : record.sources) {
    JsonValue one = JsonValue::object();
    one.set("name", source.name)
        .set("sha256", source.sha256)
        .set("imported_with", source.imported_with);
    one.set("rows_taken", source.rows_taken).set("rows_quarantined", source.rows_quarantined);
    sources.push(std::move(one));
  }
  return sources;
}

JsonValue json_of_kind(const KindRecord& record, const Coverage& coverage) {
  JsonValue one = JsonValue::object();
  one.set("kind", name_of(record.kind)).set("rows", coverage.rows).set("bytes", coverage.bytes);
  one.set("from", to_text(coverage.time_first)).set("to", to_text(coverage.time_last));
  one.set("segments", coverage.segment_count).set("gap_count", coverage.gap_count);
  one.set("gaps", json_of_gaps(coverage)).set("sources", json_of_sources(record));
  JsonValue warnings = JsonValue::object();
  for (const WarningCount& warning : record.warnings) warnings.set(warning.name, warning.count);
  one.set("warnings", std::move(warnings));
  return one;
}

JsonValue json_of_unfinished(const std::vector<UnfinishedImport>& imports) {
  JsonValue out = JsonValue::array();
  for (const UnfinishedImport& import : imports) {
    JsonValue one = JsonValue::object();
    one.set("dataset", import.dataset).set("file", import.file).set("reason", import.reason);
    out.push(std::move(one));
  }
  return out;
}

void say_unfinished(const std::vector<UnfinishedImport>& imports) {
  for (const UnfinishedImport& import : imports) {
    say(fmt::format("not finished: the import of {} by {} ({})", import.file, import.dataset,
                    import.reason.empty() ? "it still runs, or was killed" : import.reason));
  }
  if (!imports.empty()) say("  what was finished is kept; the same import again does the rest");
}

void say_kind(const KindRecord& record, const Coverage& coverage) {
  say(fmt::format("  {:18}{:>14} rows  {} .. {}  {} in {} days", name_of(record.kind),
                  count_text(coverage.rows), to_text(coverage.time_first),
                  to_text(coverage.time_last), bytes_text(coverage.bytes), coverage.segment_count));
  if (coverage.gap_count > 0) {
    const TimeRange& first = coverage.gaps.front();
    say(fmt::format("  {:18}{:>14} gaps, the first {} .. {}", "", count_text(coverage.gap_count),
                    to_text(first.from), to_text(first.to)));
  }
  for (const WarningCount& warning : record.warnings) {
    say(fmt::format("  {:18}{:>14} {}", "", count_text(warning.count), warning.name));
  }
}

}  // namespace

ExitCode run_info(const InfoArguments& arguments, const OutputOptions& output) {
  const Outcome<std::unique_ptr<Store>> opened = Store::open(arguments.store, StoreMode::kRead);
  if (!opened) return fail(opened.error(), output);
  const Store& store = **opened;
  JsonValue list = JsonValue::array();
  for (const InstrumentId& id : store.instruments()) {
    const Outcome<InstrumentRecord> record = store.record(id);
    if (!record) return fail(record.error(), output);
    JsonValue kinds = JsonValue::array();
    if (!output.is_json) say(to_text(id));
    for (const KindRecord& kind : record->kinds) {
      const std::optional<Coverage> coverage = coverage_of(kind);
      if (!coverage) continue;
      if (output.is_json)
        kinds.push(json_of_kind(kind, *coverage));
      else
        say_kind(kind, *coverage);
    }
    list.push(JsonValue::object().set("instrument", to_text(id)).set("kinds", std::move(kinds)));
  }
  JsonValue out = JsonValue::object();
  out.set("store", arguments.store).set("instruments", std::move(list));
  out.set("unfinished", json_of_unfinished(store.unfinished()));
  if (!output.is_json) say_unfinished(store.unfinished());
  if (arguments.is_verified) {
    if (const Outcome<void> good = store.verify(progress_bar(output)); !good)
      return fail(good.error(), output);
    end_progress();
    out.set("verified", true);
    if (!output.is_json) say("every segment matches its checksum");
  }
  if (output.is_json)
    say_json(out);
  else if (store.instruments().empty())
    say("the store is empty");
  return ExitCode::kSuccess;
}

}  // namespace faultline

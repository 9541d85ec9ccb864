#include "store/store.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/time_text.hpp"
#include "store/store_state.hpp"

namespace faultline {
namespace {

Diagnostic bad_request(std::string field, std::string value, std::string note) {
  return {.code = Errc::kBadRequest,
          .field = std::move(field),
          .value = std::move(value),
          .note = std::move(note)};
}

Diagnostic unknown(const InstrumentId& id) {
  return {.code = Errc::kUnknownInstrument, .field = "instrument", .value = to_text(id)};
}

bool overlap(const InstrumentSpec& a, const InstrumentSpec& b) {
  const bool a_ends_first = a.valid_to && *a.valid_to <= b.valid_from;
  const bool b_ends_first = b.valid_to && *b.valid_to <= a.valid_from;
  return !a_ends_first && !b_ends_first;
}

// The fields that give stored rows their meaning, where they differ: "lot_size = 0.001, asked for
// 0.01". Empty when the versions differ in nothing but the end of validity.
std::string differences(const InstrumentSpec& stored, const InstrumentSpec& wanted) {
  const auto decimal = [](Decimal value) { return to_text(1, value); };
  const auto kind = [](ContractKind value) {
    return std::string(value == ContractKind::kInverse ? "inverse" : "linear");
  };
  const std::array<std::array<std::string, 3>, 7> fields{
      {{"kind", kind(stored.kind), kind(wanted.kind)},
       {"tick_size", decimal(stored.tick_size), decimal(wanted.tick_size)},
       {"lot_size", decimal(stored.lot_size), decimal(wanted.lot_size)},
       {"contract_multiplier", decimal(stored.contract_multiplier),
        decimal(wanted.contract_multiplier)},
       {"base", stored.base, wanted.base},
       {"quote", stored.quote, wanted.quote},
       {"settle", stored.settle, wanted.settle}}};
  std::string out;
  for (const auto& [name, before, after] : fields) {
    if (before == after) continue;
    out += out.empty() ? "" : "; ";
    out.append(name).append(" is stored as ").append(before).append(", asked for ").append(after);
  }
  return out;
}

class StoreOnDisk final : public Store {
 public:
  explicit StoreOnDisk(std::shared_ptr<StoreState> state) : state_(std::move(state)) {}

  Outcome<void> refresh() override {
    // A writer's own records are newer than any file.
    return state_->mode() == StoreMode::kRead ? state_->reload() : Outcome<void>();
  }

  std::vector<InstrumentId> instruments() const override { return state_->instruments(); }

  Outcome<InstrumentRecord> record(const InstrumentId& id) const override {
    std::optional<InstrumentRecord> found = state_->record(id);
    if (!found) return unknown(id);
    return std::move(*found);
  }

  std::optional<Coverage> coverage(const InstrumentId& id, EventKind kind) const override {
    const auto found = state_->record(id);
    const KindRecord* of_kind = found ? found->find(kind) : nullptr;
    return of_kind == nullptr ? std::nullopt : coverage_of(*of_kind);
  }

  Outcome<InstrumentSpec> spec_at(const InstrumentId& id, UnixNanos time) const override {
    const auto found = state_->record(id);
    if (!found) return unknown(id);
    if (const InstrumentSpec* spec = spec_valid_at(found->specs, time); spec != nullptr)
      return *spec;
    return Diagnostic{.code = Errc::kNoData,
                      .field = "instrument",
                      .value = to_text(id),
                      .note = "no specification is valid then"};
  }

  std::optional<SourceRecord> source(const InstrumentId& id, EventKind kind,
                                     std::string_view sha256) const override {
    const auto found = state_->record(id);
    const KindRecord* of_kind = found ? found->find(kind) : nullptr;
    if (of_kind == nullptr) return std::nullopt;
    const auto at = std::ranges::find(of_kind->sources, sha256, &SourceRecord::sha256);
    return at == of_kind->sources.end() ? std::nullopt : std::optional(*at);
  }

  std::vector<UnfinishedImport> unfinished() const override { return state_->unfinished(); }

  Outcome<void> set_unfinished(std::vector<UnfinishedImport> imports) override {
    if (Outcome<void> allowed = check_writes(); !allowed) return allowed;
    return state_->set_unfinished(std::move(imports));
  }

  Outcome<void> put_spec(const InstrumentSpec& spec) override {
    if (Outcome<void> allowed = check_writes(); !allowed) return allowed;
    const std::string name = to_text(spec.id);
    if (const Result<InstrumentId> id = parse_instrument_id(name); !id)
      return Diagnostic{.code = id.error().code, .field = "instrument", .value = name};
    if (spec.valid_to && *spec.valid_to <= spec.valid_from)
      return bad_request("valid_to", name, "ends before it begins");
    const auto update = state_->begin_update();
    InstrumentRecord record = state_->record(spec.id).value_or(InstrumentRecord{});
    record.id = spec.id;
    for (InstrumentSpec& known : record.specs) {
      if (known == spec) return {};
      if (known.valid_from != spec.valid_from) continue;
      if (const std::string changes = differences(known, spec); !changes.empty()) {
        return bad_request("instrument", name,
                           changes +
                               " (stored rows would change their meaning; a contract that "
                               "changed has valid_from and valid_to)");
      }
      known = spec;
      if (Outcome<void> covered = check_rows_covered(record); !covered) return covered;
      return save_if_disjoint(std::move(record));
    }
    record.specs.push_back(spec);
    std::ranges::sort(record.specs, {}, &InstrumentSpec::valid_from);
    return save_if_disjoint(std::move(record));
  }

  Outcome<std::unique_ptr<SegmentWriter>> writer(const InstrumentId& id, EventKind kind,
                                                 WriterOptions options) override {
    if (const Outcome<void> allowed = check_writes(); !allowed) return allowed.error();
    if (!state_->record(id)) return unknown(id);
    if (options.expected_interval && options.expected_interval->value <= 0)
      return bad_request("expected_interval", "", "not above zero");
    return make_segment_writer(state_, id, kind, options);
  }

  Outcome<std::unique_ptr<ColumnReader>> read(const InstrumentId& id, EventKind kind,
                                              TimeRange range) const override {
    const auto record = state_->record(id);
    if (!record) return unknown(id);
    std::vector<SegmentInfo> chosen;
    if (const KindRecord* found = record->find(kind); found != nullptr) {
      for (const SegmentInfo& segment : found->segments) {
        if (segment.time_first < range.to && segment.time_last >= range.from)
          chosen.push_back(segment);
      }
    }
    if (chosen.empty()) {
      return Diagnostic{
          .code = Errc::kNoData, .field = std::string(name_of(kind)), .value = to_text(id)};
    }
    Outcome<std::unique_ptr<Connection>> connection = state_->connect();
    if (!connection) return connection.error();
    return make_column_reader(std::move(connection).value(), state_->kind_folder(id, kind), kind,
                              range, std::move(chosen));
  }

  Outcome<void> verify(const ProgressFn& report) const override {
    std::vector<std::pair<std::string, SegmentInfo>> files;
    Progress progress{.what = "verify"};
    for (const InstrumentId& id : state_->instruments()) {
      const auto record = state_->record(id);
      FAULTLINE_CHECK(record.has_value());
      for (const KindRecord& kind : record->kinds) {
        for (const SegmentInfo& segment : kind.segments) {
          files.emplace_back(state_->kind_folder(id, kind.kind) + "/" + segment.file, segment);
          progress.total += segment.bytes;
        }
      }
    }
    for (const auto& [path, segment] : files) {
      if (!keep_going(report, progress)) return Diagnostic{.code = Errc::kCancelled};
      if (Outcome<void> sound = check_segment(path, segment); !sound) return sound;
      progress.done += segment.bytes;
      progress.rows += segment.rows;
    }
    return keep_going(report, progress) ? Outcome<void>() : Diagnostic{.code = Errc::kCancelled};
  }

 private:
  Outcome<void> check_writes() const {
    if (state_->mode() == StoreMode::kWrite) return {};
    return bad_request("", "", "the store is open for reading only");
  }

  // A version that ends earlier than it did must not leave rows behind that mean nothing.
  static Outcome<void> check_rows_covered(const InstrumentRecord& record) {
    for (const KindRecord& kind : record.kinds) {
      if (kind.segments.empty()) continue;
      const UnixNanos last = kind.segments.back().time_last;
      if (spec_valid_at(record.specs, last) != nullptr) continue;
      return bad_request("valid_to", to_text(record.id),
                         "rows up to " + to_text(last) +
                             " are stored as the version says that would end before them");
    }
    return {};
  }

  Outcome<void> save_if_disjoint(InstrumentRecord record) {
    if (std::ranges::adjacent_find(record.specs, overlap) != record.specs.end())
      return bad_request("instrument", to_text(record.id), "its specifications overlap");
    return state_->save(record);
  }

  std::shared_ptr<StoreState> state_;
};

}  // namespace

Outcome<std::unique_ptr<Store>> Store::open(const std::string& folder, StoreMode mode,
                                            StoreOptions options) {
  constexpr std::uint64_t kMemoryBytesMin = std::uint64_t{64} << 20;
  constexpr int kThreadsMax = 256;
  if (options.memory_bytes_max < kMemoryBytesMin)
    return bad_request("memory_bytes_max", std::to_string(options.memory_bytes_max), "too small");
  if (options.thread_count < 1 || options.thread_count > kThreadsMax)
    return bad_request("thread_count", std::to_string(options.thread_count), "not in 1..256");
  auto state = std::make_shared<StoreState>(folder, mode, options);
  if (const Outcome<void> loaded = state->load(); !loaded) return loaded.error();
  return std::unique_ptr<Store>(std::make_unique<StoreOnDisk>(std::move(state)));
}

}  // namespace faultline

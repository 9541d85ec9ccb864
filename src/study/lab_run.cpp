#include "study/lab_run.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "feed/importer.hpp"
#include "lab/day_csv.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

// Files come one after the other, in pieces.
class FolderSink {
 public:
  explicit FolderSink(std::string folder) : folder_(std::move(folder)) {}

  Result<void> take(std::string_view name, std::string_view bytes) {
    if (name != name_) {
      if (Result<void> done = finish(); !done) return done;
      Outcome<FileWriter> writer = FileWriter::create(folder_ + "/" + std::string(name));
      if (!writer) return keep(writer.error());
      writer_ = std::make_unique<FileWriter>(std::move(writer).value());
      name_ = name;
    }
    const Outcome<void> done = writer_->write(bytes);
    return done ? Result<void>() : keep(done.error());
  }

  Result<void> finish() {
    if (!writer_) return {};
    const Outcome<void> done = writer_->commit();
    writer_.reset();
    return done ? Result<void>() : keep(done.error());
  }

  const Diagnostic& problem() const { return problem_; }

 private:
  Error keep(const Diagnostic& diagnostic) {
    problem_ = diagnostic;
    return Error{diagnostic.code};
  }

  std::string folder_;
  std::string name_;
  std::unique_ptr<FileWriter> writer_;
  Diagnostic problem_{.code = Errc::kCannotWrite};
};

Outcome<void> write_files(const LabDay& day, const LabConfig& config, const std::string& folder) {
  if (Outcome<void> made = make_folders(folder); !made) return made;
  FolderSink sink(folder);
  Result<void> done = write_day_csv(
      day, config,
      [&sink](std::string_view name, std::string_view bytes) { return sink.take(name, bytes); });
  if (done) done = sink.finish();
  if (!done) return sink.problem();
  return write_file_atomically(folder + "/lab.toml", lab_descriptor(config));
}

// Only what an earlier run has written: the folder may hold somebody's recorded data by mistake.
Outcome<void> remove_old_store(const std::string& folder) {
  if (!file_exists(folder)) return {};
  const Outcome<std::vector<FolderEntry>> entries = list_folder(folder);
  if (!entries) return entries.error();
  if (entries->empty() || file_exists(folder + "/" + std::string(kLabStoreMark)))
    return remove_folder(folder);
  return Diagnostic{.code = Errc::kBadRequest,
                    .file = folder,
                    .note = "it was not written by a simulation (there is no " +
                            std::string(kLabStoreMark) +
                            "), so it is not replaced; remove it or choose another folder"};
}

Outcome<ImportReport> import_files(const LabConfig& config, const std::string& folder,
                                   const std::string& store_folder, const ProgressFn& report) {
  const Outcome<Dataset> dataset = parse_dataset(lab_descriptor(config), folder + "/lab.toml");
  if (!dataset) return dataset.error();
  const Outcome<std::unique_ptr<Store>> store = Store::open(store_folder, StoreMode::kWrite);
  if (!store) return store.error();
  const std::string mark = store_folder + "/" + std::string(kLabStoreMark);
  if (Outcome<void> marked = write_file_atomically(mark, ""); !marked) return marked.error();
  return import_dataset(*dataset, **store,
                        {.root = folder, .quarantine_folder = store_folder + "/.quarantine"},
                        report);
}

// The truth within the reach of `estimate`.
NearComparison compare_near(const LabDay& day, const LiquidationMap& map, const NearSum& estimate) {
  NearComparison out{.reach = estimate.reach, .true_usd = {}, .estimated_usd = estimate.usd};
  const double mark = map.columns.back().mark;
  const ColumnBatch& truth = day.positions;
  const std::int64_t end = truth.columns[0].values.back();
  const std::size_t liquidation = column_index(EventKind::kPosition, "liquidation_price_e9");
  for (std::size_t row = 0; row < truth.row_count(); ++row) {
    if (truth.columns[0].values[row] != end || !truth.columns[liquidation].has(row)) continue;
    const auto side = static_cast<Side>(truth.columns[2].values[row]);
    const double price = to_double_approx(PriceE9(truth.columns[liquidation].values[row]));
    const bool is_ahead = side == Side::kLong ? price <= mark : price >= mark;
    if (!is_ahead || std::abs(price / mark - 1.0) > out.reach) continue;
    out.true_usd[index_of(side)] +=
        notional_approx(Qty(truth.columns[3].values[row]), mark, map.spec);
  }
  return out;
}

void count_liquidations(const LabDay& day, UnixNanos from, LabRun& run) {
  std::map<std::int64_t, double> by_minute;
  const ColumnBatch& prints = day.liquidations;
  for (std::size_t row = 0; row < prints.row_count(); ++row) {
    if (prints.columns[0].values[row] < from.value) continue;
    ++run.liquidations;
    const double price = to_double_approx(PriceE9(prints.columns[2].values[row]));
    const double usd = notional_approx(Qty(prints.columns[4].values[row]), price, day.instrument);
    run.liquidated_usd[static_cast<std::size_t>(prints.columns[1].values[row])] += usd;
    by_minute[prints.columns[0].values[row] / kMinute.value] += usd;
  }
  for (const auto& [minute, usd] : by_minute) {
    if (usd <= run.busiest_minute_usd) continue;
    run.busiest_minute_usd = usd;
    run.busiest_minute = UnixNanos(minute * kMinute.value);
  }
}

}  // namespace

Outcome<LabRun> run_lab_day(const LabRunOptions& options, const ProgressFn& report) {
  const std::string files = options.folder + "/files";
  const std::string store_folder = options.folder + "/store";
  if (Outcome<void> removed = remove_old_store(store_folder); !removed) return removed.error();
  const Outcome<LabDay> day = simulate_day(options.config, report);
  if (!day) return day.error();
  if (Outcome<void> done = write_files(*day, options.config, files); !done) return done.error();
  const Outcome<ImportReport> imported = import_files(options.config, files, store_folder, report);
  if (!imported) return imported.error();
  const Outcome<std::unique_ptr<Store>> store = Store::open(store_folder, StoreMode::kRead);
  if (!store) return store.error();
  MapRequest request;
  request.instrument = day->instrument.id;
  request.column_interval = Nanos(5 * kMinute.value);
  request.filter.members = options.members;
  request.to = options.config.begin + options.config.length;
  request.from = *request.to - options.shown;
  Outcome<LiquidationMap> map = build_map(**store, request, report);
  if (!map) return map.error();
  LabRun run;
  run.map = std::move(map).value();
  run.trades = day->trades.row_count();
  run.rows_imported = imported->total_taken();
  run.rows_quarantined = imported->total_quarantined();
  for (std::size_t i = 0; i < run.near.size(); ++i) {
    run.near[i] = compare_near(*day, run.map, run.map.columns.back().near[i]);
  }
  count_liquidations(*day, *request.from, run);
  return run;
}

}  // namespace faultline

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feed/importer.hpp"
#include "store/files.hpp"
#include "store/store.hpp"
#include "store/test_archives.hpp"
#include "store/test_folder.hpp"

namespace faultline {

// Helpers of the tests of this layer: a folder with files, a store, and rows as vectors.

using TestRow = std::vector<std::optional<std::int64_t>>;

class ImportBench {
 public:
  ImportBench() {
    auto opened = Store::open(folder_.file("store"), StoreMode::kWrite);
    FAULTLINE_CHECK(opened.has_value());
    store_ = std::move(opened).value();
    options_.root = folder_.path();
    options_.quarantine_folder = folder_.file("quarantine");
  }

  Store& store() { return *store_; }
  ImportOptions& options() { return options_; }
  std::string path(const std::string& name) const { return folder_.file(name); }

  void write(const std::string& name, std::string_view bytes) {
    const auto done = write_file_atomically(folder_.file(name), bytes);
    FAULTLINE_CHECK(done.has_value());
  }

  Outcome<ImportReport> run(std::string_view toml, const ProgressFn& progress = {}) {
    const Outcome<Dataset> dataset = parse_dataset(toml, "d.toml");
    if (!dataset) return dataset.error();
    return import_dataset(*dataset, *store_, options_, progress);
  }

  // The text of the error, or of the first complaint; "" when all rows were taken.
  std::string complaint(std::string_view toml) {
    const Outcome<ImportReport> report = run(toml);
    std::string text;
    if (!report) {
      text = describe(report.error());
    } else {
      for (const FileReport& file : report->files) {
        if (text.empty()) text = file.first_complaint;
      }
    }
    const std::string prefix = folder_.path() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

  std::vector<TestRow> rows(std::string_view id, EventKind kind) {
    std::vector<TestRow> out;
    const auto reader = store_->read(*parse_instrument_id(id), kind, kAllTime);
    if (!reader) return out;
    ColumnBatch batch(kind);
    for (;;) {
      const Outcome<bool> more = (*reader)->next(batch);
      FAULTLINE_CHECK(more.has_value());
      if (!*more) return out;
      for (std::size_t row = 0; row < batch.row_count(); ++row) {
        TestRow values;
        for (const Column& column : batch.columns) {
          values.push_back(column.has(row) ? std::optional(column.values[row]) : std::nullopt);
        }
        out.push_back(std::move(values));
      }
    }
  }

 private:
  TestFolder folder_;
  std::unique_ptr<Store> store_;
  ImportOptions options_;
};

}  // namespace faultline

// The importer's conversion: the rows of every preset, by the fast path in large blocks, by the
// fast path in small blocks, and by the exact path; all three must agree.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "feed/convert.hpp"
#include "fuzz_input.hpp"

namespace faultline {
namespace {

// A preset with a header that has every column it asks for.
struct Format {
  Dataset dataset;
  std::vector<std::string> header;
};

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
}

std::string with_level(std::string pattern, std::size_t level) {
  const std::size_t at = pattern.find("{}");
  if (at != std::string::npos) pattern.replace(at, 2, std::to_string(level));
  return pattern;
}

Format format_of(const PresetInfo& preset) {
  std::string text =
      "name = \"f\"\n[[instrument]]\nid = \"okx:X\"\n[[table]]\nfiles = \"f\"\n"
      "instrument = \"okx:X\"\npreset = \"" +
      std::string(preset.name) + "\"\n";
  if (preset.name == "binance_vision_klines") text += "length = \"1m\"\n";
  Outcome<Dataset> dataset = parse_dataset(text, "f");
  FAULTLINE_CHECK(dataset.has_value());
  Format format{std::move(dataset).value(), {}};
  format.header = format.dataset.tables[0].column_names;
  for (const EmitSpec& emit : format.dataset.tables[0].emits) {
    for (const auto& source : emit.fields) {
      if (source) add_once(format.header, source->column);
    }
    for (std::size_t level = 0; emit.levels && level < emit.levels->count; ++level) {
      for (const std::string* name : {&emit.levels->bid_price, &emit.levels->bid_qty,
                                      &emit.levels->ask_price, &emit.levels->ask_qty}) {
        add_once(format.header, with_level(*name, level));
      }
    }
  }
  return format;
}

const std::vector<Format>& formats() {
  static const std::vector<Format> all = [] {
    std::vector<Format> out;
    for (const PresetInfo& preset : preset_list()) out.push_back(format_of(preset));
    return out;
  }();
  return all;
}

struct Converted {
  std::vector<std::vector<std::int64_t>> values;
  std::vector<std::vector<std::uint8_t>> present;
  std::vector<std::uint64_t> rejected_lines;
  bool is_readable = true;

  friend bool operator==(const Converted&, const Converted&) = default;
};

Converted convert_all(std::string_view text, const Format& format, const TableSpec& table,
                      std::size_t emit_index, std::size_t block_bytes) {
  const ReadFn source = [&text](std::span<char> out) -> Result<std::size_t> {
    const std::size_t size = std::min(out.size(), text.size());
    std::copy_n(text.begin(), size, out.begin());
    text.remove_prefix(size);
    return size;
  };
  const EmitSpec& emit = table.emits[emit_index];
  Outcome<RowConverter> converter =
      RowConverter::make(table, emit, format.dataset.instruments[0], format.header, "f");
  FAULTLINE_CHECK(converter.has_value());
  CsvReader reader(source, CsvOptions{.block_bytes = block_bytes});
  CsvBlock block;
  ColumnBatch batch(emit.kind);
  std::vector<RejectedRow> rejected;
  ConvertCounts counts;
  Converted out;
  for (;;) {
    const Result<bool> more = reader.next(block);
    out.is_readable = more.has_value();
    if (!more || !*more) break;
    std::vector<std::uint32_t> rows(block.row_count());
    std::iota(rows.begin(), rows.end(), 0U);
    rejected.clear();
    converter->convert(block, rows, batch, rejected, counts);
    for (const RejectedRow& row : rejected) out.rejected_lines.push_back(block.line_of(row.row));
  }
  for (const Column& column : batch.columns) {
    out.values.push_back(column.values);
    out.present.push_back(column.present.empty()
                              ? std::vector<std::uint8_t>(column.values.size(), 1)
                              : column.present);
  }
  std::ranges::sort(out.rejected_lines);
  return out;
}

}  // namespace
}  // namespace faultline

// The first byte chooses the format.
FAULTLINE_FUZZ(text) {
  using namespace faultline;
  if (text.empty()) return;
  const Format& format = formats()[static_cast<unsigned char>(text[0]) % formats().size()];
  text.remove_prefix(1);
  const TableSpec& table = format.dataset.tables[0];
  TableSpec exact = table;
  exact.absent_words = {"no such word"};  // a second look at every cell
  for (std::size_t emit = 0; emit < table.emits.size(); ++emit) {
    const Converted large = convert_all(text, format, table, emit, std::size_t{1} << 14);
    const Converted slow = convert_all(text, format, exact, emit, std::size_t{1} << 14);
    FAULTLINE_CHECK(large == slow);
    if (!large.is_readable) continue;
    FAULTLINE_CHECK(large == convert_all(text, format, table, emit, 64));
  }
}

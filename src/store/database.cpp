#include "store/database.hpp"

#include <duckdb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace faultline {
namespace {

Diagnostic refused(const char* message) {
  std::string note = message == nullptr ? "no reason given" : message;
  std::ranges::replace(note, '\n', ' ');
  return {.code = Errc::kDatabase, .note = std::move(note)};
}

class DuckInstance {
 public:
  DuckInstance() = default;
  DuckInstance(const DuckInstance&) = delete;
  DuckInstance& operator=(const DuckInstance&) = delete;
  ~DuckInstance() { duckdb_close(&handle); }

  duckdb_database handle = nullptr;
};

// Owns the connection; queries and appenders share it, so that it outlives them.
class DuckSession {
 public:
  explicit DuckSession(std::shared_ptr<DuckInstance> instance) : instance_(std::move(instance)) {}
  DuckSession(const DuckSession&) = delete;
  DuckSession& operator=(const DuckSession&) = delete;
  ~DuckSession() { duckdb_disconnect(&handle); }

  bool open() { return duckdb_connect(instance_->handle, &handle) == DuckDBSuccess; }

  duckdb_connection handle = nullptr;

 private:
  std::shared_ptr<DuckInstance> instance_;
};

class DuckRows final : public QueryRows {
 public:
  explicit DuckRows(std::shared_ptr<DuckSession> session) : session_(std::move(session)) {}
  DuckRows(const DuckRows&) = delete;
  DuckRows& operator=(const DuckRows&) = delete;
  ~DuckRows() override {
    duckdb_destroy_data_chunk(&chunk_);
    duckdb_destroy_result(&result_);
  }

  Outcome<void> start(const std::string& sql) {
    duckdb_prepared_statement statement = nullptr;
    const duckdb_state prepared = duckdb_prepare(session_->handle, sql.c_str(), &statement);
    Outcome<void> outcome;
    if (prepared != DuckDBSuccess) {
      outcome = refused(duckdb_prepare_error(statement));
    } else if (duckdb_execute_prepared_streaming(statement, &result_) != DuckDBSuccess) {
      outcome = refused(duckdb_result_error(&result_));
    }
    duckdb_destroy_prepare(&statement);
    if (!outcome) return outcome;
    for (idx_t i = 0; i < duckdb_column_count(&result_); ++i)
      names_.emplace_back(duckdb_column_name(&result_, i));
    return {};
  }

  const std::vector<std::string>& column_names() const override { return names_; }

  Outcome<std::size_t> next_chunk() override {
    do {
      duckdb_destroy_data_chunk(&chunk_);
      chunk_ = duckdb_fetch_chunk(result_);
      if (chunk_ == nullptr) {
        const char* message = duckdb_result_error(&result_);
        if (message != nullptr && *message != '\0') return refused(message);
        return std::size_t{0};
      }
    } while (duckdb_data_chunk_get_size(chunk_) == 0);
    return static_cast<std::size_t>(duckdb_data_chunk_get_size(chunk_));
  }

  void append_to(std::size_t column, Column& into) const override {
    duckdb_vector vector = vector_of(column, DUCKDB_TYPE_BIGINT);
    const auto count = static_cast<std::size_t>(duckdb_data_chunk_get_size(chunk_));
    const auto* data = static_cast<const std::int64_t*>(duckdb_vector_get_data(vector));
    std::uint64_t* validity = duckdb_vector_get_validity(vector);
    const std::size_t before = into.values.size();
    into.values.insert(into.values.end(), data, data + count);
    if (validity == nullptr && into.present.empty()) return;
    if (into.present.empty()) into.present.assign(before, 1);
    into.present.resize(before + count, 1);
    for (std::size_t row = 0; validity != nullptr && row < count; ++row) {
      if (duckdb_validity_row_is_valid(validity, row)) continue;
      into.present[before + row] = 0;
      into.values[before + row] = 0;
    }
  }

  std::optional<std::string_view> text(std::size_t column, std::size_t row) const override {
    duckdb_vector vector = vector_of(column, DUCKDB_TYPE_VARCHAR);
    if (!is_valid(vector, row)) return std::nullopt;
    auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
    return std::string_view(duckdb_string_t_data(&strings[row]),
                            duckdb_string_t_length(strings[row]));
  }

  std::optional<std::int64_t> integer(std::size_t column, std::size_t row) const override {
    duckdb_vector vector = vector_of(column, DUCKDB_TYPE_BIGINT);
    if (!is_valid(vector, row)) return std::nullopt;
    return static_cast<const std::int64_t*>(duckdb_vector_get_data(vector))[row];
  }

 private:
  static bool is_valid(duckdb_vector vector, std::size_t row) {
    std::uint64_t* validity = duckdb_vector_get_validity(vector);
    return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
  }

  duckdb_vector vector_of(std::size_t column, duckdb_type type) const {
    FAULTLINE_CHECK(chunk_ != nullptr && column < names_.size());
    duckdb_result result = result_;
    FAULTLINE_CHECK(duckdb_column_type(&result, column) == type);
    return duckdb_data_chunk_get_vector(chunk_, column);
  }

  std::shared_ptr<DuckSession> session_;
  duckdb_result result_{};
  duckdb_data_chunk chunk_ = nullptr;
  std::vector<std::string> names_;
};

// Copies `count` values from row `from` on into the chunk's column.
void fill_vector(duckdb_data_chunk chunk, std::size_t index, const Column& column, std::size_t from,
                 std::size_t count) {
  if (count == 0) return;
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, index);
  std::memcpy(duckdb_vector_get_data(vector), column.values.data() + from,
              count * sizeof(std::int64_t));
  if (column.present.empty()) return;
  duckdb_vector_ensure_validity_writable(vector);
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  for (std::size_t row = 0; row < count; ++row)
    duckdb_validity_set_row_validity(validity, row, column.present[from + row] != 0);
}

class DuckAppender final : public RowAppender {
 public:
  explicit DuckAppender(std::shared_ptr<DuckSession> session) : session_(std::move(session)) {}
  DuckAppender(const DuckAppender&) = delete;
  DuckAppender& operator=(const DuckAppender&) = delete;
  ~DuckAppender() override {
    duckdb_destroy_data_chunk(&chunk_);
    duckdb_appender_destroy(&appender_);
  }

  Outcome<void> start(const std::string& table, std::size_t column_count) {
    if (duckdb_appender_create(session_->handle, nullptr, table.c_str(), &appender_) !=
        DuckDBSuccess) {
      return refused(duckdb_appender_error(appender_));
    }
    duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    std::vector<duckdb_logical_type> types(column_count, bigint);
    chunk_ = duckdb_create_data_chunk(types.data(), column_count);
    duckdb_destroy_logical_type(&bigint);
    FAULTLINE_CHECK(chunk_ != nullptr);
    return {};
  }

  Outcome<void> append(const std::vector<Column>& columns, std::int64_t first_sequence) override {
    FAULTLINE_CHECK(columns.size() + 1 == duckdb_data_chunk_get_column_count(chunk_));
    const std::size_t row_count = columns.front().values.size();
    const auto step = static_cast<std::size_t>(duckdb_vector_size());
    for (std::size_t from = 0; from < row_count; from += step) {
      const std::size_t count = std::min(step, row_count - from);
      duckdb_data_chunk_reset(chunk_);
      for (std::size_t i = 0; i < columns.size(); ++i)
        fill_vector(chunk_, i, columns[i], from, count);
      auto* sequence = static_cast<std::int64_t*>(
          duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, columns.size())));
      for (std::size_t row = 0; row < count; ++row)
        sequence[row] = first_sequence + static_cast<std::int64_t>(from + row);
      duckdb_data_chunk_set_size(chunk_, count);
      if (duckdb_append_data_chunk(appender_, chunk_) != DuckDBSuccess)
        return refused(duckdb_appender_error(appender_));
    }
    return {};
  }

  Outcome<void> flush() override {
    if (duckdb_appender_flush(appender_) != DuckDBSuccess)
      return refused(duckdb_appender_error(appender_));
    return {};
  }

 private:
  std::shared_ptr<DuckSession> session_;
  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
};

// Rows that the engine pulls from a function of ours.
class PulledRows {
 public:
  PulledRows(std::vector<std::string> names, RowPieces pieces)
      : names_(std::move(names)), pieces_(std::move(pieces)) {}

  static void bind(duckdb_bind_info info) {
    const auto* self = static_cast<PulledRows*>(duckdb_bind_get_extra_info(info));
    duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    for (const std::string& name : self->names_)
      duckdb_bind_add_result_column(info, name.c_str(), bigint);
    duckdb_destroy_logical_type(&bigint);
  }

  // One thread, so that the rows keep their order.
  static void init(duckdb_init_info info) { duckdb_init_set_max_threads(info, 1); }

  static void next(duckdb_function_info info, duckdb_data_chunk chunk) {
    auto* self = static_cast<PulledRows*>(duckdb_function_get_extra_info(info));
    // Nothing may be thrown through the engine.
    try {
      const Outcome<void> done = self->fill(chunk);
      if (!done) duckdb_function_set_error(info, describe(done.error()).c_str());
    } catch (const std::exception& error) {
      duckdb_function_set_error(info, error.what());
    }
  }

  static void destroy(void* self) { delete static_cast<PulledRows*>(self); }

 private:
  Outcome<void> fill(duckdb_data_chunk chunk) {
    while (!is_over_ && row_ == row_count()) {
      Outcome<bool> more = pieces_(columns_);
      if (!more) return more.error();
      is_over_ = !*more;
      row_ = is_over_ ? row_count() : 0;
      FAULTLINE_CHECK(is_over_ || columns_.size() == names_.size());
      for (const Column& column : columns_) FAULTLINE_CHECK(column.values.size() == row_count());
    }
    const std::size_t count = std::min<std::size_t>(row_count() - row_, duckdb_vector_size());
    for (std::size_t i = 0; i < columns_.size(); ++i)
      fill_vector(chunk, i, columns_[i], row_, count);
    duckdb_data_chunk_set_size(chunk, count);
    row_ += count;
    return {};
  }

  std::size_t row_count() const { return columns_.empty() ? 0 : columns_.front().values.size(); }

  std::vector<std::string> names_;
  RowPieces pieces_;
  std::vector<Column> columns_;
  std::size_t row_ = 0;
  bool is_over_ = false;
};

class DuckConnection final : public Connection {
 public:
  explicit DuckConnection(std::shared_ptr<DuckSession> session) : session_(std::move(session)) {}

  Outcome<void> run(const std::string& sql) override {
    duckdb_result result{};
    Outcome<void> outcome;
    if (duckdb_query(session_->handle, sql.c_str(), &result) != DuckDBSuccess)
      outcome = refused(duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    return outcome;
  }

  Outcome<std::unique_ptr<QueryRows>> stream(const std::string& sql) override {
    auto rows = std::make_unique<DuckRows>(session_);
    if (const Outcome<void> started = rows->start(sql); !started) return started.error();
    return std::unique_ptr<QueryRows>(std::move(rows));
  }

  Outcome<std::unique_ptr<RowAppender>> appender(const std::string& table,
                                                 std::size_t column_count) override {
    auto made = std::make_unique<DuckAppender>(session_);
    if (const Outcome<void> started = made->start(table, column_count); !started)
      return started.error();
    return std::unique_ptr<RowAppender>(std::move(made));
  }

  Outcome<void> add_table(const std::string& name, std::vector<std::string> columns,
                          RowPieces pieces) override {
    auto rows = std::make_unique<PulledRows>(std::move(columns), std::move(pieces));
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, name.c_str());
    duckdb_table_function_set_extra_info(function, rows.release(), PulledRows::destroy);
    duckdb_table_function_set_bind(function, PulledRows::bind);
    duckdb_table_function_set_init(function, PulledRows::init);
    duckdb_table_function_set_function(function, PulledRows::next);
    const duckdb_state added = duckdb_register_table_function(session_->handle, function);
    duckdb_destroy_table_function(&function);
    return added == DuckDBSuccess ? Outcome<void>() : refused("cannot add a table");
  }

 private:
  std::shared_ptr<DuckSession> session_;
};

class DuckDatabase final : public Database {
 public:
  Outcome<void> start(const DatabaseSettings& settings) {
    const std::array<std::pair<const char*, std::string>, 8> options{{
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"enable_external_file_cache", "false"},
        {"threads", std::to_string(settings.thread_count)},
        {"memory_limit", std::to_string(settings.memory_bytes_max) + "B"},
        {"temp_directory", settings.temp_folder},
        {"preserve_insertion_order", "true"},
    }};
    duckdb_config config = nullptr;
    FAULTLINE_CHECK(duckdb_create_config(&config) == DuckDBSuccess);
    Outcome<void> outcome;
    for (const auto& [name, value] : options) {
      if (duckdb_set_config(config, name, value.c_str()) == DuckDBSuccess) continue;
      outcome = refused((std::string("option ") + name + " = " + value).c_str());
    }
    char* message = nullptr;
    if (outcome &&
        duckdb_open_ext(nullptr, &instance_->handle, config, &message) != DuckDBSuccess) {
      outcome = refused(message);
      duckdb_free(message);
    }
    duckdb_destroy_config(&config);
    return outcome;
  }

  Outcome<std::unique_ptr<Connection>> connect() override {
    auto session = std::make_shared<DuckSession>(instance_);
    if (!session->open()) return refused("cannot connect");
    auto connection = std::make_unique<DuckConnection>(std::move(session));
    return std::unique_ptr<Connection>(std::move(connection));
  }

 private:
  std::shared_ptr<DuckInstance> instance_ = std::make_shared<DuckInstance>();
};

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

Outcome<std::shared_ptr<Database>> Database::open(const DatabaseSettings& settings) {
  auto database = std::make_shared<DuckDatabase>();
  if (const Outcome<void> started = database->start(settings); !started) return started.error();
  return std::shared_ptr<Database>(std::move(database));
}

std::string sql_text(std::string_view text) { return quoted(text, '\''); }

std::string sql_path(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      escaped += '[';
      escaped += c;
      escaped += ']';
    } else {
      escaped += c;
    }
  }
  return quoted(escaped, '\'');
}

std::string sql_name(std::string_view name) { return quoted(name, '"'); }

}  // namespace faultline

#include "base/errc.hpp"

#include <algorithm>
#include <array>

namespace faultline {
namespace {

struct Row {
  Errc code;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array kRows{
    Row{Errc::kEmpty, "empty", "empty where a value is required"},
    Row{Errc::kNotANumber, "not_a_number", "not a decimal number"},
    Row{Errc::kOutOfRange, "out_of_range", "outside the allowed range"},
    Row{Errc::kOffGrid, "off_grid", "not a whole number of ticks, lots or units"},
    Row{Errc::kBadTime, "bad_time", "not a time between 2009 and 2100"},
    Row{Errc::kBadSide, "bad_side", "not a side"},
    Row{Errc::kUnexpectedField, "unexpected_field", "not the kind of value expected here"},
    Row{Errc::kMissingColumn, "missing_column", "the header lacks this column"},
    Row{Errc::kMissingField, "missing_field", "a required field is missing"},
    Row{Errc::kTooManyFields, "too_many_fields", "more fields than the header has"},
    Row{Errc::kBadQuote, "bad_quote", "a quoted field that does not end properly"},
    Row{Errc::kLineTooLong, "line_too_long", "a line longer than the limit"},
    Row{Errc::kTruncated, "truncated", "the data ends too early"},
    Row{Errc::kBadArchive, "bad_archive", "compressed data that cannot be unpacked"},
    Row{Errc::kBadJson, "bad_json", "not JSON"},
    Row{Errc::kBadToml, "bad_toml", "not TOML"},
    Row{Errc::kUnknownKey, "unknown_key", "a key that does not exist here"},
    Row{Errc::kBadFormat, "bad_format", "not in the format that was named"},
    Row{Errc::kDuplicate, "duplicate", "seen before"},
    Row{Errc::kBinaryData, "binary_data", "binary data in a text file"},
    Row{Errc::kUnknownVenue, "unknown_venue", "not a venue that Faultline knows"},
    Row{Errc::kUnknownInstrument, "unknown_instrument", "not an instrument in this store"},
    Row{Errc::kNoTier, "no_tier", "beyond the last maintenance tier"},
    Row{Errc::kNotLiquidatable, "not_liquidatable", "no positive price liquidates it"},
    Row{Errc::kNotFound, "not_found", "no such file or folder"},
    Row{Errc::kCannotRead, "cannot_read", "cannot be read"},
    Row{Errc::kCannotWrite, "cannot_write", "cannot be written"},
    Row{Errc::kCorrupt, "corrupt", "damaged: it differs from what was written"},
    Row{Errc::kDatabase, "database", "the query engine refused"},
    Row{Errc::kLocked, "locked", "in use by another process"},
    Row{Errc::kNotAStore, "not_a_store", "not a store of Faultline"},
    Row{Errc::kNewerFormat, "newer_format", "written by a newer version of Faultline"},
    Row{Errc::kBadRequest, "bad_request", "the arguments do not fit together"},
    Row{Errc::kNoData, "no_data", "nothing is recorded there"},
    Row{Errc::kCancelled, "cancelled", "stopped on request"},
    Row{Errc::kLimit, "limit", "a limit was reached"},
    Row{Errc::kKeyRequired, "key_required", "a valid API key is required"},
    Row{Errc::kNotAllowed, "not_allowed", "the API key does not allow this"},
    Row{Errc::kForeignSource, "foreign_source", "asked from outside of this service"},
    Row{Errc::kTooOften, "too_often", "tried too often"},
    Row{Errc::kAddressInUse, "address_in_use", "another program listens there"},
    Row{Errc::kBadAddress, "bad_address", "not an IP address of this machine"},
    Row{Errc::kCannotListen, "cannot_listen", "the system does not let us listen there"},
    Row{Errc::kBusy, "busy", "too much is asked for at once"},
    Row{Errc::kAnswerFailed, "answer_failed", "the answer was not made, or not in time"},
};

const Row* find(Errc code) {
  const auto* row = std::ranges::find(kRows, code, &Row::code);
  return row == kRows.end() ? nullptr : row;
}

}  // namespace

std::string_view name_of(Errc code) {
  const Row* row = find(code);
  return row != nullptr ? row->name : "unknown";
}

std::string_view meaning_of(Errc code) {
  const Row* row = find(code);
  return row != nullptr ? row->meaning : "an error without a description";
}

}  // namespace faultline

#pragma once

#include <cstdint>
#include <string_view>

namespace faultline {

// Every way in which the outside world can fail us.
//
// The numbers are stable: they appear in logs, in JSON answers and as `exit code 1` details, and
// are never reused.
//   1xx input    bytes, text and files that somebody gave us
//   2xx venue    what an exchange says or does
//   3xx storage  our own disk
//   4xx request  what a caller asked for
//   5xx service  our own sockets and answers
enum class Errc : std::uint16_t {
  kEmpty = 100,              // a value was required and the text is empty
  kNotANumber = 101,         // the text is not a decimal number
  kOutOfRange = 102,         // a number that does not fit, or lies outside what the field allows
  kOffGrid = 103,            // not a whole number of ticks, lots or units; never rounded here
  kBadTime = 104,            // a time that cannot be read or lies outside 2009..2100
  kBadSide = 105,            // a side that is none of the words the field allows
  kUnexpectedField = 106,    // a value where another kind of value was required
  kMissingColumn = 107,      // the header lacks a column that the descriptor names
  kMissingField = 108,       // a row or document lacks a required field
  kTooManyFields = 109,      // a row has more fields than the header
  kBadQuote = 110,           // a quoted field that does not end, or text after its closing quote
  kLineTooLong = 111,        // a line over the named limit
  kTruncated = 112,          // the data ends in the middle of something
  kBadArchive = 113,         // compressed data that cannot be unpacked
  kBadJson = 114,            // text that is not JSON
  kBadToml = 115,            // text that is not TOML
  kUnknownKey = 116,         // a key that the document's schema does not have
  kBadFormat = 117,          // a file that is not what its name or descriptor says
  kDuplicate = 118,          // a row that was already seen
  kBinaryData = 119,         // NUL bytes in text
  kUnknownVenue = 200,       // a venue that Faultline does not know
  kUnknownInstrument = 201,  // an instrument that the store does not hold
  kNoTier = 202,             // a notional beyond the last maintenance tier
  kNotLiquidatable = 203,    // a position that cannot be liquidated at any positive price
  kNotFound = 300,           // no such file or folder
  kCannotRead = 301,         // the operating system refused to read
  kCannotWrite = 302,        // the operating system refused to write
  kCorrupt = 303,            // checksum or structure differs from what we wrote
  kDatabase = 304,           // DuckDB refused
  kLocked = 305,             // another process holds the store
  kNotAStore = 306,          // a folder that holds other things, or nothing
  kNewerFormat = 307,        // written by a newer version than this one
  kBadRequest = 400,         // arguments that make no sense together
  kNoData = 401,             // nothing recorded in the asked range
  kCancelled = 402,          // the user stopped it
  kLimit = 403,              // a named limit was reached
  kKeyRequired = 410,        // no API key, or one that is wrong or has expired
  kNotAllowed = 411,         // the API key lacks the scope
  kForeignSource = 412,      // asked by a page, or under a name, that is not the service's own
  kTooOften = 413,           // more than a peer may try
  kAddressInUse = 500,       // another program listens on that address and port
  kBadAddress = 501,         // text that is no IP address, or one that is not this machine's
  kCannotListen = 502,       // the operating system refused to listen, for another reason
  kBusy = 503,               // more is asked for than can be answered now; later it can
  kAnswerFailed = 504,       // the service's own fault: the answer was not made, or not in time
};

// The stable snake_case name of `code`, for logs and JSON: "not_a_number".
std::string_view name_of(Errc code);

// What `code` means in plain words, without a final stop: "not a decimal number".
std::string_view meaning_of(Errc code);

}  // namespace faultline

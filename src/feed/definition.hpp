#pragma once

#include <string>

#include "feed/dataset.hpp"

namespace faultline {

// Digests of what a table of a descriptor says about one kind of rows, for the manifest: whether a
// file that is there already would be read in the same way. Internal to feed.
//
// Why two: rows of another meaning must not be mixed with those that are stored, while another
// selection of the same rows adds what is missing.

// Which columns the values come from, their units and words. Of all emits of the kind together.
std::string meaning_of(const TableSpec& table, EventKind kind);

// Which rows are wanted: filters, periods, and the validity of the instrument.
std::string selection_of(const TableSpec& table, EventKind kind, const InstrumentSpec& spec);

}  // namespace faultline

#pragma once

#include <cstdint>
#include <span>

namespace faultline {

// Fills `bytes` from the system's cryptographic source: for secrets, which nobody may guess.
//
// Why apart from Rng: a run that is to be repeated never asks here. Thread safety: all. Cost: a
// system call for 256 bytes; waits only in the first moments after the machine was started.
void fill_with_entropy(std::span<std::uint8_t> bytes);

}  // namespace faultline

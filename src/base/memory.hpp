#pragma once

namespace faultline {

// For programs that run for long. Call once, at the beginning.
//
// The allocator keeps what a thread's largest work took: a heap for every thread, and in it blocks
// of up to 32 MB. Here threads share two heaps, and blocks of 256 kB and more go back to the
// operating system when they are freed. Cost: a page fault each 4 kB of such a block.
void keep_memory_compact();

// Gives back what was freed since. Cost: some milliseconds, in which other threads may wait.
void return_freed_memory();

}  // namespace faultline

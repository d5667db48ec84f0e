// Two streams: kernels run on one, large copies to the GPU on the other, so that the next batch travels while a step computes.
// The calls of the function table are numbered, and memory that was given back remembers the last call that may use it.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace hebb {

// At the beginning of a call that gives the GPU work; the backend's lock keeps others away.
void begin_call();

// The number of the last call that has begun; any thread may ask.
uint64_t last_call();

// Puts a mark into the kernels' stream, behind all work of this call and those before it.
void mark_calls();

// All work of the calls so far has ended: the kernels' stream was waited for, and with it the copies that it waits for.
void calls_have_ended();

// Copies from now on come after what the calls up to this number gave to the GPU.
void copies_wait_for(uint64_t call);

// Kernels from now on come after the copies so far.
void kernels_wait_for_copies();

}  // namespace hebb

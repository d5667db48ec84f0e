// A caching allocator: freed blocks stay, because page faults cost more than any kernel of a small network.
#pragma once

#include "hebb/abi.h"

namespace hebb {

int allocate(uint64_t bytes, void** data, hebb_error* error);
void release(void* data, uint64_t bytes);
void memory(hebb_memory* out);
void reset_peak();
void set_budget(uint64_t bytes);
void trim();

}  // namespace hebb

#pragma once

#include <cstdint>

namespace hebb {

// Nine tenths of the memory that this process may use, by the machine and its control group; 0 when neither can be read. More
// than that would not make an allocation fail but get the process killed, with everything in it.
uint64_t default_budget();

}  // namespace hebb

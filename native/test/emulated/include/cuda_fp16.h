// A float16 of CUDA, as its bits.
#pragma once

#include <cstdint>

struct __half {
  uint16_t bits;
};

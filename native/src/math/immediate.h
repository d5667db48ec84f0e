// A number written out bit for bit.
#pragma once

#include "math/hostDevice.h"

namespace hebb::math {

HEBB_HD double immediate(unsigned long long bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace hebb::math

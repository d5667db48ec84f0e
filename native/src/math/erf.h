// erf; see exp.h for what is promised.
#pragma once

#include <cmath>

#include "math/exp.h"
#include "math/hostDevice.h"

namespace hebb::math {

// erf(x) for |x| <= 0.92, an odd polynomial.
HEBB_HD float erf_near_zero(float x) {
  const float z = x * x;
  float p = 8.22397051e-05f;
  p = p * z + -0.000810807804f;
  p = p * z + 0.00519799115f;
  p = p * z + -0.0268581863f;
  p = p * z + 0.112836741f;
  p = p * z + -0.376126319f;
  p = p * z + 0.128379166f;
  return p * x + x;
}

// erfc(a) for a of 0.92 to 4, as e to the power of a polynomial.
HEBB_HD float erfc_tail(float a) {
  float p = -0.000194951514f;
  p = p * a + 0.00303373626f;
  p = p * a + -0.0221899394f;
  p = p * a + 0.10385669f;
  p = p * a + 0.637265384f;
  p = p * a + 1.12762761f;
  p = p * a + 0.000206965226f;
  return exp_not_positive(-p);
}

HEBB_HD float erf(float x) {
  float a = copysign(x, 1.0f);
  a = a > 4.0f ? 4.0f : a;
  const float far = copysign(1.0f - erfc_tail(a), x);
  const float near = erf_near_zero(copysign(a, x));
  return a < 0.92f ? near : far;
}

HEBB_HD double erf(double x) { return ::erf(x); }

}  // namespace hebb::math

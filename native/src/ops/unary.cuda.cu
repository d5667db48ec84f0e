#include "cuda/map.cuh"
#include "ops/unary.kernels.h"

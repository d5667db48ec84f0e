#include "cuda/broadcast.cuh"
#include "ops/compare.kernels.h"

#include "cuda/reduce.cuh"
#include "ops/reduce.kernels.h"

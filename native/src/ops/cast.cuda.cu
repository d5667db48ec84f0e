#include "cuda/map.cuh"
#include "ops/cast.kernels.h"

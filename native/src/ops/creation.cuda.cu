#include "cuda/map.cuh"
#include "ops/creation.kernels.h"

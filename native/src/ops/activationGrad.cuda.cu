#include "cuda/map.cuh"
#include "ops/activationGrad.kernels.h"

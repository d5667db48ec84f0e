#include "cpu/map.h"
#include "ops/activationGrad.kernels.h"

#include "cpu/reduce.h"

#include "ops/reduce.kernels.h"

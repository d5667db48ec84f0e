#include "cpu/broadcast.h"
#include "ops/compare.kernels.h"

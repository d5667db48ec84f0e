#include "cpu/map.h"
#include "ops/cast.kernels.h"

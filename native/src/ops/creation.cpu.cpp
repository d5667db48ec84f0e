#include "cpu/map.h"
#include "ops/creation.kernels.h"

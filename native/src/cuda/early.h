// Programmatic dependent launches, which GPUs from sm_90 on have ("CUDA C++ Programming Guide" 13.0, section "Programmatic
// Dependent Launch and Synchronization"): a kernel of a graph is launched while those that it waits for still run, and waits for
// their ends itself (cuda/beginKernel.cuh). What it takes to launch it then passes beside them.
#pragma once

#include <cuda_runtime.h>

#include "cuda/capture.h"

namespace hebb {

// Whether what a kernel waits with is in the code that this GPU runs.
bool kernels_can_wait();

// Of kernels that wait for kernels, those of `waiting` are to be launched early. Their number; 0 also where a graph takes no such
// edges.
size_t launch_early(cudaGraph_t graph, const Nodes& waiting);

}  // namespace hebb

// Names only: the emulated engine has loops of its own for what cuBLASLt does.
#pragma once

enum cublasStatus_t { CUBLAS_STATUS_SUCCESS };
using cublasLtHandle_t = void*;

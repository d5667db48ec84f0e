// The contract between the addon and a backend library (libhebb_cpu.so, libhebb_cuda.so), and the only header
// that C++ benchmarks, native tests and other authors' native ops need. Plain C, so that any compiler can speak it.
#ifndef HEBB_ABI_H
#define HEBB_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Raised whenever a struct below, an opcode or an operand contract changes.
#define HEBB_ABI_VERSION 3
#define HEBB_MAX_RANK 8
#define HEBB_MAX_OPERANDS 1024

enum hebb_dtype {
  HEBB_FLOAT32 = 0,
  HEBB_FLOAT64 = 1,
  HEBB_BFLOAT16 = 2,
  HEBB_FLOAT16 = 3,
  HEBB_INT32 = 4,
  HEBB_INT64 = 5,
  HEBB_UINT8 = 6,
  HEBB_BOOL = 7,
  HEBB_DTYPE_COUNT = 8
};

enum hebb_status {
  HEBB_OK = 0,
  HEBB_BAD_SHAPE = 1,
  HEBB_BAD_DTYPE = 2,
  HEBB_BAD_RANGE = 3,
  HEBB_DISPOSED = 4,
  HEBB_OUT_OF_MEMORY = 5,
  HEBB_UNSUPPORTED = 6,
  HEBB_INTERNAL = 7
};

// A dense row-major array. Rank 0 has one element; a dimension of zero makes it empty.
typedef struct hebb_view {
  void* data;
  int64_t dims[HEBB_MAX_RANK];
  int32_t rank;
  int32_t dtype;
} hebb_view;

typedef struct hebb_error {
  int32_t status;
  char message[508];
} hebb_error;

// One command: an op of ops.def applied to arrays. Inputs and outputs never overlap unless an op says that it allows it.
typedef struct hebb_call {
  uint32_t op;
  uint32_t n_outputs;
  uint32_t n_inputs;
  uint32_t n_attributes;
  const hebb_view* outputs;
  const hebb_view* inputs;
  const double* attributes;
} hebb_call;

typedef struct hebb_memory {
  uint64_t live_bytes;      // handed out and not yet released
  uint64_t reserved_bytes;  // taken from the operating system
  uint64_t peak_bytes;      // highest live_bytes since the last reset
  uint64_t budget_bytes;    // 0: no budget
} hebb_memory;

typedef struct hebb_backend {
  uint32_t abi_version;
  uint32_t op_count;
  const char* name;
  const char* (*describe)(void);
  int (*allocate)(uint64_t bytes, void** data, hebb_error* error);
  void (*release)(void* data, uint64_t bytes);
  // The first upload into memory since it was allocated may overtake calls before it, which therefore must not use this memory.
  int (*upload)(void* destination, const void* source, uint64_t bytes, hebb_error* error);
  int (*download)(void* destination, const void* source, uint64_t bytes, hebb_error* error);
  int (*run)(const hebb_call* call, hebb_error* error);
  void (*memory)(hebb_memory* out);
  void (*reset_peak)(void);
  void (*set_budget)(uint64_t bytes);
  void (*trim)(void);                   // returns cached blocks to the operating system
  int (*threads)(int count);            // count > 0 sets; returns the number in use
  const char* (*op_name)(uint32_t op);  // null past the end
  // All three or none: none where nothing is gained over calling run() again and again. record() makes of calls, which have all
  // run before over the same arrays, a recording that does them once more each time it is replayed, while the arrays last; null
  // with HEBB_OK where these calls cannot be recorded.
  int (*record)(const hebb_call* calls, uint32_t count, void** recording, hebb_error* error);
  int (*replay)(void* recording, hebb_error* error);
  void (*forget)(void* recording);
  // All three or none: none where every error is found before run() returns. Where kernels find them later, a download tells of
  // those of its caller: of what was called by threads that act for the same, or for nobody. join() returns null without memory,
  // which is nobody. leave() comes when nothing is called on the caller's behalf any more, and its recordings are forgotten.
  void* (*join)(void);
  void (*act_for)(void* caller);  // of this thread, from now on
  void (*leave)(void* caller);
} hebb_backend;

// The exported symbol. Null when the versions do not match, or the machine has not what the backend needs.
typedef const hebb_backend* (*hebb_backend_entry)(uint32_t abi_version);
const hebb_backend* hebb_open_backend(uint32_t abi_version);

// Exported too by a backend that may find its machine wanting: why hebb_open_backend returned null on this thread, for the user
// to read.
typedef const char* (*hebb_backend_problem_entry)(void);
const char* hebb_backend_problem(void);

#ifdef __cplusplus
}
#endif
#endif

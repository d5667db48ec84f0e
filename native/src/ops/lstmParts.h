// How lstm and its gradient run on the CPU. The rows of a batch do not depend on each other: each thread takes some of them
// through all steps, so that threads never wait for one another.
#pragma once

#include <algorithm>

#include "cpu/gemm_packed_bf16.h"
#include "cpu/onednn.h"
#include "cpu/scratch.h"
#include "cpu/widen.h"
#include "ops/lstm.h"

namespace hebb {

struct LstmScratch {};

// Rows of one step lie a whole sequence apart, often at multiples of the caches' periods: a product wants them side by side.
template <typename E>
Matrix<E> side_by_side(const E* from, int64_t apart, int64_t rows, int64_t width, E* to) {
  for (int64_t r = 0; r < rows; ++r) std::copy_n(from + r * apart, width, to + r * width);
  return {to, width, 1};
}

// Calls body(first row, rows, the packed matrix b [k, n], memory of `per_row` elements a row, memory of [rows, k] for
// side_by_side) for parts of the batch at once.
template <typename E, typename Body>
void for_row_parts(const LstmShape& shape, const Matrix<E>& b, int64_t k, int64_t n, int64_t per_row, const Body& body) {
  if (shape.rows == 0 || shape.units == 0) return;
  using T = Wide<E>;
  const auto lines = [](int64_t bytes) { return (bytes + 63) / 64 * 64; };
  const int64_t packed_bytes = lines(PackedMatrix<E>::size(k, n) * static_cast<int64_t>(sizeof(E)));
  const int64_t work_bytes = lines(shape.rows * per_row * static_cast<int64_t>(sizeof(T)));
  const int64_t row_bytes = shape.rows * k * static_cast<int64_t>(sizeof(E));
  char* memory = thread_scratch<LstmScratch>().array<char>(packed_bytes + work_bytes + row_bytes);
  const PackedMatrix<E> packed(b, k, n, reinterpret_cast<E*>(memory));
  T* work = reinterpret_cast<T*>(memory + packed_bytes);
  E* dense = reinterpret_cast<E*>(memory + packed_bytes + work_bytes);
  // Parts may follow the number of threads: no row's result depends on what rows come with it.
  const int64_t threads = thread_count(), part = (shape.rows + threads - 1) / threads;
  parallel_for(shape.rows, part,
               [&](int64_t begin, int64_t end) { body(begin, end - begin, packed, work + begin * per_row, dense + begin * k); });
}

// Calls body(Type<E>{}) where the arithmetic is at hand for the dtype; false where operands have to be widened.
template <typename Body>
bool with_lstm_type(int dtype, const Body& body) {
  if (dtype != HEBB_BFLOAT16) return with_float(dtype, body);
  if (!bf16_pays()) return false;
  body(Type<BFloat16>{});
  return true;
}

}  // namespace hebb

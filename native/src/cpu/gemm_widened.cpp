#include "cpu/gemm_widened.h"

#include "cpu/gemm_columns.h"
#include "cpu/map.h"

namespace hebb {
namespace {

constexpr int64_t kLeastTasks = 6;  // of a thread, where there are as many: the last are short

int64_t lines(int64_t n) { return (n + 15) / 16 * 16; }

struct WidenedProduct : WidenedGemm {
  const float* wide_bias;  // or null
  int64_t taps = 1, depth = k;

  void left(int64_t first, int64_t last, int64_t, int64_t from, int64_t count, float* to) const {
    for (int64_t i = first; i < last; ++i, to += count) widen(a + i * k + from, count, to);
  }
  Matrix<BFloat16> right(int64_t, int64_t from, int64_t column) const {
    return {b.data + from * b.row + column * b.column, b.row, b.column};
  }
  void write(const float* sums, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
    BFloat16* to = c + row * n + column;
    for (int64_t i = 0; i < rows; ++i)
      if (wide_bias == nullptr)
        map_serial(to + i * n, sums + i * columns, columns, [](float x) { return x; });
      else
        for (int64_t j = 0; j < columns; ++j) to[i * n + j] = sums[i * columns + j] + wide_bias[column + j];
    finish_rows(to, rows, columns, n, epilogue.from(row * n + column));
  }
};

struct WidenedScratch {};

// B is packed whole, then rows of C are shared out.
void multiply_by_rows(const WidenedProduct& p) {
  const int64_t fit = std::min(kNearRows, kNearElements / (p.k + p.n)), tasks = kLeastTasks * thread_count();
  const Cuts rows(p.m, std::min(fit, (p.m + tasks - 1) / tasks), kTileRows);
  const int64_t slots = slots_for(rows.count), a_size = lines(rows.size * p.k), own = a_size + lines(rows.size * p.n);
  const int64_t packed = lines(PackedMatrix<float>::size(p.k, p.n));
  float* to = thread_scratch<WidenedScratch>().array<float>(packed + slots * own);
  const PackedMatrix<float> b(p.b, p.k, p.n, to, false);
  for_tasks(rows.count, slots, [&](int64_t task, int64_t slot) {
    const int64_t first = rows.begin(task), last = rows.begin(task + 1);
    float *a = to + packed + slot * own, *sums = a + a_size;
    p.left(first, last, 0, 0, p.k, a);
    b.multiply({a, p.k, 1}, last - first, sums, p.n);
    p.write(sums, first, last - first, 0, p.n);
  });
}

struct BiasScratch {};

}  // namespace

void gemm_widened(const WidenedGemm& g) {
  float* bias = g.bias == nullptr ? nullptr : thread_scratch<BiasScratch>().array<float>(g.n);
  if (bias != nullptr) widen(g.bias, g.n, bias);
  const WidenedProduct product = {g, bias};
  g.n > g.m ? multiply_by_columns(product) : multiply_by_rows(product);
}

}  // namespace hebb

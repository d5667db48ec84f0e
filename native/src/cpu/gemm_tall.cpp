#include "cpu/gemm_tall.h"

#include <algorithm>

#include "cpu/gemm_pack.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

constexpr int64_t kEnoughTiles = 64;  // of C, to be shared out among threads
constexpr int64_t kMostParts = 8;
constexpr int64_t kPartDepth = 1024;

int64_t parts_of(const TallProduct<float>& p) {
  const ColumnTiles<float> tiles(p.n);
  const int64_t all = Panels(p.m, tiles.rows()).count * tiles.count();
  return std::clamp<int64_t>(std::min(kEnoughTiles / std::max<int64_t>(1, all), p.k / kPartDepth), 1, kMostParts);
}

// Rows [first, last) of both operands.
Gemm<float> slice(const TallProduct<float>& p, int64_t first, int64_t last, float* c) {
  return {p.m, p.n, last - first, {p.a + first * p.m, 1, p.m}, {p.b + first * p.n, p.n, 1}, c, p.n, nullptr};
}

struct TallScratch {};

}  // namespace

void add_parts(const float* sums, int64_t stride, int64_t parts, int64_t count, float* to) {
  parallel_for(count, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at += 1024)
      for (int64_t part = 0; part < parts; ++part) {
        const float* sum = sums + part * stride;
        for (int64_t i = at; i < std::min(at + 1024, end); ++i) to[i] = part == 0 ? sum[i] : to[i] + sum[i];
      }
  });
}

void tall_gemm(const TallProduct<float>& p) {
  const int64_t parts = parts_of(p);
  if (parts == 1) return gemm(slice(p, 0, p.k, p.c));
  const int64_t sums = (p.m * p.n + 15) / 16 * 16, scratch = serial_gemm_scratch<float>(p.k), slots = slots_for(parts);
  float* base = thread_scratch<TallScratch>().array<float>(sums * parts + scratch * slots);
  for_tasks(parts, slots, [&](int64_t part, int64_t slot) {
    const Gemm<float> g = slice(p, part * p.k / parts, (part + 1) * p.k / parts, base + part * sums);
    serial_gemm(g, base + parts * sums + slot * scratch);
  });
  add_parts(base, sums, parts, p.m * p.n, p.c);
}

}  // namespace hebb

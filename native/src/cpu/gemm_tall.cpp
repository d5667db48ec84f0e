#include "cpu/gemm_tall.h"

#include <algorithm>

#include "cpu/gemm_pack.h"
#include "cpu/gemm_pieces.h"
#include "cpu/map.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

constexpr int64_t kEnoughTiles = 64;  // of C, to be shared out among threads
constexpr int64_t kMostParts = 8;
constexpr int64_t kPartDepth = 768;
constexpr int64_t kSliceDepth = 256;  // rows of 16-bit operands that are widened at a time

int64_t parts_of(const TallProduct<float>& p) {
  const ColumnTiles<float> tiles(p.n);
  const int64_t all = Panels(p.m, tiles.rows()).count * tiles.count();
  return std::clamp<int64_t>(std::min(kEnoughTiles / std::max<int64_t>(1, all), p.k / kPartDepth), 1, kMostParts);
}

int64_t lines(int64_t n) { return (n + 15) / 16 * 16; }

// Rows [first, last) of both operands.
Gemm<float> slice(const TallProduct<float>& p, int64_t first, int64_t last, float* c) {
  return {p.m, p.n, last - first, {p.a + first * p.m, 1, p.m}, {p.b + first * p.n, p.n, 1}, c, p.n, nullptr};
}

struct TallScratch {};

// c = the sum of what multiply(part, sums, scratch) makes of each part; each thread has `scratch` elements.
template <typename Multiply>
void sum_parts(int64_t parts, int64_t count, float* c, int64_t scratch, const Multiply& multiply) {
  const int64_t sums = lines(count), slots = slots_for(parts);
  float* base = thread_scratch<TallScratch>().array<float>(sums * parts + scratch * slots);
  for_tasks(parts, slots,
            [&](int64_t part, int64_t slot) { multiply(part, base + part * sums, base + parts * sums + slot * scratch); });
  add_parts(base, sums, parts, count, c);
}

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
  sum_parts(parts, p.m * p.n, p.c, serial_gemm_scratch<float>(p.k), [&](int64_t part, float* sums, float* scratch) {
    serial_gemm(slice(p, part * p.k / parts, (part + 1) * p.k / parts, sums), scratch);
  });
}

namespace {

// Few rows of A and B: blocks of C along its longer side.
void widened_blocks(const TallProduct<BFloat16>& p) {
  const bool by_rows = p.m >= p.n;
  const BFloat16 *whole = by_rows ? p.b : p.a, *cut = by_rows ? p.a : p.b;
  const int64_t along = by_rows ? p.m : p.n, count = std::max<int64_t>(1, along / (by_rows ? kPieceRows : kPieceColumns));
  const auto begin = [&](int64_t piece) { return piece * along / count; };
  const PiecedProduct<BFloat16> product = {whole, p.k, by_rows ? p.n : p.m, p.n, by_rows, p.c};
  multiply_pieces(product, count, (along + count - 1) / count, begin, [&](int64_t piece, int64_t first, int64_t rows, float* to) {
    const int64_t at = begin(piece), side = begin(piece + 1) - at;
    for (int64_t i = first; i < first + rows; ++i, to += side) {
      const BFloat16* from = cut + i * along + at;
      for (int64_t j = 0; j < side; j += 32) __builtin_prefetch(from + kAhead * along + j);
      widen(from, side, to);
    }
  });
}

// Many rows of A and B: sums of parts, slice after slice.
void widened_parts(const TallProduct<BFloat16>& p) {
  const int64_t parts = std::clamp<int64_t>(p.k / kPartDepth, 1, kMostParts), a = lines(kSliceDepth * p.m);
  const int64_t wide = a + lines(kSliceDepth * p.n);
  sum_parts(parts, p.m * p.n, p.c, wide + serial_gemm_scratch<float>(kSliceDepth), [&](int64_t part, float* sums, float* own) {
    const int64_t end = (part + 1) * p.k / parts;
    for (int64_t first = part * p.k / parts, done = 0; first < end; first += done) {
      done = std::min(kSliceDepth, end - first);
      widen(p.a + first * p.m, done * p.m, own);
      widen(p.b + first * p.n, done * p.n, own + a);
      Gemm<float> g = slice({p.m, p.n, done, own, own + a, nullptr}, 0, done, sums);
      g.add = first > part * p.k / parts;
      serial_gemm(g, own + wide);
    }
  });
}

}  // namespace

void tall_gemm_widened(const TallProduct<BFloat16>& p) { p.k >= 2 * kPartDepth ? widened_parts(p) : widened_blocks(p); }

}  // namespace hebb

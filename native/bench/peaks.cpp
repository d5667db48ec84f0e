// The machine's peaks, measured rather than read from a data sheet.
#include <omp.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench.h"

namespace hebb_bench {
namespace {

using Clock = std::chrono::steady_clock;

template <typename Body>
double best_seconds(int times, const Body& body) {
  double best = 1e30;
  for (int i = 0; i < times; ++i) {
    const auto start = Clock::now();
    body();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

constexpr int64_t kSteps = 1 << 21;
constexpr int kSums = 12;  // enough independent sums to hide the latency of two units

typedef float Vector4 __attribute__((vector_size(16)));
typedef float Vector8 __attribute__((vector_size(32)));
typedef float Vector16 __attribute__((vector_size(64)));

template <typename Vector>
[[gnu::always_inline]] inline void multiply_add() {
  Vector sum[kSums], factor, term;
  for (int lane = 0; lane < static_cast<int>(sizeof(Vector) / sizeof(float)); ++lane) factor[lane] = 0.999f, term[lane] = 0.001f;
  for (int i = 0; i < kSums; ++i) sum[i] = term * static_cast<float>(i);
  // The compiler must not see what the operands are, nor that some results go unread.
  benchmark::DoNotOptimize(factor);
  benchmark::DoNotOptimize(term);
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sum[i] = sum[i] * factor + term;
  }
  for (int i = 0; i < kSums; ++i) benchmark::DoNotOptimize(sum[i]);
}

#if defined(__x86_64__)
[[gnu::target("avx512f,fma"), gnu::noinline]] void multiply_add_512() { multiply_add<Vector16>(); }
[[gnu::target("avx2,fma"), gnu::noinline]] void multiply_add_256() { multiply_add<Vector8>(); }
#endif
[[gnu::noinline]] void multiply_add_128() { multiply_add<Vector4>(); }

double peak_flops(int threads) {
  void (*kernel)() = multiply_add_128;
  int lanes = 4;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    kernel = multiply_add_512, lanes = 16;
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    kernel = multiply_add_256, lanes = 8;
#endif
  const double seconds = best_seconds(5, [&] {
#pragma omp parallel num_threads(threads)
    kernel();
  });
  return 2.0 * lanes * kSums * kSteps * threads / seconds;
}

#if defined(__x86_64__)
[[gnu::target("avx512f,avx512bf16"), gnu::noinline]] void multiply_add_bf16() {
  __m512 sum[kSums];
  __m512i bits = _mm512_set1_epi32(0x3f003f00);
  for (int i = 0; i < kSums; ++i) sum[i] = _mm512_set1_ps(static_cast<float>(i));
  benchmark::DoNotOptimize(bits);
  const auto pairs = reinterpret_cast<__m512bh>(bits);
  for (int64_t step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sum[i] = _mm512_dpbf16_ps(sum[i], pairs, pairs);
  }
  for (int i = 0; i < kSums; ++i) benchmark::DoNotOptimize(sum[i]);
}
#endif

// Zero where there is no such instruction.
double peak_bf16_flops(int threads) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx512bf16")) return 0;
  const double seconds = best_seconds(5, [&] {
#pragma omp parallel num_threads(threads)
    multiply_add_bf16();
  });
  return 4.0 * 16 * kSums * kSteps * threads / seconds;
#else
  return 0 * threads;
#endif
}

constexpr int64_t kFloats = 64 << 20;

double peak_read(const std::vector<float>& a, int threads) {
  const double seconds = best_seconds(5, [&] {
    uint32_t bits = 0;
    const uint32_t* words = reinterpret_cast<const uint32_t*>(a.data());
#pragma omp parallel for simd num_threads(threads) reduction(| : bits)
    for (int64_t i = 0; i < kFloats; ++i) bits |= words[i];
    benchmark::DoNotOptimize(bits);
  });
  return kFloats * sizeof(float) / seconds;
}

double peak_triad(std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& c, int threads) {
  float *out = a.data(), scale = 0.5f;
  const float *left = b.data(), *right = c.data();
  const double seconds = best_seconds(5, [&] {
#pragma omp parallel for simd num_threads(threads)
    for (int64_t i = 0; i < kFloats; ++i) out[i] = left[i] + scale * right[i];
  });
  return 3.0 * kFloats * sizeof(float) / seconds;
}

Peaks g_peaks;

}  // namespace

const Peaks& peaks() { return g_peaks; }

void measure_peaks() {
  const int threads = table().threads(0);
  std::vector<float> a(kFloats, 1), b(kFloats, 2), c(kFloats, 3);
  g_peaks = {peak_flops(threads), peak_bf16_flops(threads), peak_read(a, threads), peak_triad(a, b, c, threads)};
}

}  // namespace hebb_bench

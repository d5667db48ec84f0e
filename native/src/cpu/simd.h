// Vectors as wide as the level this file is compiled for, written with the compiler's own vector types.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hebb {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
constexpr int kTileVectors = 4;  // 6 x 4 accumulators of 32 registers, or 8 x 3, or 12 x 2
constexpr int tile_rows(int64_t vectors) { return vectors > 3 ? 6 : vectors > 2 ? 8 : 12; }
constexpr bool kMasks = true;
#else
#if defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
constexpr int kTileVectors = 2;  // 6 x 2 accumulators of 16 registers
constexpr int tile_rows(int64_t) { return 6; }
constexpr bool kMasks = false;
#endif
// Rows of a tile of all vectors. The wider a tile, the fewer instructions there are beside its products.
constexpr int kTileRows = tile_rows(kTileVectors);

template <typename T>
struct VectorOf;
template <>
struct VectorOf<float> {
  typedef float type __attribute__((vector_size(kVectorBytes)));
  typedef uint32_t bits __attribute__((vector_size(kVectorBytes)));
};
template <>
struct VectorOf<double> {
  typedef double type __attribute__((vector_size(kVectorBytes)));
};

template <typename T>
using Vector = typename VectorOf<T>::type;
template <typename T>
constexpr int kVectorLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <typename T>
inline Vector<T> load(const T* from) {
  Vector<T> v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <typename T>
inline void store(T* to, const Vector<T>& v) {
  std::memcpy(to, &v, sizeof v);
}

// Past the caches, to a multiple of kVectorBytes; a fence must follow before other threads are told of it.
template <typename T>
inline void store_past(T* to, const Vector<T>& v) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), reinterpret_cast<__m512i>(v));
#elif defined(__AVX__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(v));
#elif defined(__x86_64__)
  _mm_stream_si128(reinterpret_cast<__m128i*>(to), reinterpret_cast<__m128i>(v));
#else
  store(to, v);
#endif
}

#if defined(__AVX2__) && !defined(__AVX512F__)
// Of the first `count` lanes.
template <typename T>
inline __m256i mask_of(int64_t count) {
  typedef int32_t Lanes __attribute__((vector_size(32)));
  typedef int64_t Wide __attribute__((vector_size(32)));
  if constexpr (sizeof(T) == 4)
    return reinterpret_cast<__m256i>(Lanes{0, 1, 2, 3, 4, 5, 6, 7} < static_cast<int32_t>(count));
  else
    return reinterpret_cast<__m256i>(Wide{0, 1, 2, 3} < count);
}
#endif

// `count` lanes (with masks possibly all, else fewer), the rest zero.
template <typename T>
inline Vector<T> load_part(const T* from, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
  if constexpr (sizeof(T) == 8) return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), from);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) return _mm256_maskload_ps(from, mask_of<T>(count));
  if constexpr (sizeof(T) == 8) return _mm256_maskload_pd(from, mask_of<T>(count));
#else
  Vector<T> v{};
  std::memcpy(&v, from, count * sizeof(T));
  return v;
#endif
}

#if defined(__AVX__) && !defined(__AVX512F__)
// In pieces: a masked store is slow on some processors, and a call would send all sums to memory.
inline void store_part(float* to, const Vector<float>& v, int64_t count) {
  __m128 rest = _mm256_castps256_ps128(v);
  if (count >= 4) _mm_storeu_ps(to, rest), rest = _mm256_extractf128_ps(v, 1), to += 4, count -= 4;
  if (count >= 2) _mm_storel_pi(reinterpret_cast<__m64*>(to), rest), rest = _mm_movehl_ps(rest, rest), to += 2, count -= 2;
  if (count >= 1) _mm_store_ss(to, rest);
}
inline void store_part(double* to, const Vector<double>& v, int64_t count) {
  __m128d rest = _mm256_castpd256_pd128(v);
  if (count >= 2) _mm_storeu_pd(to, rest), rest = _mm256_extractf128_pd(v, 1), to += 2, count -= 2;
  if (count >= 1) _mm_store_sd(to, rest);
}
#else
template <typename T>
inline void store_part(T* to, const Vector<T>& v, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), v);
  if constexpr (sizeof(T) == 8) _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1), v);
#else
  std::memcpy(to, &v, count * sizeof(T));
#endif
}
#endif

// Copies a few elements without a call to memcpy.
template <typename T>
inline void copy_few(const T* from, T* to, int64_t count) {
  constexpr int64_t lanes = kVectorLanes<T>;
  for (; count >= lanes; count -= lanes, from += lanes, to += lanes) store(to, load(from));
#if defined(__AVX512F__)
  if (count > 0) store_part(to, load_part(from, count), count);
#else
  const auto copy = [&](auto some) {
    constexpr int64_t n = sizeof some / sizeof(T);
    if (count < n) return;
    std::memcpy(&some, from, sizeof some);
    std::memcpy(to, &some, sizeof some);
    count -= n, from += n, to += n;
  };
  typedef T Four __attribute__((vector_size(4 * sizeof(T))));
  typedef T Two __attribute__((vector_size(2 * sizeof(T))));
  if constexpr (lanes > 4) copy(Four{});
  if constexpr (lanes > 2) copy(Two{});
  copy(T{});
#endif
}

template <typename T>
inline Vector<T> broadcast(T value) {
  return value - Vector<T>{};  // x - 0 is x, also for -0: one broadcast
}

// Adds the lanes in halves: the same order at every call.
template <typename T>
inline T sum_lanes(const Vector<T>& v) {
  T lane[kVectorLanes<T>];
  store(lane, v);
  for (int width = kVectorLanes<T> / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) lane[i] += lane[i + width];
  return lane[0];
}

}  // namespace hebb

// Loops over contiguous arrays; the op sees 16-bit floats as float. An output may be exactly one of its inputs: element i is read
// before it is written.
#pragma once

#include <cstdint>

#include "cpu/ahead.h"
#include "cpu/dtype.h"
#include "cpu/parallel.h"
#include "cpu/stream.h"

namespace hebb {

// Elements per chunk, so that a chunk is the largest piece of work that stays on one thread: whole lines of the cache.
template <typename... T>
constexpr int64_t chunk_elements() {
  return kSerialBytes / static_cast<int64_t>((sizeof(T) + ...)) / 64 * 64;
}

// Elements between asking for lines ahead.
constexpr int64_t kMapPiece = 128;

// y[i] = op(x[i]) on one thread.
template <typename Out, typename In, typename Op>
void map_serial(Out* y, const In* x, int64_t n, const Op& op) {
  const Op local = op;  // a copy, which no store through y can change
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = local(widened(x[i]));
}

// The same for a chunk of an array that goes on: pieces of it, and lines asked for ahead.
template <typename Out, typename In, typename Op>
void map_on(Out* y, const In* x, int64_t n, const Op& op) {
  for (int64_t at = 0; at < n; at += kMapPiece) {
    const int64_t count = std::min(kMapPiece, n - at);
    ask_ahead(x + at, count);
    ask_ahead<true>(y + at, count);
    map_serial(y + at, x + at, count, op);
  }
}

template <typename Out, typename A, typename B, typename Op>
void map_on(Out* y, const A* a, const B* b, int64_t n, const Op& op) {
  const Op local = op;
  for (int64_t at = 0; at < n; at += kMapPiece) {
    const int64_t last = std::min(at + kMapPiece, n);
    ask_ahead(a + at, last - at);
    ask_ahead(b + at, last - at);
    ask_ahead<true>(y + at, last - at);
#pragma GCC ivdep
    for (int64_t i = at; i < last; ++i) y[i] = local(widened(a[i]), widened(b[i]));
  }
}

// The same for a chunk of an array that no cache holds.
template <int64_t Most, typename Out, typename In, typename Op>
void map_past(Out* y, const In* x, int64_t n, const Op& op) {
  alignas(64) char near[Most * sizeof(Out)];
  map_serial(reinterpret_cast<Out*>(near), x, n, op);
  stream_copy(near, y, n * static_cast<int64_t>(sizeof(Out)));
}

// 16-bit floats as float, on one thread.
template <typename T>
void widen(const T* x, int64_t n, float* y) {
  map_serial(y, x, n, [](float value) { return value; });
}

// y[i] = op(x[i]).
template <typename Out, typename In, typename Op>
void map(Out* y, const In* x, int64_t n, const Op& op) {
  constexpr int64_t chunk = chunk_elements<Out, In>();
  const bool past = n * static_cast<int64_t>(sizeof(Out)) >= kStreamedBytes && static_cast<const void*>(x) != y;
  const auto body = past ? map_past<chunk, Out, In, Op> : map_on<Out, In, Op>;
  parallel_for(n, chunk, [&](int64_t begin, int64_t end) { body(y + begin, x + begin, end - begin, op); });
}

// y[i] = op(a[i], b[i]).
template <typename Out, typename A, typename B, typename Op>
void map(Out* y, const A* a, const B* b, int64_t n, const Op& op) {
  parallel_for(n, chunk_elements<Out, A, B>(),
               [&](int64_t begin, int64_t end) { map_on(y + begin, a + begin, b + begin, end - begin, op); });
}

// y[i] = op(i).
template <typename Out, typename Op>
void map_places(Out* y, int64_t n, const Op& op) {
  parallel_for(n, chunk_elements<Out>(), [&](int64_t begin, int64_t end) {
    const Op local = op;
    for (int64_t i = begin; i < end; ++i) y[i] = local(i);
  });
}

}  // namespace hebb

// Rows of pixels, [pixel][channel], into one row for each channel, and back.
#pragma once

#include <utility>

#include "cpu/simd.h"

namespace hebb {

constexpr int kMostInterleaved = 16;  // channels

#if defined(__AVX512F__)
// As many vectors of pixels as there are channels hold what as many vectors of single channels do: each is put together lane by
// lane, one permutation of two vectors for every vector that it takes from.
class Interleaving {
 public:
  explicit Interleaving(int64_t channels) : channels_(channels) {
    for (int64_t i = 0; i < channels; ++i)
      for (int64_t j = 0; j < channels; ++j)
        for (int32_t lane = 0; lane < kLanes; ++lane) joined_[i][j][lane] = parted_[i][j][lane] = lane;
    int32_t pixel = 0;
    int64_t channel = 0;
    for (int32_t at = 0; at < channels * kLanes; ++at) {
      joined_[at / kLanes][channel][at % kLanes] = kLanes + pixel;
      parted_[channel][at / kLanes][pixel] = kLanes + at % kLanes;
      if (++channel == channels) channel = 0, ++pixel;
    }
  }

  // rows[channel * stride + pixel] -> pixels[pixel * channels + channel].
  void join(const float* rows, int64_t stride, int64_t count, float* pixels) const {
    for (int64_t i = 0; i < count; i += kLanes)
      move(joined_, Rows<const float>{rows + i, stride, count - i}, Run<float>{pixels + i * channels_, (count - i) * channels_});
  }

  // pixels[pixel * channels + channel] -> rows[channel * stride + pixel].
  void part(const float* pixels, int64_t count, float* rows, int64_t stride) const {
    for (int64_t i = 0; i < count; i += kLanes)
      move(parted_, Run<const float>{pixels + i * channels_, (count - i) * channels_}, Rows<float>{rows + i, stride, count - i});
  }

 private:
  static constexpr int32_t kLanes = 16;
  typedef int32_t Lanes[kMostInterleaved][kMostInterleaved][kLanes];

  static __mmask16 first_lanes(int64_t count) {
    return static_cast<__mmask16>(count >= kLanes ? 0xffff : count > 0 ? (1 << count) - 1 : 0);
  }
  // Vectors of one channel each, and vectors one after another.
  template <typename T>
  struct Rows {
    T* data;
    int64_t stride, count;
    T* at(int i) const { return data + i * stride; }
    __mmask16 there(int) const { return first_lanes(count); }
  };
  template <typename T>
  struct Run {
    T* data;
    int64_t count;
    T* at(int i) const { return data + i * kLanes; }
    __mmask16 there(int i) const { return first_lanes(count - i * kLanes); }
  };

  template <int Channels, typename From, typename To>
  static void move_all(const Lanes& lanes, const From& from, const To& to) {
    __m512 in[Channels];
#pragma GCC unroll 16
    for (int i = 0; i < Channels; ++i) in[i] = _mm512_maskz_loadu_ps(from.there(i), from.at(i));
#pragma GCC unroll 16
    for (int i = 0; i < Channels; ++i) {
      __m512 out = in[0];
#pragma GCC unroll 16
      for (int j = 0; j < Channels; ++j) out = _mm512_permutex2var_ps(out, _mm512_load_si512(lanes[i][j]), in[j]);
      _mm512_mask_storeu_ps(to.at(i), to.there(i), out);
    }
  }

  template <typename From, typename To, int... I>
  static void move(int64_t channels, const Lanes& lanes, const From& from, const To& to, std::integer_sequence<int, I...>) {
    static constexpr void (*moves[])(const Lanes&, const From&, const To&) = {move_all<I + 1, From, To>...};
    moves[channels - 1](lanes, from, to);
  }
  template <typename From, typename To>
  void move(const Lanes& lanes, const From& from, const To& to) const {
    move(channels_, lanes, from, to, std::make_integer_sequence<int, kMostInterleaved>());
  }

  int64_t channels_;
  // [to][from][lane]: a lane of what is there so far, or, beyond those, of what is taken from.
  alignas(64) Lanes joined_, parted_;
};
#endif

}  // namespace hebb

#include "ops/random.h"

#include <limits>

#include "cpu/check.h"
#include "cpu/map.h"
#include "math/log.h"
#include "math/trig.h"

namespace hebb {
namespace {

constexpr double kTwoPi = 6.283185307179586;
// Phi(-2): the share of a normal distribution that each cut of the truncated one removes.
constexpr double kCut = 0.022750131948179207;

struct State {
  uint64_t seed, counter;
};

int check_random(const Call& call, hebb_error& error, const char* op, uint32_t attributes, State* state) {
  if (const int status = check_operands(call, error, op, 1, 1, attributes)) return status;
  const View& s = call.inputs[0];
  if (const int status = check_dtype(error, op, "a state", s, HEBB_INT64)) return status;
  if (s.rank != 1 || s.dims[0] != 2)
    return fail(error, HEBB_BAD_SHAPE, "%s: expected a state of shape [2] (seed, counter), received %s", op, DimsText(s).c_str());
  for (uint32_t i = 0; i < attributes; ++i)
    if (!std::isfinite(call.attributes[i]))
      return fail(error, HEBB_BAD_RANGE, "%s: expected finite parameters, received %g", op, call.attributes[i]);
  *state = {static_cast<uint64_t>(data<int64_t>(s)[0]), static_cast<uint64_t>(data<int64_t>(s)[1])};
  return HEBB_OK;
}

// Blocks made together, as four arrays of words, so that the rounds vectorise.
constexpr int64_t kBlocks = 64;
struct Words {
  uint32_t word[4][kBlocks];
};

inline void make_words(const State& state, uint64_t block, Words& out) {
  const uint64_t first = state.counter + block;
  for (int64_t i = 0; i < kBlocks; ++i) {
    const PhiloxBlock b = philox(state.seed, first + static_cast<uint64_t>(i));
    for (int w = 0; w < 4; ++w) out.word[w][i] = b.word[w];
  }
}

// Fills y by calling make(words, i, elements of block i) for every block; the last block may be cut.
template <typename T, typename Make>
void generate(const View& y, const State& state, const Make& make) {
  constexpr int64_t per_block = sizeof(T) == 4 ? 4 : 2;
  constexpr int64_t batch = per_block * kBlocks;
  T* out = data<T>(y);
  const int64_t n = elements(y);
  parallel_for(n, 16 * batch, [&](int64_t begin, int64_t end) {
    Words words;
    T values[batch];
    for (int64_t at = begin; at < end; at += batch) {
      make_words(state, static_cast<uint64_t>(at / per_block), words);
      const bool whole = end - at >= batch;
      T* to = whole ? out + at : values;
      for (int64_t i = 0; i < kBlocks; ++i) make(words, i, to + i * per_block);
      if (!whole)
        for (int64_t i = 0; i < end - at; ++i) out[at + i] = values[i];
    }
  });
}

template <typename T>
void uniform(const View& y, const State& state, double low, double high) {
  const T base = static_cast<T>(low), span = static_cast<T>(high - low);
  // Rounding may reach the upper bound, which does not belong to the range.
  const T top = low < high ? std::nextafter(static_cast<T>(high), -std::numeric_limits<T>::infinity()) : static_cast<T>(high);
  const auto place = [=](T unit) {
    const T x = base + span * unit;
    return x < top ? x : top;
  };
  generate<T>(y, state, [=](const Words& words, int64_t i, T* to) {
    if constexpr (sizeof(T) == 4) {
      for (int w = 0; w < 4; ++w) to[w] = place(unit_float(words.word[w][i]));
    } else {
      for (int w = 0; w < 2; ++w) to[w] = place(unit_double(words.word[2 * w][i], words.word[2 * w + 1][i]));
    }
  });
}

// Box and Muller 1958: two uniform numbers give two independent normal ones.
template <typename T>
void normal(const View& y, const State& state, double mean, double std) {
  const T center = static_cast<T>(mean), scale = static_cast<T>(std);
  generate<T>(y, state, [=](const Words& words, int64_t i, T* to) {
    if constexpr (sizeof(T) == 4) {
      for (int w = 0; w < 4; w += 2) {
        const float radius = std::sqrt(-2.0f * math::log(static_cast<float>(open_unit(words.word[w][i]))));
        const float angle = static_cast<float>(kTwoPi) * unit_float(words.word[w + 1][i]);
        to[w] = center + scale * (radius * math::sin_reduced(angle, 1));
        to[w + 1] = center + scale * (radius * math::sin_reduced(angle, 0));
      }
    } else {
      const double radius = std::sqrt(-2.0 * std::log(open_unit(words.word[0][i], words.word[1][i])));
      const double angle = kTwoPi * unit_double(words.word[2][i], words.word[3][i]);
      to[0] = center + scale * (radius * std::cos(angle));
      to[1] = center + scale * (radius * std::sin(angle));
    }
  });
}

template <typename T>
void truncated_normal(const View& y, const State& state, double mean, double std) {
  const auto place = [=](double unit) { return static_cast<T>(mean + std * normal_quantile(kCut + unit * (1.0 - 2.0 * kCut))); };
  generate<T>(y, state, [=](const Words& words, int64_t i, T* to) {
    if constexpr (sizeof(T) == 4) {
      for (int w = 0; w < 4; ++w) to[w] = place(open_unit(words.word[w][i]));
    } else {
      for (int w = 0; w < 2; ++w) to[w] = place(open_unit(words.word[2 * w][i], words.word[2 * w + 1][i]));
    }
  });
}

int check_std(const Call& call, hebb_error& error, const char* op) {
  if (call.attributes[1] >= 0) return HEBB_OK;
  return fail(error, HEBB_BAD_RANGE, "%s: expected a standard deviation of at least 0, received %g", op, call.attributes[1]);
}

}  // namespace

// s:int64[2] -> y:F in [low, high).
int randomUniform_kernel(const Call& call, hebb_error& error) {
  State state = {};
  if (const int status = check_random(call, error, "randomUniform", 2, &state)) return status;
  const double low = call.attributes[0], high = call.attributes[1];
  const double largest =
      call.outputs[0].dtype == HEBB_FLOAT32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  if (!(high - low <= largest) || low < -largest || high > largest)
    return fail(error, HEBB_BAD_RANGE, "randomUniform: expected a range that its dtype holds, received %g to %g", low, high);
  if (low > high) return fail(error, HEBB_BAD_RANGE, "randomUniform: expected low <= high, received %g and %g", low, high);
  const View& y = call.outputs[0];
  const auto body = [&](auto type) { uniform<typename decltype(type)::type>(y, state, low, high); };
  return with_float(y.dtype, body) ? HEBB_OK : fail_dtype(error, "randomUniform", "an output", "float32 or float64", y.dtype);
}

// s:int64[2] -> y:F of this mean and standard deviation.
int randomNormal_kernel(const Call& call, hebb_error& error) {
  State state = {};
  if (const int status = check_random(call, error, "randomNormal", 2, &state)) return status;
  if (const int status = check_std(call, error, "randomNormal")) return status;
  const View& y = call.outputs[0];
  const auto body = [&](auto type) { normal<typename decltype(type)::type>(y, state, call.attributes[0], call.attributes[1]); };
  return with_float(y.dtype, body) ? HEBB_OK : fail_dtype(error, "randomNormal", "an output", "float32 or float64", y.dtype);
}

// s:int64[2] -> y:F, a normal distribution cut at two standard deviations from its mean.
int randomTruncatedNormal_kernel(const Call& call, hebb_error& error) {
  constexpr const char* op = "randomTruncatedNormal";
  State state = {};
  if (const int status = check_random(call, error, op, 2, &state)) return status;
  if (const int status = check_std(call, error, op)) return status;
  const View& y = call.outputs[0];
  const auto body = [&](auto type) {
    truncated_normal<typename decltype(type)::type>(y, state, call.attributes[0], call.attributes[1]);
  };
  return with_float(y.dtype, body) ? HEBB_OK : fail_dtype(error, op, "an output", "float32 or float64", y.dtype);
}

// s:int64[2] -> y:int32[n], the numbers 0 to n-1 in random order (Fisher and Yates). Step i swaps y[i] with
// y[i + floor(word_i (n - i) / 2^32)], where word_i is word i mod 4 of block i / 4.
int randomPermutation_kernel(const Call& call, hebb_error& error) {
  State state = {};
  if (const int status = check_random(call, error, "randomPermutation", 0, &state)) return status;
  const View& y = call.outputs[0];
  if (const int status = check_dtype(error, "randomPermutation", "an output", y, HEBB_INT32)) return status;
  if (y.rank != 1 || y.dims[0] > std::numeric_limits<int32_t>::max())
    return fail(error, HEBB_BAD_SHAPE, "randomPermutation: expected an output of shape [n], n below 2^31, received %s",
                DimsText(y).c_str());
  int32_t* out = data<int32_t>(y);
  const int64_t n = y.dims[0];
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<int32_t>(i);
  Words words;
  for (int64_t i = 0; i < n; ++i) {
    if (i % (4 * kBlocks) == 0) make_words(state, static_cast<uint64_t>(i / 4), words);
    const uint64_t word = words.word[i % 4][i / 4 % kBlocks];
    const int64_t j = i + static_cast<int64_t>((word * static_cast<uint64_t>(n - i)) >> 32);
    const int32_t swapped = out[i];
    out[i] = out[j];
    out[j] = swapped;
  }
  return HEBB_OK;
}

}  // namespace hebb

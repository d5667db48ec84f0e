#include "ops/random.h"

#include <algorithm>

#include "cpu/check.h"
#include "cpu/map.h"

namespace hebb {
namespace {

struct State {
  uint64_t seed, counter;
};

State state_of(const View& s) { return {static_cast<uint64_t>(data<int64_t>(s)[0]), static_cast<uint64_t>(data<int64_t>(s)[1])}; }

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

// Fills y by calling make(words, elements of the block) for every block; the last block may be cut.
template <typename T, typename Make>
void generate(const View& y, const View& s, const Make& make) {
  const State state = state_of(s);
  constexpr int64_t per_block = kPerBlock<T>;
  constexpr int64_t batch = per_block * kBlocks;
  T* out = data<T>(y);
  const int64_t n = elements(y);
  parallel_for(n, 16 * batch, [&](int64_t begin, int64_t end) {
    Words words;
    Wide<T> values[batch];
    for (int64_t at = begin; at < end; at += batch) {
      make_words(state, static_cast<uint64_t>(at / per_block), words);
      Wide<T>* to = values;
      if constexpr (!kIsHalf<T>) to = end - at >= batch ? out + at : values;
      for (int64_t i = 0; i < kBlocks; ++i) {
        const uint32_t block[4] = {words.word[0][i], words.word[1][i], words.word[2][i], words.word[3][i]};
        make(block, to + i * per_block);
      }
      if (to == values)
        for (int64_t i = 0; i < std::min(batch, end - at); ++i) out[at + i] = values[i];
    }
  });
}

int permute(int32_t* out, int64_t n, const View& s, hebb_error&) {
  const State state = state_of(s);
  permutation(state.seed, state.counter, out, n);
  return HEBB_OK;
}

}  // namespace
}  // namespace hebb

#include "ops/random.kernels.h"

#include "cpu/onednnFilters.h"

#include <algorithm>

#include "cpu/gemm_pack.h"
#include "cpu/parallel.h"

namespace hebb::onednn {

using Tag = dnnl::memory::format_tag;

FilterPacking FilterPacking::of(const ConvShape& s, const Desc& theirs) {
  FilterPacking packing;
  if (s.groups != 1) return packing;
  packing.k_ = s.k, packing.pixels_ = s.kh * s.kw, packing.c_ = s.c;
  const auto found = [&](Tag tag, Order order, int64_t block) {
    if (packing || theirs != Desc({s.k, s.c, s.kh, s.kw}, dnnl::memory::data_type::bf16, tag)) return;
    packing.order_ = order, packing.block_ = block;
  };
  if (s.c % 2 == 0) {
    found(Tag::AcdB16a2b, Order::kColumns, 16);
    found(Tag::AcdB32a2b, Order::kColumns, 32);
    found(Tag::AcdB48a2b, Order::kColumns, 48);
    found(Tag::AcdB64a2b, Order::kColumns, 64);
  }
  if (s.c % 16 == 0 && s.k % 16 == 0) {
    found(Tag::ABcd8a16b2a, Order::kRows, 16);
    found(Tag::BAcd8a16b2a, Order::kRowsChannels, 16);
  }
  return packing;
}

void FilterPacking::run(const void* filters, void* packed) const {
  if (order_ == Order::kColumns)
    columns(static_cast<const float*>(filters), static_cast<float*>(packed));
  else
    rows(static_cast<const uint16_t*>(filters), static_cast<uint16_t*>(packed));
}

// A transpose of pairs, each as large as a float.
void FilterPacking::columns(const float* from, float* to) const {
  constexpr int64_t line = 16;
  const int64_t pairs = c_ / 2, row = pixels_ * pairs, blocks = (k_ + block_ - 1) / block_;
  parallel_for(blocks * pixels_, 1, [&](int64_t part, int64_t) {
    const int64_t first = part / pixels_ * block_, count = std::min(block_, k_ - first);
    const float* tile = from + first * row + part % pixels_ * pairs;
    float* out = to + part * block_ * pairs;
    if (count < block_) std::fill_n(out, block_ * pairs, 0.0f);
    for (int64_t p = 0; p < pairs; p += line)
      pack_transposed(tile + p, row, count, std::min(line, pairs - p), out + p * block_, block_);
  });
}

void FilterPacking::rows(const uint16_t* from, uint16_t* to) const {
  constexpr int64_t side = 16;
  const int64_t row = pixels_ * c_, down = k_ / side, across = c_ / side;
  parallel_for(down * pixels_, 1, [&](int64_t part, int64_t) {
    const int64_t block = part / pixels_, pixel = part % pixels_;
    for (int64_t channel = 0; channel < across; ++channel) {
      const int64_t at = order_ == Order::kRows ? block * across + channel : channel * down + block;
      const uint16_t* tile = from + block * side * row + pixel * c_ + channel * side;
      uint16_t* out = to + (at * pixels_ + pixel) * side * side;
      for (int64_t pair = 0; pair < side / 2; ++pair, out += 2 * side) {
        const uint16_t *upper = tile + 2 * pair * row, *lower = upper + row;
        for (int64_t i = 0; i < side; ++i) out[2 * i] = upper[i], out[2 * i + 1] = lower[i];
      }
    }
  });
}

}  // namespace hebb::onednn

// Filters [K, kh, kw, C] copied into the blocked layouts that oneDNN's kernels of bfloat16 want: its own reorders of these take
// several times as long.
#pragma once

#include "cpu/onednnShared.h"
#include "ops/conv2d.h"

namespace hebb::onednn {

class FilterPacking {
 public:
  // For the layout `theirs` of the filters of `shape`.
  static FilterPacking of(const ConvShape& shape, const Desc& theirs);

  // False: the layout is none of those known here.
  explicit operator bool() const { return order_ != Order::kUnknown; }

  // Runs on the threads of the team.
  void run(const void* filters, void* packed) const;

 private:
  enum class Order {
    kUnknown,
    kColumns,       // [K / block, kh, kw, C / 2, block, 2], K filled up with zeros
    kRows,          // [K / 16, C / 16, kh, kw, 8, 16, 2]: pairs along K
    kRowsChannels,  // [C / 16, K / 16, kh, kw, 8, 16, 2]
  };
  void columns(const float* from, float* to) const;
  void rows(const uint16_t* from, uint16_t* to) const;

  Order order_ = Order::kUnknown;
  int64_t k_ = 0, pixels_ = 0, c_ = 0, block_ = 0;
};

}  // namespace hebb::onednn

// Where attention and its gradient find the rows of their operands, which one array may hold together.
#pragma once

#include "ops/attention.h"

namespace hebb {

template <typename E>
struct AttentionRows {
  E* data;
  AttentionLayout layout;

  AttentionRows() = default;
  AttentionRows(const View& view, const AttentionLayout& layout) : data(hebb::data<E>(view) + layout.first), layout(layout) {}

  HEBB_HD E* at(const AttentionMatrix& matrix, int64_t row) const {
    return data + matrix.group * layout.group + matrix.head * layout.head + row * layout.stride;
  }
};

template <typename E>
struct AttentionForward {
  AttentionRows<const E> q, k, v;
  AttentionRows<E> y;
  Wide<E>* log_sums;

  AttentionForward(const AttentionProblem& p, const Call& call)
      : q(call.inputs[0], p.q),
        k(call.inputs[p.packed ? 0 : 1], p.k),
        v(call.inputs[p.packed ? 0 : 2], p.v),
        y(call.outputs[0], p.y),
        log_sums(data<Wide<E>>(call.outputs[1])) {}
};

template <typename E>
struct AttentionBackward {
  AttentionRows<const E> g, q, k, v, y;
  const Wide<E>* log_sums;
  AttentionRows<E> dq, dk, dv;

  AttentionBackward(const AttentionProblem& p, const Call& call)
      : g(call.inputs[0], p.y),
        q(call.inputs[1], p.q),
        k(call.inputs[p.packed ? 1 : 2], p.k),
        v(call.inputs[p.packed ? 1 : 3], p.v),
        y(call.inputs[p.packed ? 2 : 4], p.y),
        log_sums(data<const Wide<E>>(call.inputs[p.packed ? 3 : 5])),
        dq(call.outputs[0], p.q),
        dk(call.outputs[p.packed ? 0 : 1], p.k),
        dv(call.outputs[p.packed ? 0 : 2], p.v) {}
};

}  // namespace hebb

#include "cpu/indices.h"
#include "ops/softmaxCrossEntropy.cuda.h"

namespace hebb {
namespace {

// Passes over a row of scores: its maximum, the sum of exponentials, and for the gradient the elements.
constexpr int64_t kPasses = 3;

}  // namespace

int softmaxCrossEntropy_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropy";
  ScoreRows s;
  if (const int status = check_cross_entropy(call, error, op, &s)) return status;
  const View &x = call.inputs[0], &k = call.inputs[1], &loss = call.outputs[0];
  if (s.rows == 0) return HEBB_OK;
  with_any_float(x.dtype, [&](auto type) {
    with_index(k.dtype, [&](auto index) {
      using E = typename decltype(type)::type;
      using K = typename decltype(index)::type;
      const RowPlan plan(s.rows, s.classes);
      const Losses<K, E> losses = {
          plan, data<const E>(x), data<const K>(k), data<Wide<E>>(loss), s, fault_site(op, FaultKind::kLabel, s.classes)};
      launch_body(losses, plan.grid(), plan.block(), plan.turns(s.classes, kPasses));
      check_launch(op);
    });
  });
  return HEBB_OK;
}

int softmaxCrossEntropyGrad_kernel(const Call& call, hebb_error& error) {
  const char* op = "softmaxCrossEntropyGrad";
  ScoreRows s;
  if (const int status = check_cross_entropy_grad(call, error, op, &s)) return status;
  const View &g = call.inputs[0], &x = call.inputs[1], &k = call.inputs[2], &dx = call.outputs[0];
  if (s.rows == 0) return HEBB_OK;
  with_any_float(x.dtype, [&](auto type) {
    with_index(k.dtype, [&](auto index) {
      using E = typename decltype(type)::type;
      using K = typename decltype(index)::type;
      const RowPlan plan(s.rows, s.classes);
      const LossGradients<K, E> gradients = {plan,
                                             data<const Wide<E>>(g),
                                             data<const E>(x),
                                             data<const K>(k),
                                             data<E>(dx),
                                             s,
                                             fault_site(op, FaultKind::kLabel, s.classes)};
      launch_body(gradients, plan.grid(), plan.block(), plan.turns(s.stride, kPasses));
      check_launch(op);
    });
  });
  return HEBB_OK;
}

}  // namespace hebb

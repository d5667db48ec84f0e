// run_widened(), over the map() of the engine that includes this, and its WidenMemory: get(bytes) gives memory that lasts as
// long.
#pragma once

#include <algorithm>

#include "cpu/check.h"
#include "cpu/dtype.h"
#include "cpu/widen.h"
#include "ops/unary.h"

namespace hebb {
namespace {

bool is_half(const View& view) { return view.dtype == HEBB_BFLOAT16 || view.dtype == HEBB_FLOAT16; }

template <typename Body>
void with_half(const View& view, const Body& body) {
  if (view.dtype == HEBB_BFLOAT16)
    body(data<BFloat16>(view));
  else
    body(data<Float16>(view));
}

// The views with float32 memory in place of 16-bit memory.
class Copies {
 public:
  explicit Copies(const Call& call) : call_(call) {
    size_t bytes = 0;
    for (uint32_t i = 0; i < count(); ++i)
      if (is_half(original(i))) bytes += size(original(i));
    char* memory = memory_.get(bytes);
    for (uint32_t i = 0; i < count(); ++i) {
      views_[i] = original(i);
      if (!is_half(views_[i])) continue;
      views_[i].dtype = HEBB_FLOAT32;
      views_[i].data = memory;
      memory += size(original(i));
    }
  }

  Call call() const {
    Call widened = call_;
    widened.outputs = views_;
    widened.inputs = views_ + call_.n_outputs;
    return widened;
  }

  void read() const {
    for (uint32_t i = call_.n_outputs; i < count(); ++i)
      if (is_half(original(i)))
        with_half(original(i), [&](auto* from) { map(data<float>(views_[i]), from, elements(views_[i]), Unchanged{}); });
  }

  void write() const {
    for (uint32_t i = 0; i < call_.n_outputs; ++i)
      if (is_half(original(i)))
        with_half(original(i), [&](auto* to) { map(to, data<float>(views_[i]), elements(views_[i]), Unchanged{}); });
  }

 private:
  uint32_t count() const { return call_.n_outputs + call_.n_inputs; }
  const View& original(uint32_t i) const { return i < call_.n_outputs ? call_.outputs[i] : call_.inputs[i - call_.n_outputs]; }
  static size_t size(const View& view) { return (static_cast<size_t>(elements(view)) * sizeof(float) + 63) / 64 * 64; }

  const Call& call_;
  WidenMemory memory_;
  View views_[HEBB_MAX_OPERANDS];
};

template <typename Test>
bool any_view(const Call& call, const Test& test) {
  return std::any_of(call.outputs, call.outputs + call.n_outputs, test) ||
         std::any_of(call.inputs, call.inputs + call.n_inputs, test);
}

}  // namespace

bool has_halves(const Call& call) { return any_view(call, is_half); }

int run_widened(Kernel kernel, const Call& call, hebb_error& error) {
  // What memory cannot back is the kernel's to refuse.
  const bool bad = any_view(call, [](const View& view) { return !valid_view(view); });
  if (bad || call.n_outputs + call.n_inputs > HEBB_MAX_OPERANDS) return kernel(call, error);
  const Copies copies(call);
  copies.read();
  const int status = kernel(copies.call(), error);
  if (status == HEBB_OK) copies.write();
  return status;
}

}  // namespace hebb

#include "cpu/widenProduct.h"

#include <algorithm>

#include "cpu/check.h"
#include "cpu/epilogue.h"
#include "cpu/widen.h"

namespace hebb {
namespace {

constexpr uint32_t kMostAttributes = 16;

// A call without its residual and activation.
class ProductOnly {
 public:
  ProductOnly(const Call& call, uint32_t plain, const EpilogueOperands& more) : call_(call) {
    View* next = std::copy_n(call.inputs, 2, inputs_);
    if (more.bias != nullptr) *next++ = *more.bias;
    if (more.packed != nullptr) *next++ = *more.packed;
    double* end = std::copy_n(call.attributes, plain, attributes_);
    *end++ = static_cast<double>(Activation::kNone);
    *end++ = (more.bias == nullptr ? 0 : 1) + (more.packed == nullptr ? 0 : 4);
    call_.inputs = inputs_, call_.n_inputs = static_cast<uint32_t>(next - inputs_);
    call_.attributes = attributes_, call_.n_attributes = plain + 2;
  }
  const Call& call() const { return call_; }

 private:
  Call call_;
  View inputs_[4];
  double attributes_[kMostAttributes];
};

template <typename T>
void finish(const View& y, const EpilogueOperands& more) {
  finish_all(data<T>(y), elements(y), Epilogue<T>{more.residual == nullptr ? nullptr : data<T>(*more.residual), more.activation});
}

}  // namespace

int run_product_widened(Kernel kernel, const Call& call, hebb_error& error, const char* op, uint32_t plain, int64_t most) {
  EpilogueOperands more;
  if (const int status = read_epilogue(call, error, op, plain, most, more)) return status;
  const View& y = call.outputs[0];
  const bool follows = more.residual != nullptr || more.activation != Activation::kNone;
  const bool half = y.dtype == HEBB_BFLOAT16 || y.dtype == HEBB_FLOAT16;
  if (!follows || !half || plain + 2 > kMostAttributes) return run_widened(kernel, call, error);
  const ProductOnly product(call, plain, more);
  if (const int status = run_widened(kernel, product.call(), error)) return status;
  if (y.dtype == HEBB_BFLOAT16)
    finish<BFloat16>(y, more);
  else
    finish<Float16>(y, more);
  return HEBB_OK;
}

}  // namespace hebb

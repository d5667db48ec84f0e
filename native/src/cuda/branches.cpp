#include "cuda/branches.h"

#include <utility>

#include "cpu/dtype.h"
#include "cpu/kernel.h"

namespace hebb {
namespace {

enum Opcode : uint32_t {
#define HEBB_OP(name) kOp_##name,
#include "hebb/ops.def"
#undef HEBB_OP
};

// What only one command at a time may use, as one byte that it writes: cuDNN's handle; all of the GPU, whose blocks wait for each
// other.
char g_cudnn, g_whole;

const char* alone(uint32_t op) {
  switch (op) {
    case kOp_conv2d:
    case kOp_conv2dInputGrad:
    case kOp_conv2dFilterGrad:
      return &g_cudnn;
    case kOp_lstm:
    case kOp_lstmGrad:
      return &g_whole;
    default:
      return nullptr;
  }
}

}  // namespace

Branches::Branches(const hebb_call* calls, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) add(accesses(calls[i]));
}

Branches::Accesses Branches::accesses(const hebb_call& call) {
  Accesses all;
  const auto touch = [&](const void* data, int64_t bytes, bool writes) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(data);
    if (bytes > 0) all.push_back({begin, begin + static_cast<uintptr_t>(bytes), writes});
  };
  const auto touch_view = [&](const hebb_view& view, bool writes) {
    touch(view.data, elements(view) * dtype_bytes(view.dtype), writes);
  };
  for (uint32_t i = 0; i < call.n_outputs; ++i) touch_view(call.outputs[i], true);
  for (uint32_t i = 0; i < call.n_inputs; ++i) touch_view(call.inputs[i], false);
  if (const char* token = alone(call.op)) touch(token, 1, true);
  return all;
}

bool Branches::collide(const Accesses& a, const Accesses& b) {
  for (const Access& x : a)
    for (const Access& y : b)
      if ((x.writes || y.writes) && x.begin < y.end && y.begin < x.end) return true;
  return false;
}

void Branches::add(Accesses own) {
  std::vector<bool> before(commands_.size(), false);
  std::vector<uint32_t> waits;
  for (uint32_t i = static_cast<uint32_t>(commands_.size()); i-- > 0;) {
    if (before[i] || !collide(commands_[i], own)) continue;
    waits.push_back(i);
    before[i] = true;
    for (uint32_t k = 0; k < i; ++k)
      if (before_[i][k]) before[k] = true;
  }
  commands_.push_back(std::move(own));
  waits_.push_back(std::move(waits));
  before_.push_back(std::move(before));
}

bool Branches::fork() const {
  for (uint32_t i = 1; i < before_.size(); ++i)
    if (!before_[i][i - 1]) return true;
  return false;
}

}  // namespace hebb

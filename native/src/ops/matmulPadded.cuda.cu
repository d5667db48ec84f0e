// Rows whose length is no multiple of 16 bytes keep cuBLASLt from its fast kernels for tensor cores: the words of a vocabulary,
// say, are rarely a multiple of eight. Large products are made of copies that have longer rows.
#include <memory>

#include "cuda/launch.cuh"
#include "cuda/memory.h"
#include "cuda/pack.cuh"
#include "ops/matmulPadded.cuda.h"

namespace hebb {
namespace {

constexpr int64_t kRowBytes = 16;

struct Matrix {
  int64_t rows, columns;

  HEBB_HD int64_t size() const { return rows * columns; }
  bool operator==(const Matrix& other) const { return rows == other.rows && columns == other.columns; }
};

// Packs are of what is written, wherever its rows begin; what is read comes number by number, through the first-level cache.
template <int N, typename T>
__device__ void resize_pack(T* y, int64_t first, Matrix to, const T* x, Matrix from) {
  int64_t row = to.size() <= INT32_MAX ? static_cast<uint32_t>(first) / static_cast<uint32_t>(to.columns) : first / to.columns;
  int64_t column = first - row * to.columns;
  Pack<T, N> pack;
  for (int k = 0; k < N; ++k) {
    pack.at[k] = row < from.rows && column < from.columns ? x[row * from.columns + column] : T{};
    if (++column == to.columns) column = 0, ++row;
  }
  write_pack(y + first, 0, pack);
}

template <int N, typename T>
__global__ void resize_elements(T* y, Matrix to, int64_t packed, const T* x, Matrix from) {
  begin_kernel();
  for_elements(packed / N, [&](int64_t i) { resize_pack<N>(y, i * N, to, x, from); });
  for_elements(to.size() - packed, [&](int64_t i) { resize_pack<1>(y, packed + i, to, x, from); });
}

template <typename T>
void resize_as(T* y, const Matrix& to, const T* x, const Matrix& from) {
  constexpr int N = pack_size<T>();
  const int64_t packed = starts_pack<N>(y) ? to.size() / N * N : 0;
  HEBB_LAUNCH(resize_elements<N>, grid_for(packed > 0 ? to.size() / N : to.size()), kThreads, y, to, packed, x, from);
  check_launch("padding a product");
}

// y = the rows and columns of x that it has room for, and zeros beyond them.
void resize(void* y, const Matrix& to, const void* x, const Matrix& from, int dtype) {
  if (dtype_bytes(dtype) == 2)
    resize_as(static_cast<uint16_t*>(y), to, static_cast<const uint16_t*>(x), from);
  else
    resize_as(static_cast<uint32_t*>(y), to, static_cast<const uint32_t*>(x), from);
}

int64_t rounded_up(int64_t n, int64_t bytes) {
  const int64_t unit = kRowBytes / bytes;
  return (n + unit - 1) / unit * unit;
}

// The larger problem's sizes: those that are the length of a row somewhere are rounded up.
MatmulProblem enlarged(const MatmulProblem& p, int dtype) {
  constexpr int64_t half = 2;
  MatmulProblem q = p;
  if (p.transpose_a) q.m = rounded_up(p.m, half);
  if (!p.transpose_a || p.transpose_b) q.k = rounded_up(p.k, half);
  q.n = rounded_up(p.n, p.transpose_b ? dtype_bytes(dtype) : half);
  return q;
}

struct Part {
  Matrix given, wanted;
  const void* data;
  int dtype;

  // Also where only its place is at fault.
  bool copied() const { return data != nullptr && (!(given == wanted) || reinterpret_cast<uintptr_t>(data) % kRowBytes != 0); }
  uint64_t bytes() const { return copied() ? static_cast<uint64_t>(wanted.size() * dtype_bytes(dtype)) : 0; }
};

struct Parts {
  Part a, b, bias, y;

  Parts(const MatmulProblem& p, const MatmulProblem& q, int operands, int dtype)
      : a{p.transpose_a ? Matrix{p.k, p.m} : Matrix{p.m, p.k}, q.transpose_a ? Matrix{q.k, q.m} : Matrix{q.m, q.k}, p.a,
          operands},
        b{p.transpose_b ? Matrix{p.n, p.k} : Matrix{p.k, p.n}, q.transpose_b ? Matrix{q.n, q.k} : Matrix{q.k, q.n}, p.b,
          operands},
        bias{{1, p.n}, {1, q.n}, p.bias, dtype},
        y{{p.m, p.n}, {q.m, q.n}, p.y, dtype} {}

  uint64_t bytes() const { return a.bytes() + b.bytes() + bias.bytes() + y.bytes(); }
};

// Memory for a part where it is copied.
class Copy {
 public:
  explicit Copy(const Part& part) : part_(part), memory_(part.bytes()) {}

  const void* filled() const {
    if (!part_.copied()) return part_.data;
    resize(memory_.as<void>(), part_.wanted, part_.data, part_.given, part_.dtype);
    return memory_.as<void>();
  }
  void* place(void* given) const { return part_.copied() ? memory_.as<void>() : given; }
  void write_back(void* given) const {
    if (part_.copied()) resize(given, part_.given, memory_.as<void>(), part_.wanted, part_.dtype);
  }

 private:
  Part part_;
  Scratch memory_;
};

struct Copies {
  Copy a, b, bias, y;

  explicit Copies(const Parts& parts) : a(parts.a), b(parts.b), bias(parts.bias), y(parts.y) {}
};

bool pays(const MatmulProblem& p, const Parts& parts) {
  const double flops = 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  return parts.bytes() > 0 && flops >= static_cast<double>(device().worth_padding) * static_cast<double>(parts.bytes());
}

// Null where there is no memory for them: a slow product is better than none.
std::unique_ptr<Copies> take_copies(const Parts& parts) {
  try {
    return std::make_unique<Copies>(parts);
  } catch (const EngineError& error) {
    if (error.status != HEBB_OUT_OF_MEMORY) throw;
    return nullptr;
  }
}

}  // namespace

bool multiply_padded(const MatmulProblem& p, int operands, int dtype, const std::function<bool(const MatmulProblem&)>& multiply) {
  if (dtype_bytes(operands) != 2 || p.batch != 1) return multiply(p);
  MatmulProblem q = enlarged(p, dtype);
  const Parts parts(p, q, operands, dtype);
  if (!pays(p, parts)) return multiply(p);
  const std::unique_ptr<Copies> copies = take_copies(parts);
  if (copies == nullptr) return multiply(p);
  q.a = copies->a.filled(), q.b = copies->b.filled(), q.bias = copies->bias.filled(), q.y = copies->y.place(p.y);
  if (!multiply(q)) return false;
  copies->y.write_back(p.y);
  return true;
}

}  // namespace hebb

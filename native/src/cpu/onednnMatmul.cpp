// Products of bfloat16 matrices. The product is cut into parts by its shape, each made by one thread, so that the bits are the
// same for any number of threads.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cpu/onednn.h"
#include "cpu/onednnShared.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

using namespace onednn;
using dnnl::memory;

// One part: the first dimension counts matrices of the batch; strides are those of the whole product.
struct Key {
  int64_t batch, m, n, k, shared_b, bias, wide;
  int64_t a_batch, a_row, a_column, b_batch, b_row, b_column, c_batch, c_row;
};

struct Prepared {
  dnnl::matmul primitive;
  Desc a, b, c, bias, scratchpad;
  int64_t scratch_bytes = 0;
};

dnnl::matmul::primitive_desc describe(const Prepared& p, const dnnl::primitive_attr& attr) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), p.a, p.b, p.bias, p.c, attr};
#else
  return {dnnl::matmul::desc(p.a, p.b, p.bias, p.c), attr, engine()};
#endif
}

std::shared_ptr<const Prepared> make(const Key& key) {
  const auto bf16 = memory::data_type::bf16, out = key.wide ? memory::data_type::f32 : bf16;
  auto made = std::make_shared<Prepared>();
  made->a = Desc({key.batch, key.m, key.k}, bf16, {key.a_batch, key.a_row, key.a_column});
  made->b = Desc({key.shared_b ? 1 : key.batch, key.k, key.n}, bf16, {key.b_batch, key.b_row, key.b_column});
  made->c = Desc({key.batch, key.m, key.n}, out, {key.c_batch, key.c_row, 1});
  if (key.bias) made->bias = Desc({1, 1, key.n}, bf16, {key.n, key.n, 1});
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::matmul::primitive_desc desc = describe(*made, attr);
  if (!optimised(desc)) return nullptr;
  made->primitive = dnnl::matmul(desc);
  made->scratchpad = desc.scratchpad_desc();
  made->scratch_bytes = round_up(static_cast<int64_t>(made->scratchpad.get_size()));
  return made;
}

Cache<Key, Prepared>& cache() {
  static thread_local Cache<Key, Prepared> c;
  return c;
}

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// How a product is cut up: by the shape alone.
struct Grid {
  int64_t batch, rows, columns;  // sizes of a part; the last one along a dimension may be smaller
  static Grid of(const Bf16Product& p) {
    Grid grid = {p.batch, p.m, p.n};
    const int64_t products = p.batch * p.m * p.n * p.k;
    const int64_t wanted = products < 1 << 20 ? 1 : products < 1 << 24 ? 4 : products < 1 << 27 ? 8 : 16;
    if (p.batch >= wanted) {
      grid.batch = ceil_div(p.batch, wanted);
      return grid;
    }
    grid.batch = 1;
    // Whatever is not split is read, and brought into order, by every part: make that as little as possible.
    double least = 0;
    bool found = false;
    for (int64_t parts = wanted; parts > 1 && !found; parts /= 2)
      for (int64_t r = 1; r <= parts; r *= 2) {
        const int64_t c = parts / r;
        if ((r > 1 && p.m / r < 32) || (c > 1 && p.n / c < 64)) continue;
        const double cost = static_cast<double>(p.m) * static_cast<double>(c) + static_cast<double>(p.n) * static_cast<double>(r);
        if (found && cost >= least) continue;
        found = true;
        least = cost;
        grid.rows = ceil_div(ceil_div(p.m, r), 16) * 16;
        grid.columns = ceil_div(ceil_div(p.n, c), 32) * 32;
      }
    return grid;
  }
};

Key key_of(const Bf16Product& p, int64_t batch, int64_t rows, int64_t columns) {
  const int64_t a_size = p.m * p.k, b_size = p.k * p.n;
  return {batch,
          rows,
          columns,
          p.k,
          p.shared_b,
          p.bias != nullptr,
          p.wide,
          a_size,
          p.transpose_a ? 1 : p.k,
          p.transpose_a ? p.m : 1,
          b_size,
          p.transpose_b ? 1 : p.n,
          p.transpose_b ? p.k : 1,
          p.m * p.n,
          p.n};
}

void execute(const Prepared& part, const BFloat16* a, const BFloat16* b, const BFloat16* bias, void* c, void* scratch) {
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, wrap(part.a, a)},
                                               {DNNL_ARG_WEIGHTS, wrap(part.b, b)},
                                               {DNNL_ARG_DST, wrap(part.c, c)},
                                               {DNNL_ARG_SCRATCHPAD, wrap(part.scratchpad, scratch)}};
  if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, wrap(part.bias, bias));
  part.primitive.execute(stream(), arguments);
  stream().wait();
}

struct ProductScratch {};

// Levels of oneDNN are sets of bits that hold those of lower levels.
bool runs(dnnl::cpu_isa level) {
  const int wanted = static_cast<int>(level);
  return (static_cast<int>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
}

}  // namespace

bool bf16_instructions() {
  static const bool there = runs(dnnl::cpu_isa::avx512_core_bf16);
  return there;
}

bool matrix_units() {
  static const bool there = runs(dnnl::cpu_isa::avx512_core_amx);
  return there;
}

bool bf16_pays() {
  static const bool pays = [] {
    if (!bf16_instructions() || matrix_units()) return bf16_instructions();
    const char* wish = std::getenv("HEBB_BF16_PRODUCTS");
    if (wish != nullptr && std::strcmp(wish, "bfloat16") == 0) return true;
    if (wish != nullptr && std::strcmp(wish, "float32") == 0) return false;
#if defined(__x86_64__)
    return !__builtin_cpu_is("intel");
#else
    return true;
#endif
  }();
  return pays;
}

bool onednn_matmul(const Bf16Product& p) {
  if (!bf16_instructions()) return false;
  const Grid grid = Grid::of(p);
  const int64_t batches = ceil_div(p.batch, grid.batch), rows = ceil_div(p.m, grid.rows), columns = ceil_div(p.n, grid.columns);
  // At most eight kinds of parts: whole or cut short along each dimension.
  std::shared_ptr<const Prepared> kinds[2][2][2];
  int64_t scratch_bytes = 0;
  for (int i = 0; i < 8; ++i) {
    const int64_t batch = i & 4 ? p.batch - (batches - 1) * grid.batch : grid.batch;
    const int64_t m = i & 2 ? p.m - (rows - 1) * grid.rows : grid.rows,
                  n = i & 1 ? p.n - (columns - 1) * grid.columns : grid.columns;
    const bool used = (i & 4 || batches > 1) && (i & 2 || rows > 1) && (i & 1 || columns > 1);
    if (!used) continue;
    const Key key = key_of(p, batch, m, n);
    auto& kind = kinds[i >> 2][(i >> 1) & 1][i & 1];
    kind = cache().get(key, [&] { return plan(true, [&] { return make(key); }); });
    if (kind == nullptr) return false;
    scratch_bytes = std::max(scratch_bytes, kind->scratch_bytes);
  }
  const int64_t tasks = batches * rows * columns, slots = slots_for(tasks);
  char* scratch = static_cast<char*>(thread_scratch<ProductScratch>().get(scratch_bytes * slots + 1));
  const OneThread guard;
  for_tasks(tasks, slots, [&](int64_t task, int64_t slot) {
    const int64_t column = task % columns, row = task / columns % rows, batch = task / columns / rows;
    const Prepared& part = *kinds[batch == batches - 1][row == rows - 1][column == columns - 1];
    const int64_t first = batch * grid.batch, i = row * grid.rows, j = column * grid.columns;
    const BFloat16* a = p.a + first * p.m * p.k + i * (p.transpose_a ? 1 : p.k);
    const BFloat16* b = p.b + (p.shared_b ? 0 : first * p.k * p.n) + j * (p.transpose_b ? p.k : 1);
    char* c = static_cast<char*>(p.c) + (first * p.m * p.n + i * p.n + j) * (p.wide ? 4 : 2);
    execute(part, a, b, p.bias == nullptr ? nullptr : p.bias + j, c, scratch + slot * scratch_bytes);
  });
  return true;
}

}  // namespace hebb

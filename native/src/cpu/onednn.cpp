#include "cpu/onednn.h"

#include <cstring>
#include <type_traits>

#include "cpu/onednnFilters.h"
#include "cpu/onednnShared.h"
#include "cpu/packedFilter.h"
#include "cpu/scratch.h"
#include "cpu/slots.h"

namespace hebb {
namespace {

using namespace onednn;
using dnnl::memory;
using Tag = memory::format_tag;
using Element = memory::data_type;

struct Key {
  ConvShape shape;
  int64_t pass, bias, threads, type;
};

// An operand in our layout and, where the kernel wants another, the copy and how to make it.
struct Operand {
  Desc ours, theirs;
  dnnl::primitive reorder;  // from ours to theirs, or back for an output
  int64_t offset = -1;      // of the copy within the scratch memory
  bool copied() const { return offset >= 0; }
};

struct Prepared {
  dnnl::primitive primitive;
  Operand x, w, y;
  FilterPacking packing;  // in place of the reorder of w
  Desc bias, scratchpad;
  ConvPass pass;
  int64_t scratchpad_offset = 0, scratch_bytes = 0;

  void prepare(Operand& operand, const Desc& ours, const Desc& theirs, bool output) {
    operand.ours = ours;
    operand.theirs = theirs;
    if (ours == theirs) return;
    operand.offset = scratch_bytes;
    scratch_bytes += round_up(static_cast<int64_t>(theirs.get_size()));
    const Desc &from = output ? theirs : ours, &to = output ? ours : theirs;
    operand.reorder = dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to));
  }
};

Element type_of(const Key& key) { return static_cast<Element>(key.type); }

// Our filters [K, kh, kw, C / groups] in oneDNN's order of dimensions.
Desc filter_desc(const ConvShape& s, Element type) {
  const int64_t c = s.group_c(), k = s.group_k(), row = s.kw * c, one = s.kh * row;
  if (s.groups == 1) return Desc({k, c, s.kh, s.kw}, type, memory::dims{one, 1, row, c});
  return Desc({s.groups, k, c, s.kh, s.kw}, type, memory::dims{k * one, one, 1, row, c});
}

struct Problem {
  Desc x, w, dw, y, b;
  memory::dims strides, dilation, begin, end;
};

Problem describe(const Key& key) {
  const ConvShape& s = key.shape;
  const Element type = type_of(key);
  const memory::dims filters =
      s.groups == 1 ? memory::dims{s.k, s.c, s.kh, s.kw} : memory::dims{s.groups, s.group_k(), s.group_c(), s.kh, s.kw};
  Problem p;
  p.x = Desc({s.n, s.c, s.h, s.w}, type, Tag::nhwc);
  p.w = Desc(filters, type, Tag::any);
  // Gradients of filters are float32.
  p.dw = Desc(filters, Element::f32, Tag::any);
  p.y = Desc({s.n, s.k, s.oh, s.ow}, type, Tag::nhwc);
  p.b = key.bias ? Desc({s.k}, type, Tag::x) : Desc();
  p.strides = {s.stride_h, s.stride_w};
  p.dilation = {s.dilation_h - 1, s.dilation_w - 1};
  p.begin = {s.pad_top, s.pad_left};
  // The padding that the windows reach; negative where they leave pixels out.
  p.end = {(s.oh - 1) * s.stride_h + s.dilation_h * (s.kh - 1) + 1 - s.h - s.pad_top,
           (s.ow - 1) * s.stride_w + s.dilation_w * (s.kw - 1) + 1 - s.w - s.pad_left};
  return p;
}

// Steps past products of windows ("gemm"), too, whose sums depend on the number of threads, and which ops/conv2dColumns.cpu.cpp
// makes as well.
template <typename PrimitiveDesc>
bool direct(PrimitiveDesc& desc) {
  while (optimised(desc)) {
    if (std::string(desc.impl_info_str()).find("gemm:jit") == std::string::npos) return true;
    if (!desc.next_impl()) return false;
  }
  return false;
}

template <typename PrimitiveDesc, typename Primitive>
bool finish(PrimitiveDesc& desc, Prepared& out) {
  if (!direct(desc)) return false;
  out.primitive = Primitive(desc);
  out.scratchpad = desc.scratchpad_desc();
  return true;
}

// oneDNN 2 describes an operation first; 3 gives the arguments to the primitive descriptor at once.
using Forward = dnnl::convolution_forward;

Forward::primitive_desc describe_forward(const Problem& p, const dnnl::primitive_attr& attr) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(),
          dnnl::prop_kind::forward_training,
          dnnl::algorithm::convolution_direct,
          p.x,
          p.w,
          p.b,
          p.y,
          p.strides,
          p.dilation,
          p.begin,
          p.end,
          attr};
#else
  const Forward::desc desc(dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, p.x, p.w, p.b, p.y, p.strides,
                           p.dilation, p.begin, p.end);
  return {desc, attr, engine()};
#endif
}

template <typename Backward>
typename Backward::primitive_desc describe_backward(const Problem& p, const Desc& w, const dnnl::primitive_attr& attr,
                                                    const Forward::primitive_desc& forward) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::algorithm::convolution_direct, p.x, w, p.y, p.strides, p.dilation, p.begin, p.end, forward, attr};
#else
  const typename Backward::desc desc(dnnl::algorithm::convolution_direct, p.x, w, p.y, p.strides, p.dilation, p.begin, p.end);
  return {desc, attr, engine(), forward};
#endif
}

bool create(const Key& key, const Problem& p, Prepared& out) {
  const ConvShape& s = key.shape;
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const Desc ours_x({s.n, s.c, s.h, s.w}, type_of(key), Tag::nhwc);
  const Desc ours_y({s.n, s.k, s.oh, s.ow}, type_of(key), Tag::nhwc);
  Forward::primitive_desc forward = describe_forward(p, attr);
  if (out.pass == ConvPass::kForward) {
    if (!finish<Forward::primitive_desc, Forward>(forward, out)) return false;
    out.prepare(out.x, ours_x, forward.src_desc(), false);
    out.prepare(out.w, filter_desc(s, type_of(key)), forward.weights_desc(), false);
    out.prepare(out.y, ours_y, forward.dst_desc(), true);
    out.bias = p.b;
  } else if (out.pass == ConvPass::kInputGrad) {
    using Backward = dnnl::convolution_backward_data;
    Backward::primitive_desc desc = describe_backward<Backward>(p, p.w, attr, forward);
    if (!finish<Backward::primitive_desc, Backward>(desc, out)) return false;
    out.prepare(out.x, ours_x, desc.diff_src_desc(), true);
    out.prepare(out.w, filter_desc(s, type_of(key)), desc.weights_desc(), false);
    out.prepare(out.y, ours_y, desc.diff_dst_desc(), false);
  } else {
    using Backward = dnnl::convolution_backward_weights;
    Backward::primitive_desc desc = describe_backward<Backward>(p, p.dw, attr, forward);
    if (!finish<Backward::primitive_desc, Backward>(desc, out)) return false;
    out.prepare(out.x, ours_x, desc.src_desc(), false);
    out.prepare(out.w, filter_desc(s, Element::f32), desc.diff_weights_desc(), true);
    out.prepare(out.y, ours_y, desc.diff_dst_desc(), false);
  }
  if (out.pass != ConvPass::kFilterGrad && out.w.copied()) out.packing = FilterPacking::of(s, out.w.theirs);
  out.scratchpad_offset = out.scratch_bytes;
  out.scratch_bytes += round_up(static_cast<int64_t>(out.scratchpad.get_size()));
  return true;
}

std::shared_ptr<const Prepared> make(const Key& key) {
  auto out = std::make_shared<Prepared>();
  out->pass = static_cast<ConvPass>(key.pass);
  return create(key, describe(key), *out) ? out : nullptr;
}

std::shared_ptr<const Prepared> prepare(const Key& key, bool one_thread) {
  static thread_local Cache<Key, Prepared> cache;
  return cache.get(key, [&] { return plan(one_thread, [&] { return make(key); }); });
}

struct Pointers {
  void *x, *w, *y;
  const void* bias;
};

PackedHeader packed_header(Key key, const Operand& w) {
  key.bias = 0;
  return {KeyHash<Key>()(key) | 1, w.theirs.get_size(), {}};
}

void pack(const Prepared& p, const void* from, void* to) {
  if (p.packing) return p.packing.run(from, to);
  p.w.reorder.execute(stream(), {{DNNL_ARG_FROM, wrap(p.w.ours, from)}, {DNNL_ARG_TO, wrap(p.w.theirs, to)}});
}

// Runs a prepared convolution on `data`; `scratch` holds scratch_bytes. May be called by several threads at once.
void execute(const Prepared& p, const Pointers& data, char* scratch, const char* filters = nullptr) {
  dnnl::stream& s = stream();
  const auto bring = [&](const Operand& operand, void* at, bool output) {
    memory ours = wrap(operand.ours, at);
    if (!operand.copied()) return ours;
    memory theirs = wrap(operand.theirs, scratch + operand.offset);
    if (!output) operand.reorder.execute(s, {{DNNL_ARG_FROM, ours}, {DNNL_ARG_TO, theirs}});
    return theirs;
  };
  const auto take = [&](const Operand& operand, void* at, const memory& theirs) {
    if (!operand.copied()) return;
    memory ours = wrap(operand.ours, at);
    operand.reorder.execute(s, {{DNNL_ARG_FROM, theirs}, {DNNL_ARG_TO, ours}});
  };
  const bool forward = p.pass == ConvPass::kForward, input = p.pass == ConvPass::kInputGrad;
  const memory x = bring(p.x, data.x, input);
  if (filters == nullptr && p.packing) p.packing.run(data.w, scratch + p.w.offset), filters = scratch + p.w.offset;
  const memory w = filters != nullptr ? wrap(p.w.theirs, filters) : bring(p.w, data.w, p.pass == ConvPass::kFilterGrad);
  const memory y = bring(p.y, data.y, forward);
  std::unordered_map<int, memory> arguments = {{input ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, x},
                                               {p.pass == ConvPass::kFilterGrad ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, w},
                                               {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, y},
                                               {DNNL_ARG_SCRATCHPAD, wrap(p.scratchpad, scratch + p.scratchpad_offset)}};
  if (forward && data.bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, wrap(p.bias, data.bias));
  p.primitive.execute(s, arguments);
  if (forward)
    take(p.y, data.y, y);
  else if (input)
    take(p.x, data.x, x);
  else
    take(p.w, data.w, w);
  s.wait();
}

template <typename T>
Key key_of(const ConvShape& shape, ConvPass pass, bool bias) {
  const Element element = kIsHalf<T> ? Element::bf16 : Element::f32;
  return {shape, static_cast<int64_t>(pass), bias, omp_get_max_threads(), static_cast<int64_t>(element)};
}

struct ConvScratch {};
struct PartScratch {};

// How a filter gradient is cut up: by the shape alone.
struct Parts {
  int64_t images, filters;  // parts along the batch and along K
  static Parts of(const ConvShape& s) {
    constexpr int64_t wanted = 8;
    Parts parts = {1, 1};
    // Sums over parts of the batch cost a pass over the filters each; parts of K cost a copy of the gradient.
    if (s.groups == 1 && s.filter() > s.pixels() * 4)
      while (parts.filters < wanted && s.k % (parts.filters * 32) == 0 && s.k / parts.filters >= 128) parts.filters *= 2;
    while (parts.images * parts.filters < wanted && s.n % (parts.images * 2) == 0) parts.images *= 2;
    return parts;
  }
};

// The columns [first, first + count) of a matrix of `rows` rows.
template <typename T>
void copy_columns(const T* from, int64_t rows, int64_t width, int64_t first, int64_t count, T* to) {
  for (int64_t i = 0; i < rows; ++i) std::memcpy(to + i * count, from + i * width + first, count * sizeof(T));
}

template <typename T>
bool filter_gradient(const ConvShape& shape, const Key& key, const ConvData<T>& data, const Parts& parts) {
  float* dw = reinterpret_cast<float*>(data.w);
  const auto prepared = prepare(key, true);
  if (prepared == nullptr) return false;
  const ConvShape& part = key.shape;
  const int64_t sums = parts.images > 1 ? round_up(shape.filter() * 4) * parts.images : 0;
  const int64_t slice = parts.filters > 1 ? round_up(part.pixels() * part.k * static_cast<int64_t>(sizeof(T))) : 0;
  const int64_t own = slice + prepared->scratch_bytes, count = parts.images * parts.filters, slots = slots_for(count);
  char* base = static_cast<char*>(thread_scratch<PartScratch>().get(sums + own * slots));
  const auto sum_of = [&](int64_t image) { return reinterpret_cast<float*>(base + image * (sums / parts.images)); };
  // Outside a team (one thread) oneDNN would start one, for which nothing has been planned.
  const OneThread guard;
  for_tasks(count, slots, [&](int64_t index, int64_t slot) {
    const int64_t image = index / parts.filters, filter = index % parts.filters;
    char* scratch = base + sums + own * slot;
    T *x = data.x + image * part.n * shape.h * shape.w * shape.c, *y = data.y + image * part.n * shape.oh * shape.ow * shape.k;
    const int64_t at = filter * part.filter();
    float* w = parts.images > 1 ? sum_of(image) + at : dw + at;
    if (parts.filters > 1) {
      T* copy = reinterpret_cast<T*>(scratch + prepared->scratch_bytes);
      copy_columns(y, part.pixels(), shape.k, filter * part.k, part.k, copy);
      y = copy;
    }
    execute(*prepared, {x, w, y, nullptr}, scratch);
  });
  if (parts.images == 1) return true;
  parallel_for(shape.filter(), 16384, [&](int64_t begin, int64_t end) {
    float* total = sum_of(0);
    for (int64_t image = 1; image < parts.images; ++image) {
      const float* sum = sum_of(image);
      for (int64_t i = begin; i < end; ++i) total[i] += sum[i];
    }
    std::copy(total + begin, total + end, dw + begin);
  });
  return true;
}

}  // namespace

template <typename T>
bool onednn_conv2d(const ConvShape& shape, ConvPass pass, const ConvData<T>& data) {
  if (kIsHalf<T> && !bf16_instructions()) return false;
  Key key = key_of<T>(shape, pass, data.bias != nullptr);
  if (pass == ConvPass::kFilterGrad) {
    const Parts parts = Parts::of(shape);
    key.threads = 1;
    key.shape.n /= parts.images;
    key.shape.k /= parts.filters;
    return filter_gradient(shape, key, data, parts);
  }
  const auto prepared = prepare(key, false);
  if (prepared == nullptr) return false;
  char* scratch = static_cast<char*>(thread_scratch<ConvScratch>().get(prepared->scratch_bytes));
  const Operand& w = prepared->w;
  const char* packed = w.copied() ? packed_filters(data.packed, packed_header(key, w)) : nullptr;
  execute(*prepared, {data.x, data.w, data.y, data.bias}, scratch, packed);
  return true;
}

template <typename T>
bool onednn_pack_filter(const ConvShape& shape, const T* w, const View& packed) {
  const Key key = key_of<T>(shape, ConvPass::kForward, false);
  if (kIsHalf<T> && !bf16_instructions()) return false;
  const auto prepared = prepare(key, false);
  if (prepared == nullptr || !prepared->w.copied()) return false;
  const PackedHeader header = packed_header(key, prepared->w);
  if (!has_room(packed, header)) return false;
  std::memcpy(packed.data, &header, sizeof header);
  pack(*prepared, w, behind_header(packed));
  stream().wait();
  return true;
}

template bool onednn_conv2d(const ConvShape&, ConvPass, const ConvData<float>&);
template bool onednn_conv2d(const ConvShape&, ConvPass, const ConvData<BFloat16>&);
template bool onednn_pack_filter(const ConvShape&, const float*, const View&);
template bool onednn_pack_filter(const ConvShape&, const BFloat16*, const View&);

}  // namespace hebb

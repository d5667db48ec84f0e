#include "cpu/onednn.h"

#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cpu/scratch.h"
#include "cpu/slots.h"
#include "dnnl.hpp"

namespace hebb {
namespace {

using dnnl::memory;
using Desc = memory::desc;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

// oneDNN plans for the team size that it finds, and results may depend on it: plan and run for one thread.
class OneThread {
 public:
  OneThread() : saved_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(saved_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int saved_;
};

struct Key {
  ConvShape shape;
  int64_t pass, algorithm, bias, threads;
  bool operator==(const Key& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(sizeof(Key) == sizeof(ConvShape) + 4 * sizeof(int64_t), "a key is compared byte by byte");

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 14695981039346656037u;
    uint64_t words[sizeof(Key) / 8];
    std::memcpy(words, &key, sizeof key);
    for (const uint64_t word : words) hash = (hash ^ word) * 1099511628211u;
    return hash ^ (hash >> 32);
  }
};

int64_t round_up(int64_t bytes) { return (bytes + 4095) / 4096 * 4096; }

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

Desc dense(const memory::dims& dims, const memory::dims& strides) { return Desc(dims, memory::data_type::f32, strides); }

// Our filters [K, kh, kw, C / groups] in oneDNN's order of dimensions.
Desc filter_desc(const ConvShape& s) {
  const int64_t c = s.group_c(), k = s.group_k(), row = s.kw * c, one = s.kh * row;
  if (s.groups == 1) return dense({k, c, s.kh, s.kw}, {one, 1, row, c});
  return dense({s.groups, k, c, s.kh, s.kw}, {k * one, one, 1, row, c});
}

struct Problem {
  Desc x, w, y, b;
  memory::dims strides, dilation, begin, end;
  dnnl::algorithm algorithm;
};

Problem describe(const ConvShape& s, ConvAlgorithm algorithm, bool bias) {
  const auto f32 = memory::data_type::f32;
  const Tag images = algorithm == ConvAlgorithm::kDirect ? Tag::nhwc : Tag::any;
  const memory::dims filters =
      s.groups == 1 ? memory::dims{s.k, s.c, s.kh, s.kw} : memory::dims{s.groups, s.group_k(), s.group_c(), s.kh, s.kw};
  Problem p;
  p.x = Desc({s.n, s.c, s.h, s.w}, f32, images);
  p.w = Desc(filters, f32, Tag::any);
  p.y = Desc({s.n, s.k, s.oh, s.ow}, f32, images);
  p.b = bias ? Desc({s.k}, f32, Tag::x) : Desc();
  p.strides = {s.stride_h, s.stride_w};
  p.dilation = {s.dilation_h - 1, s.dilation_w - 1};
  p.begin = {s.pad_top, s.pad_left};
  // The padding that the windows reach; negative where they leave pixels out.
  p.end = {(s.oh - 1) * s.stride_h + s.dilation_h * (s.kh - 1) + 1 - s.h - s.pad_top,
           (s.ow - 1) * s.stride_w + s.dilation_w * (s.kw - 1) + 1 - s.w - s.pad_left};
  p.algorithm =
      algorithm == ConvAlgorithm::kWinograd ? dnnl::algorithm::convolution_winograd : dnnl::algorithm::convolution_direct;
  return p;
}

// Steps past reference code; false when nothing else is left.
template <typename PrimitiveDesc>
bool optimised(PrimitiveDesc& desc) {
  while (std::string(desc.impl_info_str()).find("ref") != std::string::npos)
    if (!desc.next_impl()) return false;
  return true;
}

template <typename PrimitiveDesc, typename Primitive>
bool finish(PrimitiveDesc& desc, Prepared& out) {
  if (!optimised(desc)) return false;
  out.primitive = Primitive(desc);
  out.scratchpad = desc.scratchpad_desc();
  return true;
}

// oneDNN 2 describes an operation first; 3 gives the arguments to the primitive descriptor at once.
using Forward = dnnl::convolution_forward;

Forward::primitive_desc describe_forward(const Problem& p, const dnnl::primitive_attr& attr) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::prop_kind::forward_training, p.algorithm, p.x, p.w, p.b, p.y, p.strides, p.dilation, p.begin, p.end,
          attr};
#else
  const Forward::desc desc(dnnl::prop_kind::forward_training, p.algorithm, p.x, p.w, p.b, p.y, p.strides, p.dilation, p.begin,
                           p.end);
  return {desc, attr, engine()};
#endif
}

template <typename Backward>
typename Backward::primitive_desc describe_backward(const Problem& p, const dnnl::primitive_attr& attr,
                                                    const Forward::primitive_desc& forward) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), p.algorithm, p.x, p.w, p.y, p.strides, p.dilation, p.begin, p.end, forward, attr};
#else
  const typename Backward::desc desc(p.algorithm, p.x, p.w, p.y, p.strides, p.dilation, p.begin, p.end);
  return {desc, attr, engine(), forward};
#endif
}

bool create(const ConvShape& s, const Problem& p, Prepared& out) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const Desc ours_x({s.n, s.c, s.h, s.w}, memory::data_type::f32, Tag::nhwc);
  const Desc ours_y({s.n, s.k, s.oh, s.ow}, memory::data_type::f32, Tag::nhwc);
  Forward::primitive_desc forward = describe_forward(p, attr);
  if (out.pass == ConvPass::kForward) {
    if (!finish<Forward::primitive_desc, Forward>(forward, out)) return false;
    out.prepare(out.x, ours_x, forward.src_desc(), false);
    out.prepare(out.w, filter_desc(s), forward.weights_desc(), false);
    out.prepare(out.y, ours_y, forward.dst_desc(), true);
    out.bias = p.b;
  } else if (out.pass == ConvPass::kInputGrad) {
    using Backward = dnnl::convolution_backward_data;
    Backward::primitive_desc desc = describe_backward<Backward>(p, attr, forward);
    if (!finish<Backward::primitive_desc, Backward>(desc, out)) return false;
    out.prepare(out.x, ours_x, desc.diff_src_desc(), true);
    out.prepare(out.w, filter_desc(s), desc.weights_desc(), false);
    out.prepare(out.y, ours_y, desc.diff_dst_desc(), false);
  } else {
    using Backward = dnnl::convolution_backward_weights;
    Backward::primitive_desc desc = describe_backward<Backward>(p, attr, forward);
    if (!finish<Backward::primitive_desc, Backward>(desc, out)) return false;
    out.prepare(out.x, ours_x, desc.src_desc(), false);
    out.prepare(out.w, filter_desc(s), desc.diff_weights_desc(), true);
    out.prepare(out.y, ours_y, desc.diff_dst_desc(), false);
  }
  out.scratchpad_offset = out.scratch_bytes;
  out.scratch_bytes += round_up(static_cast<int64_t>(out.scratchpad.get_size()));
  return true;
}

// Null where oneDNN has only reference code, or nothing at all.
std::shared_ptr<const Prepared> create(const Key& key, bool one_thread) {
  std::optional<OneThread> guard;
  if (one_thread) guard.emplace();
  auto out = std::make_shared<Prepared>();
  out->pass = static_cast<ConvPass>(key.pass);
  try {
    const Problem problem = describe(key.shape, static_cast<ConvAlgorithm>(key.algorithm), key.bias != 0);
    return create(key.shape, problem, *out) ? out : nullptr;
  } catch (const dnnl::error& failure) {
    if (failure.status == dnnl_out_of_memory) throw std::bad_alloc();
    return nullptr;
  }
}

// The primitives used last; refusals are remembered too.
class Cache {
 public:
  std::shared_ptr<const Prepared> get(const Key& key, bool one_thread) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    auto made = create(key, one_thread);
    if (entries_.size() >= kCapacity) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, made);
    index_[key] = entries_.begin();
    return made;
  }

 private:
  static constexpr size_t kCapacity = 512;
  using Entry = std::pair<Key, std::shared_ptr<const Prepared>>;
  std::list<Entry> entries_;
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index_;
};

Cache& cache() {
  static thread_local Cache c;
  return c;
}

// What packed filters begin with.
struct PackedHeader {
  uint64_t layout;  // hash of the key of the convolution
  uint64_t bytes;
  uint64_t unused[6];
};
static_assert(sizeof(PackedHeader) == 64, "what follows is aligned for vectors");

PackedHeader packed_header(Key key, const Operand& w) {
  key.bias = 0;
  return {KeyHash()(key) | 1, w.theirs.get_size(), {}};
}

// The filters behind a header that is the wanted one; null otherwise.
const char* packed_filters(const View* packed, const Key& key, const Operand& w) {
  if (packed == nullptr || !w.copied()) return nullptr;
  const PackedHeader wanted = packed_header(key, w);
  if (static_cast<uint64_t>(elements(*packed)) * sizeof(float) < sizeof wanted + wanted.bytes) return nullptr;
  if (std::memcmp(packed->data, &wanted, sizeof wanted) != 0) return nullptr;
  return static_cast<const char*>(packed->data) + sizeof wanted;
}

// Runs a prepared convolution on `data`; `scratch` holds scratch_bytes. May be called by several threads at once.
void execute(const Prepared& p, const ConvData<float>& data, char* scratch, const char* filters = nullptr) {
  dnnl::stream& s = stream();
  const auto wrap = [](const Desc& desc, const void* at) { return memory(desc, engine(), const_cast<void*>(at)); };
  const auto bring = [&](const Operand& operand, float* at, bool output) {
    memory ours = wrap(operand.ours, at);
    if (!operand.copied()) return ours;
    memory theirs = wrap(operand.theirs, scratch + operand.offset);
    if (!output) operand.reorder.execute(s, {{DNNL_ARG_FROM, ours}, {DNNL_ARG_TO, theirs}});
    return theirs;
  };
  const auto take = [&](const Operand& operand, float* at, const memory& theirs) {
    if (!operand.copied()) return;
    memory ours = wrap(operand.ours, at);
    operand.reorder.execute(s, {{DNNL_ARG_FROM, theirs}, {DNNL_ARG_TO, ours}});
  };
  const bool forward = p.pass == ConvPass::kForward, input = p.pass == ConvPass::kInputGrad;
  const memory x = bring(p.x, data.x, input);
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
void copy_columns(const float* from, int64_t rows, int64_t width, int64_t first, int64_t count, float* to) {
  for (int64_t i = 0; i < rows; ++i) std::memcpy(to + i * count, from + i * width + first, count * sizeof(float));
}

bool filter_gradient(const ConvShape& shape, const Key& key, const ConvData<float>& data, const Parts& parts) {
  const auto prepared = cache().get(key, true);
  if (prepared == nullptr) return false;
  const ConvShape& part = key.shape;
  const int64_t sums = parts.images > 1 ? round_up(shape.filter() * 4) * parts.images : 0;
  const int64_t slice = parts.filters > 1 ? round_up(part.pixels() * part.k * 4) : 0;
  const int64_t own = slice + prepared->scratch_bytes, count = parts.images * parts.filters, slots = slots_for(count);
  char* base = static_cast<char*>(thread_scratch<PartScratch>().get(sums + own * slots));
  const auto sum_of = [&](int64_t image) {
    return parts.images > 1 ? reinterpret_cast<float*>(base + image * (sums / parts.images)) : data.w;
  };
  // Outside a team (one thread) oneDNN would start one, for which nothing has been planned.
  const OneThread guard;
  for_tasks(count, slots, [&](int64_t index, int64_t slot) {
    const int64_t image = index / parts.filters, filter = index % parts.filters;
    char* scratch = base + sums + own * slot;
    ConvData<float> d = data;
    d.x += image * part.n * shape.h * shape.w * shape.c;
    d.y += image * part.n * shape.oh * shape.ow * shape.k;
    d.w = sum_of(image) + filter * part.filter();
    if (parts.filters > 1) {
      float* copy = reinterpret_cast<float*>(scratch + prepared->scratch_bytes);
      copy_columns(d.y, part.pixels(), shape.k, filter * part.k, part.k, copy);
      d.y = copy;
    }
    execute(*prepared, d, scratch);
  });
  if (parts.images == 1) return true;
  parallel_for(shape.filter(), 16384, [&](int64_t begin, int64_t end) {
    std::memcpy(data.w + begin, sum_of(0) + begin, (end - begin) * sizeof(float));
    for (int64_t image = 1; image < parts.images; ++image) {
      const float* sum = sum_of(image);
      for (int64_t i = begin; i < end; ++i) data.w[i] += sum[i];
    }
  });
  return true;
}

}  // namespace

bool onednn_conv2d(const ConvShape& shape, ConvPass pass, ConvAlgorithm algorithm, const ConvData<float>& data) {
  Key key = {shape, static_cast<int64_t>(pass), static_cast<int64_t>(algorithm), data.bias != nullptr, omp_get_max_threads()};
  if (pass == ConvPass::kFilterGrad) {
    const Parts parts = Parts::of(shape);
    key.threads = 1;
    key.shape.n /= parts.images;
    key.shape.k /= parts.filters;
    return filter_gradient(shape, key, data, parts);
  }
  const auto prepared = cache().get(key, false);
  if (prepared == nullptr) return false;
  char* scratch = static_cast<char*>(thread_scratch<ConvScratch>().get(prepared->scratch_bytes));
  execute(*prepared, data, scratch, packed_filters(data.packed, key, prepared->w));
  return true;
}

bool onednn_pack_filter(const ConvShape& shape, ConvAlgorithm algorithm, const float* w, const View& packed) {
  const Key key = {shape, static_cast<int64_t>(ConvPass::kForward), static_cast<int64_t>(algorithm), 0, omp_get_max_threads()};
  const auto prepared = cache().get(key, false);
  if (prepared == nullptr || !prepared->w.copied()) return false;
  const PackedHeader header = packed_header(key, prepared->w);
  if (static_cast<uint64_t>(elements(packed)) * sizeof(float) < sizeof header + header.bytes) return false;
  std::memcpy(packed.data, &header, sizeof header);
  memory from(prepared->w.ours, engine(), const_cast<float*>(w));
  memory to(prepared->w.theirs, engine(), static_cast<char*>(packed.data) + sizeof header);
  prepared->w.reorder.execute(stream(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  stream().wait();
  return true;
}

}  // namespace hebb

#include "harness.h"

#include <dlfcn.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace hebb_test {
namespace {

const char* library_path() {
  const char* path = std::getenv("HEBB_TEST_LIBRARY");
  return path != nullptr ? path : HEBB_DEFAULT_LIBRARY;
}

const hebb_backend* open_backend() {
  void* library = dlopen(library_path(), RTLD_NOW);
  if (library == nullptr) {
    std::fprintf(stderr, "cannot open %s: %s\n", library_path(), dlerror());
    std::exit(1);
  }
  const auto entry = reinterpret_cast<hebb_backend_entry>(dlsym(library, "hebb_open_backend"));
  const hebb_backend* backend = entry != nullptr ? entry(HEBB_ABI_VERSION) : nullptr;
  if (backend == nullptr) {
    std::fprintf(stderr, "%s has no backend of version %d\n", library_path(), HEBB_ABI_VERSION);
    std::exit(1);
  }
  return backend;
}

}  // namespace

const hebb_backend& table() {
  static const hebb_backend* const backend = open_backend();
  return *backend;
}

uint32_t opcode(const std::string& name) {
  for (uint32_t op = 0; op < table().op_count; ++op)
    if (name == table().op_name(op)) return op;
  ADD_FAILURE() << "no op is called " << name;
  return table().op_count;
}

size_t dtype_size(int dtype) {
  switch (dtype) {
    case HEBB_FLOAT64:
    case HEBB_INT64:
      return 8;
    case HEBB_FLOAT32:
    case HEBB_INT32:
      return 4;
    case HEBB_BFLOAT16:
    case HEBB_FLOAT16:
      return 2;
    default:
      return 1;
  }
}

double Array::value(int64_t i) const {
  switch (dtype_) {
    case HEBB_FLOAT32:
      return at<float>(i);
    case HEBB_FLOAT64:
      return at<double>(i);
    case HEBB_INT32:
      return at<int32_t>(i);
    case HEBB_INT64:
      return static_cast<double>(at<int64_t>(i));
    case HEBB_BFLOAT16:
    case HEBB_FLOAT16:
      return at<uint16_t>(i);
    default:
      return at<uint8_t>(i);
  }
}

hebb_view Array::view() const {
  hebb_view v = {};
  v.data = const_cast<uint8_t*>(bytes_.data());
  v.rank = static_cast<int32_t>(dims_.size());
  v.dtype = dtype_;
  for (size_t i = 0; i < dims_.size() && i < HEBB_MAX_RANK; ++i) v.dims[i] = dims_[i];
  return v;
}

Result call(const std::string& op, std::vector<Array*> outputs, const std::vector<Array>& inputs, const Attributes& attributes) {
  std::vector<hebb_view> out, in;
  for (Array* a : outputs) out.push_back(a->view());
  for (const Array& a : inputs) in.push_back(a.view());
  // Copies of exactly the right size, so that reading past the end is seen.
  const Attributes exact(attributes.begin(), attributes.end());
  const hebb_call c = {opcode(op),
                       static_cast<uint32_t>(out.size()),
                       static_cast<uint32_t>(in.size()),
                       static_cast<uint32_t>(exact.size()),
                       out.data(),
                       in.data(),
                       exact.data()};
  hebb_error error = {};
  Result result;
  result.status = table().run(&c, &error);
  if (result.status != HEBB_OK) {
    result.message = error.message;
    EXPECT_EQ(result.status, error.status);
  }
  return result;
}

Array run(const std::string& op, const std::vector<Array>& inputs, const Dims& dims, const Attributes& attributes, int dtype) {
  Array out(dims, dtype >= 0 ? dtype : inputs.at(0).dtype());
  const Result result = call(op, {&out}, inputs, attributes);
  EXPECT_EQ(result.status, HEBB_OK) << op << ": " << result.message;
  return out;
}

Array rounded(const Array& x, int dtype) { return run("cast", {x}, x.dims(), {}, dtype); }

testing::AssertionResult near(const Array& actual, const std::vector<double>& expected, double relative, double absolute) {
  if (static_cast<size_t>(actual.size()) != expected.size())
    return testing::AssertionFailure() << actual.size() << " elements, expected " << expected.size();
  for (int64_t i = 0; i < actual.size(); ++i) {
    const double a = actual.value(i), e = expected[i];
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    if (std::abs(a - e) <= absolute + relative * std::abs(e) && !std::isinf(e)) continue;
    return testing::AssertionFailure() << "element " << i << " is " << a << ", expected " << e;
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult same_bits(const Array& a, const Array& b) {
  if (a.dims() != b.dims() || a.dtype() != b.dtype()) return testing::AssertionFailure() << "different shapes or dtypes";
  const size_t width = dtype_size(a.dtype());
  for (size_t i = 0; i < a.bytes().size(); ++i)
    if (a.bytes()[i] != b.bytes()[i])
      return testing::AssertionFailure() << "element " << i / width << " differs: " << a.value(i / width) << " and "
                                         << b.value(i / width);
  return testing::AssertionSuccess();
}

void expect_thread_independent(const std::string& op, const std::vector<Array>& inputs, const std::vector<Array>& output_likes,
                               const Attributes& attributes) {
  const int before = table().threads(0);
  std::vector<Array> reference;
  for (const int threads : {1, 2, 3, 8}) {
    table().threads(threads);
    std::vector<Array> outputs;
    std::vector<Array*> pointers;
    for (const Array& like : output_likes) outputs.emplace_back(like.dims(), like.dtype());
    for (Array& output : outputs) pointers.push_back(&output);
    const Result result = call(op, pointers, inputs, attributes);
    EXPECT_EQ(result.status, HEBB_OK) << op << ": " << result.message;
    if (reference.empty()) reference = outputs;
    for (size_t i = 0; i < outputs.size(); ++i)
      EXPECT_TRUE(same_bits(outputs[i], reference[i])) << op << " output " << i << " with " << threads << " threads";
  }
  table().threads(before);
}

void expect_refused(int status, const std::string& op, const std::vector<Array>& inputs, Array output,
                    const Attributes& attributes) {
  const Result result = call(op, {&output}, inputs, attributes);
  EXPECT_EQ(result.status, status) << op << ": " << result.message;
  EXPECT_EQ(result.message.rfind(op + ":", 0), 0u) << "the message does not start with the op's name: " << result.message;
}

}  // namespace hebb_test

// Exits with 77 (skipped) where the machine lacks the instructions of the library under test.
int main(int argc, char** argv) {
#if defined(__x86_64__)
  const char* level = std::getenv("HEBB_TEST_LEVEL");
  const std::string name = level != nullptr ? level : "";
  if (name == "cpu.v3" && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))) return 77;
  if (name == "cpu.v4" && !(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))) return 77;
#endif
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

// A stand-in for cuDNN that does what is described to it: whether graphs say what they should is then seen in results. It is
// stricter than the library where that shows mistakes: the engines that must not be taken fail, and memory is what was promised.
#include <cudnn.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cudnnConvolution.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

namespace emulated {
namespace {

struct Node;
using Nodes = std::vector<std::shared_ptr<const Node>>;

struct Attribute {
  cudnnBackendAttributeType_t type;
  std::vector<char> bytes;
  Nodes nodes;  // of descriptors
};

struct Node {
  cudnnBackendDescriptorType_t type;
  std::map<cudnnBackendAttributeName_t, Attribute> attributes;
  bool finished = false;

  template <typename T>
  std::vector<T> values(cudnnBackendAttributeName_t name) const {
    const std::vector<char>& bytes = attributes.at(name).bytes;
    std::vector<T> all(bytes.size() / sizeof(T));
    std::memcpy(all.data(), bytes.data(), bytes.size());
    return all;
  }
  template <typename T>
  T value(cudnnBackendAttributeName_t name) const {
    return values<T>(name).at(0);
  }
  const Node& node(cudnnBackendAttributeName_t name) const { return *attributes.at(name).nodes.at(0); }
};

// What a descriptor is to who uses it; others may hold on to its node.
struct Handle {
  std::shared_ptr<Node> node;
};

Node& node_of(cudnnBackendDescriptor_t descriptor) { return *static_cast<Handle*>(descriptor)->node; }

size_t bytes_of(cudnnBackendAttributeType_t type) {
  if (type == CUDNN_TYPE_INT64 || type == CUDNN_TYPE_VOID_PTR || type == CUDNN_TYPE_HANDLE) return 8;
  return type == CUDNN_TYPE_BOOLEAN || type == CUDNN_TYPE_CHAR ? 1 : 4;
}

std::string last_error;

cudnnStatus_t fail(cudnnStatus_t status, const char* what) {
  last_error = what;
  return status;
}

// No refusal, which loops of the engine's own would make good.
cudnnStatus_t misuse(const char* what) { return fail(CUDNN_STATUS_EXECUTION_FAILED, what); }

// What the operations call the same.
struct Names {
  cudnnBackendAttributeName_t window, x, w, y, alpha, beta;
  Into into;
};
const Names* names_of(cudnnBackendDescriptorType_t type) {
  static const Names forward = {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
                                Into::kOutput};
  static const Names images = {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
                               Into::kImages};
  static const Names filters = {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
                                Into::kFilters};
  if (type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) return &forward;
  if (type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) return &images;
  return type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR ? &filters : nullptr;
}

Described described(const Node& array, void* data) {
  return {array.value<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE), array.values<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
          array.values<int64_t>(CUDNN_ATTR_TENSOR_STRIDES), data};
}

int64_t id_of(const Node& array) { return array.value<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID); }
bool is_between(const Node& array) { return array.value<char>(CUDNN_ATTR_TENSOR_IS_VIRTUAL) != 0; }

// Whether output sizes are those of the window.
bool fits(const Node& window, const Described& x, const Described& w, const Described& y) {
  const auto numbers = [&](cudnnBackendAttributeName_t name) { return window.values<int64_t>(name); };
  const auto before = numbers(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS), after = numbers(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS);
  const auto strides = numbers(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES), dilations = numbers(CUDNN_ATTR_CONVOLUTION_DILATIONS);
  bool good = x.dims[0] == y.dims[0] && w.dims[0] == y.dims[1] && x.dims[1] % w.dims[1] == 0;
  for (size_t d = 0; d < 2; ++d) {
    const int64_t reach = x.dims[d + 2] + before[d] + after[d] - dilations[d] * (w.dims[d + 2] - 1) - 1;
    good = good && reach >= 0 && reach / strides[d] + 1 == y.dims[d + 2];
  }
  return good && window.value<int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS) == 2 &&
         window.value<cudnnDataType_t>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE) == CUDNN_DATA_FLOAT &&
         window.value<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE) == CUDNN_CROSS_CORRELATION;
}

const Nodes& operations(const Node& graph) { return graph.attributes.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).nodes; }

bool adds(const Node& pointwise) {
  return pointwise.node(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR).value<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE) ==
         CUDNN_POINTWISE_ADD;
}

// Nothing for groups, and, as the library, nothing for outputs of another dtype unless channels are multiples of eight.
bool has_engines(const Node& graph) {
  const Node& first = *operations(graph)[0];
  const Names& names = *names_of(first.type);
  const Described x = described(first.node(names.x), nullptr), w = described(first.node(names.w), nullptr);
  if (x.dims[1] != w.dims[1]) return false;
  return operations(graph).size() == 1 || adds(*operations(graph)[1]) || (w.dims[0] % 8 == 0 && w.dims[1] % 8 == 0);
}

enum Engine : int64_t { kNondeterministic, kGood, kTensorCores };
constexpr int64_t kWorkspace = 256;

// In the order in which they are proposed: one that rounds float32 where there is one, one that changes its mind, one that is
// right.
std::vector<Engine> proposed(const Node& graph) {
  if (!has_engines(graph)) return {};
  const Node& first = *operations(graph)[0];
  const bool single = described(first.node(names_of(first.type)->x), nullptr).type == CUDNN_DATA_FLOAT;
  return single ? std::vector<Engine>{kTensorCores, kNondeterministic, kGood}
                : std::vector<Engine>{kNondeterministic, kTensorCores};
}

// Memory by the arrays' ids; between operations it is the plan's own.
using Memory = std::map<int64_t, void*>;

void run(const Node& graph, Engine engine, const Memory& memory) {
  std::vector<float> sums;
  const auto operand = [&](const Node& array) {
    Described made = described(array, nullptr);
    made.tf32 = engine == kTensorCores;
    if (is_between(array)) sums.resize(static_cast<size_t>(space(made)));
    made.data = is_between(array) ? sums.data() : memory.at(id_of(array));
    return made;
  };
  for (const std::shared_ptr<const Node>& operation : operations(graph)) {
    if (const Names* names = names_of(operation->type)) {
      const Node& window = operation->node(names->window);
      convolve({window.values<int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS),
                window.values<int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES),
                window.values<int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS)},
               operand(operation->node(names->x)), operand(operation->node(names->w)), operand(operation->node(names->y)),
               names->into);
      continue;
    }
    const auto plain = [&](cudnnBackendAttributeName_t name) {
      Described made = operand(operation->node(name));
      made.tf32 = false;
      return made;
    };
    const Described from = plain(CUDNN_ATTR_OPERATION_POINTWISE_XDESC), to = plain(CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
    if (adds(*operation))
      copy(from, to, plain(CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
    else
      copy(from, to);
  }
}

cudnnStatus_t finish_operation(const Node& operation) {
  if (operation.type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR) {
    const Node& what = operation.node(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
    const bool in_float32 = what.value<cudnnDataType_t>(CUDNN_ATTR_POINTWISE_MATH_PREC) == CUDNN_DATA_FLOAT;
    return in_float32 ? CUDNN_STATUS_SUCCESS : fail(CUDNN_STATUS_NOT_SUPPORTED, "only in float32");
  }
  const Names* names = names_of(operation.type);
  if (names == nullptr) return CUDNN_STATUS_SUCCESS;
  if (operation.value<float>(names->alpha) != 1 || operation.value<float>(names->beta) != 0)
    return fail(CUDNN_STATUS_NOT_SUPPORTED, "only alpha 1 and beta 0");
  const auto array = [&](cudnnBackendAttributeName_t name) { return described(operation.node(name), nullptr); };
  return fits(operation.node(names->window), array(names->x), array(names->w), array(names->y))
             ? CUDNN_STATUS_SUCCESS
             : misuse("sizes do not fit the window");
}

// An engine's configuration knows its graph.
void make_config(cudnnBackendDescriptor_t place, const std::shared_ptr<const Node>& graph, int64_t engine) {
  Node& config = node_of(place);
  config.attributes[CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH].nodes = {graph};
  Attribute& index = config.attributes[CUDNN_ATTR_ENGINE_GLOBAL_INDEX];
  index.type = CUDNN_TYPE_INT64;
  index.bytes.resize(sizeof engine);
  std::memcpy(index.bytes.data(), &engine, sizeof engine);
  config.finished = true;
}

int64_t engine_of(const Node& node) { return node.value<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX); }

std::vector<cudnnBackendNumericalNote_t> notes_of(int64_t engine) {
  if (engine == kNondeterministic) return {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC};
  if (engine == kTensorCores) return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
  return {};
}

// As many of the values as there is room for.
template <typename T>
cudnnStatus_t give(const std::vector<T>& values, int64_t places, int64_t* count, void* to) {
  *count = static_cast<int64_t>(values.size());
  std::copy_n(values.begin(), std::min(places, *count), static_cast<T*>(to));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t give_proposals(const Node& heuristics, int64_t places, int64_t* count, void* to) {
  const std::shared_ptr<const Node>& graph = heuristics.attributes.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH).nodes.at(0);
  // What is slow comes in the second kind of answer.
  const bool first = heuristics.value<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE) == CUDNN_HEUR_MODE_A;
  std::vector<Engine> engines = proposed(*graph);
  if (first && !engines.empty()) engines.pop_back();
  *count = std::min(places, static_cast<int64_t>(engines.size()));
  for (int64_t i = 0; i < *count; ++i) make_config(static_cast<void**>(to)[i], graph, engines[static_cast<size_t>(i)]);
  return CUDNN_STATUS_SUCCESS;
}

// The memory of a call by the arrays' ids; empty where it is not what was promised.
Memory memory_of(const Node& plan, const Node& pack) {
  Memory memory;
  const auto ids = pack.values<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = pack.values<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  for (size_t i = 0; i < ids.size(); ++i) memory[ids[i]] = pointers.at(i);
  for (const auto& operation : operations(plan.node(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)))
    for (const auto& [name, attribute] : operation->attributes)
      for (const auto& array : attribute.nodes) {
        if (array->type != CUDNN_BACKEND_TENSOR_DESCRIPTOR || is_between(*array)) continue;
        const auto found = memory.find(id_of(*array));
        const auto alignment = array->value<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
        if (found == memory.end() || reinterpret_cast<intptr_t>(found->second) % alignment != 0) return {};
      }
  return memory;
}

}  // namespace
}  // namespace emulated

using namespace emulated;

cudnnStatus_t cudnnCreate(cudnnHandle_t* made) {
  *made = new cudnnContext;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

const char* cudnnGetErrorString(cudnnStatus_t status) {
  return status == CUDNN_STATUS_NOT_SUPPORTED ? "CUDNN_STATUS_NOT_SUPPORTED" : "CUDNN_STATUS_EXECUTION_FAILED";
}

void cudnnGetLastErrorString(char* text, size_t places) {
  std::strncpy(text, last_error.c_str(), places - 1);
  text[places - 1] = '\0';
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* made) {
  *made = new Handle{std::make_shared<Node>(Node{type, {}, false})};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete static_cast<Handle*>(descriptor);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  Node& node = node_of(descriptor);
  if (node.finished) return misuse("the descriptor is finished");
  Attribute& attribute = node.attributes[name];
  attribute.type = type;
  if (type != CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    const char* bytes = static_cast<const char*>(values);
    attribute.bytes.assign(bytes, bytes + static_cast<size_t>(count) * bytes_of(type));
    return CUDNN_STATUS_SUCCESS;
  }
  for (int64_t i = 0; i < count; ++i) {
    attribute.nodes.push_back(static_cast<Handle*>(static_cast<void* const*>(values)[i])->node);
    if (!attribute.nodes.back()->finished) return misuse("a part is not finished");
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  Node& node = node_of(descriptor);
  if (const cudnnStatus_t status = finish_operation(node)) return status;
  if (node.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    const Node& config = node.node(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
    node.attributes[CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH] = config.attributes.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
    node.attributes[CUDNN_ATTR_ENGINE_GLOBAL_INDEX] = config.attributes.at(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  }
  node.finished = true;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t, int64_t places, int64_t* count, void* values) {
  const Node& node = node_of(descriptor);
  if (!node.finished) return misuse("the descriptor is not finished");
  if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS) return give_proposals(node, places, count, values);
  if (name == CUDNN_ATTR_ENGINECFG_ENGINE) {
    Node& engine = node_of(*static_cast<void**>(values));
    engine.attributes = node.attributes;
    engine.finished = true;
    *count = 1;
    return CUDNN_STATUS_SUCCESS;
  }
  if (name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX) return give(std::vector<int64_t>{engine_of(node)}, places, count, values);
  if (name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE) return give(notes_of(engine_of(node)), places, count, values);
  if (name == CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE) return give(std::vector<cudnnBackendBehaviorNote_t>{}, places, count, values);
  if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) return give(std::vector<int64_t>{kWorkspace}, places, count, values);
  return fail(CUDNN_STATUS_NOT_SUPPORTED, "an attribute that nobody asked for yet");
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const std::shared_ptr<const Node> node = static_cast<Handle*>(plan)->node;
  const Memory memory = memory_of(*node, node_of(pack));
  void* const workspace = node_of(pack).value<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  if (memory.empty()) return misuse("an operand is missing, or its memory is not aligned");
  if (workspace == nullptr) return misuse("there is no workspace");
  if (engine_of(*node) == kNondeterministic) return misuse("results of this engine differ from run to run");
  submit(handle->stream, [=] {
    std::memset(workspace, 0xEE, kWorkspace);
    run(node->node(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH), static_cast<Engine>(engine_of(*node)), memory);
  });
  return CUDNN_STATUS_SUCCESS;
}

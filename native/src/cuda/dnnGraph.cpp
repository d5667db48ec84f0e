#include "cuda/dnnGraph.h"

#include <utility>

#include "cuda/api.h"
#include "cuda/error.h"

namespace hebb {
namespace {

constexpr int64_t kAlignment = 16;

}  // namespace

void check_dnn(cudnnStatus_t status, const char* what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const int kind = CUDNN_STATUS_CATEGORY(status);
  if (kind == CUDNN_STATUS_NOT_SUPPORTED || kind == CUDNN_STATUS_BAD_PARAM) throw DnnRefusal(cudnn_error_text(status));
  check_cudnn(status, what);
}

DnnPart::DnnPart(cudnnBackendDescriptorType_t type) {
  check_dnn(api().cudnnBackendCreateDescriptor(type, &descriptor_), "describing an operation");
}

DnnPart::~DnnPart() {
  if (descriptor_ != nullptr) api().cudnnBackendDestroyDescriptor(descriptor_);
}

DnnPart& DnnPart::operator=(DnnPart&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

DnnPart& DnnPart::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  check_dnn(api().cudnnBackendSetAttribute(descriptor_, name, type, count, values), "describing an operation");
  return *this;
}

DnnPart& DnnPart::finish() {
  check_dnn(api().cudnnBackendFinalize(descriptor_), "describing an operation");
  return *this;
}

const DnnPart& DnnGraph::array(const DnnArray& array, bool between) {
  return part(CUDNN_BACKEND_TENSOR_DESCRIPTOR)
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, array.id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, array.type)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, array.dims)
      .set(CUDNN_ATTR_TENSOR_STRIDES, array.strides)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment)
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &between)
      .finish();
}

DnnPart& DnnGraph::operation(cudnnBackendDescriptorType_t type) {
  DnnPart& made = part(type);
  operations_.push_back(made.get());
  return made;
}

DnnPart DnnGraph::finish(cudnnHandle_t handle) const {
  DnnPart graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<int64_t>(operations_.size()),
            operations_.data());
  if (handle != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  graph.finish();
  return graph;
}

}  // namespace hebb

// cuDNN's graph interface: operations between described arrays, for which it then proposes plans (cuda/dnnPlan.h). Nothing here
// needs a GPU.
#pragma once

#include <cudnn.h>

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace hebb {

// cuDNN has nothing for what was described. All else that goes wrong, engines of another version, say, is an EngineError, which
// loops of our own must not hide behind results that take a hundred times as long.
class DnnRefusal : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
};

// Throws one or the other.
void check_dnn(cudnnStatus_t status, const char* what);

// One of cuDNN's descriptors: its attributes are set, then it is finished.
class DnnPart {
 public:
  explicit DnnPart(cudnnBackendDescriptorType_t type);
  ~DnnPart();
  DnnPart(DnnPart&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = nullptr; }
  DnnPart& operator=(DnnPart&& other) noexcept;

  DnnPart& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count, const void* values);
  DnnPart& set(cudnnBackendAttributeName_t name, const DnnPart& part) {
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part.descriptor_);
  }
  DnnPart& set(cudnnBackendAttributeName_t name, int64_t value) { return set(name, CUDNN_TYPE_INT64, 1, &value); }
  DnnPart& set(cudnnBackendAttributeName_t name, float value) { return set(name, CUDNN_TYPE_FLOAT, 1, &value); }
  DnnPart& set(cudnnBackendAttributeName_t name, cudnnDataType_t value) { return set(name, CUDNN_TYPE_DATA_TYPE, 1, &value); }
  DnnPart& set(cudnnBackendAttributeName_t name, const std::vector<int64_t>& values) {
    return set(name, CUDNN_TYPE_INT64, static_cast<int64_t>(values.size()), values.data());
  }
  DnnPart& finish();

  cudnnBackendDescriptor_t get() const { return descriptor_; }

 private:
  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

// An array: its dimensions, and how many elements lie from one index to the next.
struct DnnArray {
  int64_t id;  // names it when a plan runs
  cudnnDataType_t type;
  std::vector<int64_t> dims, strides;
};

// Operations and the arrays between them.
class DnnGraph {
 public:
  // In memory that begins at a multiple of 16 bytes; where it is `between`, from one operation to the next, in none.
  const DnnPart& array(const DnnArray& array, bool between = false);
  // To be set and finished by who asks.
  DnnPart& part(cudnnBackendDescriptorType_t type) { return parts_.emplace_back(type); }
  DnnPart& operation(cudnnBackendDescriptorType_t type);
  // All operations, finished; with the handle of a GPU unless that is null.
  DnnPart finish(cudnnHandle_t handle) const;

 private:
  std::deque<DnnPart> parts_;
  std::vector<cudnnBackendDescriptor_t> operations_;
};

}  // namespace hebb

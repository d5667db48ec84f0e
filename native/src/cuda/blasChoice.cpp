#include "cuda/blasChoice.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "cuda/capture.h"
#include "cuda/device.h"
#include "cuda/kernelCache.h"
#include "cuda/memory.h"
#include "cuda/timer.h"

namespace hebb {
namespace {

constexpr uint64_t kWorkspace = uint64_t{32} << 20;
constexpr int kMostTried = 8;

class Preference {
 public:
  Preference() { check_cublas(api().cublasLtMatmulPreferenceCreate(&preference_), "choosing an algorithm"); }
  ~Preference() { api().cublasLtMatmulPreferenceDestroy(preference_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  template <typename V>
  void set(cublasLtMatmulPreferenceAttributes_t attribute, const V& value) {
    check_cublas(api().cublasLtMatmulPreferenceSetAttribute(preference_, attribute, &value, sizeof value),
                 "choosing an algorithm");
  }
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  cublasLtMatmulPreference_t preference_ = nullptr;
};

void set_rules(Preference& preference, int64_t alignment) {
  preference.set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspace);
  // What is added up in parts is added up in float32: by default partial sums may be rounded to 16 bits.
  preference.set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                 uint32_t{CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
  for (const auto attribute : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    preference.set(attribute, static_cast<uint32_t>(alignment));
}

// At most so many, the best guess first. Never none: where there is no algorithm, one choice says why.
std::vector<BlasChoice> proposals(const BlasProduct& p, int most) {
  Preference preference;
  set_rules(preference, p.alignment);
  cublasLtMatmulHeuristicResult_t results[kMostTried] = {};
  int count = 0;
  const cublasStatus_t status =
      api().cublasLtMatmulAlgoGetHeuristic(device().cublas, p.desc.get(), p.first.get(), p.second.get(), p.y.get(), p.y.get(),
                                           preference.get(), most, results, &count);
  // A refusal, and not a library that cannot work here, which loops of our own would hide.
  if (status != CUBLAS_STATUS_NOT_SUPPORTED && status != CUBLAS_STATUS_INVALID_VALUE)
    check_cublas(status, "choosing an algorithm");
  if (status != CUBLAS_STATUS_SUCCESS) return {{status}};
  std::vector<BlasChoice> found;
  for (int i = 0; i < count; ++i)
    if (results[i].state == CUBLAS_STATUS_SUCCESS)
      found.push_back({CUBLAS_STATUS_SUCCESS, results[i].algo, results[i].workspaceSize});
  if (found.empty()) found.push_back({count > 0 ? results[0].state : CUBLAS_STATUS_NOT_SUPPORTED});
  return found;
}

// Each writes the same output anew; one that fails as it runs is left out.
BlasChoice fastest_algorithm(const std::vector<BlasChoice>& choices, const BlasProduct& product, const BlasArrays& arrays) {
  cublasStatus_t status = CUBLAS_STATUS_NOT_SUPPORTED;
  const std::optional<size_t> best = fastest(choices.size(), [&](size_t i) {
    const cublasStatus_t ran = run_product(product, arrays, choices[i]);
    if (ran == CUBLAS_STATUS_SUCCESS) return true;
    status = ran;
    cudaGetLastError();  // no error of a later launch
    return false;
  });
  return best ? choices[*best] : BlasChoice{status};
}

// An algorithm is plain numbers, which NVIDIA lets be kept for the same version of the library. What that does not take, or what
// needs more workspace than is allowed, is none.
std::optional<BlasChoice> kept_algorithm(const std::string& key, const BlasProduct& p) {
  const std::string bytes = read_kernel(key);
  BlasChoice kept = {CUBLAS_STATUS_SUCCESS};
  if (bytes.size() != sizeof kept.algorithm) return std::nullopt;
  std::memcpy(&kept.algorithm, bytes.data(), bytes.size());
  cublasLtMatmulHeuristicResult_t result = {};
  const cublasStatus_t status = api().cublasLtMatmulAlgoCheck(device().cublas, p.desc.get(), p.first.get(), p.second.get(),
                                                              p.y.get(), p.y.get(), &kept.algorithm, &result);
  kept.workspace = result.workspaceSize;
  if (status != CUBLAS_STATUS_SUCCESS || kept.workspace > kWorkspace) return std::nullopt;
  return kept;
}

void keep(const std::string& key, const BlasChoice& choice) {
  write_kernel(key, std::string(reinterpret_cast<const char*>(&choice.algorithm), sizeof choice.algorithm));
}

}  // namespace

cublasStatus_t run_product(const BlasProduct& p, const BlasArrays& arrays, const BlasChoice& choice) {
  const Scratch workspace(choice.workspace);
  return api().cublasLtMatmul(device().cublas, p.desc.get(), arrays.factor, arrays.first, p.first.get(), arrays.second,
                              p.second.get(), arrays.kept, arrays.y, p.y.get(), arrays.y, p.y.get(), &choice.algorithm,
                              workspace.as<void>(), choice.workspace, stream());
}

BlasChoice choose_algorithm(const std::string& name, const BlasProduct& product, const BlasArrays& arrays, bool adds) {
  if (!device().tune || adds) return proposals(product, 1)[0];
  // The description of the device names the versions of the libraries.
  const std::string key = kernel_hash(device().description + " tried out " + name);
  if (const std::optional<BlasChoice> kept = kept_algorithm(key, product)) return *kept;
  const std::vector<BlasChoice> choices = proposals(product, kMostTried);
  if (choices.size() == 1) return choices[0];
  refuse_capture("what tries out algorithms");
  const BlasChoice best = fastest_algorithm(choices, product, arrays);
  if (best.found()) keep(key, best);
  return best;
}

}  // namespace hebb

#include "cuda/rtcCompile.h"

#include <vector>

#include "cuda/api.h"
#include "cuda/kernelCache.h"
#include "cuda/rtcHeaders.h"

namespace hebb {
namespace {

// Those of the engine's own kernels (CMakeLists.txt), so that a fused kernel gives the bits of the ops that it is made of.
std::vector<std::string> options(int architecture) {
  return {"--gpu-architecture=sm_" + std::to_string(architecture), "--std=c++17", "--ftz=true", "--fmad=false"};
}

class RtcProgram {
 public:
  explicit RtcProgram(const std::string& source) {
    std::vector<const char*> texts, names;
    for (const RtcHeader& header : kRtcHeaders) texts.push_back(header.text), names.push_back(header.name);
    if (api().nvrtcCreateProgram(&program_, source.c_str(), "hebb.cu", static_cast<int>(texts.size()), texts.data(),
                                 names.data()) != NVRTC_SUCCESS)
      program_ = nullptr;
  }
  ~RtcProgram() {
    if (program_ != nullptr) api().nvrtcDestroyProgram(&program_);
  }
  RtcProgram(const RtcProgram&) = delete;
  RtcProgram& operator=(const RtcProgram&) = delete;

  bool compile(int architecture) {
    if (program_ == nullptr) return false;
    const std::vector<std::string> words = options(architecture);
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    return api().nvrtcCompileProgram(program_, static_cast<int>(pointers.size()), pointers.data()) == NVRTC_SUCCESS;
  }
  std::string binary() const {
    size_t bytes = 0;
    if (api().nvrtcGetCUBINSize(program_, &bytes) != NVRTC_SUCCESS) return "";
    std::string data(bytes, '\0');
    return api().nvrtcGetCUBIN(program_, data.data()) == NVRTC_SUCCESS ? data : "";
  }
  std::string log() const {
    size_t bytes = 0;
    if (program_ == nullptr || api().nvrtcGetProgramLogSize(program_, &bytes) != NVRTC_SUCCESS) return "";
    std::string text(bytes, '\0');
    return api().nvrtcGetProgramLog(program_, text.data()) == NVRTC_SUCCESS ? text : "";
  }

 private:
  nvrtcProgram program_ = nullptr;
};

}  // namespace

std::string rtc_compile(const std::string& source, int architecture, std::string& log) {
  RtcProgram program(source);
  const bool compiled = program.compile(architecture);
  log = program.log();
  return compiled ? program.binary() : "";
}

std::string rtc_key(const std::string& source, int architecture) {
  int major = 0, minor = 0;
  api().nvrtcVersion(&major, &minor);
  std::string all = std::to_string(major) + "." + std::to_string(minor) + "\n";
  for (const std::string& option : options(architecture)) all += option + "\n";
  for (const RtcHeader& header : kRtcHeaders) all += header.text;
  return kernel_hash(all + source);
}

}  // namespace hebb

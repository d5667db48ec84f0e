#include "cuda/log.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hebb {

void log_line(const char* what, const std::string& text) {
  const char* value = std::getenv("HEBB_CUDA_LOG");
  if (value != nullptr && std::strcmp(value, "1") == 0) std::fprintf(stderr, "hebb: %s: %s\n", what, text.c_str());
}

}  // namespace hebb

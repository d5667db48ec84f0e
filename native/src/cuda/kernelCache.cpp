#include "cuda/kernelCache.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace hebb {
namespace {

namespace fs = std::filesystem;

// Empty when there is nowhere to go.
fs::path folder() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const fs::path own = variable("HEBB_CACHE"); !own.empty()) return own / "kernels";
  if (const fs::path user = variable("XDG_CACHE_HOME"); !user.empty()) return user / "hebb" / "kernels";
  const fs::path home = variable("HOME");
  return home.empty() ? home : home / ".cache" / "hebb" / "kernels";
}

uint64_t fnv(const std::string& text, uint64_t hash) {
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ull;
  return hash;
}

}  // namespace

std::string kernel_hash(const std::string& text) {
  char out[40];
  std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(fnv(text, 14695981039346656037ull)),
                static_cast<unsigned long long>(fnv(text, 0x9e3779b97f4a7c15ull)));
  return out;
}

std::string read_kernel(const std::string& key) {
  const fs::path root = folder();
  if (root.empty()) return "";
  std::ifstream file(root / (key + ".cubin"), std::ios::binary);
  std::string sum;
  if (!std::getline(file, sum)) return "";
  std::ostringstream rest;
  rest << file.rdbuf();
  const std::string binary = rest.str();
  return kernel_hash(binary) == sum ? binary : "";
}

void write_kernel(const std::string& key, const std::string& binary) {
  const fs::path root = folder();
  if (root.empty()) return;
  std::error_code error;
  fs::create_directories(root, error);
  // Other processes see the whole file or none.
  const fs::path target = root / (key + ".cubin"), partial = root / (key + "." + std::to_string(getpid()) + ".part");
  {
    std::ofstream file(partial, std::ios::binary);
    file << kernel_hash(binary) << '\n' << binary;
    if (!file.flush()) error = std::make_error_code(std::errc::io_error);
  }
  if (!error) fs::rename(partial, target, error);
  if (error) fs::remove(partial, error);
}

}  // namespace hebb

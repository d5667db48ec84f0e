// NVRTC alone, without a GPU.
#pragma once

#include <string>

namespace hebb {

// A kernel's binary for an architecture (90: sm_90), or nothing with what the compiler says in `log`.
std::string rtc_compile(const std::string& source, int architecture, std::string& log);

// What the binary depends on, as a name for a file: the source, the headers it may include, compiler, options and architecture.
std::string rtc_key(const std::string& source, int architecture);

}  // namespace hebb

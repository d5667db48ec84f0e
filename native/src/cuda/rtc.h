// Kernels that are compiled at run time: kept in memory for the process and on disk for those after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hebb {

struct RtcKernel;

// The kernel `name` of a source, which may include what rtcHeaders.cmake embeds. Compiled at first sight, which takes a fraction
// of a second; null where NVRTC or the GPU refuses it.
const RtcKernel* rtc_kernel(const std::string& source, const char* name);

// Launches blocks of kThreads threads on the engine's stream; the kernel takes one struct, of 64-bit words.
void rtc_launch(const RtcKernel& kernel, unsigned grid, const std::vector<uint64_t>& argument);

}  // namespace hebb

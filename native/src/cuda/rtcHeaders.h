// What kernels compiled at run time may include, as text; made by rtcHeaders.cmake.
#pragma once

namespace hebb {

struct RtcHeader {
  const char* name;
  const char* text;
};

constexpr int kRtcHeaderCount = 18;
extern const RtcHeader kRtcHeaders[kRtcHeaderCount];

}  // namespace hebb

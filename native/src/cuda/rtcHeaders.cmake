# Writes rtcHeaders.cpp: the functors of the ops, and the little of the standard library that they use, as strings.
set(rtc_headers cuda/beginKernel.cuh cuda/pack.cuh math/erf.h math/exp.h math/halves.h math/hostDevice.h math/immediate.h math/log.h math/trig.h math/wrap.h
  ops/activationGrad.h ops/binary.h ops/fusedFunctors.h ops/unary.h)
set(rtc_standard cmath cstdint cstring type_traits)

set(rtc_entries "")
function(add_rtc_header name path)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  set(rtc_entries "${rtc_entries}    {\"${name}\", R\"__hebb(${text})__hebb\"},\n" PARENT_SCOPE)
endfunction()
foreach(header ${rtc_headers})
  add_rtc_header(${header} ${PROJECT_SOURCE_DIR}/src/${header})
endforeach()
foreach(header ${rtc_standard})
  add_rtc_header(${header} ${CMAKE_CURRENT_LIST_DIR}/rtc/${header})
endforeach()

set(rtc_headers_source ${CMAKE_CURRENT_BINARY_DIR}/rtcHeaders.cpp)
file(CONFIGURE OUTPUT ${rtc_headers_source} @ONLY CONTENT "#include \"cuda/rtcHeaders.h\"

namespace hebb {

const RtcHeader kRtcHeaders[kRtcHeaderCount] = {
@rtc_entries@};

}  // namespace hebb
")

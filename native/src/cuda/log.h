// What goes on in the engine that results do not show: with HEBB_CUDA_LOG=1 a line on stderr. Plain C++: tested without a GPU.
#pragma once

#include <string>

namespace hebb {

// "hebb: what: text", where that is asked for.
void log_line(const char* what, const std::string& text);

}  // namespace hebb

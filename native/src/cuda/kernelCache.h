// Compiled kernels on disk: HEBB_CACHE, or hebb in the user's cache folder. A cache that cannot be read or written is none.
#pragma once

#include <string>

namespace hebb {

// 128 bits of a text (FNV-1a twice, from two starts) in hexadecimal.
std::string kernel_hash(const std::string& text);

// What was written under the key, or nothing; a file that is not whole is nothing.
std::string read_kernel(const std::string& key);
void write_kernel(const std::string& key, const std::string& binary);

}  // namespace hebb

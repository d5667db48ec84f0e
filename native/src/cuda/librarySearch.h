// Finding NVIDIA's libraries, which Hebb never brings along. Plain C++: tested on machines without a GPU.
#pragma once

#include <string>
#include <vector>

namespace hebb {

// A library by the file names it may have, newest first, and the pattern of those that it opens by name when it is used.
struct LibraryNames {
  const char* what;
  std::vector<std::string> names;
  const char* companions = nullptr;
};

// Where libraries are looked for after the system's own search, in this order: HEBB_CUDA_PATH (folders, separated by colons, each
// with its lib64 and lib), CUDA_HOME and CUDA_PATH, installed toolkits, the system's library folders, and NVIDIA's Python wheels
// in VIRTUAL_ENV, CONDA_PREFIX, the home folder and the system. Only folders that exist.
std::vector<std::string> library_folders();

struct OpenedLibrary {
  void* handle = nullptr;
  std::string path;     // what was opened
  std::string problem;  // what was looked for, where, and what went wrong, when handle is null
};

// Those places in words, existing or not, and the folders found: for who has to put a library into one of them.
std::string search_text(const std::vector<std::string>& folders);

// Opens the first that opens: any of the names in HEBB_CUDA_PATH, which somebody chose; then each name, the newest first, by the
// system's search and in the other folders.
OpenedLibrary open_library(const LibraryNames& wanted, const std::vector<std::string>& folders);

// Opens the files beside an opened library whose names match: those that it will itself look for by name alone. How many opened.
int open_beside(const std::string& path, const std::string& pattern);

}  // namespace hebb

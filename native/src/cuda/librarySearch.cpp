#include "cuda/librarySearch.h"

#include <dlfcn.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace hebb {
namespace {

bool is_folder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_there(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ':');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

void add(std::vector<std::string>& folders, const std::string& folder) {
  if (is_folder(folder) && std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
}

// Newest version first.
void add_matching(std::vector<std::string>& folders, const std::string& pattern) {
  glob_t found = {};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (size_t i = found.gl_pathc; i > 0; --i) add(folders, found.gl_pathv[i - 1]);
  globfree(&found);
}

void add_wheels(std::vector<std::string>& folders, const std::string& prefix) {
  for (const char* packages : {"site-packages", "dist-packages"})
    for (const char* python : {"/lib/python3*/", "/lib/python3/", "/lib64/python3*/"})
      add_matching(folders, prefix + python + packages + "/nvidia/*/lib");
}

// A folder that a user names may be the toolkit's, a wheel's, one of Python packages or the libraries' own.
std::vector<std::string> named_folders() {
  std::vector<std::string> folders;
  for (const std::string& path : split(variable("HEBB_CUDA_PATH"))) {
    for (const char* inside : {"", "/lib64", "/lib"}) add(folders, path + inside);
    add_matching(folders, path + "/nvidia/*/lib");
    add_matching(folders, path + "/*/lib");
  }
  return folders;
}

// Null, with the reason in `tried`, unless the file opens.
void* try_open(const std::string& path, std::string& tried) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    tried += "\n    " + (reason == nullptr ? path + ": does not open" : std::string(reason));
  }
  return handle;
}

}  // namespace

std::vector<std::string> library_folders() {
  std::vector<std::string> folders = named_folders();
  for (const char* name : {"CUDA_HOME", "CUDA_PATH"}) {
    const std::string path = variable(name);
    if (!path.empty())
      for (const char* inside : {"/lib64", "/lib"}) add(folders, path + inside);
  }
  add(folders, "/usr/local/cuda/lib64");
  add_matching(folders, "/usr/local/cuda-1[23]*/lib64");
  for (const char* path : {"/opt/cuda/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib",
                           "/usr/local/nvidia/lib64", "/usr/local/lib"})
    add(folders, path);
  const std::string home = variable("HOME");
  for (const std::string& prefix : {variable("VIRTUAL_ENV"), variable("CONDA_PREFIX")})
    if (!prefix.empty()) add_wheels(folders, prefix);
  if (!home.empty()) add_wheels(folders, home + "/.local");
  for (const char* prefix : {"/usr/local", "/usr", "/opt/conda", "/opt/venv"}) add_wheels(folders, prefix);
  return folders;
}

OpenedLibrary open_library(const LibraryNames& wanted, const std::vector<std::string>& folders) {
  OpenedLibrary opened;
  std::string tried;
  const std::vector<std::string> named = named_folders();
  const auto attempt = [&](const std::string& path) {
    opened.handle = try_open(path, tried);
    opened.path = path;
    return opened.handle != nullptr;
  };
  for (const std::string& name : wanted.names)
    for (const std::string& folder : named)
      if (is_there(folder + "/" + name) && attempt(folder + "/" + name)) return opened;
  for (const std::string& name : wanted.names)
    if (attempt(name)) return opened;
  for (const std::string& name : wanted.names)
    for (const std::string& folder : folders)
      if (is_there(folder + "/" + name) && attempt(folder + "/" + name)) return opened;
  opened.path.clear();
  std::string text = std::string(wanted.what) + ": none of";
  for (const std::string& name : wanted.names) text += " " + name;
  text += " opens" + tried;
  opened.problem = text;
  return opened;
}

int open_beside(const std::string& path, const std::string& pattern) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return 0;  // where the system finds one, it finds the others
  glob_t found = {};
  int count = 0;
  if (glob((path.substr(0, slash + 1) + pattern).c_str(), 0, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; ++i) count += dlopen(found.gl_pathv[i], RTLD_NOW | RTLD_LOCAL) != nullptr;
  globfree(&found);
  return count;
}

}  // namespace hebb

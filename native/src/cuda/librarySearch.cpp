#include "cuda/librarySearch.h"

#include <dlfcn.h>
#include <glob.h>
#include <link.h>
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

// Where an opened library lies, which its name alone does not say.
std::string path_of(void* handle, const std::string& name) {
  link_map* map = nullptr;
  return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name[0] != '\0' ? map->l_name : name;
}

// The files that may be the library, and the names that the system looks for, in the order in which they are tried.
std::vector<std::string> candidates(const std::vector<std::string>& names, const std::vector<std::string>& folders) {
  std::vector<std::string> paths;
  const auto add_files = [&](const std::string& name, const std::vector<std::string>& in) {
    for (const std::string& folder : in)
      if (is_there(folder + "/" + name)) paths.push_back(folder + "/" + name);
  };
  const std::vector<std::string> named = named_folders();
  for (const std::string& name : names) add_files(name, named);
  for (const std::string& name : names) {
    paths.push_back(name);
    add_files(name, folders);
  }
  return paths;
}

// A variable with folders in it: "CUDA_HOME (/opt/cuda: no such folder)".
std::string variable_text(const char* name) {
  std::string value;
  for (const std::string& path : split(variable(name)))
    value += (value.empty() ? "" : ", ") + path + (is_folder(path) ? "" : ": no such folder");
  return std::string(name) + " (" + (value.empty() ? "not set" : value) + ")";
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

std::string search_text(const std::vector<std::string>& folders) {
  std::string text = "looked for in " + variable_text("HEBB_CUDA_PATH") + ", the system's search path, " +
                     variable_text("CUDA_HOME") + ", " + variable_text("CUDA_PATH") +
                     ", /usr/local/cuda*, /opt/cuda, the system's library folders, and NVIDIA's Python wheels "
                     "(lib/python3*/site-packages/nvidia/*/lib) in " +
                     variable_text("VIRTUAL_ENV") + ", " + variable_text("CONDA_PREFIX") +
                     ", ~/.local, /usr/local, /usr, /opt/conda, /opt/venv\n  of these there are:";
  for (const std::string& folder : folders) text += " " + folder;
  return text + (folders.empty() ? " none" : "");
}

OpenedLibrary open_library(const LibraryNames& wanted, const std::vector<std::string>& folders) {
  OpenedLibrary opened;
  std::string tried;
  for (const std::string& path : candidates(wanted.names, folders)) {
    opened.handle = try_open(path, tried);
    if (opened.handle == nullptr) continue;
    opened.path = path_of(opened.handle, path);
    return opened;
  }
  opened.problem = std::string(wanted.what) + ": none of";
  for (const std::string& name : wanted.names) opened.problem += " " + name;
  opened.problem += " opens" + tried;
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

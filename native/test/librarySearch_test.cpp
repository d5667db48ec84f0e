// Looking for NVIDIA's libraries, with stand-ins.
#include "cuda/librarySearch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

class LibrarySearch : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "hebb-search-XXXXXX";  // mkdtemp fills the X in
    root_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    unsetenv("HEBB_CUDA_PATH");
    fs::remove_all(root_);
  }
  void put(const fs::path& folder, const std::string& name) {
    fs::create_directories(root_ / folder);
    fs::copy_file(HEBB_STAND_IN, root_ / folder / name);
  }
  hebb::OpenedLibrary open(const std::vector<std::string>& names) {
    return hebb::open_library({"the stand-in", names}, hebb::library_folders());
  }
  void name_folders(const std::string& paths) { setenv("HEBB_CUDA_PATH", paths.c_str(), 1); }

  fs::path root_;
};

TEST_F(LibrarySearch, SaysWhatWasLookedFor) {
  const hebb::OpenedLibrary library = open({"libhebb-stand-in.so.13", "libhebb-stand-in.so.12"});
  EXPECT_EQ(library.handle, nullptr);
  EXPECT_NE(library.problem.find("the stand-in: none of libhebb-stand-in.so.13 libhebb-stand-in.so.12 opens"), std::string::npos);
  EXPECT_NE(library.problem.find("cannot open shared object file"), std::string::npos);
}

TEST_F(LibrarySearch, LooksInNamedFoldersAndTheirLibraries) {
  put("toolkit/lib64", "libhebb-stand-in-a.so.12");
  put("packages/nvidia/cu13/lib", "libhebb-stand-in-b.so.13");
  put("wheels/cudnn/lib", "libhebb-stand-in-c.so.9");
  name_folders((root_ / "toolkit").string() + ":" + (root_ / "packages").string() + ":" + (root_ / "wheels").string());
  for (const char* name : {"libhebb-stand-in-a.so.12", "libhebb-stand-in-b.so.13", "libhebb-stand-in-c.so.9"}) {
    const hebb::OpenedLibrary library = open({"libhebb-stand-in.so.99", name});
    EXPECT_NE(library.handle, nullptr) << library.problem;
    EXPECT_NE(library.path.find(root_.string()), std::string::npos);
  }
}

TEST_F(LibrarySearch, PrefersTheFirstName) {
  put("lib", "libhebb-stand-in-d.so.12");
  put("lib", "libhebb-stand-in-d.so.13");
  name_folders(root_.string());
  EXPECT_EQ(open({"libhebb-stand-in-d.so.13", "libhebb-stand-in-d.so.12"}).path,
            (root_ / "lib/libhebb-stand-in-d.so.13").string());
}

TEST_F(LibrarySearch, OpensWhatALibraryAsksForByName) {
  put("lib", "libhebb-stand-in-f.so.13");
  put("lib", "libhebb-stand-in-f-parts.so.13.0");
  const std::string path = (root_ / "lib/libhebb-stand-in-f.so.13").string();
  EXPECT_EQ(hebb::open_beside(path, "libhebb-stand-in-f-parts.so.*"), 1);
  EXPECT_EQ(hebb::open_beside(path, "libhebb-stand-in-none.so.*"), 0);
  EXPECT_EQ(hebb::open_beside("libhebb-stand-in-f.so.13", "*"), 0);
}

TEST_F(LibrarySearch, SaysWhyAFileDoesNotOpen) {
  fs::create_directories(root_ / "lib");
  std::ofstream(root_ / "lib/libhebb-stand-in-e.so") << "this is no library";
  name_folders(root_.string());
  const hebb::OpenedLibrary library = open({"libhebb-stand-in-e.so"});
  EXPECT_EQ(library.handle, nullptr);
  EXPECT_NE(library.problem.find((root_ / "lib/libhebb-stand-in-e.so").string()), std::string::npos);
}

TEST_F(LibrarySearch, NamesNoFolderThatIsNotThere) {
  name_folders("/no/such/folder:" + root_.string());
  const std::vector<std::string> folders = hebb::library_folders();
  EXPECT_EQ(std::find(folders.begin(), folders.end(), "/no/such/folder"), folders.end());
  EXPECT_NE(std::find(folders.begin(), folders.end(), root_.string()), folders.end());
}

}  // namespace

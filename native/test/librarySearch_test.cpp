// Looking for NVIDIA's libraries, with stand-ins.
#include "cuda/librarySearch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cuda/libraryPair.h"

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
  void put(const fs::path& folder, const std::string& name, const char* library = HEBB_STAND_IN) {
    fs::create_directories(root_ / folder);
    fs::copy_file(library, root_ / folder / name);
  }
  std::string at(const fs::path& path) const { return (root_ / path).string(); }
  hebb::OpenedLibrary open(const std::vector<std::string>& names) {
    return hebb::open_library({"the stand-in", names}, hebb::library_folders());
  }
  hebb::LibraryPair pair(const std::string& a, const std::string& b, const std::vector<fs::path>& in) {
    std::vector<std::string> folders;
    for (const fs::path& folder : in) folders.push_back(at(folder));
    return hebb::open_pair({{"products", {a + ".so.13", a + ".so.12"}}, "hebb_stand_in_cuda"},
                           {{"convolutions", {b + ".so.9"}}, "hebb_stand_in_cuda"}, folders);
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

TEST_F(LibrarySearch, PrefersTheFirstNameOverTheFirstPlace) {
  put("toolkit", "libhebb-stand-in-g.so.12");
  put("wheel", "libhebb-stand-in-g.so.13");
  const hebb::LibraryNames wanted = {"the stand-in", {"libhebb-stand-in-g.so.13", "libhebb-stand-in-g.so.12"}};
  const std::vector<std::string> folders = {at("toolkit"), at("wheel")};
  EXPECT_EQ(hebb::open_library(wanted, folders).path, at("wheel/libhebb-stand-in-g.so.13"));
  name_folders(at("toolkit"));
  EXPECT_EQ(hebb::open_library(wanted, folders).path, at("toolkit/libhebb-stand-in-g.so.12"));
}

TEST_F(LibrarySearch, TellsWhereItLooksWhereThereIsNothing) {
  name_folders("/no/such/folder");
  const std::string text = hebb::search_text({});
  EXPECT_NE(text.find("HEBB_CUDA_PATH (/no/such/folder: no such folder), the system's search path"), std::string::npos) << text;
  EXPECT_NE(text.find("/usr/local/cuda*"), std::string::npos);
  EXPECT_NE(text.find("of these there are: none"), std::string::npos);
  unsetenv("HEBB_CUDA_PATH");
  EXPECT_NE(hebb::search_text({"/a", "/b"}).find("HEBB_CUDA_PATH (not set)"), std::string::npos);
  EXPECT_NE(hebb::search_text({"/a", "/b"}).find("of these there are: /a /b"), std::string::npos);
}

TEST_F(LibrarySearch, PairsLibrariesOfOneCuda) {
  put("toolkit", "libhebb-h.so.13", HEBB_STAND_IN_13);
  put("wheel", "libhebb-h.so.12", HEBB_STAND_IN_12);
  put("wheel", "libhebb-i.so.9", HEBB_STAND_IN_12);
  const hebb::LibraryPair found = pair("libhebb-h", "libhebb-i", {"toolkit", "wheel"});
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.major, 12);
  EXPECT_EQ(found.first.path, at("wheel/libhebb-h.so.12"));
  EXPECT_EQ(found.second.path, at("wheel/libhebb-i.so.9"));
}

TEST_F(LibrarySearch, KeepsAPairThatMatches) {
  put("toolkit", "libhebb-j.so.13", HEBB_STAND_IN_13);
  put("wheel", "libhebb-j.so.12", HEBB_STAND_IN_12);
  put("wheel", "libhebb-k.so.9", HEBB_STAND_IN_13);
  const hebb::LibraryPair found = pair("libhebb-j", "libhebb-k", {"wheel", "toolkit"});
  EXPECT_EQ(found.major, 13);
  EXPECT_EQ(found.first.path, at("toolkit/libhebb-j.so.13"));
}

TEST_F(LibrarySearch, SaysWhichLibrariesDoNotMatch) {
  put("toolkit", "libhebb-l.so.13", HEBB_STAND_IN_13);
  put("wheel", "libhebb-m.so.9", HEBB_STAND_IN_12);
  const std::string problem = pair("libhebb-l", "libhebb-m", {"toolkit", "wheel"}).problem;
  EXPECT_NE(problem.find("convolutions (" + at("wheel/libhebb-m.so.9") + ") is built for CUDA 12"), std::string::npos) << problem;
  EXPECT_NE(problem.find("products (" + at("toolkit/libhebb-l.so.13") + ") is built for CUDA 13"), std::string::npos) << problem;
  EXPECT_NE(problem.find("HEBB_CUDA_PATH"), std::string::npos);
}

TEST_F(LibrarySearch, SaysWhichHalfOfAPairIsMissingOrDoesNotTell) {
  put("wheel", "libhebb-n.so.13", HEBB_STAND_IN);
  put("wheel", "libhebb-o.so.9", HEBB_STAND_IN_13);
  EXPECT_EQ(pair("libhebb-n", "libhebb-o", {"wheel"}).problem,
            "\n  products: " + at("wheel/libhebb-n.so.13") + " lacks hebb_stand_in_cuda");
  EXPECT_NE(pair("libhebb-n", "libhebb-none", {"wheel"}).problem.find("convolutions: none of libhebb-none.so.9 opens"),
            std::string::npos);
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

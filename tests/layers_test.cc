// SPDX-License-Identifier: BSD-2-Clause
//
// The layers of src/ as a build failure. The linker already refuses a call sideways or up, but
// only where a symbol is used: a header of types and templates slips through it. So the list
// that CMake builds the libraries from is read again here, and every #include is held to it.
// The second rule has no help from the linker at all: only src/sys speaks to the kernel, and
// src/init, which is a program of its own without libraries. The third one the linker would break
// in silence: of two types of one name it keeps one's inline functions for both.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace gaol {
namespace {

namespace fs = std::filesystem;

// A folder of src/ to the folders below it. Folders that are no layer hold programs.
using Layers = std::map<std::string, std::set<std::string>, std::less<>>;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Lines of `layer:neighbour;neighbour`, as cmake/gaol.cmake collects them. Libraries are linked
// with what they link, so what a neighbour may use is below us too.
Layers parse_layers(std::string_view text) {
  Layers layers;
  for (auto line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto colon = line.find(':');
    auto& below = layers[std::string(line.substr(0, colon))];
    for (auto name : split(line.substr(colon + 1), ';'))
      if (!name.empty()) below.emplace(name);
  }
  for (const auto& [middle, reached] : layers)
    for (auto& [name, below] : layers)
      if (below.contains(middle)) below.insert(reached.begin(), reached.end());
  return layers;
}

// The text with comments and the insides of literals blanked out, line breaks kept.
std::string code_only(const std::string& text) {
  static const std::regex noise(R"(//[^\n]*|/\*[^]*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')");
  std::string out;
  auto copied = text.begin();
  for (std::sregex_iterator it(text.begin(), text.end(), noise), end; it != end; ++it) {
    out.append(copied, (*it)[0].first);
    for (const char c : it->str()) out.push_back(c == '\n' ? '\n' : ' ');
    copied = (*it)[0].second;
  }
  return out.append(copied, text.end());
}

std::string at_line(const std::string& text, std::ptrdiff_t position) {
  return std::to_string(std::count(text.begin(), text.begin() + position, '\n') + 1);
}

// One complaint per #include in `text`, a file of folder `from`, that `layers` does not allow.
std::vector<std::string> wrong_includes(const Layers& layers, const std::string& from,
                                        const std::string& text) {
  static const std::regex include(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*"([^"/]+)/[^"]*")re");
  const auto own = layers.find(from);
  std::vector<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
    const std::string to = it->str(1);
    const bool below = own == layers.end() ? layers.contains(to) : own->second.contains(to);
    if (to != from && !below)
      out.push_back(concat(at_line(text, it->position(1)), ": ", from, " may not use ", to));
  }
  return out;
}

// Calls that reach the kernel, by the names their wrappers have in libc. Writing to an open
// descriptor and asking for one's own ids are left to everybody.
constexpr std::string_view kKernelCalls =
    "accept4?|access|adjtime|bind|bpf|capset|chdir|chmod|chown|chroot|clone3?|connect|creat|dup[23]"
    "?|"
    "exec[lv]p?e?|execveat|faccessat|fchdir|fchmod(?:at)?|fchown(?:at)?|fcntl|flock|fork|fstat(?:"
    "at)?|"
    "ftruncate|inotify_\\w+|ioctl|kill|lchown|link(?:at)?|listen|lstat|mkdir(?:at)?|mknod(?:at)?|"
    "mmap|"
    "mount|open(?:at2?|dir|64)?|pidfd_\\w+|pipe2?|pivot_root|poll|posix_spawnp?|ppoll|prctl|ptrace|"
    "readlink(?:at)?|recv(?:from|msg)?|rename(?:at2?)?|rmdir|send(?:to|msg)?|setdomainname|"
    "set(?:e|re|res|fs)?[ug]id|setgroups|sethostname|setns|set[pr]?limit|setsid|setsockopt|"
    "shutdown|"
    "signalfd|socket(?:pair)?|stat(?:x|fs|vfs)?|symlink(?:at)?|sync|syscall|system|truncate|umask|"
    "umount2?|unlink(?:at)?|unshare|utimensat|vfork|waitid|waitpid";

// One complaint per such call in `text`: `::mount(`, and `syscall(` with or without the colons.
std::vector<std::string> kernel_calls(const std::string& text) {
  static const std::regex call("(?:^|[^\\w>:])(::(?:" + std::string(kKernelCalls) +
                               ")|syscall)[ \t\n]*\\(");
  const std::string code = code_only(text);
  std::vector<std::string> out;
  for (std::sregex_iterator it(code.begin(), code.end(), call), end; it != end; ++it)
    out.push_back(concat(at_line(code, it->position(1)), ": calls ", it->str(1)));
  return out;
}

// The types that a header defines for its whole folder.
std::vector<std::string> types_of(const std::string& text) {
  static const std::regex type(R"((?:^|\n)(?:class|struct|enum class|enum) (\w+)[^;{(]*\{)");
  const std::string code = code_only(text);
  std::vector<std::string> out;
  for (std::sregex_iterator it(code.begin(), code.end(), type), end; it != end; ++it)
    out.push_back(it->str(1));
  return out;
}

struct SourceFile {
  std::string name;    // below src/: jail/conf.cc
  std::string folder;  // jail
  std::string text;
};

std::vector<SourceFile> sources() {
  constexpr std::array<std::string_view, 3> kEndings = {".h", ".cc", ".c"};
  const fs::path root = fs::path(GAOL_SOURCE_DIR) / "src";
  std::vector<SourceFile> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path name = entry.path().lexically_relative(root);
    // Tests may use and call what they like.
    if (name.stem().string().ends_with("_test")) continue;
    if (!std::ranges::count(kEndings, name.extension().string())) continue;
    out.push_back({name.string(), name.begin()->string(), read(entry.path())});
  }
  std::ranges::sort(out, {}, &SourceFile::name);
  return out;
}

Layers layers_of_this_build() {
  return parse_layers(read(fs::path(GAOL_BIN_DIR).parent_path() / "layers.txt"));
}

TEST(Layers, FormNoCircle) {
  const Layers layers = layers_of_this_build();
  EXPECT_TRUE(layers.contains("base")) << "no list of layers in the build directory";
  for (const auto& [name, below] : layers) EXPECT_FALSE(below.contains(name)) << name;
}

TEST(Layers, IncludesGoOnlyDown) {
  const Layers layers = layers_of_this_build();
  for (const auto& file : sources())
    for (const auto& complaint : wrong_includes(layers, file.folder, file.text))
      ADD_FAILURE() << "src/" << file.name << ":" << complaint;
}

TEST(Layers, OnlySysAndInitCallTheKernel) {
  for (const auto& file : sources()) {
    if (file.folder == "sys" || file.folder == "init") continue;
    for (const auto& complaint : kernel_calls(file.text))
      ADD_FAILURE() << "src/" << file.name << ":" << complaint;
  }
}

TEST(Layers, EveryTypeHasItsName) {
  std::map<std::string, std::string> homes;  // of folder/Type
  for (const auto& file : sources()) {
    if (!file.name.ends_with(".h")) continue;
    for (const auto& type : types_of(file.text)) {
      const auto [other, fresh] = homes.emplace(file.folder + "/" + type, file.name);
      if (!fresh)
        ADD_FAILURE() << "src/" << file.name << ": " << type << " is in " << other->second;
    }
  }
}

TEST(LayersTestItself, SeesIncludesSidewaysAndUp) {
  const Layers layers = parse_layers("base:\nsys:base\nnet:sys\ndataset:sys\njail:net;dataset\n");
  struct {
    const char* from;
    const char* text;
    std::vector<std::string> complaints;
  } const cases[] = {
      {"net", "#include \"net/addr.h\"\n#include \"base/text.h\"\n#include <sys/mount.h>\n", {}},
      {"jail", "#include \"base/text.h\"\n", {}},
      {"tools", "#include \"jail/conf.h\"\n", {}},
      {"net", "\n#include \"dataset/dir.h\"\n", {"2: net may not use dataset"}},
      {"sys", "#include \"base/x.h\"\n # include \"jail/x.h\"\n", {"2: sys may not use jail"}},
      {"jail", "#include \"tools/print.h\"\n", {"1: jail may not use tools"}},
      {"tools", "#include \"init/init.h\"\n", {"1: tools may not use init"}},
  };
  for (const auto& c : cases) EXPECT_EQ(wrong_includes(layers, c.from, c.text), c.complaints);
}

TEST(LayersTestItself, SeesTypes) {
  struct {
    const char* text;
    std::vector<std::string> types;
  } const cases[] = {
      {"struct Later;\nenum class Kind : int { a };\nclass Some final : public Other {\n};\n",
       {"Kind", "Some"}},
      {"// struct Old {\nstruct New { struct Inner {}; };\n  struct Within {};\n", {"New"}},
      {"struct stat is_this(int);\nvoid f() {\n}\n", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(types_of(c.text), c.types) << c.text;
}

TEST(LayersTestItself, SeesCallsToTheKernel) {
  struct {
    const char* text;
    std::vector<std::string> complaints;
  } const cases[] = {
      {"kernel.open(path); sys::mount(x); Kernel::open(p); ::write(1, p, n); reopen(p);", {}},
      {"// ::mount(a)\n/* ::open(b)\n */ say(\"::open(\");", {}},
      {"int fd = ::open(path, 0);", {"1: calls ::open"}},
      {"\nreturn syscall(SYS_openat2, fd);", {"2: calls syscall"}},
      {"'\"'; if (::umount2(p, 0)) ::syscall(1);", {"1: calls ::umount2", "1: calls ::syscall"}},
  };
  for (const auto& c : cases) EXPECT_EQ(kernel_calls(c.text), c.complaints) << c.text;
}

}  // namespace
}  // namespace gaol

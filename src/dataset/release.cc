// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/release.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <iterator>

#include "base/suggest.h"
#include "dataset/dataset.h"
#include "dataset/rc_files.h"
#include "dataset/watched.h"
#include "host/facts.h"
#include "sys/kernel.h"
#include "sys/program.h"
#include "sys/tree.h"
#include "sys/tree_writer.h"

namespace gaol::dataset {

namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// A word that is safe as a file name and as an argument.
bool plain_word(std::string_view word, std::string_view also) {
  const auto allowed = concat(kLetters, "0123456789.+_-", also);
  return !word.empty() && !word.starts_with('.') && !word.starts_with('-') &&
         word.find_first_not_of(allowed) == word.npos;
}

Result<> put_file(const std::string& root, const File& file) {
  auto& kernel = sys::real_kernel();
  const auto path = concat(root, file.path);
  const sys::Fd made = TRY(kernel.open(path, O_WRONLY | O_CREAT | O_EXCL, file.mode));
  return kernel.write_file(path, file.text);
}

// What a jail mounts on, and what programs expect to be there.
constexpr Directory kMountPoints[] = {
    {"dev", 0755}, {"proc", 0555}, {"run", 0755}, {"sys", 0555}, {"tmp", 01777},
};

bool there(const sys::Fd& tree, const std::string& path) {
  const auto found = sys::open_here(tree, path, O_PATH | O_NOFOLLOW);
  return found || found.error().code != ENOENT;
}

sys::Attributes of_root(unsigned mode) {
  return {.mode = mode, .uid = 0, .gid = 0, .modified = {std::time(nullptr), 0}, .extended = {}};
}

Result<> put(sys::TreeWriter& writer, const std::string& path, const File& file) {
  const sys::Fd made = TRY(writer.file(path));
  TRY(sys::write_at(made, file.text, 0));
  return sys::finish_file(made, file.text.size(), of_root(file.mode));
}

std::vector<std::string> environment() {
  std::vector<std::string> out = {"LC_ALL=C.UTF-8", "HOME=/root",
                                  "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  for (const char* name : {"http_proxy", "https_proxy", "no_proxy"})
    if (const char* value = std::getenv(name)) out.push_back(concat(name, "=", value));
  return out;
}

// What apt on this machine would ask for packages of `suite`.
std::vector<std::string> sources_of_this_machine(const std::string& suite) {
  auto& kernel = sys::real_kernel();
  const std::string directory = "/etc/apt/sources.list.d";
  std::vector<std::string> files = {"/etc/apt/sources.list"}, all;
  if (const auto names = kernel.list_dir(directory))
    for (const auto& name : *names) files.push_back(concat(directory, "/", name));
  for (const auto& file : files) {
    const bool deb822 = file.ends_with(".sources");
    if (!deb822 && !file.ends_with(".list")) continue;
    const auto text = kernel.read_file(file);
    if (text) std::ranges::copy(apt_entries(*text, deb822, suite), std::back_inserter(all));
  }
  return all;
}

// What mmdebstrap needs beside itself where it has to know by a suite's name alone where its
// packages are and whose signature they must have.
struct Need {
  std::string_view suites, file, package;
};
constexpr std::string_view kUbuntu = "focal jammy noble plucky questing";
constexpr Need kNeeds[] = {
    {"buster bullseye bookworm trixie forky sid oldstable stable testing unstable",
     "/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"},
    {kUbuntu, "/usr/share/keyrings/ubuntu-archive-keyring.gpg", "ubuntu-keyring"},
    {kUbuntu, "/usr/share/distro-info/ubuntu.csv", "distro-info-data"},
};

// Of a name that nobody knows no package source has anything, reached or not.
Result<> check_known(const std::string& suite) {
  std::vector<std::string_view> known;
  for (const auto& need : kNeeds) std::ranges::copy(words(need.suites), std::back_inserter(known));
  if (std::ranges::find(known, suite) != known.end()) return {};
  return fail(
      Error{ENOENT,
            concat(suite, ": no source of this machine carries it, and no release is known ",
                   "to be called so", did_you_mean(suite, known)),
            {}});
}

// Before anything is made; tells which keys will be asked.
Result<> check_needs(const std::string& suite, const Progress& progress) {
  TRY(check_known(suite));
  std::string keys;
  for (const auto& need : kNeeds) {
    const auto suites = words(need.suites);
    if (std::ranges::find(suites, suite) == suites.end()) continue;
    if (!sys::real_kernel().exists(need.file.data()))
      return fail(Error{
          ENOENT,
          concat(suite, ": no source of this machine carries it, and there is no ", need.file),
          concat("apt install ", need.package)});
    if (need.file.ends_with(".gpg")) keys = concat(", signed by the keys of ", need.file);
  }
  progress(concat("no source of this machine carries ", suite, ": using mmdebstrap's own", keys));
  return {};
}

sys::Command mmdebstrap(const Fetch& what, const std::string& target,
                        const std::vector<std::string>& sources) {
  sys::Command command;
  command.argv = alone();
  for (const char* word :
       {"mmdebstrap", "--mode=root", "--format=directory", "--variant=minbase",
        "--aptopt=Acquire::Languages \"none\"",
        // Directories stay: some packages put links there when they are installed.
        "--dpkgopt=path-exclude=/usr/share/man/*/*", "--dpkgopt=path-exclude=/usr/share/locale/*/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*/*",
        "--dpkgopt=path-include=/usr/share/doc/*/copyright"})
    command.argv.emplace_back(word);
  if (!what.include.empty()) command.argv.push_back(concat("--include=", join(what.include, ",")));
  command.argv.push_back(what.suite);
  command.argv.push_back(target);
  std::ranges::copy(sources, std::back_inserter(command.argv));
  command.environment = environment();
  return command;
}

// What the machine that built it left in the tree: its name, and device nodes that a jail's own
// /dev covers.
Result<> make_neutral(const std::string& root) {
  auto& kernel = sys::real_kernel();
  if (auto gone = kernel.remove_file(concat(root, "/etc/hostname"));
      !gone && gone.error().code != ENOENT)
    return gone;
  const auto tree = TRY(sys::open_dir(root));
  TRY(sys::remove_tree(tree, "dev"));
  return kernel.make_dir(concat(root, "/dev"), 0755);
}

Error failure(std::string_view output) {
  Error error{0, concat("mmdebstrap: ", first_error(output)), {}};
  if (output.contains("NO_PUBKEY")) error.hint = "its makers' keys are not in /usr/share/keyrings";
  return error;
}

Result<> check_words(const Fetch& what) {
  if (!plain_word(what.suite, "")) return fail("suite \"", what.suite, "\": not a suite's name");
  for (const auto& package : what.include)
    if (!plain_word(package, ":=~")) return fail("include \"", package, "\": not a package's name");
  return {};
}

Result<> run_busybox(std::vector<std::string> arguments) {
  const auto answer = TRY(sys::run_program(std::move(arguments)));
  if (answer.status != 0) return fail("busybox: ", trim(answer.text));
  return {};
}

Result<> fill_builtin(const std::string& root) {
  auto& kernel = sys::real_kernel();
  for (const auto& directory : kBuiltinDirectories) {
    const auto path = concat(root, directory.path);
    TRY(kernel.make_dir(path, directory.mode));
    TRY(sys::set_mode(path, directory.mode));  // /tmp, whatever our umask is
  }
  for (const auto& [target, link] : {std::pair{"bin", "/sbin"}, std::pair{"../bin", "/usr/bin"},
                                     std::pair{"../bin", "/usr/sbin"}})
    TRY(kernel.make_symlink(target, concat(root, link)));
  for (const auto& file : kBuiltinFiles) TRY(put_file(root, file));
  const auto busybox = kernel.read_file("/bin/busybox");
  if (!busybox) return fail(Error(busybox.error()).advise("apt install busybox-static"));
  TRY(put_file(root, {"/bin/busybox", 0755, *busybox}));
  // In the tree itself, where a busybox that needs shared libraries cannot even start.
  auto linked =
      run_busybox({"/bin/busybox", "chroot", root, "/bin/busybox", "--install", "-s", "/bin"});
  if (!linked) return fail(std::move(linked).error().advise("apt install busybox-static"));
  const auto tree = TRY(sys::open_dir(root));
  return complete(tree, [](std::string_view) {});
}

}  // namespace

// Whoever made the tree may have put links anywhere: all of this goes through no path of it.
Result<> complete(const sys::Fd& tree, const Progress& progress) {
  sys::TreeWriter writer(tree);
  for (const auto& directory : kMountPoints) {
    const std::string path(directory.path);
    if (!there(tree, path)) TRY(writer.directory(path, of_root(directory.mode)));
  }
  if (!sys::open_here(tree, "etc", O_PATH | O_DIRECTORY)) {
    progress("it has no /etc: jails of it need an exec.start of their own");
    return {};
  }
  for (const auto& file : kRcFiles) {
    const std::string path(file.path.substr(1));
    if (!there(tree, path)) TRY(put(writer, path, file));
  }
  return {};
}

bool nobody_answered(std::string_view output) {
  const auto update = output.find("I: running apt-get update");
  if (update == output.npos) return false;
  const auto rest = output.substr(update);
  const bool went_on = rest.contains("I: downloading packages");
  const bool distrusted = rest.contains("GPG error") || rest.contains("is not signed");
  return rest.contains("E: Failed to fetch") && !went_on && !distrusted;
}

std::string first_error(std::string_view output) {
  for (const std::string_view mark : {"E: ", "dpkg: error", "error: "})
    for (const auto line : split(output, '\n'))
      if (line.starts_with(mark)) return std::string(line.substr(mark == "E: " ? mark.size() : 0));
  return "failed";
}

Result<std::string> release_path(const std::string& root, const std::string& name) {
  if (!plain_word(name, "")) return fail("release \"", name, "\": not a name");
  return concat(root, "/", name);
}

Result<> fetch(const Fetch& what, const Progress& progress) {
  TRY(check_words(what));
  const auto path = TRY(release_path(what.root, what.name));
  if (host::find_program("mmdebstrap").empty()) {
    Error error{ENOENT, "mmdebstrap is not installed", {}};
    return fail(std::move(error).advise("apt install mmdebstrap, or: gaol release builtin"));
  }
  const auto sources = sources_of_this_machine(what.suite);
  if (sources.empty()) TRY(check_needs(what.suite, progress));
  bool silent = false;  // nobody answered
  const auto fill = [&](const std::string& dir) -> Result<> {
    Watched program(mmdebstrap(what, dir, sources), progress);
    const int status = TRY(program.run());
    silent = status != 0 && nobody_answered(program.text());
    if (status != 0) return fail(failure(program.text()));
    TRY(make_neutral(dir));
    const auto tree = TRY(sys::open_dir(dir));
    return complete(tree, progress);
  };
  auto built = build(
      path, concat(what.suite, what.include.empty() ? "" : " + ", join(what.include, " ")), fill);
  if (!silent) return built;
  progress(concat("no source of packages could be reached: ", what.name,
                  " is the built-in release, without packages"));
  return builtin(what.root, what.name);
}

Result<> builtin(const std::string& root, const std::string& name) {
  const auto path = TRY(release_path(root, name));
  return build(path, "busybox", fill_builtin);
}

}  // namespace gaol::dataset

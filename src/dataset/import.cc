// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/import.h"

#include <fcntl.h>

#include <cerrno>
#include <ctime>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/rc_files.h"
#include "dataset/release.h"
#include "sys/helper.h"
#include "sys/tree_writer.h"

namespace gaol::dataset {

namespace {

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
  return writer.finish(made, file.text.size(), of_root(file.mode));
}

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

// Runs gaol-archive; its words begin with what it is to do.
Result<> run_archive(const std::vector<std::string>& words, const std::string& scratch,
                     const Progress& progress) {
  sys::Command command;
  command.argv = alone();
  command.argv.push_back(TRY(sys::helper_path(sys::real_kernel(), "gaol-archive")));
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  Watched helper(std::move(command), progress);
  const int status = TRY(helper.run(scratch));
  if (status == 0) return {};
  if (helper.rest().empty()) return fail("gaol-archive ended with wait status ", status);
  return fail(helper.rest());
}

std::string last_name(const std::string& path) {
  return path == "-" ? "standard input" : path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<std::string> import(const Import& what, const Progress& progress) {
  std::string conf;
  const auto sort_out = [&](std::string_view line) {
    if (line.starts_with('\t'))
      conf.append(line.substr(1)).append("\n");
    else
      progress(line);
  };
  const auto fill = [&](const std::string& dir) -> Result<> {
    TRY(run_archive({"unpack", dir, concat(what.mebibytes), what.platform, what.image, what.file},
                    dir, sort_out));
    const auto tree = TRY(sys::open_dir(dir));
    return complete(tree, progress);
  };
  TRY(build(what.path, last_name(what.file), fill));
  return conf;
}

Result<> export_tree(const Export& what, const Progress& progress) {
  auto& kernel = sys::real_kernel();
  if (kernel.exists(what.file.c_str())) return fail_errno(EEXIST, what.file);
  const auto part = concat(what.file, ".part");
  const Tree tree = TRY(resolve(what.path));
  auto packed =
      run_archive({"pack", tree.path, tree.lower, part, what.name, what.conf}, "/run", progress);
  if (packed) packed = sys::rename_new(part, what.file);
  if (!packed && kernel.exists(part.c_str())) (void)kernel.remove_file(part);
  return packed;
}

}  // namespace gaol::dataset

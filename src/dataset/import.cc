// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/import.h"

#include <fcntl.h>

#include <ctime>

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

Result<> unpack(const Import& what, const std::string& dir, const Progress& progress) {
  sys::Command command;
  command.argv = alone();
  const auto program = TRY(sys::helper_path(sys::real_kernel(), "gaol-archive"));
  for (const auto& word : {program, std::string("unpack"), dir, concat(what.mebibytes),
                           what.platform, what.image, what.file})
    command.argv.push_back(word);
  Watched helper(std::move(command), progress);
  const int status = TRY(helper.run(dir));
  if (status == 0) return {};
  if (helper.rest().empty()) return fail("gaol-archive ended with wait status ", status);
  return fail(helper.rest());
}

std::string last_name(const std::string& path) {
  return path == "-" ? "standard input" : path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<> import(const Import& what, const Progress& progress) {
  const auto path = TRY(release_path(what.root, what.name));
  return build(path, last_name(what.file), [&](const std::string& dir) -> Result<> {
    TRY(unpack(what, dir, progress));
    const auto tree = TRY(sys::open_dir(dir));
    return complete(tree, progress);
  });
}

}  // namespace gaol::dataset

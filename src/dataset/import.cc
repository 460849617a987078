// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/import.h"

#include <cerrno>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/release.h"
#include "sys/helper.h"

namespace gaol::dataset {

namespace {

std::string last_name(const std::string& path) {
  return path == "-" ? "standard input" : path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<> run_archive(const std::vector<std::string>& words, const Progress& progress) {
  sys::Command command;
  command.argv = alone();
  command.argv.push_back(TRY(sys::helper_path(sys::real_kernel(), "gaol-archive")));
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  Watched helper(std::move(command), progress);
  const int status = TRY(helper.run());
  if (status == 0) return {};
  if (helper.rest().empty()) return fail("gaol-archive ended with wait status ", status);
  return fail(helper.rest());
}

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
                    sort_out));
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
  const auto ground = TRY(ground_of(what.path));
  if (!ground.empty() && !TRY(resolve(what.path)).thin())
    return fail(what.path, ": is a basejail: the rest of it is in ", ground);
  const auto pack = [&](const Tree& tree) {
    return run_archive(
        {"pack", tree.path, tree.lower, concat(tree.owners), part, what.name, what.conf}, progress);
  };
  auto packed = what.live ? as_of_now(what.path, pack) : pack(TRY(resolve(what.path)));
  if (packed) packed = sys::rename_new(part, what.file);
  if (!packed && kernel.exists(part.c_str())) (void)kernel.remove_file(part);
  return packed;
}

}  // namespace gaol::dataset

// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/import.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/driver.h"
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

namespace {

constexpr std::string_view kZip = ".zip";

// What iocage wrote holds the datasets of a jail, each as `zfs send` gave it and named by the path
// that had on its machine: NAME_DATE, with config.json, and NAME_DATE_root, the tree. Others are
// called so as well, by names that do not tell where they were.
struct Streams {
  std::string jail;
  std::string tree() const { return jail + "_root"; }
};

Result<Streams> streams_in(std::vector<std::string> names) {
  std::ranges::sort(names);
  if (names.size() < 2 || names[1] != Streams{names[0]}.tree())
    return fail("not a jail as iocage exports it");
  if (names.size() > 2)
    return fail(Error{0, concat("has datasets below root: ", names[2]),
                      "unpack it and `zfs receive` them"});
  return Streams{names[0]};
}

// The hexadecimal digits that iocage has put beside it; empty: none.
std::string sum_of(const std::string& file) {
  const auto beside = concat(file.substr(0, file.size() - kZip.size()), ".sha256");
  return std::string(trim(sys::real_kernel().read_file(beside).value_or("")));
}

class Iocage {
 public:
  Iocage(const Import& what, Driver& driver) : what_(what), driver_(driver) {}

  // Into the empty tree at `dir`; the statements of jail.conf that came with it.
  Result<std::string> fill(const std::string& dir) {
    std::vector<std::string> names;
    TRY(run_archive({"members", dir, what_.file, sum_of(what_.file)},
                    [&](std::string_view line) { names.emplace_back(line); }));
    const auto streams = TRY(streams_in(std::move(names)));
    TRY(receive(dir, streams.tree()));
    return settings(concat(dir, ":settings"), streams.jail);
  }

 private:
  // The sender is in our mount namespace, for one of its own would keep the tree mounted.
  Result<> receive(const std::string& dir, const std::string& stream) {
    const auto helper = TRY(sys::helper_path(sys::real_kernel(), "gaol-archive"));
    return driver_.receive_from(dir, {helper, "member", split_place(dir).store, what_.file, stream,
                                      concat(what_.mebibytes)});
  }

  Result<std::string> settings(const std::string& dir, const std::string& stream) {
    std::string conf;
    auto read = receive(dir, stream);
    if (read)
      read = run_archive({"settings", dir},
                         [&](std::string_view line) { conf.append(line.substr(1)).append("\n"); });
    auto removed = driver_.remove(dir);
    if (read) read = std::move(removed);
    if (!read) return fail(std::move(read).error());
    return conf;
  }

  const Import& what_;
  Driver& driver_;
};

Result<std::string> import_iocage(const Import& what) {
  const Place at = TRY(new_place(what.path));
  Driver& driver = *TRY(driver_at(at.store));
  std::string conf;
  const auto fill = [&](const std::string& dir) -> Result<> {
    auto filled = Iocage(what, driver).fill(dir);
    if (!filled) return fail(std::move(filled).error().in(what.file));
    conf = *std::move(filled);
    return {};
  };
  TRY(build(what.path, last_name(what.file), fill));
  return conf;
}

}  // namespace

Result<std::string> import(const Import& what, const Progress& progress) {
  if (what.file.ends_with(kZip)) return import_iocage(what);
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

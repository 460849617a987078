// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/update.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "dataset/dataset.h"
#include "sys/tree_writer.h"

namespace gaol::dataset {

namespace {

constexpr const char* kBefore = "gaol-update";  // the snapshot
constexpr const char* kJail = "gaol-update";

// A question would wait for ever; a changed configuration file stays as it is.
constexpr const char* kScript =
    "apt-get -q -o APT::Update::Error-Mode=any update && apt-get -qy -o Dpkg::Use-Pty=0 -o "
    "Dpkg::Options::=--force-confdef"
    " -o Dpkg::Options::=--force-confold dist-upgrade && apt-get -q clean &&"
    " rm -rf /var/lib/apt/lists/*";

Result<int> watch(std::vector<std::string> words, const Progress& progress) {
  sys::Command command;
  command.argv = std::move(words);
  command.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  Watched program(std::move(command), progress);
  return program.run();
}

std::vector<std::string> apt_in_jail(const Tools& tools) {
  std::vector<std::string> words = {tools.jexec, kJail, "/usr/bin/env", "LC_ALL=C.UTF-8",
                                    "DEBIAN_FRONTEND=noninteractive"};
  for (const char* name : {"http_proxy", "https_proxy", "no_proxy"})
    if (const char* value = std::getenv(name)) words.push_back(concat(name, "=", value));
  words.insert(words.end(), {"/bin/sh", "-c", kScript});
  return words;
}

// Where the host asks for names, the jail does.
Result<> put_resolver(const sys::Fd& tree) {
  const auto text = sys::real_kernel().read_file("/etc/resolv.conf");
  if (!text) return {};
  sys::TreeWriter writer(tree);
  const sys::Fd file = TRY(writer.file("etc/resolv.conf"));
  TRY(sys::write_at(file, *text, 0));
  return sys::finish_file(file, text->size(), {.mode = 0644, .modified = {std::time(nullptr), 0}});
}

Result<> run_apt(const std::string& path, const Tools& tools, const Progress& progress) {
  const auto tree = TRY(sys::open_dir(path));
  TRY(put_resolver(tree));
  const int started =
      TRY(watch({tools.jail, "-qc", concat("name=", kJail), concat("path=", path),
                 "host.hostname=update", "ip4=inherit", "ip6=inherit", "mount.devfs", "persist"},
                progress));
  if (started != 0) return fail("no jail for it");
  const auto status = watch(apt_in_jail(tools), progress);
  // With what a package's scripts have started.
  const int ended = TRY(watch({tools.jail, "-qr", kJail}, progress));
  if (TRY(status) != 0) return fail("apt failed");
  if (ended != 0) return fail("its jail did not end");
  return {};
}

Result<> go_back(const std::string& path) {
  TRY(rollback(path, kBefore, Newer::keep));
  return destroy_snapshot(path, kBefore);
}

Result<bool> cut_short(const std::string& path) {
  const auto all = TRY(snapshots(path));
  return std::ranges::find(all, kBefore, &Snapshot::label) != all.end();
}

}  // namespace

Result<> update(const std::string& path, const Tools& tools, const Progress& progress) {
  const auto tree = TRY(sys::open_dir(path));
  if (!sys::open_here(tree, "usr/bin/apt-get", O_PATH | O_NOFOLLOW))
    return fail(path, ": there is no apt in it to update it");
  if (TRY(cut_short(path))) {
    progress("an update was cut short: first back to before it");
    TRY(go_back(path));
  }
  TRY(snapshot(path, kBefore));
  auto updated = run_apt(path, tools, progress);
  if (updated) return destroy_snapshot(path, kBefore);
  TRY(go_back(path));
  return fail(std::move(updated).error().advise("the release is as it was"));
}

}  // namespace gaol::dataset

// SPDX-License-Identifier: BSD-2-Clause
//
// The default rulesets of FreeBSD, /etc/defaults/devfs.rules, in Linux's names. Of what stands
// there, `crypto` and `pf` have no node on Linux, and these are left out:
//   fuse     useless without allow.mount.fusefs, and then a wide door into the kernel
//   zfs      useless without allow.mount.zfs
//   console  FreeBSD shows none either; a jail's output goes to exec.consolelog
// pts and shm are directories to mount devpts and a tmpfs on.

#include "devfs/rules.h"

#include <iterator>

namespace gaol::devfs {
namespace {

constexpr int kJail = 4, kJailVnet = 5;

constexpr Node kBasic[] = {
    {"null", Kind::character, 1, 3, 0666},
    {"zero", Kind::character, 1, 5, 0666},
    {"full", Kind::character, 1, 7, 0666},
    {"random", Kind::character, 1, 8, 0666},
    {"urandom", Kind::character, 1, 9, 0666},
    {"tty", Kind::character, 5, 0, 0666},
    {"pts", Kind::directory, 0, 0, 0755},
    {"shm", Kind::directory, 0, 0, 01777},
    {.name = "ptmx", .kind = Kind::symlink, .target = "pts/ptmx"},
    {.name = "fd", .kind = Kind::symlink, .target = "/proc/self/fd"},
    {.name = "stdin", .kind = Kind::symlink, .target = "/proc/self/fd/0"},
    {.name = "stdout", .kind = Kind::symlink, .target = "/proc/self/fd/1"},
    {.name = "stderr", .kind = Kind::symlink, .target = "/proc/self/fd/2"},
};

// tun(4) clones itself on FreeBSD; on Linux this node makes interfaces, for those who hold
// CAP_NET_ADMIN over their network stack.
constexpr Node kVnet[] = {
    {"net", Kind::directory, 0, 0, 0755},
    {"net/tun", Kind::character, 10, 200, 0666},
};

}  // namespace

Result<std::vector<Node>> nodes(int ruleset) {
  if (ruleset == 0) ruleset = kJail;
  if (ruleset != kJail && ruleset != kJailVnet) {
    return fail("devfs_ruleset ", ruleset, ": no such ruleset");
  }
  std::vector<Node> out(std::begin(kBasic), std::end(kBasic));
  if (ruleset == kJailVnet) out.insert(out.end(), std::begin(kVnet), std::end(kVnet));
  return out;
}

}  // namespace gaol::devfs

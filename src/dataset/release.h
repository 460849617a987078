// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Releases: the base trees that jails are made from.
//
// FreeBSD fetches the archives of a release from its own servers. Here the base is Debian's or
// one of its relatives', built by mmdebstrap from whatever package sources this machine itself
// is configured to use; where none can be reached there is a tiny tree around busybox. A release
// is a thick dataset below a root of its own, so it is listed, cloned and destroyed as one.
//
// Debian's base has no rc: both kinds get a small /etc/rc and /etc/rc.shutdown, so that the
// exec.start and exec.stop lines of FreeBSD's handbook hold. NAME_enable="YES" in /etc/rc.conf
// means /etc/init.d/NAME.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataset/watched.h"

namespace gaol::dataset {

inline constexpr const char* kReleaseRoot = "/var/db/gaol/releases";

// The path of a release. Refuses names that would lead elsewhere.
Result<std::string> release_path(const std::string& root, const std::string& name);

struct Fetch {
  std::string root = kReleaseRoot;
  std::string suite;                 // "bookworm"
  std::string name;                  // of the release
  std::vector<std::string> include;  // packages beyond the minimal base
};
// Builds a release of packages, which takes a while; when no source of packages answers, the
// built-in one stands in and `progress` is told so. Signatures are checked as apt always does,
// and a bad one is an error, never a reason to fall back.
Result<> fetch(const Fetch& what, const Progress& progress);

// Makes a release of the machine's static busybox.
Result<> builtin(const std::string& root, const std::string& name);

// Gives a tree what every release has and it has not: an /etc/rc and its company, and the
// directories that a jail mounts on. What it has of them stays.
Result<> complete(const sys::Fd& tree, const Progress& progress);

// Whether mmdebstrap, from what it printed, failed because no source of packages answered: it got
// no further than the package lists, and what it got was not a list with a bad signature.
bool nobody_answered(std::string_view output);

// What it gave as the reason for its failure: the first error of apt's, for those that follow are
// only its consequences; without one, dpkg's.
std::string first_error(std::string_view output);

// The entries of an apt source file that carry `suite`, its updates or its security fixes, each
// in one-line form: "deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main".
// `deb822` tells the stanzas of a .sources file from the lines of a .list file.
std::vector<std::string> apt_entries(std::string_view text, bool deb822, std::string_view suite);

}  // namespace gaol::dataset

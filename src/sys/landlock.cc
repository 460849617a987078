// SPDX-License-Identifier: BSD-2-Clause
//
// glibc has no wrappers for these calls, and the headers of Debian 12 end at ABI 3, before
// rulesets had a `scoped` field: so the structure is declared here. The kernel takes a longer or
// shorter one as long as what it does not know is zero.

#include "sys/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace gaol::sys {
namespace {

struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;
  uint64_t scoped = 0;
};

constexpr unsigned kAskVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION

}  // namespace

Result<int> landlock_abi() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  if (version >= 0) return static_cast<int>(version);
  const int code = errno;
  if (code == ENOSYS || code == EOPNOTSUPP) return 0;
  return fail_errno(code, "landlock: ask for the version");
}

Result<Fd> landlock_scope(uint64_t scoped) {
  const RulesetAttributes attributes{.scoped = scoped};
  const long raw = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (raw < 0) return fail_errno(errno, "landlock: create a ruleset");
  return Fd(static_cast<int>(raw));  // close-on-exec from birth, as all of Landlock's
}

int landlock_restrict_self(int ruleset) noexcept {
  return static_cast<int>(::syscall(SYS_landlock_restrict_self, ruleset, 0));
}

}  // namespace gaol::sys

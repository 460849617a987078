// SPDX-License-Identifier: BSD-2-Clause
#include "jail/compat_doc.h"

// A page about differences goes stale the day after it is written, unless it is the program
// that writes it. Prose stands here; every fact about a parameter comes from its row.

#include <algorithm>

#include "base/text.h"
#include "jail/params.h"

namespace gaol::jail {

namespace {

constexpr std::string_view kTypeWords[] = {"boolean",         "integer",        "string",
                                           "three-state",     "IPv4 addresses", "IPv6 addresses",
                                           "list of strings", "key=value lines"};
constexpr std::string_view kWhenWords[] = {"creation", "any time", "read-only", "jail(8)"};
constexpr std::string_view kLinuxWords[] = {"native", "emulated", "partial", "refused"};

constexpr std::string_view kIntroduction = R"(# FreeBSD's jails on Linux: what is the same

<!-- Written by gaol_docs from src/jail/params_table.cc; the tests compare the two. -->

gaol keeps FreeBSD's words. What stands behind a word differs, because Linux has no jail in its
kernel: a jail is put together from namespaces, cgroups, seccomp filters and BPF programs. This
page says for every parameter of jail(8) how far that goes in this version.

| Linux | meaning |
|---|---|
| native | the kernel has the very thing |
| emulated | the same effect by other means |
| partial | part of the effect; the last column says which |
| refused | an error when asked for, never silently ignored; the last column says why |

A refused parameter may still be set to what asks for nothing, such as `allow.nochflags` or
`allow.nosettime`, so that a configuration which spells out the defaults works unchanged.
Asking for more is answered before anything is touched:

```text
jail: www: allow.settime: not supported on this system: ...
```
)";

constexpr std::string_view kTableHead = R"(
*When*: set at **creation** only; changeable at **any time** with `jail -m`; **read-only**,
reported by jls(8); consumed by **jail(8)** itself and invisible to jls(8).
*Takes*: the values accepted in this version.

| parameter | what it is | type | default | when | takes | Linux | how, how far, or why not |
|---|---|---|---|---|---|---|---|
)";

constexpr std::string_view kDifferences = R"(
## What differs whatever the parameters say

- **Users.** Every jail has a user namespace: its root and its other users are nobody on the
  host, and no two jails share a user. Files of the jail's tree keep their owners on disk as on
  FreeBSD, because the tree is mounted with its ids mapped.
- **Process ids.** A jail has a PID namespace. Its processes have other numbers inside than on
  the host, and process 1 of the jail is a small init that collects orphans; on FreeBSD a pid is
  the same on both sides and a jail has no process 1.
- **/proc and /sys.** Linux programs do not work without them, so a jail whose tree has these
  directories finds them mounted, with what concerns the host masked or read-only.
- **Mounts.** All mounts of a jail live in its own mount namespace. The host does not see them,
  commands such as `exec.prestart` cannot look into them, and none is left behind when the jail
  goes. Mounts made inside never keep a jail *dying*.
- **Mounting inside.** Root in a jail has no CAP_SYS_ADMIN. With `allow.mount`, and
  `enforce_statfs` below 2, mount(8) and umount(8) work for the kinds that are permitted, by way
  of mount(2); the calls that mount by descriptor, fsopen(2) and its kin, are not there. What the
  jail mounted goes with it, and what root of the host mounts in its namespace is taken for its
  own.
- **Interfaces.** A jail on the host's network stack can bind, be reached at, and send from its
  own addresses only. What it sees of the stack is more than on FreeBSD: interfaces, addresses and
  routes can be listed, and the files of /proc/net tell which ports of the host are in use, by
  which uid, with the names of unix sockets. Linux has them below every process, where no mount can
  cover them. Sockets cannot be asked for by netlink, nor can packets be seen. A vnet jail sees its
  own stack and nothing else.
- **Loopback.** A jail on the host's stack that binds to 127.0.0.1 or ::1 gets its first address
  instead, as on FreeBSD; but what listens there is heard by the jail and the host alone, and other
  machines and jails are not let in. `ip4.addr` can name an address of the loopback itself.
- **jail(8).** `-r '*'` removes every running jail, those in no file last. `-cC` cleans up and then
  starts. A restart is refused before the stop if the configuration has an error, and names the
  jails it left stopped. Two blocks of one name are an error. What jails in the old style may do
  comes from `/etc/gaol.conf`, in lines such as `security.jail.allow_raw_sockets = 1`.
- **Wildcard sockets.** A jail with one address that binds to any address is bound to that one.
  With several it holds the port on all addresses of the host, though it receives only what was
  sent to its own; another program cannot bind the same port meanwhile.
- **Filters and privileges.** Permissions that are held by seccomp or by capabilities are fixed
  when a process starts. A change with `jail -m` holds for what is started afterwards.
- **ip4 and ip6 in listings.** `new` is reported as `new`; FreeBSD reports `disable`.
)";

std::string_view word(const auto& words, auto value) { return words[std::to_underlying(value)]; }

std::string code(std::string_view text) {
  return text.empty() ? std::string{} : concat("`", text, "`");
}

std::string taken(const Param& row) {
  if (row.when == When::readonly) return "";
  if (row.takes.empty()) return row.linux_means == Linux::refused ? "none" : "all";
  std::string out;
  for (auto value : words(row.takes)) out += concat(out.empty() ? "" : " ", code(value));
  return out;
}

std::string table_row(const Param& row) {
  return concat("| `", row.name, "` | ", row.manual, " | ", word(kTypeWords, row.type), " | ",
                code(row.standard), " | ", word(kWhenWords, row.when), " | ", taken(row), " | ",
                word(kLinuxWords, row.linux_means), " | ", row.note, " |\n");
}

// `109 parameters: 40 native, 20 emulated, 15 partial, 34 refused.`
std::string summary() {
  std::string out = concat("\n", registry().size(), " parameters");
  for (auto state : {Linux::native, Linux::emulated, Linux::partial, Linux::refused})
    out += concat(state == Linux::native ? ": " : ", ",
                  std::ranges::count(registry(), state, &Param::linux_means), " ",
                  word(kLinuxWords, state));
  return out + ".\n";
}

}  // namespace

std::string compat_doc() {
  std::string out = concat(kIntroduction, "\n## The parameters\n", summary(), kTableHead);
  for (const Param& row : registry()) out += table_row(row);
  out += kDifferences;
  return out;
}

}  // namespace gaol::jail

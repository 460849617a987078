// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The files a release gets beside its packages. FreeBSD's rc knows hundreds of services and
// their order; this one starts what rc.conf enables in the order it stands there, by the init
// scripts that Debian's packages bring.

#include <string_view>

namespace gaol::dataset {

struct File {
  std::string_view path;
  unsigned mode;
  std::string_view text;
};

// In every release.
inline constexpr File kRcFiles[] = {
    {"/etc/rc.subr", 0644, R"(# Shared by /etc/rc and /etc/rc.shutdown.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# The services that /etc/rc.conf enables, each once, in the order they stand there.
enabled() {
  [ -r /etc/rc.conf ] || return 0
  . /etc/rc.conf
  seen=' '
  for name in $(sed -n 's/^[[:space:]]*\([A-Za-z_][A-Za-z0-9_]*\)_enable=.*/\1/p' /etc/rc.conf); do
    case $seen in *" $name "*) continue ;; esac
    seen="$seen$name "
    eval "value=\$${name}_enable"
    case $value in [Yy][Ee][Ss] | [Tt][Rr][Uu][Ee] | [Oo][Nn] | 1) echo "$name" ;; esac
  done
}

# Runs a service's script. A variable's name cannot have the "-" that a script's may.
service() {
  script=/etc/init.d/$1
  [ -x "$script" ] || script=/etc/init.d/$(echo "$1" | tr _ -)
  if [ ! -x "$script" ]; then
    echo "$0: $1: there is no /etc/init.d/$1" >&2
  elif ! "$script" "$2"; then
    echo "$0: $1: $2 failed" >&2
  fi
}
)"},
    {"/etc/rc", 0755, R"(#!/bin/sh
# Starts what /etc/rc.conf enables: NAME_enable="YES" means /etc/init.d/NAME. A service that
# fails is reported and the others are started all the same.
. /etc/rc.subr
for name in $(enabled); do
  service "$name" start
done
exit 0
)"},
    {"/etc/rc.shutdown", 0755, R"(#!/bin/sh
# Stops what /etc/rc started, last first.
. /etc/rc.subr
for name in $(enabled); do
  reversed="$name $reversed"
done
for name in $reversed; do
  service "$name" stop
done
exit 0
)"},
    {"/etc/rc.conf", 0644, "# NAME_enable=\"YES\" starts /etc/init.d/NAME with the jail.\n"},
};

// In the built-in release only; a package brings its own.
inline constexpr File kBuiltinFiles[] = {
    {"/etc/passwd", 0644, R"(root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/:/bin/false
)"},
    {"/etc/shadow", 0600, "root:*:::::::\ndaemon:*:::::::\nwww-data:*:::::::\nnobody:*:::::::\n"},
    {"/etc/group", 0644, "root:x:0:\ndaemon:x:1:\ntty:x:5:\nwww-data:x:33:\nnogroup:x:65534:\n"},
    {"/etc/hosts", 0644, "127.0.0.1 localhost\n::1 localhost\n"},
    {"/etc/profile", 0644, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n"},
    {"/etc/shells", 0644, "/bin/sh\n"},
};

struct Directory {
  std::string_view path;
  unsigned mode;
};
inline constexpr Directory kBuiltinDirectories[] = {
    {"/bin", 0755},       {"/dev", 0755}, {"/etc", 0755},     {"/etc/init.d", 0755},
    {"/home", 0755},      {"/mnt", 0755}, {"/proc", 0555},    {"/root", 0700},
    {"/run", 0755},       {"/sys", 0555}, {"/tmp", 01777},    {"/usr", 0755},
    {"/usr/local", 0755}, {"/var", 0755}, {"/var/log", 0755}, {"/var/tmp", 01777},
    {"/var/www", 0755},
};

}  // namespace gaol::dataset

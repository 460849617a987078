// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The files a release gets beside its packages. FreeBSD's rc has its own scripts for hundreds of
// services; this one starts what rc.conf enables by the init scripts that Debian's packages bring.
// Order is what the scripts ask for, in LSB's headers or rcorder(8)'s, and where they ask for
// nothing that of rc.conf.

#include <string_view>

namespace gaol::dataset {

struct File {
  std::string_view path;
  unsigned mode;
  std::string_view text;
};

// In every release.
inline constexpr File kRcFiles[] = {
    {"/etc/rc.subr", 0644, R"sh(# Shared by /etc/rc, /etc/rc.shutdown and service.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

tell() { echo "$0: $*" >&2; }

# The services that the configuration enables, each once, in the order they stand there.
enabled() {
  set --
  for file in /etc/rc.conf /etc/rc.conf.local /etc/rc.conf.d/*; do
    [ -f "$file" ] && [ -r "$file" ] || continue
    . "$file"
    set -- "$@" "$file"
  done
  [ $# -gt 0 ] || return 0
  seen=' '
  for name in $(sed -n 's/^[[:space:]]*\([A-Za-z_][A-Za-z0-9_]*\)_enable=.*/\1/p' "$@"); do
    case $seen in *" $name "*) continue ;; esac
    seen="$seen$name "
    eval "value=\$${name}_enable"
    case $value in [Yy][Ee][Ss] | [Tt][Rr][Uu][Ee] | [Oo][Nn] | 1) echo "$name" ;; esac
  done
}

# A service's script. A variable's name cannot have the "-" that a script's may.
script_of() {
  for file in "/etc/init.d/$1" "/etc/init.d/$(echo "$1" | tr _ -)"; do
    if [ -x "$file" ]; then break; fi
  done
  echo "$file"
}

# The services of the input, each behind those that it asks for. In a circle the first goes first.
in_order() {
  while read -r name; do
    echo "service $name"
    script=$(script_of "$name")
    [ -r "$script" ] && sed -n '
      s/^# *Provides:/provides /p; s/^# *PROVIDE:/provides /p
      s/^# *Required-Start:/after /p; s/^# *Should-Start:/after /p; s/^# *REQUIRE:/after /p
      s/^# *X-Start-Before:/before /p; s/^# *BEFORE:/before /p' "$script"
  done | awk '
    $1 == "service" { name = names[++count] = $2; provider[name] = name; next }
    { for (i = 2; i <= NF; ++i)
        if ($1 == "provides") provider[$i] = name
        else { ++wishes; kind[wishes] = $1; wisher[wishes] = name; other[wishes] = $i } }
    function ready(who,  parts, i, n) {
      n = split(waits[who], parts, " ")
      for (i = 1; i <= n; ++i) if (!(parts[i] in done)) return 0
      return 1
    }
    function take(who) { print who; done[who]; ++taken }
    END {
      for (i = 1; i <= wishes; ++i) {
        if (!(other[i] in provider) || provider[other[i]] == wisher[i]) continue
        if (kind[i] == "after") waits[wisher[i]] = waits[wisher[i]] " " provider[other[i]]
        else waits[provider[other[i]]] = waits[provider[other[i]]] " " wisher[i]
      }
      while (taken < count) {
        first = ""
        for (i = 1; i <= count; ++i) {
          if (names[i] in done) continue
          if (first == "") first = names[i]
          if (ready(names[i])) { first = names[i]; break }
        }
        take(first)
      }
    }'
}

# Runs a service's script, and tells when it fails.
run_service() {
  script=$(script_of "$1")
  if [ ! -x "$script" ]; then
    tell "$1: there is no /etc/init.d/$1"
    return 1
  fi
  "$script" "$2" && return 0
  set -- "$1" "$2" $?
  tell "$1: $2 failed (exit status $3)"
  return "$3"
}

# Runs a script of the administrator's, which need not be executable.
run_local() {
  [ -f "$1" ] || return 0
  if [ -x "$1" ]; then "$1" "$2"; else sh "$1" "$2"; fi || tell "$1: failed (exit status $?)"
}
)sh"},
    {"/etc/rc", 0755, R"sh(#!/bin/sh
# Starts what /etc/rc.conf and /etc/rc.conf.d enable: NAME_enable="YES" means /etc/init.d/NAME. A
# service that fails is reported and the others are started all the same.
. /etc/rc.subr
for name in $(enabled | in_order); do
  run_service "$name" start
done
run_local /etc/rc.local start
exit 0
)sh"},
    {"/etc/rc.shutdown", 0755, R"sh(#!/bin/sh
# Stops what /etc/rc started, last first.
. /etc/rc.subr
run_local /etc/rc.shutdown.local stop
reversed=
for name in $(enabled | in_order); do
  reversed="$name $reversed"
done
for name in $reversed; do
  run_service "$name" stop
done
exit 0
)sh"},
    {"/usr/local/sbin/service", 0755, R"sh(#!/bin/sh
# FreeBSD's service(8) over Debian's scripts: onestart is start, whatever the configuration says, and
# so is start.
. /etc/rc.subr
case $#$1 in
  1-e) enabled | in_order | while read -r name; do script_of "$name"; done; exit 0 ;;
  1-l) ls /etc/init.d 2>/dev/null; exit 0 ;;
  [01]* | ?-*) echo 'usage: service -e | -l | NAME [one|force|quiet]COMMAND' >&2; exit 1 ;;
esac
case $2 in
  one[a-z]* | quiet[a-z]* | force[a-z]*) command=${2#one} command=${command#quiet}
    command=${command#force} ;;
  *) command=$2 ;;
esac
run_service "$1" "$command"
)sh"},
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
    {"/bin", 0755},       {"/dev", 0755},
    {"/etc", 0755},       {"/etc/init.d", 0755},
    {"/home", 0755},      {"/mnt", 0755},
    {"/proc", 0555},      {"/root", 0700},
    {"/run", 0755},       {"/sys", 0555},
    {"/tmp", 01777},      {"/usr", 0755},
    {"/usr/local", 0755}, {"/usr/local/sbin", 0755},
    {"/var", 0755},       {"/var/log", 0755},
    {"/var/tmp", 01777},  {"/var/www", 0755},
};

}  // namespace gaol::dataset

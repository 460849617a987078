/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * deny_syscall NAME[,NAME...] COMMAND [ARG...]: runs a command on a kernel that does not know
 * these calls, as far as the command and its children can tell (ENOSYS). For a fallback, and for
 * a refusal, that no test enters is broken.
 */

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return 2;
  for (char* name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0) != 0) {
      fprintf(stderr, "deny_syscall: %s: cannot be denied\n", name);
      return 2;
    }
  }
  if (seccomp_load(filter) != 0) {
    fprintf(stderr, "deny_syscall: the filter cannot be loaded\n");
    return 2;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return 2;
}

/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * deny_syscall NAME[,NAME...] COMMAND [ARG...]: runs a command on a kernel that does not know
 * these calls, as far as the command and its children can tell (ENOSYS). For a fallback, and for
 * a refusal, that no test enters is broken.
 *
 * NAME:ARGUMENT:BIT denies a call only where that argument, counted from 0, has the bit (a number
 * as strtoul(3) reads it), as a kernel does that does not know the flag (EINVAL).
 */

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int deny(scmp_filter_ctx filter, char* word) {
  const char* name = strsep(&word, ":");
  const char* argument = strsep(&word, ":");
  const int number = seccomp_syscall_resolve_name(name);
  if (number < 0) return number;
  if (!argument) return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0);
  if (!word) return -EINVAL;
  const unsigned long bit = strtoul(word, NULL, 0);
  const struct scmp_arg_cmp has =
      SCMP_CMP((unsigned)strtoul(argument, NULL, 0), SCMP_CMP_MASKED_EQ, bit, bit);
  return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EINVAL), number, 1, &has);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return 2;
  for (char* name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
    if (deny(filter, name) != 0) {
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

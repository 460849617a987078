/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * debug_child: seizes a child of its own and reads its memory, as a debugger does, and says what
 * came of each. Static, because it is copied into the trees of jails.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char* call, long rc) {
  printf("%s: %s\n", call, rc < 0 ? strerror(errno) : "done");
}

int main(void) {
  char there = 'x', here = 0;
  struct iovec local = {&here, 1}, remote = {&there, 1};
  const pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  tell("ptrace", ptrace(PTRACE_SEIZE, child, NULL, NULL));
  tell("process_vm_readv", process_vm_readv(child, &local, 1, &remote, 1, 0));
  kill(child, SIGKILL);
  return waitpid(child, NULL, 0) != child;
}

/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Makes a jail from a directory, says what it is, runs a program in it as FreeBSD programs do
 * (fork, attach, fork, exec), and removes it. The second fork is Linux's: the process that moved
 * itself is not in the jail's PID namespace, its children are.
 *
 *   cc jailed.c -o jailed $(pkg-config --cflags --libs gaol)
 *   ./jailed /usr/jails/web /bin/hostname
 */

#include <gaol/jail.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int status_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) < 0) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_inside(int jid, char** argv) {
  const pid_t child = fork();
  if (child != 0) return status_of(child);
  if (jail_attach(jid) < 0) {
    fprintf(stderr, "jailed: %s\n", jail_errmsg);
    _exit(1);
  }
  const pid_t inner = fork();
  if (inner != 0) _exit(status_of(inner));
  execv(argv[0], argv);
  perror(argv[0]);
  _exit(127);
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: jailed directory program [argument ...]\n");
    return 1;
  }
  const int jid = jail_setv(JAIL_CREATE, "path", argv[1], "host.hostname", "jailed.example.com",
                            "persist", NULL, NULL);
  if (jid < 0) {
    fprintf(stderr, "jailed: %s\n", jail_errmsg);
    return 1;
  }

  char digits[16], hostname[256], path[4096];
  snprintf(digits, sizeof digits, "%d", jid);
  if (jail_getv(0, "jid", digits, "host.hostname", hostname, "path", path, NULL) == jid)
    printf("%s is %s\n", path, hostname);
  fflush(stdout);

  const int status = run_inside(jid, argv + 2);
  if (jail_remove(jid) < 0) {
    fprintf(stderr, "jailed: %s\n", jail_errmsg);
    return 1;
  }
  return status;
}

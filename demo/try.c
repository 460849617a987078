// SPDX-License-Identifier: BSD-2-Clause
//
// Tries one thing that a jail must not be able to do, and says what the kernel answered. The tree
// of a jail may hold nothing but busybox, so this is one static program.
//
//   try bind ADDRESS PORT | kill PID | ptrace PID | enter PID | read PATH | write PATH |
//       mount DIR | umount DIR | down INTERFACE | device MAJOR MINOR
//
// Exits 0 when it was allowed, 1 when it was refused.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Each takes its words and answers as a system call does.
typedef int attempt(char** words);

static int number(const char* text) { return (int)strtol(text, NULL, 10); }

static int try_bind(char** words) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(words[1]))};
  inet_pton(AF_INET, words[0], &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? fd : bind(fd, (struct sockaddr*)&to, sizeof to);
}

static int try_kill(char** words) { return kill(number(words[0]), SIGTERM); }

static int try_ptrace(char** words) {
  return (int)ptrace(PTRACE_SEIZE, number(words[0]), NULL, NULL);
}

static int try_enter(char** words) {
  const int fd = (int)syscall(SYS_pidfd_open, number(words[0]), 0);
  return fd < 0 ? fd : setns(fd, CLONE_NEWNS);
}

static int try_read(char** words) { return open(words[0], O_RDONLY | O_CLOEXEC); }

static int try_write(char** words) { return open(words[0], O_WRONLY | O_CLOEXEC); }

static int try_mount(char** words) { return mount("tmpfs", words[0], "tmpfs", 0, NULL); }

static int try_umount(char** words) { return umount2(words[0], MNT_DETACH); }

static int try_down(char** words) {
  struct ifreq request = {.ifr_flags = 0};
  strncpy(request.ifr_name, words[0], sizeof request.ifr_name - 1);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? fd : ioctl(fd, SIOCSIFFLAGS, &request);
}

static int try_device(char** words) {
  const char* path = "/tmp/disk";
  const dev_t device = makedev((unsigned)number(words[0]), (unsigned)number(words[1]));
  return mknod(path, S_IFBLK | 0600, device) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

static const struct {
  const char* word;
  int arguments;
  attempt* run;
} kAttempts[] = {
    {"bind", 2, try_bind},     {"kill", 1, try_kill},     {"ptrace", 1, try_ptrace},
    {"enter", 1, try_enter},   {"read", 1, try_read},     {"write", 1, try_write},
    {"mount", 1, try_mount},   {"umount", 1, try_umount}, {"down", 1, try_down},
    {"device", 2, try_device},
};

int main(int argc, char** argv) {
  for (size_t i = 0; argc > 1 && i < sizeof kAttempts / sizeof *kAttempts; ++i) {
    if (strcmp(argv[1], kAttempts[i].word) != 0 || argc - 2 != kAttempts[i].arguments) continue;
    const int answer = kAttempts[i].run(argv + 2);
    const char* words = answer < 0 ? strerror(errno) : "allowed";
    for (int word = 1; word < argc; ++word)
      printf("%s%s", argv[word], word + 1 < argc ? " " : ": ");
    puts(words);
    return answer < 0;
  }
  fputs("usage: try WHAT WHOM [PORT]; the list is at the top of try.c\n", stderr);
  return 2;
}

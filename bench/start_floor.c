// SPDX-License-Identifier: BSD-2-Clause
//
// What starting a program in namespaces of its own must cost on this kernel: the system calls and
// nothing else. No options parsed, no record kept, no filter loaded, no capability dropped. A
// runtime is as good as it can be when it comes near this in the same run.
//
//   start_floor bare|net|jail|jailnet ROOT COMMAND [ARG...]
//
// `bare` maps one user, binds ROOT, mounts proc and a /dev of borrowed nodes. `jail` does what a
// jail needs: 65,536 ids of its own, ROOT idmapped to them, a /dev with its own nodes. Both take
// user, mount, PID, UTS, IPC and cgroup namespaces, and end in pivot_root and exec. The endings
// `net` add a network namespace.
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

// <sys/mount.h> of glibc 2.36 and <linux/mount.h> cannot be included together.
int mount(const char* source, const char* target, const char* type, unsigned long flags,
          const void* data);
int umount2(const char* target, int flags);
enum { kBind = 4096, kRecursive = 16384, kPrivate = 1 << 18, kDetach = 2, kFirstId = 1 << 24 };

struct plan {
  char* root;
  char** command;
  bool jail;    // what a jail needs, not only what the kernel needs
  int root_fd;  // jail: the idmapped root, detached
  int dev_fd;   // jail: /dev, detached
  int maps[2];  // jail: a pipe; the parent's byte says that the id maps are written
  char stack[16384] __attribute__((aligned(16)));
};

static const struct node {
  const char* name;
  unsigned minor;
} kNodes[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
enum { kNodeCount = sizeof kNodes / sizeof *kNodes };

static _Noreturn void die(const char* act) {
  perror(act);
  _exit(1);
}

static void check(long result, const char* act) {
  if (result < 0) die(act);
}

static void put(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  check(fd, path);
  check(write(fd, text, strlen(text)), path);
  close(fd);
}

static int detached(const char* type) {
  const int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
  check(context, type);
  check(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
  const int tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
  check(tree, type);
  close(context);
  return tree;
}

static void attach(int tree, const char* target) {
  check(syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH), target);
}

// /dev with nodes of its own: only the host's root may make them, so this is done outside.
static int make_dev(void) {
  const int dev = detached("tmpfs");
  for (int i = 0; i < kNodeCount; ++i) {
    check(mknodat(dev, kNodes[i].name, S_IFCHR | 0666, makedev(1, kNodes[i].minor)), "mknod");
    check(fchmodat(dev, kNodes[i].name, 0666, 0), "chmod");
  }
  return dev;
}

// The nodes of the caller's /dev, each mounted on a file.
static void borrow_dev(void) {
  check(mount("tmpfs", "dev", "tmpfs", 0, NULL), "tmpfs");
  for (int i = 0; i < kNodeCount; ++i) {
    char from[32], to[32];
    snprintf(from, sizeof from, "/dev/%s", kNodes[i].name);
    snprintf(to, sizeof to, "dev/%s", kNodes[i].name);
    check(close(open(to, O_CREAT | O_CLOEXEC, 0666)), to);
    check(mount(from, to, NULL, kBind, NULL), to);
  }
}

static int idmapped(const char* root, int user_namespace) {
  const int tree = (int)syscall(SYS_open_tree, AT_FDCWD, root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  check(tree, root);
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)user_namespace};
  check(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr), "idmap");
  return tree;
}

// Runs in the new namespaces, on the parent's memory.
static int child(void* argument) {
  struct plan* plan = argument;
  if (plan->jail) {
    char byte;
    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");  // we hold the pipe's other end open too
    check(read(plan->maps[0], &byte, 1), "maps");
    check(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
    check(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
  } else {
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 0 1");
    put("/proc/self/gid_map", "0 0 1");
  }
  check(mount(NULL, "/", NULL, kPrivate | kRecursive, NULL), "private");
  if (plan->jail)
    attach(plan->root_fd, plan->root);
  else
    check(mount(plan->root, plan->root, NULL, kBind, NULL), plan->root);
  check(chdir(plan->root), plan->root);
  if (plan->jail)
    attach(plan->dev_fd, "dev");
  else
    borrow_dev();
  check(mount("proc", "proc", "proc", 0, NULL), "proc");
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", kDetach), "umount");
  check(chdir("/"), "/");
  execv(plan->command[0], plan->command);
  die(plan->command[0]);
}

static pid_t start(struct plan* plan, int namespaces) {
  // The parent of a jail must run beside the child to write its maps; else it may as well sleep.
  const int pid =
      clone(child, plan->stack + sizeof plan->stack,
            CLONE_VM | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
                CLONE_NEWCGROUP | namespaces | SIGCHLD | (plan->jail ? CLONE_FILES : CLONE_VFORK),
            plan);
  check(pid, "clone");
  return pid;
}

static void give_ids(struct plan* plan, pid_t pid) {
  char path[64], map[64];
  snprintf(map, sizeof map, "0 %d 65536", kFirstId);
  snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
  put(path, map);
  snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
  put(path, map);
  snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  const int user_namespace = open(path, O_RDONLY | O_CLOEXEC);
  check(user_namespace, path);
  plan->root_fd = idmapped(plan->root, user_namespace);
  check(write(plan->maps[1], "", 1), "maps");
}

int main(int argc, char** argv) {
  if (argc < 4) die("usage: start_floor bare|net|jail|jailnet ROOT COMMAND [ARG...]");
  static struct plan plan;
  plan.root = argv[2];
  plan.command = argv + 3;
  plan.jail = strncmp(argv[1], "jail", 4) == 0;
  if (plan.jail) {
    check(pipe2(plan.maps, O_CLOEXEC), "pipe");
    plan.dev_fd = make_dev();
  }
  const pid_t pid = start(&plan, strstr(argv[1], "net") ? CLONE_NEWNET : 0);
  if (plan.jail) give_ids(&plan, pid);
  int status;
  check(waitpid(pid, &status, 0), "wait");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

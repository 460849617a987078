// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What benchmarks of whole commands stand on: a cgroup and a tree of their own, and a clock around
// the spawn and the exit of a command.

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "base/text.h"

namespace gaol::bench {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;
using Millis = std::chrono::duration<double, std::milli>;

[[noreturn]] inline void die(const std::string& what) {
  fmt::print(stderr, "{}: {}\n", program_invocation_short_name, what);
  std::exit(1);
}

inline int check(int result, const char* act) {
  if (result < 0) die(fmt::format("{}: {}", act, errno_text(errno)));
  return result;
}

inline std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// --- running one command ---

struct Run {
  int status = 0;  // as wait(2) gives it
  Millis took{};
};

// Runs a command with its output in `output`. Only spawn and wait are inside the clock.
inline Run run(const Words& words, int output) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  Run out;
  pid_t pid = 0;
  const auto began = std::chrono::steady_clock::now();
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  if (!error) ::waitpid(pid, &out.status, 0);
  out.took = std::chrono::steady_clock::now() - began;
  posix_spawn_file_actions_destroy(&actions);
  if (error) out.status = 127 << 8;
  return out;
}

struct Answer {
  int status = 0;
  std::string text;
};

// Runs a command for its words: to prepare something, or to find out why it fails.
inline Answer ask(const Words& words) {
  char path[] = "/run/answer.XXXXXX";
  const int output = check(::mkostemp(path, O_CLOEXEC), path);
  Answer answer{run(words, output).status, read(path)};
  ::close(output);
  ::unlink(path);
  return answer;
}

// --- where they run ---

inline void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline void mount_over(const char* type, const char* target) {
  check(::mount(type, target, type, 0, nullptr), target);
}

// A cgroup of our own, gone when we are. What runs in it takes it for the root of all cgroups, so
// that jails which really run on this machine are no concern of ours.
class Cgroup {
 public:
  Cgroup() : path_(mountpoint() / "gaol-bench") { check(::mkdir(path_.c_str(), 0755), "cgroup"); }
  // Ends what is left in it.
  ~Cgroup() {
    write_file(path_ / "cgroup.kill", "1");
    const int events = ::open((path_ / "cgroup.events").c_str(), O_RDONLY | O_CLOEXEC);
    for (int patience = 600; patience > 0 && !read(path_ / "cgroup.events").contains("populated 0");
         --patience) {
      pollfd changed{events, POLLPRI, 0};
      ::poll(&changed, 1, 100);
    }
    ::close(events);
    remove(path_);
  }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  void enter() const {
    write_file(path_ / "cgroup.procs", "0");
    check(::unshare(CLONE_NEWCGROUP), "unshare");
  }
  // Where this machine has its cgroups of version 2.
  static fs::path mountpoint() {
    const fs::path hybrid = "/sys/fs/cgroup/unified";
    return fs::exists(hybrid) ? hybrid : hybrid.parent_path();
  }

 private:
  // Again and again, because what goes while a directory is read may hide others.
  static void remove(const fs::path& path) {
    for (int sweeps = 10; sweeps > 0 && ::rmdir(path.c_str()) < 0; --sweeps) {
      std::vector<fs::path> below;
      for (const auto& entry : fs::directory_iterator(path))
        if (entry.is_directory()) below.push_back(entry.path());
      for (const auto& child : below) remove(child);
    }
  }
  fs::path path_;
};

// Puts this machine's cgroups, as far as we may see them, in place of what is there.
inline void replace_cgroups(const char* where) {
  check(::umount2(where, MNT_DETACH), where);
  mount_over("cgroup2", where);
}

// A mount and a network namespace with a fresh /run, where our cgroup is the root of all.
// REQUIRES: in a Cgroup.
inline void enter_own_machine() {
  check(::unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare");
  check(::mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr), "make private");
  mount_over("tmpfs", "/run");
  mount_over("bpf", "/sys/fs/bpf");
  const fs::path cgroups = Cgroup::mountpoint();
  replace_cgroups(cgroups.c_str());
  // A process may not sit where there are cgroups below.
  fs::create_directory(cgroups / "host");
  write_file(cgroups / "host/cgroup.procs", "0");
}

// The smallest tree that has a /bin/true, on a disk: idmapped tmpfs needs a younger kernel.
class Tree {
 public:
  explicit Tree(const fs::path& true_program) {
    char path[] = "/var/tmp/gaol-bench.XXXXXX";
    if (!::mkdtemp(path)) die(path);
    root_ = path;
    check(::chmod(path, 0755), path);
    for (const char* name : {"bin", "dev", "etc", "proc", "sys", "tmp"})
      fs::create_directory(root_ / name);
    fs::copy_file(true_program, root_ / "bin/true");
  }
  ~Tree() { fs::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  std::string path() const { return root_; }

 private:
  fs::path root_;
};

// In a child, because nobody can take away the cgroup it is in. The exit status of a program.
inline int in_own_cgroup(const std::function<void()>& act) {
  const Cgroup cgroup;
  const pid_t child = check(::fork(), "fork");
  if (child == 0) {
    cgroup.enter();
    act();
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}

}  // namespace gaol::bench

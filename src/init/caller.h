// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Whoever made a system call that is left to init. Everything about it is read through one
// directory of procfs, which belongs to that very process as long as it lives: a pid that is used
// again cannot be mistaken for it. Its memory may change while we read, so it is read once, and
// only the copy is looked at.

#include <linux/ioctl.h>
#include <linux/seccomp.h>

#include <cstdint>

namespace gaol::init {

class Caller {
 public:
  Caller(const seccomp_notif& call, int listener);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Whether it still waits for our answer to that call: what was opened then is its own. A call
  // that a signal has broken off is over.
  bool waits() const;

  // Whether it is root of the jail in deed: user 0, with the capability of root of a jail that
  // comes nearest, which a program that has stripped itself of root's powers does not have.
  bool is_root() const;
  // Whether it has that capability in effect.
  bool has(int capability) const;

  // Gives it a descriptor of ours, and the number that this has there. Negative: -errno.
  long give(int descriptor, bool close_on_exec) const;

  unsigned pid() const { return call_.pid; }
  unsigned long argument(int at) const { return call_.data.args[at]; }
  // Opens a file of its directory in procfs. Negative: -errno.
  long open(const char* name, int flags) const;
  // Copies `size` bytes of its memory, to or fro. Negative: -errno.
  long read(unsigned long address, void* to, unsigned long size) const;
  long write(unsigned long address, const void* from, unsigned long size) const;
  // Copies a string that ends within `size` bytes; of no address, an empty one. Negative: -errno.
  long read_text(unsigned long address, char* to, unsigned long size) const;

 private:
  // Of its status file.
  struct Power {
    long user = -1;
    uint64_t capabilities = 0;
  };
  Power power() const;

  seccomp_notif call_;
  int listener_, directory_;
};

}  // namespace gaol::init

// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What is mounted in the jail, as /proc/self/mountinfo has it: the only list that is true whoever
// was killed in the middle of a mount. See proc_pid_mountinfo(5).

namespace gaol::init {

// What was there before root of the jail mounted anything: the tree, its /dev, /proc and /sys, the
// masks over these, and what the parameter `mount` says. None of it is root's to take away, or to
// cover; all that came later is.
class Foundation {
 public:
  // Remembers what is mounted now. What is called a second time changes nothing: by then the jail
  // may have mounts of its own.
  void lay();
  bool holds(unsigned long mount) const;
  // Whether it remembers all of it. If not, it holds everything.
  bool complete() const { return count_ > 0 && count_ <= kMost; }

 private:
  static constexpr int kMost = 1000;
  int count_ = 0;
  unsigned long mounts_[kMost]{};
};

// What root of the jail has mounted so far.
struct Usage {
  unsigned mounts = 0;
  unsigned long tmpfs = 0;  // KiB that all of its tmpfs may come to hold
};
Usage usage_beyond(const Foundation& foundation);

}  // namespace gaol::init

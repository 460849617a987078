// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A running jail, as the kernel has it. FreeBSD has one object for this; on Linux it is a set
// of namespaces held by an init, a cgroup, and the rules that every process takes on when it
// enters. Creating one and entering one are the two halves of this file.
// Sources: jail_set(2), jail_attach(2).

#include <linux/filter.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "jail/birth.h"
#include "jail/orders.h"
#include "mac/permissions.h"
#include "sys/kernel.h"

namespace gaol::jail {

// One line of `mount` or `mount.fstab`, its target already relative to the jail's root.
struct MountLine {
  std::string source, target, type;
  std::vector<std::string> options;
  std::string subject;  // `mount: /jails/www/src`, as messages about it begin
  // The jail's tree that the source lies in, if it does: what leads on from there are links that a
  // jail may have made.
  std::string source_tree = {};
};

struct PrisonPlan {
  // A child jail's parent: the pidfd of its init; null: the host. Paths are then the parent's, and
  // the child has the parent's ids.
  const sys::Fd* parent = nullptr;
  dataset::Tree tree;
  uint32_t first_id = 0;  // 0 in the jail is this id on the host; 65,536 ids from here
  std::string hostname, domainname;
  bool vnet = false;
  uint64_t shared = 0;  // of kNamespaces, those of the parent: CLONE_NEWUTS, CLONE_NEWIPC
  Place dev = Place::if_present, proc = Place::if_present;
  std::vector<sys::Node> devices;  // what /dev holds, in the order to make it
  Orders orders;
  // An init system is going to be started. What is mounted for it is not root's to take away, so
  // root may mount from then on only.
  bool boots = false;
  std::vector<MountLine> mounts;
  // Files of the host's in the jail's /dev/gaol. What has a `cover` also lies over that file of the
  // jail's tree, which must be there.
  struct File {
    std::string name, text;
    std::string cover;    // relative to the jail's root
    std::string subject;  // the parameter, as messages about the cover begin
  };
  std::vector<File> files;
  std::string words;  // a directory of the host's, read-only as /dev/gaol/bin; empty: none
  // The commands about jails in the jail's /dev/gaol/sbin: it has jails below it, or is below one.
  bool commands = false;
  std::string empty_dir;  // on the host; what masked directories show
};

constexpr uint32_t kIdsPerJail = 65536;

// Makes the namespaces, the tree and init, all inside `cgroup`. Init then holds the jail, with
// processes in it or without, until it is told otherwise.
class Prison {
 public:
  const sys::ProcessId& init() const noexcept { return init_; }
  const sys::Fd& pidfd() const noexcept { return pidfd_; }  // of init
  uint64_t line() const noexcept { return line_; }          // cookie of init's end for orders
  Prison();
  Prison(Prison&&) noexcept;
  Prison& operator=(Prison&&) noexcept;
  ~Prison();  // waits for init's exec, which goes on behind our back

 private:
  friend Result<Prison> create_prison(sys::Kernel&, const PrisonPlan&, const sys::Fd&,
                                      const std::function<Result<>(const Prison&)>&);
  struct Cradle;
  sys::ProcessId init_;
  sys::Fd pidfd_;
  uint64_t line_ = 0;
  std::unique_ptr<Cradle> cradle_;
};
// `meanwhile` is told of the new init and its line, and does what else there is to do while that is
// busy.
Result<Prison> create_prison(sys::Kernel& kernel, const PrisonPlan& plan, const sys::Fd& cgroup,
                             const std::function<Result<>(const Prison&)>& meanwhile);

// What init does when no process but itself is left.
enum class WhenEmpty : uint8_t { hold, end };
Result<> tell_init(sys::Kernel& kernel, const sys::Fd& init, WhenEmpty when_empty);

// Tells init what to grant instead of what it did before, also to programs that run already. EPERM:
// it began without the power to grant anything. What is taken away is so even while init is stopped
// (by root of the jail above): it looks for orders before it takes up a call.
Result<> give_orders(sys::Kernel& kernel, const sys::Fd& init, const Orders& before, Orders orders);

// Gives a running jail other host names. Listings look them up from then on.
Result<> give_names(sys::Kernel& kernel, const sys::Fd& init, const sys::Names& names);

// Starts a program inside. The Fd is its pidfd, and it is a child of the caller; limits,
// namespaces, capabilities and filter hold before its first instruction.
struct Entry {
  const sys::Fd& init;        // pidfd of the jail's init
  const sys::Fd& process;     // whose namespaces to join: init's, or those of the first process
  const std::string& cgroup;  // a directory
  mac::Permissions permissions;
};
Result<sys::Fd> enter_prison(sys::Kernel& kernel, const Entry& entry, const sys::Command& command);

// Starts the init system of the jail's userland, process 1 of a PID namespace below the jail's;
// `entry.cgroup` is its to divide. `orders` and `empty_dir` are those of PrisonPlan. See
// jail/first.h.
Result<sys::Fd> start_first(sys::Kernel& kernel, const Entry& entry, const Orders& orders,
                            const std::string& empty_dir, const sys::Command& command);
// Takes away what was mounted for one that has ended.
Result<> forget_first(sys::Kernel& kernel, const sys::Fd& init);

// Moves the calling process inside, for good; children that it makes from then on are in the
// jail's PID namespace. EINVAL: it has more than one thread. EPERM: one of its descriptors is a
// directory, which would lead out again.
Result<> move_into_prison(sys::Kernel& kernel, const Entry& entry);
// The directory of the cgroup v2 that a process is in; `process` is its number, or `self`.
Result<std::string> cgroup_of(sys::Kernel& kernel, std::string_view process);

}  // namespace gaol::jail

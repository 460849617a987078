// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The one seam to the kernel. Everything gaol does to a machine goes through this class, so
// that a test can put a diary in its place (tests/fake_kernel.h) and assert which calls were
// made, in which order, and which were not. Each call is one system call, or the shortest
// sequence that is useless in parts, with the safe flags welded on: descriptors are
// close-on-exec, paths below a jail's root are confined by the kernel.
// Errors carry errno and the act with its subject; callers add the user's word in front.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/clone.h"
#include "sys/exec.h"
#include "sys/fd.h"

namespace gaol::sys {

// A process that is still the one we met: a pid alone may be another process by now.
// `birth` is its pidfs inode, or its start time where the kernel has no pidfs (before 6.9).
struct ProcessId {
  int pid = 0;
  uint64_t birth = 0;
  bool operator==(const ProcessId&) const = default;
};

struct Names {
  std::string host, domain;
  bool operator==(const Names&) const = default;
};

// Two connected sockets that carry messages.
struct SocketPair {
  std::array<Fd, 2> ends;
  uint64_t cookie = 0;  // of the first; no other socket has it until reboot
};

// A process to look at among many. While `socket` is open, the process lives: nobody else has it.
// The socket gets a name before its process gets other host names than it began with.
struct Resident {
  ProcessId process;
  uint64_t socket = 0;  // its cookie; 0: only the process tells
};

// What there is to see of a process from outside.
enum class See : uint8_t { life, names };
struct Sight {
  bool alive = false;
  // Of its UTS namespace, if asked for and ours to read; not where they are those of its beginning.
  std::optional<Names> names;
};

struct Address {
  int family = 0;       // AF_INET or AF_INET6
  uint8_t bytes[16]{};  // network order; IPv4 uses the first four
  int prefix = 0;       // netmask length
  bool operator==(const Address&) const = default;
};

using Mac = std::array<uint8_t, 6>;

// An epair from a bridge into a jail's network stack, and what its inner end is to be.
struct Wire {
  std::string bridge;
  std::string outer, inner;  // the names of its ends
  std::string note;          // the outer one's description
  Mac outer_mac{}, inner_mac{};
  std::optional<unsigned> mtu;  // none: the bridge's
  std::vector<Address> addresses, routers;
  bool isolated = true;  // from the bridge's other isolated members
  bool guarded = true;   // see sys/guard.h
  // Bits per second to the jail and from it; none: as many as there are.
  std::optional<uint64_t> rate_in = {}, rate_out = {};
};

// What is marked looks its route up in `table`; for 0, it has none.
struct RoutingRule {
  int family;
  uint32_t mark, priority, table;
};

// An interface that was moved to another network namespace. Whoever rules there may rename it and
// call another by its name; what it keeps is its index.
struct LentLink {
  std::string name;
  unsigned index = 0;  // there; 0: the name has to do
  bool operator==(const LentLink&) const = default;
};

// How a detached copy of a directory tree is to be mounted.
struct TreeOptions {
  bool recursive = false;  // with the mounts below it
  bool read_only = false;
  bool nosuid = false, nodev = false, noexec = false;
  const Fd* id_map = nullptr;  // a user namespace: file owners are shifted by its map
  // pidfd of a jail's process: the path is one of its mount namespace, and has no symbolic link
  // in it (ELOOP).
  const Fd* inside = nullptr;
  // A jail's tree that the path lies in: links there lead where they lead in the jail.
  std::string root = {};
};

struct Node {
  std::string name;               // one component, or a path whose directories exist
  unsigned mode = 0;              // type and permission bits, as mknod(2) takes them
  unsigned major = 0, minor = 0;  // devices
  std::string target;             // symbolic links
  unsigned uid = 0, gid = 0;      // whose it is
  bool operator==(const Node&) const = default;
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // --- files of the host ---
  virtual Result<Fd> open(const std::string& path, int flags, unsigned mode = 0) = 0;
  virtual bool exists(const char* path) = 0;
  // Whether the mode of an open file lets anybody read it.
  virtual Result<bool> is_readable(const Fd& file) = 0;
  virtual Result<std::string> read_file(const std::string& path) = 0;
  // Reads a file below `root`, which belongs to a tenant: links are resolved inside it, a
  // FIFO does not block, and more than `limit` bytes is an error (EFBIG).
  virtual Result<std::string> read_in_root(const Fd& root, const std::string& path,
                                           size_t limit) = 0;
  // Opens a regular file for appending, making it if need be. Never waits for the other end of a
  // FIFO; with `follow_links` off, no component of the path may be a symbolic link.
  virtual Result<Fd> open_log(const std::string& path, bool follow_links) = 0;
  // Writes into an existing file in one write(2), as cgroup and proc files want it.
  virtual Result<> write_file(const std::string& path, std::string_view text) = 0;
  // Writes a file of ours that a tenant reads: below `dir`, through no link, made if need be; what
  // is not root's own regular file in memory is left alone (EPERM). A reader at that very moment
  // may see the old end behind the new beginning.
  virtual Result<> put_text(const Fd& dir, const std::string& path, std::string_view text) = 0;
  // A socket that listens in the directory `dir` below `root`, both of a jail: a file for `owner`
  // alone. EPERM: the directory is not one that we made there, root's own and in memory.
  virtual Result<Fd> listen(const Fd& root, const std::string& dir, const char* name,
                            uint32_t owner) = 0;
  // Replaces a file whole: a reader sees the old text or the new, never a part. A kill may leave
  // PATH.new. The new file has an inode of its own.
  virtual Result<> publish(const std::string& path, std::string_view text,
                           unsigned mode = 0600) = 0;
  // Adds to the end of a file in one write, making it if need be. Gives the size it has then.
  virtual Result<uint64_t> append(const std::string& path, std::string_view text,
                                  unsigned mode) = 0;
  virtual Result<uint64_t> inode(const std::string& path) = 0;
  virtual Result<> make_dir(const std::string& path, unsigned mode) = 0;  // EEXIST is an error
  virtual Result<> remove_dir(const std::string& path) = 0;
  virtual Result<> remove_file(const std::string& path) = 0;
  virtual Result<> make_symlink(const std::string& target, const std::string& path) = 0;
  // Gives a file a second name.
  virtual Result<> make_link(const std::string& from, const std::string& to) = 0;
  virtual Result<std::string> read_symlink(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list_dir(const std::string& path) = 0;  // sorted
  struct DirEntry {
    std::string name;
    uint64_t inode;
  };
  virtual Result<std::vector<DirEntry>> list_inodes(const std::string& path) = 0;  // unsorted
  // Takes the exclusive lock of the file, waiting for it; released when the Fd closes.
  virtual Result<Fd> lock(const std::string& path) = 0;

  // --- processes ---
  virtual ProcessId self() = 0;
  virtual const Fd& self_pidfd() = 0;
  virtual ProcessId identify(const Child& child) = 0;
  virtual ProcessId identify(const Fd& pidfd) = 0;
  virtual bool alive(const ProcessId& process) = 0;
  // The same of many, at a tenth of the cost each where their sockets tell.
  virtual std::vector<Sight> look_at(std::span<const Resident> residents, See see) = 0;
  // A descriptor of exactly that process; ESRCH when it is gone or another has its pid.
  virtual Result<Fd> pidfd(const ProcessId& process) = 0;
  // A descriptor of `pid` if it is in that cgroup now; ESRCH otherwise.
  virtual Result<Fd> pidfd_of_member(int pid, const std::string& cgroup) = 0;
  virtual Result<> signal(const Fd& pidfd, int signal) = 0;
  // Waits until the process is gone; false when `milliseconds` (-1: none) ran out first.
  virtual Result<bool> wait_gone(const Fd& pidfd, int milliseconds) = 0;
  // Starts a program on the host. The Fd is its pidfd; collect it with reap().
  virtual Result<Fd> spawn(const Command& command) = 0;
  // A child in new namespaces; see sys/clone.h for what it may do.
  virtual Result<Child> clone(const CloneRequest& request, const ChildStack& stack) = 0;
  // Gives the child's user namespace `count` ids: 0 in it is `first` here, or of the jail that it
  // was born below (pidfd of a process of that).
  virtual Result<> map_ids(const Child& child, uint32_t first, uint32_t count,
                           const Fd* below = nullptr) = 0;
  // A descriptor of a process's namespace; `kind` is its name in /proc/PID/ns.
  virtual Result<Fd> namespace_of(const Fd& pidfd, int pid, const char* kind) = 0;
  // Keeps a namespace (an nsfs descriptor) under a name, whatever becomes of its processes, until
  // the name is given up. A kill may leave a plain file there, which goes the same way.
  virtual Result<> pin_namespace(const Fd& ns, const std::string& path) = 0;
  virtual Result<> unpin_namespace(const std::string& path) = 0;
  // A copy of that process's descriptor `number`.
  virtual Result<Fd> descriptor_of(const Fd& pidfd, int number) = 0;
  // Of the caller's network namespace.
  virtual Result<SocketPair> make_sockets() = 0;
  // Gives a local socket a name of the kernel's choice, unless it has one.
  virtual Result<> name_socket(const Fd& socket) = 0;
  // Sends a message on a socket, without waiting for room.
  virtual Result<> tell(const Fd& socket, std::span<const std::byte> message) = 0;
  // Receives an int32_t; ETIMEDOUT when `milliseconds` ran out, ECONNRESET when nobody is there.
  virtual Result<int32_t> hear(const Fd& socket, int milliseconds) = 0;
  // The names of that process's UTS namespace.
  virtual Result<Names> names(const Fd& pidfd) = 0;
  virtual Result<> set_names(const Fd& pidfd, const Names& names) = 0;
  // Children born from now on live in that process's PID namespace (or in ours, for `self`).
  virtual Result<> children_into(const Fd& pidfd) = 0;
  // Waits for a child: its wait(2) status, or nothing when `milliseconds` ran out.
  virtual Result<std::optional<int>> reap(const Fd& child, int milliseconds) = 0;

  // Mounts an empty tmpfs on `dir` unless it lies on one.
  virtual Result<> ensure_tmpfs(const std::string& dir) = 0;

  // --- mounts, all detached: they appear nowhere until a prison attaches them ---
  virtual Result<Fd> detach_tree(const std::string& path, const TreeOptions& options) = 0;
  // An empty tmpfs whose root belongs to `owner`; nosuid, noexec; device nodes work in it.
  virtual Result<Fd> new_tmpfs(uint32_t owner, const char* size) = 0;
  // Fills a directory; the modes are exactly as given, and uid and gid 0 are `first_id` here.
  virtual Result<> make_nodes(const Fd& dir, std::span<const Node> nodes, uint32_t first_id) = 0;
  // A node of the directory `dir`, or all below it; see sys/nodes.h.
  virtual Result<Node> read_node(const std::string& dir, const std::string& name) = 0;
  virtual Result<std::vector<Node>> read_nodes(const std::string& dir) = 0;

  // Takes the topmost mount off each of these paths of a jail, the last first, as the jail's root
  // could; what none lies on is passed over. `pidfd`: a process of it.
  virtual Result<> unmount_inside(const Fd& pidfd, std::span<const char* const> paths) = 0;

  // --- cgroups ---
  // The id the kernel gives a cgroup directory, as BPF programs see it.
  virtual Result<uint64_t> cgroup_id(const std::string& path) = 0;
  // Makes a cgroup whose division is `owner`'s: groups below it, and what is in which. Its limits
  // are not. See "Delegation" in the kernel's cgroup-v2.rst.
  virtual Result<> delegate_cgroup(const std::string& path, uint32_t owner) = 0;
  // Kills what is left in a cgroup, waits until it is empty and removes it with those below it.
  // Nothing if it is not there.
  virtual Result<> end_cgroup(const std::string& path) = 0;
  // Where cgroup v2 is mounted: /sys/fs/cgroup, or its place beside the v1 controllers.
  virtual Result<std::string> cgroup_mount() = 0;

  // --- BPF maps pinned in bpffs ---
  virtual Result<> map_put(const std::string& pin, std::span<const std::byte> key,
                           std::span<const std::byte> value) = 0;
  virtual Result<> map_drop(const std::string& pin, std::span<const std::byte> key) = 0;

  // --- interfaces of the caller's network namespace, by rtnetlink ---
  virtual Result<bool> has_address(const std::string& interface, const Address& address) = 0;
  // False if the address stood there already.
  virtual Result<bool> add_address(const std::string& interface, const Address& address) = 0;
  // False if it was not there, or the interface is gone.
  virtual Result<bool> remove_address(const std::string& interface, const Address& address) = 0;
  // A socket with the power of this process but of that network namespace (an nsfs descriptor) and
  // that cgroup, which the calling process joins for good; with `source`, bound to that address.
  virtual Result<Fd> socket_in(const Fd& netns, const std::string& cgroup, int family, int type,
                               int protocol, const Address* source) = 0;
  // Whether that family's routing table of that number holds anything.
  virtual Result<bool> has_routes(int family, uint32_t table) = 0;
  virtual Result<> add_rule(const RoutingRule& rule) = 0;
  // Nothing if it is not there.
  virtual Result<> remove_rule(const RoutingRule& rule) = 0;
  // Moves an interface into the network namespace `netns` (an nsfs descriptor). The kernel
  // drops its addresses and its up state on the way. The result is its index there.
  virtual Result<unsigned> push_link(const std::string& interface, const Fd& netns) = 0;
  // Moves an interface from `netns` back into the caller's network namespace, under the name that
  // it had. False if it is not there any more.
  virtual Result<bool> pull_link(const LentLink& interface, const Fd& netns) = 0;
  // Lays a wire from a bridge of the caller's into `netns`, and undoes it. See sys/wires.h.
  virtual Result<> lay_wire(const Wire& wire, const Fd& netns) = 0;
  virtual Result<> cut_wire(const std::string& outer) = 0;
};

// The real one. It has no state and lives as long as the program, which must not fork(2) and go
// on with it: it knows who it is.
Kernel& real_kernel();
// Another real one, for code that does not know what its process did meanwhile.
std::unique_ptr<Kernel> new_kernel();

}  // namespace gaol::sys

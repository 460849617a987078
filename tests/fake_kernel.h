// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A machine in memory, behind the kernel seam. Whatever changes it is one line in the diary;
// asking leaves no trace there:
//
//   FakeKernel kernel;
//   kernel.fail_on("add_address lo1 10.0.0.2/32", EPERM);
//   EXPECT_FALSE(start(kernel));
//   EXPECT_THAT(kernel.diary, ElementsAre("add_address lo1 10.0.0.1/32",
//                                         "add_address lo1 10.0.0.2/32",
//                                         "remove_address lo1 10.0.0.1/32"));
//
// A call that is made to fail is in the diary too, but changes nothing. Directories appear
// with the files put into `files`; only make_dir() asks for its parent.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sys/kernel.h"
#include "sys/rtnl.h"

namespace gaol {

class FakeKernel : public sys::Kernel {
 public:
  // --- what a test looks at, and may set up beforehand ---
  std::vector<std::string> diary;
  std::map<std::string, std::string> files;     // path to text
  std::map<std::string, std::string> symlinks;  // path to target
  std::set<std::string> dirs;                   // made by make_dir()
  std::map<int, uint64_t> living;               // pid to birth
  std::vector<sys::Command> spawned;            // with all that the diary leaves out
  std::deque<std::optional<int>> exits;         // wait(2) statuses of the next children; then 0
  std::map<std::string, uint64_t> cgroup_ids;   // path to id; others get one when asked for
  std::map<std::string, std::map<std::string, std::string>> maps;  // by pin; bytes to bytes
  std::vector<sys::Node> nodes;                                    // of /dev, by name
  std::set<std::string> translations;     // elements of nft's sets and maps, without their values
  std::map<std::string, unsigned> links;  // interfaces here, to index
  std::map<std::string, std::set<std::string>> aliases;  // interface to "10.0.0.1/32"
  std::set<std::string> routing_rules;

  int32_t answer = 0;    // what hear() gives
  sys::Names own_names;  // of every process

  // Plays what clone() makes. A child has no descriptor here: an invalid one means the last that
  // was born into namespaces of its own.
  std::function<void(const sys::CloneRequest&)> play_child = [](const sys::CloneRequest&) {};

  // Fails calls whose line begins with `line`, after letting `spare` of them pass. For calls
  // that leave no line: "read_file PATH", "open PATH", "list_dir PATH" ...
  void fail_on(std::string line, int code, int spare = 0) {
    failures_.push_back({std::move(line), code, spare});
  }
  // Fails the call that would write the diary's line number `nth`, counted from 1.
  void fail_nth(size_t nth, int code) {
    nth_ = nth;
    nth_code_ = code;
  }
  // kill -9 just before that call: it leaves by an exception, and we are not alive any more.
  struct Killed {};
  void kill_nth(size_t nth) { fail_nth(nth, kKill); }

  // --- files of the host ---
  Result<sys::Fd> open(const std::string& path, int flags, unsigned) override {
    TRY(asked("open ", path));
    if (flags & O_CREAT) files.try_emplace(path);
    if (!files.contains(path) && !is_dir(path)) return fail_errno(ENOENT, path);
    sys::Fd fd = descriptor(files.contains(path) ? files[path] : "");
    opened_[fd.get()] = path;
    return fd;
  }
  Result<std::string> read_file(const std::string& path) override {
    TRY(asked("read_file ", path));
    if (!files.contains(path)) return fail_errno(ENOENT, path);
    return files[path];
  }
  Result<std::string> read_in_root(const sys::Fd& root, const std::string& path,
                                   size_t limit) override {
    const std::string whole =
        concat(opened_.at(root.get()), path.starts_with('/') ? "" : "/", path);
    TRY(asked("read_in_root ", whole));
    if (!files.contains(whole)) return fail_errno(ENOENT, path);
    if (files[whole].size() > limit) return fail_errno(EFBIG, path);
    return files[whole];
  }
  Result<> write_file(const std::string& path, std::string_view text) override {
    TRY(done("write_file ", path, " ", text));
    if (!files.contains(path)) return fail_errno(ENOENT, path);
    files[path] = text;
    return {};
  }
  Result<> put_text(const sys::Fd&, const std::string& path, std::string_view) override {
    return done("put_text ", path);
  }
  Result<sys::Fd> listen(const sys::Fd&, const std::string& dir, const char* name,
                         uint32_t owner) override {
    TRY(done("listen ", dir, "/", name, " ", owner));
    return descriptor("");
  }
  Result<> publish(const std::string& path, std::string_view text, unsigned) override {
    TRY(done("publish ", path));
    files[path] = text;
    inodes_[path] = ++last_inode_;
    return {};
  }
  Result<uint64_t> append(const std::string& path, std::string_view text, unsigned) override {
    TRY(done("append ", path));
    files[path] += text;
    return files[path].size();
  }
  Result<uint64_t> inode(const std::string& path) override {
    TRY(asked("inode ", path));
    if (!files.contains(path)) return fail_errno(ENOENT, path);
    return inode_of(path);
  }
  Result<> make_dir(const std::string& path, unsigned) override {
    TRY(done("make_dir ", path));
    if (is_dir(path)) return fail_errno(EEXIST, path);
    const std::string parent = path.substr(0, path.rfind('/'));
    if (!parent.empty() && !is_dir(parent)) return fail_errno(ENOENT, path);
    dirs.insert(path);
    return {};
  }
  Result<> remove_dir(const std::string& path) override {
    TRY(done("remove_dir ", path));
    if (!is_dir(path)) return fail_errno(ENOENT, path);
    if (!children(path).empty()) return fail_errno(ENOTEMPTY, path);
    dirs.erase(path);
    return {};
  }
  Result<> remove_file(const std::string& path) override {
    TRY(done("remove_file ", path));
    if (files.erase(path) + symlinks.erase(path) == 0) return fail_errno(ENOENT, path);
    return {};
  }
  Result<> make_symlink(const std::string& target, const std::string& path) override {
    TRY(done("make_symlink ", path, " ", target));
    if (!symlinks.try_emplace(path, target).second) return fail_errno(EEXIST, path);
    return {};
  }
  bool exists(const char* path) override { return files.contains(path) || is_dir(path); }
  Result<bool> is_readable(const sys::Fd&) override { return false; }
  Result<> make_link(const std::string& from, const std::string& to) override {
    TRY(done("make_link ", from, " ", to));
    if (!files.contains(from)) return fail_errno(ENOENT, from);
    files[to] = files[from];
    inodes_[to] = inode_of(from);
    return {};
  }
  Result<sys::Fd> open_log(const std::string& path, bool) override {
    TRY(done("open_log ", path));
    return descriptor("");
  }
  Result<std::string> read_symlink(const std::string& path) override {
    TRY(asked("read_symlink ", path));
    if (!symlinks.contains(path)) return fail_errno(ENOENT, path);
    return symlinks[path];
  }
  Result<std::vector<std::string>> list_dir(const std::string& path) override {
    TRY(asked("list_dir ", path));
    if (!is_dir(path)) return fail_errno(ENOENT, path);
    const auto names = children(path);
    return std::vector<std::string>(names.begin(), names.end());
  }
  Result<std::vector<DirEntry>> list_inodes(const std::string& path) override {
    std::vector<DirEntry> out;
    for (const auto& name : TRY(list_dir(path)))
      out.push_back({name, inode_of(concat(path, "/", name))});
    return out;
  }
  Result<sys::Fd> lock(const std::string& path) override {
    TRY(asked("lock ", path));
    files.try_emplace(path);
    files.try_emplace(path);
    return descriptor("");
  }

  // --- processes ---
  sys::ProcessId self() override { return {1, 1}; }
  const sys::Fd& self_pidfd() override {
    if (!self_pidfd_) self_pidfd_ = process_descriptor(1);
    return self_pidfd_;
  }
  sys::ProcessId identify(const sys::Child&) override { return {cloned_, 1}; }
  sys::ProcessId identify(const sys::Fd& pidfd) override { return {pid_of(pidfd), 1}; }
  bool alive(const sys::ProcessId& process) override {
    const auto found = living.find(process.pid);
    return found != living.end() && found->second == process.birth;
  }
  std::vector<sys::Sight> look_at(std::span<const sys::Resident> residents, sys::See see) override {
    std::vector<sys::Sight> out;
    for (const auto& [process, socket] : residents) {
      const bool readable =
          see == sys::See::names && alive(process) && asked("names ", process.pid);
      out.push_back({alive(process), readable ? std::optional(own_names) : std::nullopt});
    }
    return out;
  }
  Result<sys::Fd> pidfd(const sys::ProcessId& process) override {
    TRY(asked("pidfd ", process.pid));
    if (!alive(process)) return fail_errno(ESRCH, "process ", process.pid);
    return process_descriptor(process.pid);
  }
  Result<sys::Fd> pidfd_of_member(int pid, const std::string& cgroup) override {
    TRY(asked("pidfd_of_member ", pid, " ", cgroup));
    if (!living.contains(pid)) return fail_errno(ESRCH, "process ", pid);
    return process_descriptor(pid);
  }
  // SIGKILL ends the process; other signals are only written down.
  Result<> signal(const sys::Fd& pidfd, int signal) override {
    const int pid = pid_of(pidfd);
    TRY(done("signal ", pid, " SIG", sigabbrev_np(signal)));
    if (!living.contains(pid)) return fail_errno(ESRCH, "signal");
    if (signal == SIGKILL) living.erase(pid);
    return {};
  }
  Result<bool> wait_gone(const sys::Fd& pidfd, int) override {
    TRY(asked("wait_gone ", pid_of(pidfd)));
    return !living.contains(pid_of(pidfd));
  }
  Result<sys::Fd> spawn(const sys::Command& command) override {
    TRY(done("spawn ", join(command.argv, " ")));
    spawned.push_back(command);
    if (command.argv[0].ends_with("/nft")) translate(command.argv[1]);
    return process_descriptor(next_pid_++);
  }
  Result<sys::Child> clone(const sys::CloneRequest& request, const sys::ChildStack&) override {
    TRY(done(request.namespaces ? "clone into namespaces" : "clone",
             request.below ? concat(" below ", pid_of(*request.below)) : ""));
    if (request.namespaces) {
      living[cloned_ = next_pid_++] = 1;
      cgroup_of_[cloned_] = opened_[request.cgroup];
    }
    play_child(request);
    return sys::Child();
  }
  Result<> map_ids(const sys::Child&, uint32_t first, uint32_t count,
                   const sys::Fd* below) override {
    return done("map_ids ", first, " ", count, below ? concat(" below ", pid_of(*below)) : "");
  }
  Result<sys::Fd> namespace_of(const sys::Fd&, int pid, const char* kind) override {
    TRY(asked("namespace_of ", pid, " ", kind));
    return descriptor("");
  }
  Result<sys::Fd> descriptor_of(const sys::Fd& pidfd, int number) override {
    TRY(asked("descriptor_of ", pid_of(pidfd), " ", number));
    return descriptor("");
  }
  Result<sys::SocketPair> make_sockets() override {
    TRY(asked("make_sockets"));
    return sys::SocketPair{{descriptor(""), descriptor("")}, 1};
  }
  Result<> name_socket(const sys::Fd&) override { return done("name_socket"); }
  Result<> tell(const sys::Fd&, std::span<const std::byte> message) override {
    return done("tell ", message.size(), " bytes");
  }
  Result<int32_t> hear(const sys::Fd&, int) override {
    TRY(asked("hear"));
    return answer;
  }
  Result<sys::Names> names(const sys::Fd& pidfd) override {
    TRY(asked("names ", pid_of(pidfd)));
    return own_names;
  }
  Result<> set_names(const sys::Fd& pidfd, const sys::Names& names) override {
    return done("set_names ", pid_of(pidfd), " ", names.host, " ", names.domain);
  }
  Result<> children_into(const sys::Fd& pidfd) override {
    return done("children_into ", pid_of(pidfd));
  }
  Result<std::optional<int>> reap(const sys::Fd& child, int) override {
    TRY(asked("reap ", pid_of(child)));
    if (exits.empty()) return 0;
    const auto status = exits.front();
    exits.pop_front();
    return status;
  }

  Result<> pin_namespace(const sys::Fd&, const std::string& path) override {
    TRY(done("pin_namespace ", path));
    files[path] = "";
    return {};
  }
  Result<> unpin_namespace(const std::string& path) override {
    TRY(done("unpin_namespace ", path));
    files.erase(path);
    return {};
  }

  // --- mounts ---
  Result<> ensure_tmpfs(const std::string& dir) override { return done("ensure_tmpfs ", dir); }
  Result<sys::Fd> detach_tree(const std::string& path, const sys::TreeOptions& o) override {
    TRY(done("detach_tree ", path, o.recursive ? " recursive" : "", o.read_only ? " ro" : "",
             o.nosuid ? " nosuid" : "", o.nodev ? " nodev" : "", o.noexec ? " noexec" : "",
             o.id_map ? " idmapped" : "", o.inside ? concat(" inside ", pid_of(*o.inside)) : ""));
    return descriptor("");
  }
  Result<sys::Fd> new_tmpfs(uint32_t owner, const char* size) override {
    TRY(done("new_tmpfs ", owner, " ", size));
    return descriptor("");
  }
  Result<> make_nodes(const sys::Fd&, std::span<const sys::Node> made, uint32_t owner) override {
    for (const auto& node : made) TRY(done("make_node ", node.name, " ", owner));
    return {};
  }

  Result<sys::Node> read_node(const std::string& dir, const std::string& name) override {
    TRY(asked("read_node ", dir, "/", name));
    const auto found = std::ranges::find(nodes, name, &sys::Node::name);
    if (dir != "/dev" || found == nodes.end()) return fail_errno(ENOENT, dir, "/", name);
    return *found;
  }
  Result<std::vector<sys::Node>> read_nodes(const std::string& dir) override {
    TRY(asked("read_nodes ", dir));
    return nodes;
  }

  // --- cgroups and BPF ---
  Result<uint64_t> cgroup_id(const std::string& path) override {
    TRY(asked("cgroup_id ", path));
    return cgroup_ids.try_emplace(path, 1000 + cgroup_ids.size()).first->second;
  }
  Result<sys::Fd> socket_in(const sys::Fd&, const std::string& cgroup, int, int, int,
                            const sys::Address*) override {
    TRY(done("socket_in ", cgroup));
    return descriptor("");
  }
  Result<> unmount_inside(const sys::Fd&, std::span<const char* const> paths) override {
    for (const char* path : paths) TRY(done("unmount_inside ", path));
    return {};
  }
  Result<> delegate_cgroup(const std::string& path, uint32_t owner) override {
    TRY(done("delegate_cgroup ", path, " ", owner));
    dirs.insert(path);
    return {};
  }
  Result<> end_cgroup(const std::string& path) override {
    TRY(done("end_cgroup ", path));
    std::erase_if(living, [&](const auto& process) { return cgroup_of_[process.first] == path; });
    dirs.erase(path);
    return {};
  }
  Result<std::string> cgroup_mount() override {
    TRY(asked("cgroup_mount"));
    return std::string("/sys/fs/cgroup");
  }
  Result<> map_put(const std::string& pin, std::span<const std::byte> key,
                   std::span<const std::byte> value) override {
    TRY(done("map_put ", pin));
    maps[pin][bytes(key)] = bytes(value);
    return {};
  }
  Result<> map_drop(const std::string& pin, std::span<const std::byte> key) override {
    TRY(done("map_drop ", pin));
    maps[pin].erase(bytes(key));
    return {};
  }

  // --- interfaces ---
  Result<bool> has_address(const std::string& interface, const sys::Address& address) override {
    TRY(asked("has_address ", interface, " ", sys::address_text(address)));
    return aliases[interface].contains(sys::address_text(address));
  }
  Result<bool> add_address(const std::string& interface, const sys::Address& address) override {
    TRY(done("add_address ", interface, " ", sys::address_text(address)));
    return aliases[interface].insert(sys::address_text(address)).second;
  }
  Result<bool> remove_address(const std::string& interface, const sys::Address& address) override {
    TRY(done("remove_address ", interface, " ", sys::address_text(address)));
    return aliases[interface].erase(sys::address_text(address)) > 0;
  }
  Result<bool> has_routes(int, uint32_t table) override {
    TRY(asked("has_routes ", table));
    return true;
  }
  Result<> add_rule(const sys::RoutingRule& rule) override {
    TRY(done("add_rule ", rule.priority, " ", rule.table));
    if (!routing_rules.insert(concat(rule.family, rule.mark, rule.priority)).second)
      return fail_errno(EEXIST, "routing rule");
    return {};
  }
  Result<> remove_rule(const sys::RoutingRule& rule) override {
    TRY(done("remove_rule ", rule.priority, " ", rule.table));
    routing_rules.erase(concat(rule.family, rule.mark, rule.priority));
    return {};
  }
  Result<unsigned> push_link(const std::string& interface, const sys::Fd&) override {
    TRY(done("push_link ", interface));
    if (links.erase(interface) == 0) return fail_errno(ENODEV, interface);
    away_.insert(interface);
    return 7;
  }
  Result<bool> pull_link(const sys::LentLink& interface, const sys::Fd&) override {
    TRY(done("pull_link ", interface.name, " ", interface.index));
    if (away_.erase(interface.name) == 0) return false;
    links[interface.name] = static_cast<unsigned>(100 + links.size());
    return true;
  }
  Result<> lay_wire(const sys::Wire& wire, const sys::Fd&) override {
    TRY(done("lay_wire ", wire.bridge, " ", wire.outer, " ", wire.inner));
    if (!links.contains(wire.bridge)) return fail_errno(ENODEV, wire.bridge);
    links[wire.outer] = static_cast<unsigned>(100 + links.size());
    return {};
  }
  Result<> cut_wire(const std::string& outer) override {
    TRY(done("cut_wire ", outer));
    links.erase(outer);
    return {};
  }

 private:
  void translate(std::string_view commands) {
    for (const auto command : split(commands, ';')) {
      const auto verb = command.substr(0, command.find(' '));
      if (!command.substr(verb.size()).starts_with(" element ")) continue;
      const auto what = command.substr(verb.size(), command.find(" :") - verb.size());
      const auto element = std::string(trim(what.substr(0, what.find(" }"))));
      if (verb == "add") translations.insert(element);
      if (verb == "delete") translations.erase(element);
    }
  }

  struct Failure {
    std::string line;
    int code, spare;
  };

  // A call that changes something: the diary's next line.
  template <class... Parts>
  Result<> done(const Parts&... parts) {
    diary.push_back(concat(parts...));
    if (diary.size() == nth_ && nth_code_ == kKill) {
      living.erase(1);
      throw Killed();
    }
    if (diary.size() == nth_) return fail_errno(nth_code_, diary.back());
    return asked(diary.back());
  }
  template <class... Parts>
  Result<> asked(const Parts&... parts) {
    const std::string line = concat(parts...);
    for (auto& failure : failures_)
      if (line.starts_with(failure.line) && failure.spare-- <= 0)
        return fail_errno(failure.code, line);
    return {};
  }

  bool is_dir(const std::string& path) const {
    return dirs.contains(path) || !children(path).empty();
  }
  std::set<std::string> children(const std::string& path) const {
    std::set<std::string> names;
    const auto note = [&](const std::string& other) {
      if (other.starts_with(path + "/"))
        names.insert(std::string(split(std::string_view(other).substr(path.size() + 1), '/')[0]));
    };
    for (const auto& [file, text] : files) note(file);
    for (const auto& [link, target] : symlinks) note(link);
    for (const auto& dir : dirs) note(dir);
    return names;
  }

  // A test may have put the file there without one.
  uint64_t inode_of(const std::string& path) {
    if (!inodes_.contains(path)) inodes_[path] = ++last_inode_;
    return inodes_[path];
  }

  static std::string bytes(std::span<const std::byte> raw) {
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }
  // A real descriptor that can be read, so that code which reads what it opened works.
  static sys::Fd descriptor(const std::string& text) {
    sys::Fd fd(memfd_create("fake", MFD_CLOEXEC));
    (void)!::pwrite(fd.get(), text.data(), text.size(), 0);
    return fd;
  }
  int pid_of(const sys::Fd& process) const { return process ? pids_.at(process.get()) : cloned_; }
  sys::Fd process_descriptor(int pid) {
    sys::Fd fd = descriptor("");
    pids_[fd.get()] = pid;
    return fd;
  }

  static constexpr int kKill = -1;

  std::vector<Failure> failures_;
  std::map<std::string, uint64_t> inodes_;
  uint64_t last_inode_ = 0;
  size_t nth_ = 0;
  int nth_code_ = 0;
  int next_pid_ = 10'000;
  int cloned_ = -1;
  std::map<int, int> pids_;               // descriptor to pid
  std::map<int, std::string> opened_;     // descriptor to path
  std::map<int, std::string> cgroup_of_;  // of what clone() made
  std::set<std::string> away_;
  sys::Fd self_pidfd_;
};

}  // namespace gaol

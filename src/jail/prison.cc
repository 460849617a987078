// SPDX-License-Identifier: BSD-2-Clause
#include "jail/prison.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/suggest.h"
#include "jail/entrant.h"
#include "jail/first.h"
#include "mac/capabilities.h"
#include "mac/masks.h"
#include "mac/seccomp.h"
#include "sys/helper.h"

namespace gaol::jail {

namespace {

// A program that can be read can be traced by root of the jail, which would have init's power then.
Result<sys::Fd> open_init(sys::Kernel& kernel) {
  const std::string path = TRY(sys::helper_path(kernel, "gaol-init"));
  sys::Fd init = TRY(kernel.open(path, O_PATH));
  if (!TRY(kernel.is_readable(init))) return init;
  return fail(Error{EPERM, concat(path, ": can be read, and by jails traced"),
                    concat("chmod 0111 ", path)});
}

// The descriptors a Birth refers to by number.
struct BirthParts {
  std::vector<sys::Fd> owned;
  sys::SocketPair orders;  // init's alone once it stands: as long as they are open, it lives
  int keep(sys::Fd fd) {
    owned.push_back(std::move(fd));
    return owned.back().get();
  }
};

// Masks are the host's null device and an empty directory of the host's, never the jail's own.
// What this kernel does not have needs none.
Result<std::vector<Mask>> make_masks(sys::Kernel& kernel, const std::string& empty_dir,
                                     std::string_view below, BirthParts& parts) {
  std::vector<Mask> masks;
  const auto mask = [&](std::string_view path, const std::string& source,
                        const sys::TreeOptions& options) -> Result<> {
    if (!path.starts_with(below) || !kernel.exists(path.data())) return {};
    masks.push_back({path.data(), parts.keep(TRY(kernel.detach_tree(source, options)))});
    return {};
  };
  for (const auto path : mac::kMaskedFiles) TRY(mask(path, "/dev/null", {}));
  for (const auto path : mac::kMaskedDirs)
    TRY(mask(path, empty_dir, {.read_only = true, .nosuid = true, .nodev = true, .noexec = true}));
  return masks;
}

// Clones a tree that the jail is to see: the host's, its owners shifted to the jail's ids unless
// they are that on disk, or the parent jail's, where they are already. A parent's trees come with
// all that is mounted in them, because the masks over its /proc and /sys are.
Result<sys::Fd> take_tree(sys::Kernel& kernel, const PrisonPlan& plan, const std::string& path,
                          const sys::Fd& ids, sys::TreeOptions options) {
  if (plan.parent) {
    options.recursive = true;
    options.inside = plan.parent;
  } else if (!plan.tree.owners || path != plan.tree.path) {
    options.id_map = &ids;
  }
  return kernel.detach_tree(path, options);
}

Result<> prepare_tree(sys::Kernel& kernel, const PrisonPlan& plan, const sys::Fd& ids, Birth& birth,
                      BirthParts& parts) {
  const dataset::Tree& tree = plan.tree;
  const auto shifted = [&](const std::string& path, bool read_only) {
    return take_tree(
        kernel, plan, path, ids,
        {.recursive = !tree.thin() && path != "/", .read_only = read_only, .nodev = true});
  };
  if (!tree.thin()) {
    birth.root = parts.keep(TRY(shifted(tree.path, false)));
    return {};
  }
  birth.lower = parts.keep(TRY(shifted(tree.lower, true)));
  birth.store = parts.keep(TRY(shifted(tree.store, false)));
  const std::string store = concat("/proc/self/fd/", birth.store, "/");
  birth.lower_dir = concat("/proc/self/fd/", birth.lower);
  birth.upper_dir = store + tree.upper;
  birth.work_dir = store + tree.work;
  return {};
}

Result<> prepare_files(sys::Kernel& kernel, const PrisonPlan& plan, const sys::Fd& dev,
                       Birth& birth, BirthParts& parts) {
  constexpr uint32_t kHostRoot = 0;  // nobody's number in the jail
  std::vector<sys::Node> dirs{{.name = "gaol", .mode = S_IFDIR | 0755, .target = {}}};
  if (!plan.words.empty()) {
    dirs.push_back({.name = "gaol/bin", .mode = S_IFDIR | 0755, .target = {}});
    birth.words = parts.keep(
        TRY(kernel.detach_tree(plan.words, {.read_only = true, .nosuid = true, .nodev = true})));
  }
  TRY(kernel.make_nodes(dev, dirs, kHostRoot));
  for (const auto& file : plan.files) {
    TRY(kernel.put_text(dev, concat("gaol/", file.name), file.text));
    if (!file.cover.empty())
      birth.covers.push_back(
          {concat("gaol/", file.name), file.cover.c_str(), file.subject.c_str()});
  }
  return {};
}

// Static programs, so that every tree can run them. An unpacked copy of gaol may lack some.
Result<> prepare_commands(sys::Kernel& kernel, const sys::Fd& dev, Birth& birth,
                          BirthParts& parts) {
  constexpr uint32_t kHostRoot = 0;
  const sys::Node dir{.name = "gaol/sbin", .mode = S_IFDIR | 0755, .target = {}};
  TRY(kernel.make_nodes(dev, {&dir, 1}, kHostRoot));
  for (const char* name : {"jail", "jexec", "jls"}) {
    const auto path = sys::command_path(kernel, name);
    if (!path) continue;
    TRY(kernel.put_text(dev, concat("gaol/sbin/", name), ""));
    auto tree = TRY(kernel.detach_tree(*path, {.read_only = true, .nosuid = true, .nodev = true}));
    birth.programs.push_back({parts.keep(std::move(tree)), concat("dev/gaol/sbin/", name)});
  }
  return {};
}

Result<> prepare_devices(sys::Kernel& kernel, const PrisonPlan& plan, Birth& birth,
                         BirthParts& parts) {
  if (plan.dev == Place::no) return {};
  sys::Fd dev = TRY(kernel.new_tmpfs(plan.first_id, "16m"));
  TRY(kernel.make_nodes(dev, plan.devices, plan.first_id));
  TRY(prepare_files(kernel, plan, dev, birth, parts));
  if (plan.commands) TRY(prepare_commands(kernel, dev, birth, parts));
  birth.dev_tree = parts.keep(std::move(dev));
  return {};
}

// Options of a mount line. Those without attributes say what is so anyway, or is for others.
struct OptionWord {
  std::string_view word;
  uint64_t attributes;
};
constexpr OptionWord kOptionWords[] = {
    {"ro", MOUNT_ATTR_RDONLY},
    {"rdonly", MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID},
    {"noexec", MOUNT_ATTR_NOEXEC},
    {"nodev", 0},
    {"rw", 0},
    {"late", 0},
    {"noatime", 0},
};
// Keys that a tmpfs takes a value for.
constexpr const char* kTmpfsKeys[] = {"size", "mode", "uid", "gid"};

std::optional<MountOption> tmpfs_option(const std::string& option) {
  for (const char* key : kTmpfsKeys)
    if (option.starts_with(key) && option.substr(strlen(key)).starts_with('='))
      return MountOption{key, option.c_str() + strlen(key) + 1};
  return {};
}

Result<> read_option(const std::string& option, const MountLine& line, Attachment& attachment) {
  if (const auto* known = std::ranges::find(kOptionWords, option, &OptionWord::word);
      known != std::end(kOptionWords)) {
    attachment.attributes |= known->attributes;
    return {};
  }
  if (attachment.kind == Attachment::Kind::tmpfs)
    if (const auto value = tmpfs_option(option)) {
      attachment.options.push_back(*value);
      return {};
    }
  std::vector<std::string_view> words;
  for (const auto& known : kOptionWords) words.push_back(known.word);
  return fail(line.subject, ": unknown option \"", option, "\"", did_you_mean(option, words));
}

struct FilesystemType {
  std::string_view name;
  Attachment::Kind kind;
};
constexpr FilesystemType kTypes[] = {
    {"nullfs", Attachment::Kind::tree},
    {"bind", Attachment::Kind::tree},
    {"tmpfs", Attachment::Kind::tmpfs},
};

Result<Attachment> prepare_mount(sys::Kernel& kernel, const PrisonPlan& plan, const MountLine& line,
                                 const sys::Fd& ids, BirthParts& parts) {
  const auto* type = std::ranges::find(kTypes, line.type, &FilesystemType::name);
  if (type == std::end(kTypes))
    return fail(line.subject, ": unknown filesystem type \"", line.type, "\"");
  Attachment attachment{.kind = type->kind,
                        .target = line.target,
                        .attributes = MOUNT_ATTR_NODEV,
                        .options = {},
                        .subject = line.subject.c_str()};
  for (const auto& option : line.options) TRY(read_option(option, line, attachment));
  if (attachment.kind != Attachment::Kind::tree) return attachment;
  // As on FreeBSD, the mounts below the source are not seen through a nullfs.
  const auto has = [&](uint64_t attribute) { return (attachment.attributes & attribute) != 0; };
  auto tree = take_tree(kernel, plan, line.source, ids,
                        {.read_only = has(MOUNT_ATTR_RDONLY),
                         .nosuid = has(MOUNT_ATTR_NOSUID),
                         .nodev = true,
                         .noexec = has(MOUNT_ATTR_NOEXEC),
                         .root = line.source_tree});
  if (!tree) return fail(std::move(tree).error().in(line.subject));
  attachment.tree = parts.keep(std::move(*tree));
  return attachment;
}

// Of the network stack that the jail shares. A part of sysfs without the mounts on it can be
// cloned by the host's root alone; a parent jail may have none.
Result<> prepare_sysfs(sys::Kernel& kernel, const PrisonPlan& plan, Birth& birth,
                       BirthParts& parts) {
  auto tree = kernel.detach_tree("/sys", {.recursive = plan.parent != nullptr,
                                          .read_only = true,
                                          .nosuid = true,
                                          .nodev = true,
                                          .noexec = true,
                                          .inside = plan.parent});
  if (tree)
    birth.sys_tree = parts.keep(std::move(*tree));
  else if (!plan.parent || tree.error().code != ENOENT)
    return std::unexpected(std::move(tree).error());
  return {};
}

// The parent's half of the birth, while the child does its own.
Result<> provide(sys::Kernel& kernel, const PrisonPlan& plan, const sys::Child& child, Birth& birth,
                 BirthParts& parts) {
  TRY(kernel.map_ids(child, plan.parent ? 0 : plan.first_id, kIdsPerJail, plan.parent));
  open_gate(birth, Birth::mapped);
  birth.masks = TRY(make_masks(kernel, plan.empty_dir, "/", parts));
  open_gate(birth, Birth::masked);
  const sys::Fd ids = TRY(kernel.namespace_of(child.pidfd(), child.pid(), "user"));
  auto tree = prepare_tree(kernel, plan, ids, birth, parts);
  if (!tree) {
    Error error = std::move(tree).error().in("path");
    if (error.code == EINVAL)
      return fail(std::move(error).advise(
          "this filesystem cannot shift file owners (idmapped mounts); `gaol shift` changes those "
          "of a tree on disk, and `gaol doctor` lists which can"));
    return fail(std::move(error));
  }
  TRY(prepare_devices(kernel, plan, birth, parts));
  for (const auto& line : plan.mounts)
    birth.attachments.push_back(TRY(prepare_mount(kernel, plan, line, ids, parts)));
  open_gate(birth, Birth::ready);
  parts.orders = TRY(kernel.make_sockets());
  if (!birth.own_names) TRY(kernel.name_socket(parts.orders.ends[0]));
  birth.orders_in = parts.orders.ends[0].get();
  birth.orders_out = parts.orders.ends[1].get();
  open_gate(birth, Birth::connected);
  return {};
}

// A tree that does not answer, on a file system whose server is away or is root of the jail above,
// is not waited for.
bool wait_until_it_stands(sys::Kernel& kernel, const sys::Child& child, Birth& birth) {
  constexpr int kLookAgain = 100, kMostLooks = 300;
  for (int looks = 0; !wait_for_child(birth, kLookAgain); ++looks) {
    const auto gone = kernel.wait_gone(child.pidfd(), 0);
    if (!gone || *gone) return false;
    child.end_if_stopped();
    if (looks == kMostLooks) (void)kernel.signal(child.pidfd(), SIGKILL);
  }
  return birth.progress == Birth::standing;
}

// Links are never followed where the jail's root could have put one.
Error reason(const sys::ChildFailure& failure) {
  Error error = failure.error();
  if (failure.code == ELOOP)
    error.text = concat(failure.act, failure.subject ? " " : "",
                        failure.subject ? failure.subject : "", " is a symbolic link");
  return error;
}

constexpr int kInitsPatience = 2000;  // milliseconds for init to answer

// Gives back the end that an answer would come to.
Result<sys::Fd> send_orders(sys::Kernel& kernel, const sys::Fd& init, const Orders& orders) {
  sys::Fd out = TRY(kernel.descriptor_of(init, kOrdersOut));
  TRY(kernel.tell(out, std::as_bytes(std::span(&orders, 1))));
  return out;
}

}  // namespace

// What the child uses until its exec.
struct Prison::Cradle {
  Birth birth;
  BirthParts parts;
  sys::ChildStack stack;
  sys::Child child;
  ~Cradle() { child.wait_exec(); }
};

Prison::Prison() = default;
Prison::Prison(Prison&&) noexcept = default;
Prison& Prison::operator=(Prison&&) noexcept = default;
Prison::~Prison() = default;

Result<Prison> create_prison(sys::Kernel& kernel, const PrisonPlan& plan, const sys::Fd& cgroup,
                             const std::function<Result<>(const Prison&)>& meanwhile) {
  Prison prison;
  prison.cradle_ = std::make_unique<Prison::Cradle>();
  Birth& birth = prison.cradle_->birth;
  BirthParts& parts = prison.cradle_->parts;
  birth.parent = kernel.self_pidfd().get();
  birth.init = parts.keep(TRY(open_init(kernel)));
  birth.null = parts.keep(TRY(kernel.open("/dev/null", O_RDWR)));
  if (!plan.vnet) TRY(prepare_sysfs(kernel, plan, birth, parts));
  birth.hostname = plan.hostname;
  birth.domainname = plan.domainname;
  birth.dev = plan.dev;
  birth.proc = plan.proc;
  birth.terminals =
      plan.dev != Place::no && std::ranges::count(plan.devices, "pts", &sys::Node::name) > 0;
  birth.vnet = plan.vnet;
  birth.own_names = !(plan.shared & CLONE_NEWUTS);
  birth.broker = plan.orders.any();

  sys::Child& child = prison.cradle_->child;
  child = TRY(
      kernel.clone({.namespaces = (kNamespaces & ~plan.shared) | (plan.vnet ? CLONE_NEWNET : 0U),
                    .cgroup = cgroup.get(),
                    .share_files = true,
                    .below = plan.parent,
                    .run = be_born,
                    .argument = &birth},
                   prison.cradle_->stack));
  prison.init_ = kernel.identify(child);
  auto provided = provide(kernel, plan, child, birth, parts);
  prison.line_ = parts.orders.cookie;
  if (provided) provided = meanwhile(prison);
  if (!provided) (void)kernel.signal(child.pidfd(), SIGKILL);
  const bool stands = provided && wait_until_it_stands(kernel, child, birth);
  if (!stands) {
    child.wait_exec();
    (void)kernel.reap(child.pidfd(), -1);
    // The child's own reason comes first: what the parent met may only be its death.
    if (birth.failure.code) return std::unexpected(reason(birth.failure));
    if (!provided) return std::unexpected(std::move(provided).error());
    return fail("init was killed before it had begun");
  }
  parts.orders = {};
  prison.pidfd_ = child.take_pidfd();
  if (plan.orders.any()) {
    Orders orders = plan.orders;
    if (plan.boots) orders.grants &= ~uint32_t{kGrantMount};
    if (auto sent = send_orders(kernel, prison.pidfd_, orders); !sent)
      return std::unexpected(std::move(sent).error());
  }
  return prison;
}

Result<> give_orders(sys::Kernel& kernel, const sys::Fd& init, const Orders& before,
                     Orders orders) {
  // Who had the power to grant something has it still.
  orders.wants_answer = orders.any() && !before.any();
  const sys::Fd out = TRY(send_orders(kernel, init, orders));
  if (!orders.wants_answer) return {};
  auto answer = kernel.hear(out, kInitsPatience);
  if (!answer) return fail(std::move(answer).error().in("init"));
  if (*answer != 0) return fail_errno(*answer, "init");
  return {};
}

Result<> give_names(sys::Kernel& kernel, const sys::Fd& init, const sys::Names& names) {
  const sys::Fd orders = TRY(kernel.descriptor_of(init, kOrdersIn));
  TRY(kernel.name_socket(orders));
  return kernel.set_names(init, names);
}

Result<> tell_init(sys::Kernel& kernel, const sys::Fd& init, WhenEmpty when_empty) {
  return kernel.signal(init, when_empty == WhenEmpty::end ? SIGUSR1 : SIGUSR2);
}

namespace {

// Init's end for listeners, or none where it is asked nothing.
Result<sys::Fd> orders_for(sys::Kernel& kernel, const sys::Fd& init,
                           const mac::Permissions& permissions) {
  if (!permissions.brokered()) return sys::Fd();
  return kernel.descriptor_of(init, kOrdersOut);
}

Rules rules_of(const Entry& entry, const sys::Fd& orders, std::vector<sock_filter>& filter) {
  return {entry.process.get(),
          mac::kept(entry.permissions),
          orders.get(),
          {static_cast<unsigned short>(filter.size()), filter.data()}};
}

}  // namespace

Result<std::string> cgroup_of(sys::Kernel& kernel, std::string_view process) {
  const std::string text = TRY(kernel.read_file(concat("/proc/", process, "/cgroup")));
  for (const auto line : split(text, '\n'))
    if (line.starts_with("0::")) return concat(TRY(kernel.cgroup_mount()), line.substr(3));
  return fail("/proc/", process, "/cgroup names no cgroup v2");
}

Result<sys::Fd> enter_prison(sys::Kernel& kernel, const Entry& entry, const sys::Command& command) {
  const sys::ExecPlan exec(command);
  std::vector<sock_filter> filter = mac::compile(entry.permissions);
  const sys::Fd orders = TRY(orders_for(kernel, entry.init, entry.permissions));
  Entrant entrant{rules_of(entry, orders, filter), exec, {}};
  const sys::Fd cgroup = TRY(kernel.open(entry.cgroup, O_RDONLY | O_DIRECTORY));
  TRY(kernel.children_into(entry.process));
  const sys::ChildStack stack;
  auto child =
      kernel.clone({.cgroup = cgroup.get(), .run = enter_in_child, .argument = &entrant}, stack);
  TRY(kernel.children_into(kernel.self_pidfd()));
  if (!child) return std::unexpected(std::move(child).error());
  child->wait_exec();
  if (entrant.failure.code) {
    (void)kernel.reap(child->pidfd(), -1);
    return std::unexpected(entrant.failure.error());
  }
  return child->take_pidfd();
}

Result<sys::Fd> start_first(sys::Kernel& kernel, const Entry& entry, const Orders& orders,
                            const std::string& empty_dir, const sys::Command& command) {
  const sys::ExecPlan exec(command);
  std::vector<sock_filter> filter = mac::compile(entry.permissions);
  const sys::Fd listeners = TRY(orders_for(kernel, entry.init, entry.permissions));
  BirthParts parts;
  const auto masks = TRY(make_masks(kernel, empty_dir, "/proc/", parts));
  // By descriptor: from inside, nobody may look at init.
  const sys::Fd mounts = TRY(kernel.namespace_of(entry.init, sys::pid_of(entry.init), "mnt"));
  FirstProcess first{
      rules_of(entry, listeners, filter), exec, mounts.get(), masks, entry.permissions.vnet, {}};
  const sys::Fd cgroup = TRY(kernel.open(entry.cgroup, O_RDONLY | O_DIRECTORY));
  const sys::ChildStack stack;
  auto child = TRY(kernel.clone({.namespaces = kFirstNamespaces,
                                 .cgroup = cgroup.get(),
                                 .below = &entry.init,
                                 .run = become_first,
                                 .argument = &first},
                                stack));
  child.wait_exec();
  if (first.failure.code) {
    (void)kernel.reap(child.pidfd(), -1);
    return std::unexpected(first.failure.error());
  }
  if (orders.grants & kGrantMount) (void)TRY(send_orders(kernel, entry.init, orders));
  return child.take_pidfd();
}

Result<> forget_first(sys::Kernel& kernel, const sys::Fd& init) {
  return kernel.unmount_inside(init, kFirstMounts);
}

Result<> move_into_prison(sys::Kernel& kernel, const Entry& entry) {
  if (TRY(kernel.list_dir("/proc/self/task")).size() > 1)
    return fail_errno(EINVAL, "jail_attach: more than one thread");
  for (const auto& number : TRY(kernel.list_dir("/proc/self/fd")))
    if (kernel.open(concat("/proc/self/fd/", number), O_PATH | O_DIRECTORY))
      return fail_errno(EPERM, "jail_attach: descriptor ", number, " is a directory");
  std::vector<sock_filter> filter = mac::compile(entry.permissions);
  const sys::Fd orders = TRY(orders_for(kernel, entry.init, entry.permissions));
  const std::string before = TRY(cgroup_of(kernel, "self"));
  TRY(kernel.write_file(entry.cgroup + "/cgroup.procs", "0"));
  if (const long rc = enter_oneself(rules_of(entry, orders, filter)); rc < 0) {
    (void)kernel.write_file(before + "/cgroup.procs", "0");
    return fail_errno(static_cast<int>(-rc), "jail_attach");
  }
  return {};
}

}  // namespace gaol::jail
